"""Edits of texts: made for the findings that have one right edit, chosen so that none overlap, applied."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from interlock_dsl.diagnostics.diagnostic import Diagnostic, Edit
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.diagnostics.spelling import only_near


def respelt(name: str, candidates: Iterable[str], span: Span) -> tuple[Edit, ...]:
    """Return the edit that writes the one name that is near, if there is just one and `span` holds nothing else."""
    near = only_near(name, candidates) if span.text == name else None
    return (Edit(span, near),) if near else ()


def removal(span: Span, *, block: bool = False) -> Edit:
    """Return the edit that takes out what a span covers: its lines where nothing else is on them.

    A `block` goes with the comments right above it and one of the empty lines around it.
    """
    text, start, end = span.source.text, span.start, span.end
    begin = text.rfind("\n", 0, start) + 1
    after = text.find("\n", end)
    after = len(text) if after < 0 else after
    if text[begin:start].strip() or text[end:after].strip():
        while start > begin and text[start - 1] in " \t":
            start -= 1
        return Edit(Span(span.source, start, end), "")
    start, end = begin, min(after + 1, len(text))
    if block:
        start, end = _with_surroundings(text, start, end)
    return Edit(Span(span.source, start, end), "")


def _with_surroundings(text: str, start: int, end: int) -> tuple[int, int]:
    while start > 0:
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above:start].lstrip().startswith("//"):
            break
        start = above
    before = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : start]
    below = text.find("\n", end) + 1
    if end == len(text):
        while start > 0 and not (line := text[(at := text.rfind("\n", 0, start - 1) + 1) : start]).strip() and line:
            start = at
    elif below and not before.strip() and not text[end:below].strip():
        end = below
    return start, end


def apart(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return as many of the findings as have edits that do not touch each other, the first ones first."""
    taken: dict[str, list[Span]] = defaultdict(list)
    chosen = []
    for found in findings:
        spans = [edit.span for edit in found.edits]
        if spans and not any(_touch(span, other) for span in spans for other in taken[span.source.name]):
            chosen.append(found)
            for span in spans:
                taken[span.source.name].append(span)
    return chosen


def _touch(one: Span, other: Span) -> bool:
    return one.start <= other.end and other.start <= one.end


def applied(edits: Iterable[Edit]) -> Mapping[str, str]:
    """Return the texts, by the names of their sources, after edits that do not overlap."""
    by_file: dict[str, list[Edit]] = defaultdict(list)
    for edit in edits:
        by_file[edit.span.source.name].append(edit)
    return {name: _edited(each) for name, each in by_file.items()}


def _edited(edits: list[Edit]) -> str:
    text = edits[0].span.source.text
    for edit in sorted(edits, key=lambda each: each.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text
