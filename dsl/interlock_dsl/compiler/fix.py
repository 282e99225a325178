"""Files put right as far as there is one right way: the edits of findings, applied until none is left.

In each round all edits that do not touch each other are applied and everything is checked again. Where that is worse
than before, they are tried one by one, and those that make it worse are left out.
"""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from interlock_dsl.compiler.compile import compilation
from interlock_dsl.compiler.load import Read
from interlock_dsl.compiler.stages import Compilation, Lint
from interlock_dsl.diagnostics import Diagnostic, DiagnosticError, Severity
from interlock_dsl.diagnostics.edits import apart, applied

MOST_ROUNDS = 20
"""Findings that only show once others are put right come in further rounds, of which there are at most so many."""

SYNTAX = "syntax-error"

_Key: TypeAlias = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Fixed:
    """`texts` are the new texts of the files that changed, `done` what was put right, `refused` the findings whose edit
    would have made it worse, `left` what is found now in all `files`.
    """

    texts: Mapping[str, str]
    done: tuple[Diagnostic, ...]
    refused: tuple[Diagnostic, ...]
    left: tuple[Diagnostic, ...]
    files: tuple[str, ...]


def fix(entries: Iterable[str], read: Read, lint: Lint | None = None) -> Fixed:
    """Apply the edits of the findings in the files that `entries` name (not in those they use); see `check`."""
    work = _Work(tuple(entries), read, lint)
    work.run()
    changed = {name: text for name, text in work.texts.items() if text != work.original(name)}
    files = tuple(file.source.name for file in work.unit.files)
    return Fixed(changed, tuple(work.done), tuple(work.refused.values()), work.unit.report.ordered(), files)


@dataclass
class _Work:
    entries: tuple[str, ...]
    read: Read
    lint: Lint | None
    texts: dict[str, str] = field(default_factory=dict)
    done: list[Diagnostic] = field(default_factory=list)
    refused: dict[_Key, Diagnostic] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.given = {posixpath.normpath(name): name for name in self.entries}
        self.unit = self._checked(self.texts)

    def original(self, name: str) -> str:
        """Return the text of a given file as it was."""
        return self.read(self.given[name])

    def run(self) -> None:
        """Go on until there is nothing to put right, or there were too many rounds."""
        for _ in range(MOST_ROUNDS):
            batch = apart(each for each in self.unit.report.ordered() if self._wanted(each))
            if not batch:
                return
            if not self._tried(batch):
                self._one_of(batch)

    def _wanted(self, found: Diagnostic) -> bool:
        files = {edit.span.source.name for edit in found.edits}
        return bool(files) and files <= self.given.keys() and _key(found) not in self.refused

    def _one_of(self, batch: Sequence[Diagnostic]) -> None:
        """Apply the first edit that makes nothing worse, and refuse those before it."""
        for found in batch:
            if self._tried([found]):
                return
            self.refused[_key(found)] = found

    def _tried(self, batch: Sequence[Diagnostic]) -> bool:
        """Apply the edits of findings, unless the files are worse with them."""
        edited = applied(edit for found in batch for edit in found.edits)
        texts = {**self.texts, **{name: self._formatted(name, text) for name, text in edited.items()}}
        unit = self._checked(texts)
        if _badness(unit) > _badness(self.unit) or _elsewhere(batch, texts, unit):
            return False
        self.texts, self.unit = texts, unit
        self.done.extend(batch)
        return True

    def _formatted(self, name: str, text: str) -> str:
        """Put a text into the one format if the file was in it."""
        if not _is_formatted(self.texts.get(name, self.original(name)), name):
            return text
        from interlock_dsl.formatter.format import format

        try:
            return format(text, name)
        except DiagnosticError:
            return text

    def _checked(self, texts: Mapping[str, str]) -> Compilation:
        def read(name: str) -> str:
            normal = posixpath.normpath(name)
            return texts[normal] if normal in texts else self.read(name)

        return compilation(self.entries, read, lint=self.lint)


def _is_formatted(text: str, name: str) -> bool:
    from interlock_dsl.formatter.format import format

    try:
        return format(text, name) == text
    except DiagnosticError:
        return False


def _badness(unit: Compilation) -> tuple[int, int, int]:
    """Return how bad it is: mistakes in the text, which hide others, then other errors, which hide what lint finds.

    Findings with an edit of their own do not count among the last: what becomes unused is removed next.
    """
    found = unit.report.ordered()
    errors = sum(each.severity is Severity.ERROR for each in found)
    rest = sum(each.severity is Severity.WARNING and not each.edits for each in found)
    return len(unit.unread), errors, rest


def _elsewhere(batch: Iterable[Diagnostic], texts: Mapping[str, str], unit: Compilation) -> bool:
    """Say whether the text cannot be read on a line where an edit was to put that right, and nobody knows why."""
    unclear = {
        (found.span.source.name, found.span.line)
        for found in unit.report.ordered()
        if found.code == SYNTAX and not found.edits
    }
    edits = [edit for found in batch if found.code == SYNTAX for edit in found.edits]
    if not unclear or not edits:
        return False
    shifted: dict[str, int] = {}
    for edit in sorted(edits, key=lambda edit: edit.span.start):
        name = edit.span.source.name
        start = edit.span.start + shifted.get(name, 0)
        shifted[name] = shifted.get(name, 0) + len(edit.text) - (edit.span.end - edit.span.start)
        line = texts[name].count("\n", 0, start) + 1
        if any((name, each) in unclear for each in range(line, line + edit.text.count("\n") + 1)):
            return True
    return False


def _key(found: Diagnostic) -> _Key:
    span = found.span
    return found.code, span.source.name, span.source.line(span.line), found.message
