"""Expressions that have a value whatever the values are that they read: nothing in them can fail."""

from typing import Final

from interlock_dsl.analysis.expressions import walk
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.tree import OPERATORS, Call, Comprehension, Index, MapOf
from interlock_dsl.program.builtins import reads_past_calls

_ALWAYS: Final = frozenset(
    {
        *(OPERATORS[sign] for sign in ("?:", "||", "&&", "!", "<", "<=", ">", ">=", "==", "!=", "in")),
        "size", "startsWith", "endsWith", "contains", "hasValue", "orValue", "or", "optional.none", "calls", "count",
        "within",
    }
)  # fmt: skip
"""Functions that have a value for all arguments of their types."""


def total(checked: Checked | None) -> bool:
    """Say whether an expression certainly has a value. `False` says nothing."""
    if checked is None:
        return True
    for node in walk(checked.expression):
        match node:
            case Call(function=function):
                if function not in _ALWAYS and not reads_past_calls(function):
                    return False
            case Index(optional=False) | MapOf() | Comprehension():
                return False
            case _:
                pass
    return True
