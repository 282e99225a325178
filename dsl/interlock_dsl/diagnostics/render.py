"""Diagnostics as text for people: the source lines with marks and labels below them.

```
error[overlapping-routes]: two routes from `assess` can both be taken
  ┌─ refund.ilk:41:27
  │
41│   assess -> pay       when assess.amount >= 10_000
  │                            ^^^^^^^^^^^^^^^^^^^^^^^ this one
38│   assess -> pay       when assess.amount > 0 && assess.amount <= 10_000
  │                            ------------------------------------------- and this one
  = witness: assess.amount = 10_000
      given { amount: 10_000 }
      agent assess answers { amount: 10_000 }
  = help: make the first `> 10_000`, or declare `routes assess first`
```

Carets mark the primary place, dashes the others. A place of several lines is marked to the end of its first one.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from interlock_dsl.diagnostics.code import Certainty, Severity
from interlock_dsl.diagnostics.diagnostic import Diagnostic, Label
from interlock_dsl.diagnostics.escape import escape
from interlock_dsl.diagnostics.source import NOWHERE, Span
from interlock_dsl.diagnostics.witness import written

TAB: Final = 4
"""Columns from one tab stop to the next."""
MOST_COLUMNS: Final = 10_000
"""What is shown of a line, whatever the width."""

_RESET: Final = "\x1b[0m"
_BOLD: Final = "\x1b[1m"
_BLUE: Final = "\x1b[34m"
_COLORS: Final = {
    Severity.ERROR: "\x1b[1;31m",
    Severity.WARNING: "\x1b[1;33m",
    Severity.NOTE: "\x1b[1;36m",
}
_CUT: Final = "…"


@dataclass(frozen=True, slots=True)
class _Ink:
    """Paints text, or leaves it as it is."""

    color: bool

    def paint(self, code: str, text: str) -> str:
        """Return the text in a color."""
        return f"{code}{text}{_RESET}" if self.color and text else text


def render(diagnostics: Iterable[Diagnostic], *, color: bool = False, width: int = 120) -> str:
    """Return the diagnostics as text, an empty line between them, each line ended by a newline.

    With `color`, ANSI escape codes mark severity and places. Source lines wider than `width` columns are cut around
    what is marked.
    """
    return "\n".join(_rendered(diagnostic, _Ink(color), max(width, 40)) for diagnostic in diagnostics)


def render_compact(diagnostics: Iterable[Diagnostic]) -> str:
    """Return a line for each diagnostic: `file:line:column: severity[code]: message (witness: ...) (help: ...)`.

    Of a witness only the values are shown.
    """
    lines = []
    for found in diagnostics:
        values = (
            ", ".join(f"{path} = {written(value)}" for path, value in found.witness.values.items())
            if found.witness
            else ""
        )
        more = "".join(
            f" ({word}: {escape(text)})" for word, text in (("witness", values), ("help", found.help)) if text
        )
        lines.append(f"{escape(str(found.span))}: {found.severity}[{found.code}]: {escape(found.message)}{more}\n")
    return "".join(lines)


def _rendered(found: Diagnostic, ink: _Ink, width: int) -> str:
    tone = _COLORS[found.severity]
    lines = [f"{ink.paint(tone, f'{found.severity}[{found.code}]')}{ink.paint(_BOLD, ': ' + escape(found.message))}"]
    labels = [label for label in found.labels if label.span != NOWHERE]
    margin = max((len(str(label.span.line)) for label in labels), default=1)
    bar = ink.paint(_BLUE, " " * margin + "│")
    for at, group in enumerate(_by_source(labels)):
        corner = "┌─" if at == 0 else "├─"
        lines.append(f"{' ' * margin}{ink.paint(_BLUE, corner)} {escape(str(group[0].span))}")
        lines.append(bar)
        for line, marked in _by_line(group):
            number = ink.paint(_BLUE, f"{line:>{margin}}│")
            text, marks = _excerpt(group[0].span.source.line(line), marked, found, width - margin - 2)
            lines.append(f"{number} {text}".rstrip())
            lines += [
                f"{bar} {' ' * indent}{ink.paint(tone if first else _BLUE, mark)}" for indent, mark, first in marks
            ]
    lines += _remarks(found, ink, margin)
    return "\n".join(lines) + "\n"


def _remarks(found: Diagnostic, ink: _Ink, margin: int) -> list[str]:
    first, *run = found.witness.told if found.witness else [""]
    remarks = [[escape(note)] for note in found.notes]
    remarks += [[f"witness: {escape(first)}".rstrip(), *run]] if found.witness else []
    remarks += [[f"certainty: {found.certainty}"]] if found.certainty is not Certainty.PROVED else []
    remarks += [[f"help: {escape(found.help)}"]] if found.help else []
    lines = []
    for said, *more in remarks:
        lines.append(f"{' ' * margin}{ink.paint(_BLUE, '=')} {said}")
        lines += [f"{' ' * (margin + 4)}{escape(line)}" for line in more]
    return lines


def _by_source(labels: Sequence[Label]) -> list[list[Label]]:
    """Return the labels grouped by file, the primary one's file first."""
    groups: dict[int, list[Label]] = {}
    for label in labels:
        groups.setdefault(id(label.span.source), []).append(label)
    return list(groups.values())


