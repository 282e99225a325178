"""What the parser says about text that is not an expression: what was found, what could have stood there."""

from typing import Final

from lark import Token

from interlock_dsl.cel.parser.lexer import END, UNKNOWN, end_of, start_of
from interlock_dsl.diagnostics import Diagnostic, Edit, Label
from interlock_dsl.diagnostics.source import Source, Span

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
_MEANT: Final = {"=": "==", "&": "&&", "|": "||", "and": "&&", "or": "||", "is": "==", "<>": "!=", "===": "=="}
"""What other languages write, and what this one does."""
_PAST_A_VALUE: Final = frozenset({"MINUS", "LPAR", "LSQB", "DOT", "LBRACE"})


def explain(token: Token, names: set[str], source: Source) -> Diagnostic:
    """Return the diagnostic for a token that has no place, where tokens of the kinds `names` have one."""
    if token.type == END:
        end = len(source.text.rstrip())
        expected = _in_words(names)
        message = f"the expression ends here, but {expected} was expected"
        return Diagnostic("syntax-error", message, (Label(Span(source, end, end)),))
    start, end = start_of(token), end_of(token)
    span = Span(source, start, end)
    if token in _MEANT and "IDENTIFIER" not in names:
        message = f"`{token}` is not an operator"
        return Diagnostic(
            "syntax-error", message, (Label(span),), help=f"write `{_MEANT[token]}`", edits=(Edit(span, _MEANT[token]),)
        )
    if token.type == UNKNOWN and token in ("'", '"'):
        return _unterminated(source, start)
    before = source.text[:start].rstrip()
    if token == "{" and "IDENTIFIER" not in names and (before[-1:].isalnum() or before[-1:] == "_"):
        return Diagnostic(
            "messages-left-out",
            "protobuf messages are left out of this language",
            (Label(span, "a message would begin here"),),
            help='write a map, `{"field": value}`',
        )
    shown = f"`{_shortened(token)}`" if token.isprintable() else f"the character U+{ord(token[0]):04X}"
    expected = _in_words(names)
    message = f"{shown} cannot stand here" + (f", {expected} was expected" if expected else "")
    return Diagnostic("syntax-error", message, (Label(span),))


def _unterminated(source: Source, start: int) -> Diagnostic:
    # Of three quotes without an end the scanner has taken two for an empty text.
    quote = source.text[start]
    triple = source.text[max(0, start - 2) : start] == quote * 2
    message = "the text has no closing quotes" + ("" if triple else " on its line")
    first = start - 2 if triple else start
    return Diagnostic("unterminated-text", message, (Label(Span(source, first, start + 1), "it begins here"),))


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
