"""Differences between two versions of a program, for people, for programs, and beside the lines of a pull request."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from interlock_cli.present.escape import escape
from interlock_cli.present.output import json_text
from interlock_dsl.analysis.diff import Difference, Direction
from interlock_dsl.diagnostics.witness import written

if TYPE_CHECKING:
    from interlock_cli.formats.proof_models import DifferenceJson, DiffJson, VersionJson
    from interlock_dsl.compiler.stages import Compilation

MARKS: Final = {
    Direction.PERMITS: "+",
    Direction.REFUSES: "-",
    Direction.CHANGES: "~",
    Direction.STATES: "=",
    Direction.UNKNOWN: "?",
}


def human(found: Sequence[Difference]) -> str:
    """Return differences under what they are in: `+` permits more, `-` less, `~` is another, `?` is unknown.

    `=` is said otherwise, and permits the same.
    """
    if not found:
        return "nothing: both permit the same\n"
    lines: list[str] = []
    for subject, several in groupby(sorted(found, key=lambda each: each.subject), key=lambda each: each.subject):
        lines.append(escape(subject))
        for each in several:
            lines.append(f"  {MARKS[each.direction]} {escape(_said(each))}")
            if each.values:
                lines.append(f"      for {escape(_shown(each))}")
    counts = ((MARKS[d], d.value, sum(each.direction is d for each in found)) for d in Direction)
    lines.append("")
    same = ": both permit the same" if all(each.direction is Direction.STATES for each in found) else ""
    lines.append(", ".join(f"{count} {word} ({mark})" for mark, word, count in counts if count) + same)
    return "\n".join(lines) + "\n"


def _said(each: Difference) -> str:
    place = "" if each.span is None or not each.span.source.text else f" ({each.span})"
    reason = f": {each.reason}" if each.reason else ""
    return f"{each.text}{reason}{place}"


def _shown(each: Difference) -> str:
    return ", ".join(f"{path} = {written(value)}" for path, value in each.values.items())


def github(found: Iterable[Difference]) -> str:
    """Return differences as annotations: less and `=` are notices, all else is a warning."""
    from interlock_cli.formats.github import annotation

    lines: list[str] = []
    for each in found:
        level = "notice" if each.direction in (Direction.REFUSES, Direction.STATES) else "warning"
        title, message = f"{each.direction.value}: {each.subject}", _said(each)
        if each.values:
            message += f", for {_shown(each)}"
        span = each.span
        if span is None or not span.source.text:
            lines.append(f"::{level}::{title}: {message}\n")
        else:
            end = span.source.place(span.end)
            lines.append(annotation(level, span.source.name, (span.line, span.column), end, title, message) + "\n")
    return "".join(lines)


def json_of(found: Sequence[Difference], old: "Compilation", new: "Compilation") -> str:
    """Return the differences of two versions."""
    report: DiffJson = {
        "version": 1,
        "old": _version(old),
        "new": _version(new),
        "differences": [_difference(each) for each in found],
    }
    return json_text(report)


def _version(made: "Compilation") -> "VersionJson":
    assert made.program is not None
    return {"files": list(made.entries), "digest": made.program.digest}


def _difference(each: Difference) -> "DifferenceJson":
    there = each.span is not None and bool(each.span.source.text)
    return {
        "direction": each.direction.value,
        "subject": each.subject,
        "text": each.text,
        "place": {"file": each.span.source.name, "line": each.span.line, "column": each.span.column}
        if there and each.span is not None
        else None,
        "values": dict(each.values),
        "reason": each.reason,
    }
