"""One meter for many evaluations: both tiers count alike, and what is too much has no value."""

from collections.abc import Callable, Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from cel.test_compiled_agreement import meetings, same
from interlock_dsl.cel import DEFAULT_LIMIT, CompiledExpression, EvaluationError, LimitExceeded, Meter

Way = Callable[[CompiledExpression, Mapping[str, object], Meter], object]


def outcome(way: Way, guard: CompiledExpression, bindings: Mapping[str, object], left: int) -> tuple[object, int, bool]:
    """Return the value (or the code of the error), what is left then, and whether it was too much."""
    meter = Meter()
    meter.left = left
    try:
        value = way(guard, bindings, meter)
    except EvaluationError as error:
        value = error.code
    return value, meter.left, meter.refused


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**64))
def test_both_tiers_count_alike_whatever_is_left(seed: int) -> None:
    for guard, bindings, dice in meetings(seed):
        left = dice.choice((DEFAULT_LIMIT, guard.weight, guard.weight + 1, guard.weight - 1, 2 * guard.weight, 40))
        compiled = outcome(CompiledExpression.metered, guard, bindings, left)
        interpreted = outcome(CompiledExpression.interpreted, guard, bindings, left)
        assert compiled[1:] == interpreted[1:], guard.expression.span.source.text
        assert same(compiled[0], interpreted[0])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**64))
def test_an_evaluation_counts_its_weight_or_its_cost_if_that_is_more(seed: int) -> None:
    for guard, bindings, dice in meetings(seed):
        try:
            _, units = guard.interpreter.measure(bindings, DEFAULT_LIMIT)
        except EvaluationError as error:
            units = error.units
        counted = max(guard.weight, units)
        left = dice.choice((counted, counted + 7, counted - 1))
        _, rest, refused = outcome(CompiledExpression.metered, guard, bindings, left)
        assert (rest, refused) == ((0, True) if left < counted else (left - counted, False))


def test_after_what_was_too_much_nothing_has_a_value() -> None:
    guard, bindings, _ = next(meetings(1))
    meter = Meter()
    meter.left = 1
    for _ in range(2):
        try:
            guard.metered(bindings, meter)
        except LimitExceeded as error:
            assert error.code == "limit-exceeded"
        else:
            raise AssertionError
    meter.restore()
    assert (meter.left, meter.refused) == (Meter().left, False)
