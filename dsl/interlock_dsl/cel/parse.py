"""From text to the syntax tree.

The parser is LALR(1) and keeps its stack on the heap; every loop here is bounded by the length of the text, and the
tree that comes out by `MAX_DEPTH`, so that whatever walks it by recursion is safe.
"""

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Final, cast

from interlock_dsl.cel.tree import Expression
from interlock_dsl.diagnostics import Diagnostic, DiagnosticError, Label
from interlock_dsl.source import Source, Span

if TYPE_CHECKING:
    from lark import Lark

    from interlock_dsl.cel.builder import ExpressionBuilder

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
    from lark import UnexpectedInput

    from interlock_dsl.cel.syntax_errors import explain

    lark, builder, lock = _parser()
    with lock:
        builder.begin(source, macros=macros)
        try:
            return cast("Expression", lark.parse(text))
        except UnexpectedInput as error:
            raise DiagnosticError([explain(error, source)]) from None


@cache
def _parser() -> tuple["Lark", "ExpressionBuilder", Lock]:
    from importlib.resources import files

    from lark import Lark

    from interlock_dsl.cel.builder import ExpressionBuilder

    builder = ExpressionBuilder()
    grammar = files("interlock_dsl.cel").joinpath("grammar.lark").read_text("utf-8")
    lark = Lark(
        grammar,
        parser="lalr",
        lexer="contextual",
        start="expression",
        maybe_placeholders=False,
        transformer=builder,
    )
    return lark, builder, Lock()
