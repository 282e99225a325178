"""What is still certain where a part of the text could not be read.

One mistake shall give one message, and the rest of the file is still checked. Where something was skipped, a name may
seem to be missing whose declaration was skipped, and a route may seem to lead nowhere. So a finding about a missing
name is kept when the name is written nowhere in the unreadable parts, and any other when it is about readable
declarations alone.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.syntax.tree import File, TypeDecl

LOCAL = frozenset(
    {
        "duplicate-definition",
        "limit-out-of-range",
        "limit-without-owner",
        "non-finite-limit",
        "recursive-type",
        "secret-in-run",
    }
)
"""What is said of one place, and true whatever stands elsewhere."""
READ = frozenset(
    {
        "repeated-clause", "row-width", "bad-number", "bad-duration", "bad-money", "integer-out-of-range",
        "double-out-of-range",
    }
)  # fmt: skip
"""Mistakes in the text in spite of which everything was read."""
BLIND = frozenset({"missing-file", "too-many-errors", "too-long", "not-text"})
"""Mistakes after which nobody knows which names there are."""
NAMES = frozenset({"undefined-reference", "unavailable-field"})
"""What is said of a name that is not there."""
SHAPE = frozenset(
    {
        "invalid-route", "unreachable-step", "dead-end-step", "no-path-to-end", "unbounded-loop",
        "beside-race", "join-never-satisfied", "unmerged-branches", "overlapping-routes", "read-before-write",
        "parallel-prerequisite", "unguarded-optional", "missing-argument", "type-mismatch",
    }
)  # fmt: skip
"""What follows from the declarations that a finding shows."""

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_WORD = re.compile(r"[A-Za-z_]\w*")
_NAMELESS = re.compile(r"\b(type|tool|agent|role|workflow|table|step|end)\s*[^\w\s\"]")
"""A declaration that has lost its name."""
_COMMENT = re.compile(r"//[^\n]*")


class Certainty:
    """Judges findings about files in which some text was `unread`."""

    def __init__(self, files: Iterable[File], unread: Iterable[Diagnostic]) -> None:
        self._unread = tuple(unread)
        lost = [found for found in self._unread if found.code not in READ]
        self._lines = {(found.span.source.name, found.span.line) for found in lost}
        self._damaged: list[Span] = []
        self._types = False
        hidden = ""
        for file in files:
            name = file.source.name
            spans = [found.span for found in lost if found.span.source.name == name]
            damaged = [node for node in file.declarations if any(_touch(node.span, other) for other in spans)]
            self._damaged.extend(node.span for node in damaged)
            self._types = self._types or any(isinstance(node, TypeDecl) for node in damaged)
            if spans:
                hidden = "\n".join((hidden, *(node.span.text for node in damaged), *_between(file)))
        self._words = Counter(_WORD.findall(_COMMENT.sub("", hidden)))
        # What a `use` that could not be read would have brought is as unknown as what a missing file holds.
        self._blind = any(found.code in BLIND for found in lost) or '.ilk"' in hidden
        self._blind = self._blind or _NAMELESS.search(hidden) is not None

    def __call__(self, found: Diagnostic) -> bool:
        """Say whether a finding holds whatever stands where the text could not be read."""
        if found in self._unread:
            return True
        if any(_touch(found.span, other.span) for other in self._unread):
            return False
        if found.code in LOCAL:
            return True
        if found.code in NAMES and not self._blind:
            return self._nowhere(found.span, every=found.code == "unavailable-field")
        if found.code == "type-mismatch" and self._types:
            return False
        return found.code in SHAPE and not any(self._inside(label.span) for label in found.labels)

    def _inside(self, span: Span) -> bool:
        return any(span.source.name == other.source.name and _touch(span, other) for other in self._damaged)

    def _nowhere(self, span: Span, *, every: bool) -> bool:
        """Say whether a part (or `every` part) of a name is written nowhere but here in what may have been skipped."""
        if _NAME.fullmatch(span.text) is None or (span.source.name, span.line) in self._lines:
            return False
        words = _WORD.findall(span.text)
        own = Counter(words if self._inside(span) else ())
        absent = [self._words[word] <= own[word] for word in words]
        return all(absent) if every else any(absent)


def _touch(one: Span, other: Span) -> bool:
    return one.source.name == other.source.name and one.start <= other.end and other.start <= one.end


def _between(file: File) -> Iterator[str]:
    """Yield the text between declarations."""
    end = 0
    for declaration in sorted(file.declarations, key=lambda node: node.span.start):
        yield file.source.text[end : declaration.span.start]
        end = max(end, declaration.span.end)
    yield file.source.text[end:]
