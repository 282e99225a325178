"""Findings that an author allows, with a reason, in a comment of the file.

    // interlock: allow CODE because "reason"              on the line of the finding, or on lines of its own above it
    // interlock: allow CODE, CODE in file because "reason"     anywhere in the file, for all of it

Warnings, notes and findings of lint can be allowed, other errors cannot, and neither can promises that are not kept or
not proved: whoever does not mean a promise removes it. A comment that begins with `interlock:` and
is not of this form allows nothing; a further comment may follow it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from interlock_dsl.diagnostics import CODES, Diagnostic, Severity
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.syntax.tree import File

MARK = "interlock:"
PROMISED = frozenset({"broken-promise", "unproved-promise"})
_FORM = re.compile(
    r"//\s*interlock:\s*allow\s+(?P<codes>[a-z-]+(?:\s*,\s*[a-z-]+)*)"
    r"(?P<file>\s+in\s+file)?(?:\s+because\s+\"(?P<reason>[^\"]*)\")?\s*(?://.*)?"
)


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment. `line` is the line it is for, None for the whole file; `codes` is empty if it cannot be read."""

    codes: tuple[str, ...]
    reason: str
    line: int | None
    span: Span

    def allows(self, found: Diagnostic) -> bool:
        """Say whether a finding is one that this comment is about, and may be allowed."""
        return (
            bool(self.reason)
            and found.code in self.codes
            and allowable(found.code)
            and found.span.source.name == self.span.source.name
            and self.line in (None, found.span.line)
        )


def allowable(code: str) -> bool:
    """Say whether findings of a code can be allowed: errors that are not of lint, and promises, cannot."""
    return code in CODES and code not in PROMISED and (CODES[code].lint or CODES[code].severity is not Severity.ERROR)


def suppressions(files: Iterable[File]) -> Iterator[Suppression]:
    """Yield the comments of files that begin with `interlock:`."""
    for file in files:
        if MARK not in file.source.text:
            continue
        alone = {span.line for span in file.comments if not file.source.line(span.line)[: span.column - 1].strip()}
        for span in file.comments:
            if span.text.removeprefix("//").lstrip().startswith(MARK):
                yield _read(span, alone)


def _read(span: Span, alone: set[int]) -> Suppression:
    line = span.line
    while line in alone:  # on a line of its own it is for the line after the comments
        line += 1
    form = _FORM.fullmatch(span.text.rstrip())
    if form is None:
        return Suppression((), "", line, span)
    codes = tuple(code.strip() for code in form["codes"].split(","))
    return Suppression(codes, (form["reason"] or "").strip(), None if form["file"] else line, span)
