"""From text to the syntax tree.

Lark parses by `grammar.lark`, calling `builder` at each reduction. Neither recurses, and the tree that comes out is no
deeper than the builder's `MAX_DEPTH`, so that whatever walks it by recursion is safe. The first parse loads Lark.
"""

import re
from typing import TYPE_CHECKING, Final, cast

from interlock_dsl.cel.tree import Expression
from interlock_dsl.diagnostics import Diagnostic, DiagnosticError, Label
from interlock_dsl.diagnostics.source import Source, Span

if TYPE_CHECKING:
    from lark import Token

_HALF: Final = re.compile("[\ud800-\udfff]")
MAX_LENGTH: Final = 100_000
"""Code points in an expression."""


def parse(text: str, *, source: Source | None = None, macros: bool = True) -> Expression:
    """Return the tree of an expression, or raise `DiagnosticError`.

    `source` names where the text comes from and must hold just that text; with `macros=False`, `has`, `all` and
    the others stay plain calls.
    """
    if source is None:
        source = Source("<expression>", text)
    if len(text) > MAX_LENGTH:
        place = Label(Span(source, MAX_LENGTH, MAX_LENGTH + 1))
        message = f"an expression holds at most {MAX_LENGTH} characters, this one has {len(text)}"
        raise DiagnosticError([Diagnostic("too-long", message, (place,))])
    if not text.isascii() and (half := _HALF.search(text)) is not None:
        message = "half of a surrogate pair is not a character"
        raise DiagnosticError([Diagnostic("bad-character", message, (Label(Span(source, half.start(), half.end())),))])
    return _parse(source, macros=macros)


def _parse(source: Source, *, macros: bool) -> Expression:
    from lark import UnexpectedToken

    from interlock_dsl.cel.parser.builder import ExpressionBuilder
    from interlock_dsl.cel.parser.errors import explain
    from interlock_dsl.cel.parser.grammar import building, grammar
    from interlock_dsl.cel.parser.lexer import Reading

    with building(ExpressionBuilder(source, macros=macros)):
        try:
            return cast("Expression", grammar().parse(Reading(source)))
        except UnexpectedToken as error:
            raise DiagnosticError([explain(error.token, _expected(source, error.token), source)]) from None


def _expected(source: Source, found: "Token") -> set[str]:
    """Return the kinds of token that could stand where one was found that could not."""
    from interlock_dsl.cel.parser.grammar import grammar
    from interlock_dsl.cel.parser.lexer import END, Reading

    # Reductions precede the discovery of a mistake, so the parse is repeated up to the token that is one.
    interactive = grammar().parse_interactive(Reading(source))
    for token in interactive.iter_parse():
        if found.type != END and token.start_pos == found.start_pos:
            break
    accepted: set[str] = interactive.accepts()
    if END in accepted:
        interactive.feed_eof()  # what ends before the mistake may be one itself, as the name in `in x`
    return accepted
