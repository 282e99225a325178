"""How a condition is read when it has no value: the first rule of failing closed.

An expression that errors has no answer. For whatever restricts (`forbid`, `require`, `limit`, `never`) that counts as
a match, for whatever gives (`permit`, `grant where`, a route) it does not. `unless` is the other way round. Nothing
else in the package calls `evaluate` on a condition.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from interlock_dsl.cel import EvaluationError

if TYPE_CHECKING:
    from interlock_dsl.cel import CompiledExpression


def truth(condition: "CompiledExpression", bindings: Mapping[str, object]) -> bool | str:
    """Return what a condition says, or why it says nothing."""
    try:
        value = condition.evaluate(bindings)
    except EvaluationError as error:
        return str(error) or "it could not be evaluated"
    if value is True or value is False:
        return value
    return "it is neither true nor false"


def gives(condition: "CompiledExpression | None", bindings: Mapping[str, object]) -> bool:
    """Whether a condition that gives something is met: an error gives nothing."""
    return condition is None or truth(condition, bindings) is True


def restricts(
    when: "CompiledExpression | None", unless: "CompiledExpression | None", bindings: Mapping[str, object]
) -> bool | str:
    """Whether a condition that restricts applies: an error does, and is returned."""
    met: bool | str = True
    if when is not None:
        met = truth(when, bindings)
        if met is False:
            return False
    if unless is not None:
        excused = truth(unless, bindings)
        if excused is True:
            return False
        if met is True and excused is not False:
            met = excused
    return met
