"""How a condition is read when it has no value: the first rule of failing closed.

An expression that errors, or that costs too much, has no answer. For whatever restricts (`forbid`, `require`, `limit`,
`never`) that counts as a match, for whatever gives (`permit`, `grant where`, a route) it does not. `unless` is the
other way round. Nothing else in the engine evaluates a condition.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from interlock_dsl.cel import EvaluationError
from interlock_dsl.cel.meter import Meter

if TYPE_CHECKING:
    from interlock_dsl.cel import CompiledExpression

Condition: TypeAlias = Callable[[Mapping[str, object], Meter], object]
"""A compiled expression as a function of its bindings and of the meter that counts what it costs."""


def condition(expression: "CompiledExpression | None") -> Condition | None:
    """Return an expression as a function of the compiled tier, which is made when it is first called."""
    return None if expression is None else expression.metered


def interpreted(expression: "CompiledExpression | None") -> Condition | None:
    """Return an expression as a function of the interpreted tier: cheap to make, slower to call, the same answers."""
    return None if expression is None else expression.interpreted


def truth(asked: Condition, bindings: Mapping[str, object], meter: Meter) -> bool | str:
    """Return what a condition says, or why it says nothing."""
    try:
        value = asked(bindings, meter)
    except EvaluationError as error:
        return str(error) or "it could not be evaluated"
    if value is True or value is False:
        return value
    return "it is neither true nor false"


def gives(when: Condition | None, unless: Condition | None, bindings: Mapping[str, object], meter: Meter) -> bool:
    """Whether a condition that gives something is met: an error gives nothing."""
    try:
        return (when is None or when(bindings, meter) is True) and (unless is None or unless(bindings, meter) is False)
    except EvaluationError:
        return False


def restricts(
    when: Condition | None, unless: Condition | None, bindings: Mapping[str, object], meter: Meter
) -> bool | str:
    """Whether a condition that restricts applies: an error does, and is returned."""
    met: bool | str = True
    if when is not None:
        met = truth(when, bindings, meter)
        if met is False:
            return False
    if unless is not None:
        excused = truth(unless, bindings, meter)
        if excused is True:
            return False
        if met is True and excused is not False:
            met = excused
    return met
