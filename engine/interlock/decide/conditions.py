"""How a condition is read when it has no value: the first rule of failing closed.

An expression that errors, or that costs too much, has no answer. For whatever restricts (`forbid`, `require`, `limit`,
`never`) that counts as a match, for whatever gives (`permit`, `grant where`, a route) it does not. `unless` is the
other way round. Nothing else in the engine evaluates a condition.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from interlock_dsl.cel import DEFAULT_LIMIT, EvaluationError

if TYPE_CHECKING:
    from interlock_dsl.cel import CompiledExpression
    from interlock_dsl.cel.interpreter import Interpreter

Condition: TypeAlias = Callable[[Mapping[str, object]], object]
"""A compiled expression as a function of its bindings, under the limit of cost."""


def condition(expression: "CompiledExpression | None") -> Condition | None:
    """Return the function of an expression."""
    return None if expression is None else expression.function


def compiled(expression: "CompiledExpression | None") -> Condition | None:
    """Return an expression as a function of the compiled tier, which is made when it is first called."""
    return expression


def interpreted(expression: "CompiledExpression | None") -> Condition | None:
    """Return an expression as a function of the interpreted tier: cheap to make, slower to call, the same limit."""
    if expression is None:
        return None
    interpreted: Interpreter | None = None

    def evaluate(bindings: Mapping[str, object]) -> object:
        nonlocal interpreted
        if interpreted is None:
            interpreted = expression.interpreter
        return interpreted.evaluate(bindings, DEFAULT_LIMIT)

    return evaluate


def truth(asked: Condition, bindings: Mapping[str, object]) -> bool | str:
    """Return what a condition says, or why it says nothing."""
    try:
        value = asked(bindings)
    except EvaluationError as error:
        return str(error) or "it could not be evaluated"
    if value is True or value is False:
        return value
    return "it is neither true nor false"


def gives(when: Condition | None, unless: Condition | None, bindings: Mapping[str, object]) -> bool:
    """Whether a condition that gives something is met: an error gives nothing."""
    try:
        return (when is None or when(bindings) is True) and (unless is None or unless(bindings) is False)
    except EvaluationError:
        return False


def plainly(when: Condition | None, bindings: Mapping[str, object]) -> bool | None:
    """Return what a condition says, None when it says nothing: `truth` for whoever need not know why."""
    if when is None:
        return True
    try:
        value = when(bindings)
    except EvaluationError:
        return None
    return value if value is True or value is False else None


def restricts(when: Condition | None, unless: Condition | None, bindings: Mapping[str, object]) -> bool | str:
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
