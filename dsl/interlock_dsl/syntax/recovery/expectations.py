"""What may come next: asked of Lark's parser, said in words."""

from functools import cache
from typing import Final

from lark.lexer import PatternStr
from lark.parsers.grammar_analysis import calculate_sets
from lark.parsers.lalr_interactive_parser import InteractiveParser

from interlock_dsl.cel.parser.lexer import END, WORD
from interlock_dsl.diagnostics.messages.syntax import PHRASES
from interlock_dsl.syntax.grammar import grammar
from interlock_dsl.syntax.recovery.session import Kinds, after, height_of, without_callbacks

OPERATORS: Final = frozenset(
    {
        "OR", "AND", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", "EQUAL", "NOT_EQUAL", "IN",
        "PLUS", "MINUS", "TIMES", "DIVIDE", "MODULO",
    }
)  # fmt: skip
_AFTER_A_VALUE: Final = frozenset({"DOT", "LSQB", "LPAR", "QMARK"})
_RANK: Final = {name: at for at, name in enumerate(PHRASES)}


@cache
def firsts() -> dict[str, frozenset[str]]:
    """Return the kinds of token that can begin each rule of the grammar."""
    first, _, _ = calculate_sets(grammar().rules)
    return {symbol.name: frozenset(kind.name for kind in kinds) for symbol, kinds in first.items()}


def beginnings(choices: Kinds, rules: frozenset[str]) -> frozenset[str]:
    """Return the kinds that begin one of the rules that are among the parser's choices."""
    return frozenset[str]().union(*(firsts()[rule] for rule in choices.keys() & rules))


def phrases(parser: InteractiveParser) -> list[str]:
    """Return what may come next, in words, the most telling first."""
    accepted = parser.accepts()
    after_a_value = len(OPERATORS & accepted) > 1
    found: dict[str, int] = {}
    for kind in accepted:
        rule = _rule_begun(parser, kind) if kind != END else None
        if rule is not None:
            found.setdefault(PHRASES[rule], _RANK[rule])
        elif kind in OPERATORS and after_a_value:
            found["an operator"] = len(_RANK)
        elif kind == END:
            found["the end of the file"] = len(_RANK) + 2
        elif not (kind in _AFTER_A_VALUE and after_a_value):
            pattern = grammar().get_terminal(kind).pattern
            if isinstance(pattern, PatternStr):
                found[f"`{pattern.value}`"] = len(_RANK) + 1
            elif kind == WORD:
                found["a name"] = len(_RANK)
    return sorted(found, key=lambda phrase: (found[phrase], phrase))


def _rule_begun(parser: InteractiveParser, kind: str) -> str | None:
    """Return the first of the rules with a name for people that a token of some kind would begin."""
    taken = after(parser, kind)
    assert taken is not None
    before = without_callbacks(taken, height_of(taken) - 1).choices()
    return next((rule for rule in PHRASES if rule in before and kind in firsts()[rule]), None)
