"""The project a verb works in: the nearest folder upwards with settings, or simply the folder at hand."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from interlock_cli.errors import CommandError
from interlock_cli.text_files import MOST_SETTINGS

SETTINGS = ("interlock.toml", "pyproject.toml")
JOURNAL = ".interlock/journal.sqlite"


@dataclass(frozen=True)
class Project:
    """A folder and what is set for it. `files` is empty where nothing names them; paths are absolute.

    `tools` and `answers` are None where neither a setting, the environment nor a file of that name in the folder says.
    """

    root: Path
    journal: Path
    settings: Path | None = None
    files: tuple[Path, ...] = ()
    tools: Path | None = None
    answers: Path | None = None
    strict: bool = False
    models: dict[str, str] = field(default_factory=dict)
    prices: dict[str, tuple[float, float]] = field(default_factory=dict)

    def shown(self, path: Path) -> str:
        """Return a path as the journal and the reports name it: relative to the project, with `/`."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return path.as_posix()


def find(start: Path | None = None) -> Project:
    """Return the project that `start` (a file or folder; default: INTERLOCK_PROJECT, else the current folder) is in.

    Raises CommandError if there is no such folder, or its settings are wrong.
    """
    given = start or Path(os.environ.get("INTERLOCK_PROJECT") or ".")
    if not given.exists():
        raise CommandError(
            f"there is no folder `{given}`", "`--project` (or INTERLOCK_PROJECT) names the project's folder"
        )
    folder = (given if given.is_dir() else given.parent).resolve()
    for each in (folder, *folder.parents):
        for name in SETTINGS:
            path = each / name
            if path.is_file() and (name == "interlock.toml" or _mentions_us(path)):
                project = _load(each, path)
                if project is not None:
                    return project
    return _plain(folder)


def _mentions_us(path: Path) -> bool:
    # Most pyproject.toml on the way up are not ours; looking for the words first saves loading the validator.
    try:
        with path.open("rb") as file:
            return b"tool.interlock" in file.read(MOST_SETTINGS)
    except OSError:
        return False


def _load(root: Path, path: Path) -> Project | None:
    from interlock_cli.settings import read

    settings = read(path)
    if settings is None:
        return None
    missing = [name for name in settings.files if not (root / name).is_file()]
    if missing:
        raise CommandError(
            f"`{path}` names `{missing[0]}`, which does not exist", "`files` is relative to that file's folder"
        )
    away = [name for name in settings.files if not (root / name).resolve().is_relative_to(root.resolve())]
    if away:
        raise CommandError(f"`{path}` names `{away[0]}`, which is outside of its folder", "a project holds its files")
    return Project(
        root=root,
        settings=path,
        files=tuple((root / name).resolve() for name in settings.files),
        tools=_pick("TOOLS", root, settings.tools, "tools.py"),
        answers=_pick("ANSWERS", root, settings.answers, "answers.yaml"),
        journal=_pick("JOURNAL", root, settings.journal, "") or root / JOURNAL,
        strict=settings.strict,
        models=settings.models,
        prices={name: (each[0], each[1]) for name, each in settings.prices.items()},
    )


def _plain(root: Path) -> Project:
    return Project(
        root=root,
        tools=_pick("TOOLS", root, None, "tools.py"),
        answers=_pick("ANSWERS", root, None, "answers.yaml"),
        journal=_pick("JOURNAL", root, None, "") or root / JOURNAL,
    )


def _pick(variable: str, root: Path, setting: str | None, usual: str) -> Path | None:
    """Return the path that the environment, the settings or a file of the usual name gives, in this order."""
    named = os.environ.get(f"INTERLOCK_{variable}")
    if named:
        return Path(named).absolute()
    if setting is not None:
        return root / setting
    return root / usual if usual and (root / usual).is_file() else None
