"""Which files a command line means, read as text and grouped into programs.

A file that a project's settings list under `files` is compiled together with the others of that list; any other file is
a program of its own.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from interlock_cli.fault import Fault
from interlock_cli.project import Project, find

STDIN = "<stdin>"
SUFFIX = ".ilk"
WANTED = f"name an {SUFFIX} file, a folder that holds some, or `-`"
SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages"})


@dataclass(frozen=True)
class Unit:
    """Sources that are compiled together, by the name they are shown under, and the project they belong to."""

    sources: Mapping[str, str]
    project: Project
    paths: Mapping[str, Path]

    @property
    def title(self) -> str:
        """A name for all of them."""
        return ", ".join(self.sources)


def units(targets: Sequence[str]) -> list[Unit]:
    """Return the programs that files and folders (`-`: standard input; none: the project's files) stand for.

    Raises Fault if something does not exist, is not a .ilk file, cannot be read, or a folder holds none.
    """
    if list(targets) == ["-"]:
        return [Unit({STDIN: sys.stdin.read()}, find(Path.cwd()), {})]
    found: dict[Path, Unit] = {}
    projects: dict[Path, Project] = {}
    for path in files(targets):
        resolved = path.resolve()
        project = projects.get(resolved.parent) or projects.setdefault(resolved.parent, find(path))
        together = project.files if resolved in project.files else (resolved,)
        if together[0] not in found:
            paths = {display(each): each for each in together}
            found[together[0]] = Unit({name: text(each) for name, each in paths.items()}, project, paths)
    return list(found.values())


def files(targets: Sequence[str]) -> list[Path]:
    """Return the .ilk files that files and folders stand for, each once, folders in alphabetical order."""
    if "-" in targets:
        raise Fault("standard input (`-`) cannot be mixed with files", "give either `-` or files and folders")
    if not targets:
        project = find()
        listed = list(project.files) if project.settings is not None else []
        return listed or _folder(Path.cwd() if project.settings is None else project.root)
    found: dict[Path, None] = {}
    for target in targets:
        path = Path(target)
        if path.is_dir():
            found.update(dict.fromkeys(_folder(path)))
        elif not path.exists():
            raise Fault(f"there is no file or folder `{target}`", _neighbour(path))
        elif path.suffix != SUFFIX:
            raise Fault(f"`{target}` is not an {SUFFIX} file", WANTED)
        else:
            found[path] = None
    return list(found)


def text(path: Path) -> str:
    """Return a file's text.

    Raises Fault if it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Fault(f"`{display(path)}` is not UTF-8 text (byte {error.start})", "save it as UTF-8") from error
    except OSError as error:
        raise Fault(f"cannot read `{display(path)}`: {(error.strerror or str(error)).lower()}") from error


def display(path: Path) -> str:
    """Return a path as people write it: relative to the current folder where that is shorter."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def _folder(folder: Path) -> list[Path]:
    found = [
        path
        for path in sorted(folder.rglob(f"*{SUFFIX}"))
        if path.is_file() and not _skipped(path.relative_to(folder).parts)
    ]
    if not found:
        raise Fault(f"there is no {SUFFIX} file in `{folder}`", "`interlock new NAME` makes a project with one")
    return found


def _skipped(parts: Sequence[str]) -> bool:
    return any(part in SKIPPED or part.startswith(".") for part in parts)


def _neighbour(path: Path) -> str:
    from interlock_dsl.spelling import nearest

    try:
        near = nearest(path.name, (each.name for each in path.parent.iterdir()))
    except OSError:
        near = None
    return f"did you mean `{path.with_name(near)}`?" if near else WANTED
