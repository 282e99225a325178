"""What the parser says about text that is not an expression: what was found, what could have stood there."""

from typing import Final

from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.scan import LOST, Token
from interlock_dsl.source import Source, Span
from interlock_dsl.tables import END

_VALUE: Final = frozenset({"IDENTIFIER", "INT", "UINT", "DOUBLE", "STRING", "BYTES", "TRUE", "FALSE", "NULL", "NOT"})
_OPERATOR: Final = frozenset(
    {
        "OR", "AND", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", "EQUAL", "NOT_EQUAL", "IN",
        "PLUS", "TIMES", "DIVIDE", "MODULO",
    }
)  # fmt: skip
_SIGNS: Final = {
    "RPAR": "`)`",
    "RSQB": "`]`",
    "RBRACE": "`}`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "QMARK": "`?`",
    "$END": "the end of the expression",
}
_PAST_A_VALUE: Final = frozenset({"MINUS", "LPAR", "LSQB", "DOT", "LBRACE"})


def explain(token: Token, names: set[str], source: Source) -> Diagnostic:
    """Return the diagnostic for a token that has no place, where tokens of the kinds `names` have one."""
    if token.kind == END:
        end = len(source.text.rstrip())
        return _found("the end of the expression", Span(source, end, end), names)
    if token.kind == LOST:
        return _unreadable(source, token.start_pos, names)
    if token == "=":
        place = Span(source, token.start_pos, token.end_pos)
        return Diagnostic("syntax-error", "`=` is not an operator", (Label(place),), help="compare with `==`")
    return _found(f"`{_shortened(token)}`", Span(source, token.start_pos, token.end_pos), names)


def _found(what: str, span: Span, names: set[str]) -> Diagnostic:
    before = span.source.text[: span.start].rstrip()
    if what == "`{`" and "IDENTIFIER" not in names and (before[-1:].isalnum() or before[-1:] in {"_", "."}):
        return Diagnostic(
            "messages-left-out",
            "protobuf messages are left out of this language",
            (Label(span, "a message would begin here"),),
            help='write a map, `{"field": value}`',
        )
    expected = _in_words(names)
    message = f"{what} cannot stand here" + (f", {expected} was expected" if expected else "")
    return Diagnostic("syntax-error", message, (Label(span),))


def _unreadable(source: Source, start: int, allowed: set[str]) -> Diagnostic:
    rest = source.text[start : start + 4]
    opening = rest.lstrip("rRbB")
    if opening[:1] in {'"', "'"}:
        triple = opening[:3] in {'"""', "'''"}
        message = "the text has no closing quotes" + ("" if triple else " on its line")
        return Diagnostic("unterminated-text", message, (Label(Span(source, start, start + 1), "it begins here"),))
    span = Span(source, start, start + 1)
    if rest[:1] in {"&", "|"}:
        return Diagnostic(
            "syntax-error", f"`{rest[0]}` is not an operator", (Label(span),), help=f"write `{rest[0] * 2}`"
        )
    return _found(f"`{rest[:1]}`" if rest[:1].isprintable() else f"the character U+{ord(rest[0]):04X}", span, allowed)


def _shortened(text: str) -> str:
    return text if len(text) <= 30 else text[:27] + "..."


def _in_words(names: set[str]) -> str:
    words: list[str] = []
    if names >= {"IDENTIFIER", "INT"}:
        words.append("a value")
        names = names - _VALUE - _PAST_A_VALUE - {"QMARK"}
    elif "IDENTIFIER" in names or "QUOTED_IDENTIFIER" in names:
        words.append("a name")
    if names & _OPERATOR:
        words.append("an operator")
        names = names - {"QMARK"}
    words.extend(text for name, text in _SIGNS.items() if name in names)
    if len(words) > 1:
        return ", ".join(words[:-1]) + " or " + words[-1]
    return "".join(words)
