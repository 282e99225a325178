"""The example folders, copied so that each test has a database and a journal of its own."""

import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType

from repository.files import ROOT

EXAMPLES = ROOT / "examples"
NAMES = tuple(sorted(path.parent.name for path in EXAMPLES.glob("*/interlock.toml")))


def copy(name: str, into: Path) -> Path:
    """Copy an example without what it left behind when it was run in place; return the folder."""
    return Path(
        shutil.copytree(EXAMPLES / name, into / name, ignore=shutil.ignore_patterns(".interlock", "__pycache__"))
    )


def rows(folder: Path, query: str) -> list[list[object]]:
    """Ask the database of a copied example; no rows where no tool has made it yet."""
    files = [path for path in (folder / ".interlock").glob("*.sqlite") if path.stem != "journal"]
    if not files:
        return []
    (file,) = files
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        return [list(row) for row in database.execute(query)]


@contextmanager
def tidy(folder: Path) -> Iterator[None]:
    """Forget afterwards what was imported from a folder: each example calls its modules the same."""
    path, before = list(sys.path), set(sys.modules)
    try:
        yield
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file is not None and Path(file).is_relative_to(folder):
                del sys.modules[name]


@contextmanager
def tools(folder: Path) -> Iterator[ModuleType]:
    """Import the `tools` of a copied example."""
    with tidy(folder):
        sys.path.insert(0, str(folder))
        yield import_module("tools")
