"""What the naive machine takes from the language: decoding, encoding, evaluating. Conditions go to the interpreter."""

from collections.abc import Mapping
from typing import TypeAlias, cast

from interlock.run.protocol.events import Json
from interlock.run.values import MOST_HELD, WRITING
from interlock_dsl.cel import DEFAULT_LIMIT, CompiledExpression, EvaluationError, LimitExceeded, Meter
from interlock_dsl.cel.types import DYN, Type
from interlock_dsl.cel.units import part
from interlock_dsl.schema import ValidationError, encode
from interlock_dsl.schema import decode as decoded
from interlock_dsl.schema.canonical import canonical, digest

Names = Mapping[str, object]

Given: TypeAlias = tuple[dict[str, object], dict[str, Json]] | None
"""Arguments as values and as JSON; None where they have none, or do not fit."""

NO_VALUE = "no value"
"""What a condition that errors comes to."""


class NoValue(Exception):
    """An expression has no value, or none that its place can hold."""


Lack = tuple[str, str, str]
"""A code, the text of the place, a sentence: why an expression had no value."""

LACKING: list[Lack] = []
"""Every expression that had no value, for the soundness run to look at; whoever looks empties it first."""


METER = Meter()
"""What is left for the event at hand; `Reference.feed` begins anew with each."""


def encoded(type: Type, value: object) -> Json:
    return cast(Json, encode(type, value))


def looked_at(expression: CompiledExpression, names: Names) -> tuple[object, int]:
    """Return the value of an expression, or its error, and what it counts: its weight, or its cost if that is more."""
    value: object
    try:
        value, units = expression.interpreter.measure(names, DEFAULT_LIMIT)
    except EvaluationError as error:
        LACKING.append((error.code, error.span.text, str(error)))
        value, units = error, error.units
    return value, max(expression.weight, units)


def evaluated(expression: CompiledExpression, names: Names) -> object:
    """Return the value of an expression; raises `NoValue`, also where it costs more than is left for the event."""
    value, units = looked_at(expression, names)
    spend(units, expression)
    if isinstance(value, EvaluationError):
        raise NoValue(str(value)) from value
    return value


def written(expression: CompiledExpression, names: Names) -> object:
    """Return the value of an expression that is written somewhere: its size counts too."""
    value = evaluated(expression, names)
    if part(value) > MOST_HELD:
        raise NoValue("too large")
    spend(WRITING * part(value), expression)
    return value


def spend(units: int, expression: CompiledExpression) -> None:
    try:
        METER.spend(units, expression.expression.span)
    except LimitExceeded as error:
        LACKING.append((error.code, error.span.text, str(error)))
        raise NoValue(str(error)) from error


def condition(expression: CompiledExpression | None, names: Names) -> bool | str:
    """Return what a condition says: true, false, or `NO_VALUE`. One that is not there is true."""
    if expression is None:
        return True
    try:
        value = evaluated(expression, names)
    except NoValue:
        return NO_VALUE
    return value if isinstance(value, bool) else NO_VALUE


def record_of(expressions: Mapping[str, CompiledExpression], names: Names) -> tuple[dict[str, object], dict[str, Json]]:
    """Return what expressions come to, as values and as JSON. No number in it is infinite, none is NaN."""
    values = {name: written(expression, names) for name, expression in expressions.items()}
    shown: dict[str, Json] = {}
    for name, value in values.items():
        if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
            raise NoValue(f"`{name}` is not a number")
        try:
            shown[name] = encoded(DYN, value)
        except TypeError as error:
            raise NoValue(str(error)) from error
    return values, shown


def typed(type: Type, given: Names) -> tuple[Names, Mapping[str, Json]]:
    """Return evaluated arguments within the type of parameters, as values and as JSON; raises `NoValue`."""
    try:
        shown = encode(type, given)
        return cast(Names, decoded(type, shown)), cast(Mapping[str, Json], shown)
    except (ValidationError, TypeError) as error:
        raise NoValue(str(error)) from error


__all__ = [
    "LACKING", "METER", "NO_VALUE", "Lack", "NoValue", "ValidationError", "canonical", "condition", "decoded", "digest",
    "encoded", "evaluated", "looked_at", "part", "record_of", "typed", "written",
]  # fmt: skip
