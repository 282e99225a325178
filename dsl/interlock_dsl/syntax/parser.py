"""From text to the tree of a file.

The work is done by three others: `scan` cuts the text into tokens, `automaton` recognises the rules of `grammar.lark`
and calls `builder` for each, `recovery` says what is wrong and goes on. Time and memory are linear in the text, and
what comes out is shallow enough to be walked by recursion: expressions and types have a greatest depth.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from interlock_dsl.diagnostics import Diagnostic, DiagnosticError
from interlock_dsl.diagnostics.messages import syntax as messages
from interlock_dsl.diagnostics.source import Source, Span
from interlock_dsl.syntax.tree import File

if TYPE_CHECKING:
    from interlock_dsl.syntax.automaton import Automaton
    from interlock_dsl.syntax.recovery import Recovery
    from interlock_dsl.syntax.scan import Token

MAX_LENGTH: Final = 16_000_000
"""Code points in a file."""

_UNREADABLE = re.compile("[\\x00\ud800-\udfff]")
_BYTE_ORDER_MARK: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file, what is wrong with it, and where its clauses stand.

    `places` holds, by the offsets of a node, the place of each of its clauses by its first word: `task`, `grant`, ...
    """

    file: File
    diagnostics: tuple[Diagnostic, ...]
    places: Mapping[tuple[int, int], Mapping[str, Span]]


def parse(text: str, name: str) -> File:
    """Return the tree of a file called `name`; raise `DiagnosticError` with everything that is wrong with it."""
    file, diagnostics = parse_partial(text, name)
    if diagnostics:
        raise DiagnosticError(diagnostics)
    return file


def parse_partial(text: str, name: str) -> tuple[File, tuple[Diagnostic, ...]]:
    """Return what can be read of a file, and everything that is wrong with it, in the order of the text.

    A declaration in which something was skipped is there without it, and the span of a diagnostic lies inside its span;
    one whose head could not be read is missing.
    """
    parsed = parse_with_places(text, name)
    return parsed.file, parsed.diagnostics


def parse_with_places(text: str, name: str) -> Parsed:
    """Return what can be read of a file, everything that is wrong with it, and where its clauses stand."""
    from interlock_dsl.syntax.automaton import Automaton
    from interlock_dsl.syntax.builder import FileBuilder

    source = Source(name, text)
    refused = _refusal(source)
    if refused is not None:
        return Parsed(File(source), (refused,), {})
    builder = FileBuilder()
    builder.begin(source)
    automaton = Automaton(source, builder, "file")
    builder.diagnostics = automaton.diagnostics
    automaton.position = len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0
    try:
        file = automaton.run(_mending(automaton))
    except DiagnosticError as error:
        file = File(source)
        automaton.diagnostics.extend(error.diagnostics)
    assert isinstance(file, File)
    diagnostics = tuple(sorted(automaton.diagnostics, key=lambda found: found.span.start))
    whole = Span(source, 0, len(text))
    return Parsed(replace(file, comments=automaton.comments(), span=whole), diagnostics, builder.places)


def _mending(automaton: "Automaton") -> Callable[["Token"], "Token | None"]:
    """Return what mends the parse, which is loaded at the first mistake."""
    mends: list[Recovery] = []

    def mend(found: "Token") -> "Token | None":
        if not mends:
            from interlock_dsl.syntax.recovery import Recovery

            mends.append(Recovery(automaton))
        return mends[0].mend(found)

    return mend


def _refusal(source: Source) -> Diagnostic | None:
    """Return why a text is not read at all."""
    if len(source.text) > MAX_LENGTH:
        return messages.too_long(len(source.text), MAX_LENGTH, Span(source, MAX_LENGTH, MAX_LENGTH + 1))
    strange = _UNREADABLE.search(source.text)
    if strange is None:
        return None
    span = Span(source, strange.start(), strange.end())
    return messages.not_text(span) if strange[0] == "\0" else messages.not_unicode(span)
