"""What to do about a token that has no place, where that is known."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from lark import Token

from interlock_dsl.cel.parser.lexer import WORD, start_of
from interlock_dsl.diagnostics.messages import hints
from interlock_dsl.diagnostics.messages import syntax as messages
from interlock_dsl.syntax.builder.pieces import UNITS
from interlock_dsl.syntax.recovery.expectations import firsts
from interlock_dsl.syntax.recovery.hints import hint

CLAUSES: Final = ("tool_clause", "agent_clause", "budget_clause")
_SAFE_ACCESS: Final = re.compile(r"[\w\])]\?\.\w+\s*\Z")

_PEOPLE: Final = re.compile(r"\bby\s+[A-Za-z_]\w*\s+(?:of|\d+\s+of\s+[A-Za-z_]\w*)\Z")
_GIVEN: Final = re.compile(r"(?:^|\n)[ \t]*given\b[^\n]*\Z")


def advice(text: str, found: Token, expected: Sequence[str], keywords: Mapping[str, str]) -> str | None:
    """Return the help line for a token where only what is `expected` can stand."""
    start = start_of(found)
    if found.isidentifier() and text[start - 1 : start].isdigit():
        return messages.NO_UNIT
    if _SAFE_ACCESS.search(text, max(0, start - 200), start):
        return messages.OPTIONAL
    if is_extra_colon(found, expected):
        return messages.NO_COLON
    if list(expected) == ["`max`"]:
        return hints.MOST_ROWS
    known = hint(text, max(0, start - 200), start + len(found))
    if known is not None:
        return known
    if (found == "," or found.type == WORD) and messages.PHRASES["test_item"] in expected:
        return messages.ONE_GIVEN if _GIVEN.search(text, max(0, start - 200), start) else None
    if found in (",", ")") and list(expected) == ["`:`"]:
        return messages.NAMED
    if found.isidentifier() and messages.PHRASES["money"] in expected:
        return messages.MONEY
    if _PEOPLE.search(text, max(0, start - 200), start + len(found)):
        return messages.PEOPLE
    if messages.PHRASES["currency"] in expected:
        return messages.CURRENCY
    if (found[:1].isdigit() and messages.PHRASES["duration"] in expected) or (found in UNITS and "`steps`" in expected):
        return messages.NO_SPACE
    return _clauses(found, expected, keywords)


def is_extra_colon(found: Token, expected: Sequence[str]) -> bool:
    """Say whether a token is a colon between the word of a clause and its text or block."""
    return found == ":" and (messages.PHRASES["text"] in expected or list(expected) == ["`{`"])


def _clauses(found: Token, expected: Sequence[str], keywords: Mapping[str, str]) -> str | None:
    """Name the clauses there are, where a word is none of them."""
    lists = [kind for kind in CLAUSES if messages.PHRASES[kind] in expected]
    if len(lists) != 1 or not found.isidentifier() or found.type != WORD:
        return None
    return messages.clauses(sorted(kind for kind, name in keywords.items() if name in firsts()[lists[0]]))
