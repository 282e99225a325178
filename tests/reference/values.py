"""What the naive machine takes from the language: decoding, encoding, evaluating. Conditions go to the interpreter."""

from collections.abc import Mapping
from typing import cast

from interlock.run.protocol.events import Json
from interlock_dsl.cel import DEFAULT_LIMIT, CompiledExpression, EvaluationError
from interlock_dsl.cel.types import DYN, Type
from interlock_dsl.schema import ValidationError, encode
from interlock_dsl.schema import decode as decoded
from interlock_dsl.schema.canonical import canonical, digest

Names = Mapping[str, object]

NO_VALUE = "no value"
"""What a condition that errors comes to."""


class NoValue(Exception):
    """An expression has no value, or none that its place can hold."""


Lack = tuple[str, str, str]
"""A code, the text of the place, a sentence: why an expression had no value."""

LACKING: list[Lack] = []
"""Every expression that had no value, for the soundness run to look at; whoever looks empties it first."""


def encoded(type: Type, value: object) -> Json:
    return cast(Json, encode(type, value))


def evaluated(expression: CompiledExpression, names: Names) -> object:
    """Return the value of an expression; raises `NoValue`."""
    try:
        return expression.interpreter.evaluate(names, DEFAULT_LIMIT)
    except EvaluationError as error:
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
    values = {name: evaluated(expression, names) for name, expression in expressions.items()}
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
    "LACKING", "NO_VALUE", "Lack", "NoValue", "ValidationError", "canonical", "condition", "decoded", "digest",
    "encoded", "evaluated", "record_of", "typed",
]  # fmt: skip
