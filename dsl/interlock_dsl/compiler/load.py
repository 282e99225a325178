"""Files: the first ones, what they use, what those use. Each is read once, so cycles of `use` are no harm."""

import posixpath
from collections.abc import Callable, Iterable
from typing import TypeAlias

from interlock_dsl.diagnostics.messages import names as say
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.syntax.clauses import Clauses
from interlock_dsl.syntax.parser import parse_with_places
from interlock_dsl.syntax.tree import File, Use

Read: TypeAlias = Callable[[str], str]
"""Returns the text of a path; raises OSError or LookupError where there is none."""


def load(entries: Iterable[str], read: Read, report: Report) -> tuple[tuple[File, ...], Clauses]:
    """Return the files of a program (the entries in their order, each followed by what it uses), and their clauses.

    Raises what `read` raises for an entry; a used file that cannot be read is a finding at its `use`.
    """
    files: dict[str, File] = {}
    clauses = Clauses()
    for entry in entries:
        path = posixpath.normpath(entry)
        if path not in files:
            _load(path, read(entry), files, clauses, read, report)
    return tuple(files.values()), clauses


def _load(path: str, text: str, files: dict[str, File], clauses: Clauses, read: Read, report: Report) -> None:
    waiting = [(path, text)]
    while waiting:
        path, text = waiting.pop(0)
        if path in files:
            continue
        report.file(path)
        parsed = parse_with_places(text, path)
        files[path] = parsed.file
        clauses.note(path, parsed.places)
        report.extend(parsed.diagnostics)
        for use in (declaration for declaration in parsed.file.declarations if isinstance(declaration, Use)):
            waiting.extend(_used(path, use, files, read, report))


def _used(path: str, use: Use, files: dict[str, File], read: Read, report: Report) -> list[tuple[str, str]]:
    if posixpath.isabs(use.path) or "\\" in use.path or ":" in use.path:
        report.add(say.absolute_path(use.path, use.span))
        return []
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), use.path))
    if target in files:
        return []
    try:
        return [(target, read(target))]
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
    except LookupError:
        reason = "there is no such file"
    report.add(say.missing_file(target, reason.lower(), use.span))
    return []
