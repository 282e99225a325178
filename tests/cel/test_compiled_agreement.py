"""The compiled tier and the interpreted one agree, always: same value of the same type, or both an error."""

from collections.abc import Iterator, Mapping
from random import Random

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from cel.generated import ENVIRONMENT, bindings, expression, spoil
from interlock_dsl.cel import DEFAULT_LIMIT, CompiledExpression, DiagnosticError, EvaluationError
from interlock_dsl.cel import compiled as tier

SEEDS = st.integers(0, 2**64)
OFTEN = settings(max_examples=40, deadline=None)
TRIALS = 12
"""Expressions from one seed; each meets bindings as declared and then spoilt."""


def compiled(text: str) -> CompiledExpression | None:
    """Compile an expression; None where the checker refuses it, as it does for some of the generated ones."""
    try:
        return ENVIRONMENT.compile(text)
    except DiagnosticError:
        return None


def same(left: object, right: object) -> bool:
    """Say whether two values are the same, classes and all."""
    if type(left) is not type(right):
        return isinstance(left, Mapping) and isinstance(right, Mapping) and left is right
    if isinstance(left, float) and isinstance(right, float):
        return repr(left) == repr(right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return left is right or left == right


def answer(guard: CompiledExpression, bindings: Mapping[str, object], limit: int) -> tuple[object, str]:
    """Return what the compiled tier says by itself (`asked` if nothing)."""
    asked: list[int] = []

    def interpreted(_: Mapping[str, object]) -> object:
        asked.append(1)
        return None

    assert guard.checked is not None
    function = tier.compile(guard.checked, interpreted, limit)
    if function is None:
        return None, "none"
    value = function(bindings)
    return (None, "asked") if asked else (value, "answered")


def meetings(seed: int) -> Iterator[tuple[CompiledExpression, dict[str, object], Random]]:
    """Yield expressions with the bindings they are to be evaluated for."""
    dice = Random(seed)
    for _ in range(TRIALS):
        guard = compiled(expression(dice, dice.choice(("bool", "bool", "bool", "int", "string", "strings"))))
        if guard is None:
            continue
        for spoils in (0, 1, 1, 2, 3):
            made = bindings(dice)
            for _ in range(spoils):
                spoil(dice, made, guard.expression.span.source.text)
            yield guard, made, dice


@OFTEN
@given(seed=SEEDS)
def test_both_tiers_agree_on_any_bindings(seed: int) -> None:
    for guard, made, _ in meetings(seed):
        value, how = answer(guard, made, DEFAULT_LIMIT)
        event(how)
        if how == "answered":
            text = guard.expression.span.source.text
            try:
                expected = guard.interpreter.evaluate(made, DEFAULT_LIMIT)
            except EvaluationError as error:
                raise AssertionError(f"{text}: compiled {value!r}, interpreted {error} for {made}") from error
            assert same(value, expected), f"{text}: compiled {value!r}, interpreted {expected!r} for {made}"


@OFTEN
@given(seed=SEEDS)
def test_what_the_compiled_tier_answers_is_within_the_limit(seed: int) -> None:
    for guard, made, dice in meetings(seed):
        limit = dice.choice((dice.randint(1, 40), dice.randint(1, 4000)))
        _, how = answer(guard, made, limit)
        event(how)
        if how == "answered":
            assert guard.interpreter.measure(made, DEFAULT_LIMIT)[1] <= limit, (guard.expression.span.source.text, made)


@OFTEN
@given(seed=SEEDS)
def test_the_function_raises_what_the_interpreter_raises(seed: int) -> None:
    for guard, made, _ in meetings(seed):
        try:
            expected: object = guard.interpreter.evaluate(made, DEFAULT_LIMIT)
        except EvaluationError as error:
            with pytest.raises(EvaluationError) as raised:
                guard(made)
            assert (raised.value.code, raised.value.span) == (error.code, error.span)
        else:
            assert same(guard(made), expected)
