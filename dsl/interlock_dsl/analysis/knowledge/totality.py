"""Expressions that have a value whatever the values are that they read: nothing in them can fail.

An evaluation also ends without a value where what was evaluated about one event has cost too much: that concerns all
expressions of a program together.
"""

from collections.abc import Iterable
from math import prod
from typing import Final

from interlock_dsl.analysis.expressions import walk
from interlock_dsl.analysis.facts import Facts
from interlock_dsl.analysis.knowledge.places import places
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.cost import estimate
from interlock_dsl.cel.meter import EVENT_UNITS, weight
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


def affordable(facts: Facts) -> bool:
    """Say whether all that is evaluated about one event certainly stays within its limit of units."""
    rounds = prod(
        1 + route.link.decl.bound.times
        for workflow in facts.workflows.values()
        for route in workflow.routes
        if route.link.decl.bound is not None
    )
    return within_limit((place.checked for place in places(facts)), rounds)


def within_limit(expressions: Iterable[Checked], rounds: int = 1) -> bool:
    """Say whether evaluating expressions so many times certainly stays within the limit of one event."""
    units = 0
    for checked in expressions:
        worst = estimate(checked).worst
        if worst is None:
            return False
        units += max(worst, weight(checked.expression)) * rounds
        if units > EVENT_UNITS:
            return False
    return True
