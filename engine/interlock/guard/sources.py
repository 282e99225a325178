"""The program of a guard: compiled from files, or read from a bundle."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import Final, TypeAlias

from interlock.errors import InvalidInput
from interlock_dsl.compiler.compile import check
from interlock_dsl.diagnostics import DiagnosticError
from interlock_dsl.program import bundle
from interlock_dsl.program.model import Program

Paths: TypeAlias = str | PurePath | Sequence[str | PurePath]
"""One file, folder or bundle, or several files and folders that make one program."""

_SOURCE: Final = ".ilk"
_BUNDLE: Final = ".ilkb"


def load_program(paths: Paths) -> Program:
    """Return the program of files, of all `.ilk` files in folders, or of one bundle (`.ilkb`).

    Files are compiled together, and named from the folder of the first one; a file that another one uses need not be
    named. Raises `DiagnosticError` with every finding where they do not compile, and `InvalidInput` for paths that name
    no program and for what cannot be read.
    """
    try:
        return _loaded(paths)
    except OSError as problem:
        raise InvalidInput(f"{problem.filename}: cannot be read: {problem.strerror}") from None


def _loaded(paths: Paths) -> Program:
    given = [Path(path) for path in ([paths] if isinstance(paths, str | PurePath) else paths)]
    if len(given) == 1 and given[0].suffix == _BUNDLE:
        return _bundled(given[0])
    files = list(_files(given))
    if not files:
        raise InvalidInput("a guard is loaded from at least one .ilk file, or from a bundle: no path was given")
    base = files[0].parent
    names = [Path(os.path.relpath(file, base)).as_posix() for file in files]
    return _compiled(names, base)


def _bundled(path: Path) -> Program:
    if not path.exists():
        raise InvalidInput(f"{path}: there is no such bundle (looked for in {Path.cwd()})")
    try:
        return bundle.load(path.read_bytes())
    except bundle.BundleError as problem:
        raise InvalidInput(f"{path} is no bundle that can be used: {problem}") from None


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if not path.exists():
            raise InvalidInput(f"{path}: there is no such file or folder (looked for in {Path.cwd()})")
        if path.is_dir():
            inside = sorted(path.rglob(f"*{_SOURCE}"))
            if not inside:
                raise InvalidInput(f"the folder {path} holds no {_SOURCE} file")
            yield from inside
        elif path.suffix == _SOURCE:
            yield path
        else:
            raise InvalidInput(f"{path}: expected an {_SOURCE} file, a folder of them, or one bundle ({_BUNDLE})")


def _compiled(names: Sequence[str], base: Path) -> Program:
    def read(name: str) -> str:
        try:
            return (base / name).read_text(encoding="utf-8")
        except UnicodeDecodeError as problem:
            if name not in names:  # of a file that another one uses, the finding tells the place
                raise
            raise InvalidInput(f"{base / name}: byte {problem.start} is not UTF-8, as {_SOURCE} files are") from None

    program, diagnostics = check(names, read)
    if program is None:
        raise DiagnosticError(diagnostics)
    return program
