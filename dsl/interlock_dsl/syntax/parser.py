"""From text to the tree of a file.

Lark parses by `grammar.lark`, asking `lexer` for tokens and calling `builder` at each reduction. A text with a mistake
is parsed again by `recovery`, which reports what is wrong and goes on. Time and memory are linear in the text, and what
comes out is shallow enough to be walked by recursion: expressions and types have a greatest depth. Lark is loaded by
the first parse.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from interlock_dsl.diagnostics import Diagnostic, DiagnosticError
from interlock_dsl.diagnostics.messages import syntax as messages
from interlock_dsl.diagnostics.source import Source, Span
from interlock_dsl.syntax.tree import File

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
    source = Source(name, text)
    refused = _refusal(source)
    if refused is not None:
        return Parsed(File(source), (refused,), {})
    return _parse(source)


def _parse(source: Source) -> Parsed:
    from lark import UnexpectedToken

    from interlock_dsl.cel.parser.grammar import building
    from interlock_dsl.cel.parser.lexer import Reading
    from interlock_dsl.syntax.builder import FileBuilder
    from interlock_dsl.syntax.grammar import grammar

    begin = len(_BYTE_ORDER_MARK) if source.text.startswith(_BYTE_ORDER_MARK) else 0
    builder = FileBuilder(Reading(source, begin))
    file: object = None
    try:
        with building(builder):
            file = grammar().parse(builder.reading)
    except UnexpectedToken:
        from interlock_dsl.syntax.recovery import parse_with_recovery

        builder = FileBuilder(Reading(source, begin))
        with building(builder):
            file = parse_with_recovery(builder)
    except DiagnosticError as error:
        builder.diagnostics.extend(error.diagnostics)
    tree = file if isinstance(file, File) else File(source)
    diagnostics = tuple(sorted(builder.diagnostics, key=lambda found: found.span.start))
    whole = Span(source, 0, len(source.text))
    return Parsed(replace(tree, comments=builder.reading.comment_spans(), span=whole), diagnostics, builder.places)


def _refusal(source: Source) -> Diagnostic | None:
    """Return why a text is not read at all."""
    if len(source.text) > MAX_LENGTH:
        return messages.too_long(len(source.text), MAX_LENGTH, Span(source, MAX_LENGTH, MAX_LENGTH + 1))
    strange = _UNREADABLE.search(source.text)
    if strange is None:
        return None
    span = Span(source, strange.start(), strange.end())
    return messages.not_text(span) if strange[0] == "\0" else messages.not_unicode(span)