def _by_line(labels: Sequence[Label]) -> list[tuple[int, list[Label]]]:
    """Return the labels grouped by the line they begin on, in the order of their first label."""
    groups: dict[int, list[Label]] = {}
    for label in labels:
        groups.setdefault(label.span.line, []).append(label)
    return list(groups.items())


def _excerpt(
    line: str, labels: Sequence[Label], found: Diagnostic, width: int
) -> tuple[str, list[tuple[int, str, bool]]]:
    """Return a line as it is shown, and for each label: the indent, the marks with the text, whether it is primary."""
    line = line[:MOST_COLUMNS]
    columns = _columns(line)
    places = [_place(label.span, line, columns) for label in labels]
    first = min(start for start, _ in places)
    skipped = 0 if columns[-1] <= width else max(0, min(first - width // 4, columns[-1] - width + 1))
    shown = _cut(line, columns, skipped, width)
    marks: list[tuple[int, str, bool]] = []
    for label, (start, end) in sorted(zip(labels, places, strict=True), key=lambda pair: pair[1]):
        primary = label is found.labels[0]
        start, end = max(start - skipped, 0), max(min(end - skipped, width), start - skipped + 1)
        marks.append((start, ("^" if primary else "-") * (end - start) + f" {escape(label.text)}".rstrip(), primary))
    return shown, marks


def _place(span: Span, line: str, columns: Sequence[int]) -> tuple[int, int]:
    """Return the first and the past-the-end column of what is marked, at least one column wide."""
    start = min(span.column - 1, len(line))
    length = span.end - span.start
    if "\n" in span.text:
        length = span.text.index("\n")
    end = min(start + length, len(line))
    return columns[start], max(columns[end], columns[start] + 1)


def _cut(line: str, columns: Sequence[int], skipped: int, width: int) -> str:
    if not skipped and columns[-1] <= width:
        return _spread(line, columns)
    text = "".join(
        _shown(char, columns[at])
        for at, char in enumerate(line)
        if columns[at] >= skipped and columns[at + 1] <= skipped + width - 1
    )
    lost = next((columns[at] for at in range(len(line) + 1) if columns[at] >= skipped), skipped) - skipped
    text = " " * lost + text
    if skipped:
        text = _CUT + text[1:]
    return text + (_CUT if columns[-1] > skipped + width - 1 else "")


def _columns(line: str) -> list[int]:
    """Return the column in which each character begins, and the one after the last."""
    columns = [0]
    for char in line:
        columns.append(columns[-1] + _width(char, columns[-1]))
    return columns


def _width(char: str, column: int) -> int:
    if char == "\t":
        return TAB - column % TAB
    shown = escape(char)
    if shown != char:
        return len(shown)
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def _spread(line: str, columns: Sequence[int]) -> str:
    return "".join(_shown(char, columns[at]) for at, char in enumerate(line))


def _shown(char: str, column: int) -> str:
    if char == "\t":
        return " " * _width(char, column)
    return escape(char)
