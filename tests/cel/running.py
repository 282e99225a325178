"""Evaluating closed expressions in tests: both tiers, which must agree."""

from collections.abc import Mapping

from interlock_dsl.cel import DEFAULT_LIMIT, DYN, Environment, EvaluationError
from interlock_dsl.cel.conformance import identical


def evaluate(text: str, **bindings: object) -> object:
    """Return the value of an expression whose variables are all `dyn`, nothing checked."""
    compiled = Environment(dict.fromkeys(bindings, DYN)).compile(text, checked=False)
    return compiled.evaluate(bindings)


def error_of(text: str, **bindings: object) -> EvaluationError:
    """Return the error an expression ends in."""
    try:
        value = evaluate(text, **bindings)
    except EvaluationError as error:
        return error
    raise AssertionError(f"{text} is {value!r}, not an error")


def evaluate_checked(text: str, bindings: Mapping[str, object] | None = None) -> object:
    """Return the value of an expression that is checked first, by both tiers."""
    bound = bindings or {}
    compiled = Environment(dict.fromkeys(bound, DYN)).compile(text)
    value = compiled.evaluate(bound)
    interpreted = compiled.interpreter.evaluate(bound, DEFAULT_LIMIT)
    assert identical(value, interpreted), f"{text}: compiled {value!r}, interpreted {interpreted!r}"
    return value
