"""Files: the first ones, what they use, what those use. Each is read once, so cycles of `use` are no harm.

A path that begins with `interlock/` names a pack that is shipped. No file of that name is looked for, but one that is
given is read in its place: so is what a program kept of the pack that it was compiled with.
"""

import posixpath
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final, TypeAlias

from interlock_dsl.diagnostics.messages import names as say
from interlock_dsl.diagnostics.messages import packs as say_pack
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.syntax.clauses import Clauses
from interlock_dsl.syntax.parser import parse_with_places
from interlock_dsl.syntax.tree import File, Use, UsePack

SHIPPED: Final = "interlock/"
"""What the paths of shipped packs begin with."""
PACKAGE: Final = "interlock_policies"

Read: TypeAlias = Callable[[str], str]
"""Returns the text of a path; raises OSError or LookupError where there is none."""


@dataclass
class Loaded:
    """Files in the order in which they were reached, where their clauses stand, and the uses of packs.

    `given` are the paths that were given.
    Each use has a copy of the pack's file of its own, so that a place in it tells which use is meant.
    """

    files: dict[str, File] = field(default_factory=dict)
    clauses: Clauses = field(default_factory=Clauses)
    packs: list[tuple[UsePack, File]] = field(default_factory=list)
    given: frozenset[str] = frozenset()


def load(entries: Iterable[str], read: Read, report: Report) -> Loaded:
    """Return the files of a program: the entries in their order, each followed by what it uses.

    Raises what `read` raises for an entry; a used file that cannot be read is a finding at its `use`.
    """
    given = tuple(entries)
    loaded = Loaded(given=frozenset(map(posixpath.normpath, given)))
    for entry in given:
        path = posixpath.normpath(entry)
        if path not in loaded.files:
            _load(path, read(entry), loaded, read, report)
    return loaded


def _load(path: str, text: str, loaded: Loaded, read: Read, report: Report) -> None:
    waiting = [(path, text)]
    while waiting:
        path, text = waiting.pop(0)
        if path in loaded.files:
            continue
        file = _parsed(path, text, loaded, report)
        for use in file.declarations:
            if isinstance(use, Use):
                waiting.extend(_used(path, use, loaded, read, report))
            elif isinstance(use, UsePack):
                found = _text_of(path, use, read, loaded, report)
                if found is not None:
                    loaded.packs.append((use, _parsed(*found, loaded, report)))


def _parsed(path: str, text: str, loaded: Loaded, report: Report) -> File:
    report.file(path)
    parsed = parse_with_places(text, path)
    loaded.files.setdefault(path, parsed.file)
    loaded.clauses.note(path, parsed.places)
    report.extend(parsed.diagnostics)
    return parsed.file


def _used(path: str, use: Use, loaded: Loaded, read: Read, report: Report) -> list[tuple[str, str]]:
    if use.path.startswith(SHIPPED):
        return []  # a pack without calls, which is reported where packs are
    found = _text_of(path, use, read, loaded, report)
    return [] if found is None else [found]


def _text_of(path: str, use: Use | UsePack, read: Read, loaded: Loaded, report: Report) -> tuple[str, str] | None:
    """Return the path and the text of a file that another one uses, None where it is known or cannot be read."""
    if posixpath.isabs(use.path) or "\\" in use.path or ":" in use.path:
        report.add(say.absolute_path(use.path, use.span))
        return None
    if use.path.startswith(SHIPPED):
        return _shipped(use, read, loaded, report)
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), use.path))
    if isinstance(use, Use) and target in loaded.files:
        return None
    try:
        return target, read(target)
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
    except LookupError:
        reason = "there is no such file"
    report.add(say.missing_file(target, reason.lower(), use.span))
    return None


def _shipped(use: Use | UsePack, read: Read, loaded: Loaded, report: Report) -> tuple[str, str] | None:
    """Return the path and the text of a shipped pack: as it was given, else as it is."""
    target = f"{use.path}.ilk"
    if target in loaded.given:
        return target, read(target)
    name = use.path.removeprefix(SHIPPED)
    if name in shipped():
        return target, pack_text(name)
    report.add(say_pack.unknown_pack(use.path, shipped(), use.span))
    return None


@cache
def shipped() -> tuple[str, ...]:
    """Return the names of the packs that are shipped, in the order of the alphabet."""
    try:
        found = [each.name for each in files(PACKAGE).iterdir()]
    except ModuleNotFoundError:
        return ()
    return tuple(sorted(name.removesuffix(".ilk") for name in found if name.endswith(".ilk")))


def pack_text(name: str) -> str:
    """Return the text of a shipped pack."""
    return files(PACKAGE).joinpath(f"{name}.ilk").read_text("utf-8")
