"""Which files a command line means, grouped into programs.

Files that a project's settings list under `files` are compiled together; any other file is a program of its own, with
what it uses. A file that another one uses is looked at as part of that one.
"""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from interlock_cli.errors import CommandError
from interlock_cli.project import Project, find
from interlock_cli.text_files import MOST_SOURCE, read_bounded, read_stdin, read_text

STDIN = "<stdin>"
SUFFIX = ".ilk"
BUNDLE = ".ilkb"
WANTED = f"name an {SUFFIX} file, a folder that holds some, or `-`"
SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages"})
USE = re.compile(r'^\s*use\s+"([^"\n]+)"', re.MULTILINE)


@dataclass
class Unit:
    """Files that are compiled together: the names of the first ones (as they are shown), and the project they are in.

    Names are paths from `base`; `given` holds texts that come from elsewhere. `bundle` is the file of a program that is
    compiled already; its name is the only entry.
    """

    entries: tuple[str, ...]
    project: Project
    base: Path = field(default_factory=Path.cwd)
    given: dict[str, str] = field(default_factory=dict)
    bundle: Path | None = None

    @property
    def boundary(self) -> Path:
        """The folder that `use` does not leave: the project's, or the first file's own where no settings name one."""
        first = (self.base / self.entries[0]).resolve()
        root = self.project.root.resolve()
        return root if self.project.settings is not None and first.is_relative_to(root) else first.parent

    def read(self, name: str) -> str:
        """Return the text of a file. Raises OSError or UnicodeDecodeError, as the compiler wants it."""
        if name not in self.given:
            self.given[name] = read_bounded(self.base / name, MOST_SOURCE, inside=self.boundary)
        return self.given[name]


def units(targets: Sequence[str]) -> list[Unit]:
    """Return the programs that files and folders (`-`: standard input; none: the project's files) stand for.

    Raises CommandError if something does not exist, is not a .ilk file, cannot be read, or a folder holds none.
    """
    if list(targets) == ["-"]:
        return [Unit((STDIN,), find(Path.cwd()), given={STDIN: read_stdin(MOST_SOURCE)})]
    found: dict[str, Unit] = {}
    projects: dict[Path, Project] = {}
    for path in files(targets, bundles=True):
        resolved = path.resolve()
        project = projects.get(resolved.parent) or projects.setdefault(resolved.parent, find(path))
        together = project.files if resolved in project.files else (resolved,)
        names = tuple(map(display, together))
        if path.suffix == BUNDLE:
            found[names[0]] = Unit(names, project, given={names[0]: ""}, bundle=path)
        elif names[0] not in found:
            found[names[0]] = Unit(names, project, given={name: text(Path(name)) for name in names})
    return _without_used(list(found.values()))


def the_unit(target: str | None, folder: Path | None) -> Unit:
    """Return the one program that a file or a folder (none: the project's) stands for, named from its project's folder.

    Raises CommandError if there is none, or more than one.
    """
    if target == "-":
        return units(["-"])[0]
    project = find(folder or (Path(target) if target and Path(target).exists() else None))
    if target is None and project.files:
        found = list(project.files)
    else:
        found = [path.resolve() for path in files([target or str(project.root)], bundles=True)]
    together = project.files if found[0] in project.files else (found[0],)
    others = [path for path in found if path not in together]
    if others:
        said = ", ".join(f"`{display(path)}`" for path in found[:3])
        raise CommandError(
            f"there is more than one program in `{target or display(project.root)}`", f"name one: {said}"
        )
    names = tuple(map(project.shown, together))
    if found[0].suffix == BUNDLE:
        return Unit(names, project, project.root, {names[0]: ""}, found[0])
    return Unit(names, project, project.root, {name: text(path) for name, path in zip(names, together, strict=True)})


def _without_used(units: list[Unit]) -> list[Unit]:
    """Leave out each file that another one uses: it is looked at there, where it has what it needs."""
    uses = {id(unit): {used for name in unit.entries for used in _uses(name, unit.given[name])} for unit in units}
    kept = list(units)
    for unit in units:
        if any(other is not unit and set(unit.entries) <= uses[id(other)] for other in kept):
            kept.remove(unit)
    return kept


def _uses(name: str, text: str) -> set[str]:
    folder = posixpath.dirname(name)
    return {posixpath.normpath(posixpath.join(folder, used)) for used in USE.findall(text)}


def files(targets: Sequence[str], *, bundles: bool = False) -> list[Path]:
    """Return the .ilk files that files and folders stand for, each once, folders in alphabetical order.

    With `bundles`, a bundle (.ilkb) that is named is one of them.
    """
    if "-" in targets:
        raise CommandError("standard input (`-`) cannot be mixed with files", "give either `-` or files and folders")
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
            raise CommandError(f"there is no file or folder `{target}`", _neighbour(path))
        elif path.suffix != SUFFIX and not (bundles and path.suffix == BUNDLE):
            raise CommandError(f"`{target}` is not an {SUFFIX} file", WANTED)
        else:
            found[path] = None
    return list(found)


def text(path: Path) -> str:
    """Return a file's text.

    Raises CommandError if it cannot be read, or is not UTF-8.
    """
    return read_text(path, MOST_SOURCE, f"`{display(path)}`")


def display(path: Path) -> str:
    """Return a path as people write it: relative to the current folder where that is shorter."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.resolve().as_posix()


def _folder(folder: Path) -> list[Path]:
    found = [
        path
        for path in sorted(folder.rglob(f"*{SUFFIX}"))
        if path.is_file() and not _skipped(path.relative_to(folder).parts)
    ]
    if not found:
        raise CommandError(f"there is no {SUFFIX} file in `{folder}`", "`interlock new NAME` makes a project with one")
    inside = folder.resolve()
    away = next((path for path in found if not path.resolve().is_relative_to(inside)), None)
    if away is not None:
        raise CommandError(f"`{away}` is a link that leads out of `{folder}`", "name the file itself if it is meant")
    return found


def _skipped(parts: Sequence[str]) -> bool:
    return any(part in SKIPPED or part.startswith(".") for part in parts)


def _neighbour(path: Path) -> str:
    from interlock_dsl.diagnostics.spelling import nearest

    try:
        near = nearest(path.name, (each.name for each in path.parent.iterdir()))
    except OSError:
        near = None
    return f"did you mean `{path.with_name(near)}`?" if near else WANTED
