"""Expressions of a run evaluated: within what an event may cost together, and what a run may hold.

# INVARIANT: nothing is evaluated but on the run's meter, the `where` of a step that waits on one of its own.
# INVARIANT: what is written has been measured before it is encoded.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

from interlock.run.parts import Frame
from interlock.run.protocol.events import Json
from interlock.run.state import Run
from interlock_dsl.cel.errors import LIMIT_CODE, LimitExceeded
from interlock_dsl.cel.types import DYN
from interlock_dsl.cel.units import part
from interlock_dsl.schema import encode

if TYPE_CHECKING:
    from interlock_dsl.cel import CompiledExpression

MOST_HELD: Final = 100_000
"""The size of all values that a run holds, and of any one that an expression writes: 1 for every item, field and leaf,
and 1 for every 16 characters of text."""

WRITING: Final = 4
"""Units of the meter that writing a value down costs for each unit of its size: it is encoded, decoded and digested."""

_HUGE = 1.7976931348623157e308
_PLAIN = frozenset({str, int, bool, float, type(None)})


def evaluate(
    run: Run, expressions: Mapping[str, "CompiledExpression"], bindings: Mapping[str, object]
) -> dict[str, object]:
    """Return what expressions come to, the size of each counted on the meter too. Raises `EvaluationError`."""
    return {name: value_of(run, expression, bindings) for name, expression in expressions.items()}


def value_of(run: Run, expression: "CompiledExpression", bindings: Mapping[str, object]) -> object:
    """Return what an expression that is written somewhere comes to. Raises `EvaluationError`."""
    value = expression.metered(bindings, run.meter)
    size = part(value)
    if size > MOST_HELD:
        message = f"the value has a size of {size}, more than the {MOST_HELD} that a run may hold"
        raise LimitExceeded(LIMIT_CODE, message, expression.expression.span)
    left = run.meter.left - WRITING * size
    if left < 0:
        run.meter.refuse(expression.expression.span)
    run.meter.left = left
    return value


def record_of(
    run: Run, expressions: Mapping[str, "CompiledExpression"], bindings: Mapping[str, object]
) -> tuple[dict[str, object], dict[str, Json]]:
    """Return what a record of expressions comes to, and its JSON.

    Raises `EvaluationError`, TypeError for a value without a form in JSON, ValueError for an infinite one or NaN.
    """
    shown: dict[str, Json] = {}
    value = evaluate(run, expressions, bindings)
    for name, item in value.items():
        kind = item.__class__
        if kind is float and not -_HUGE <= cast(float, item) <= _HUGE:
            raise ValueError(f"`{name}` is not a finite number")
        shown[name] = cast(Json, item if kind in _PLAIN else encode(DYN, item))
    return value, shown


def too_large(run: Run, frame: Frame, name: str, size: int) -> str:
    """Say why a run cannot hold an output of a size beside what it holds; empty if it can."""
    held = run.held - frame.sizes.get(name, 0) + size
    return f"with its output the run would hold a size of {held}, more than {MOST_HELD}" if held > MOST_HELD else ""
