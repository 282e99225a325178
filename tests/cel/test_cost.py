"""The static worst case: never less than what an evaluation counts, and there when the types are bounded."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cel.generated import ENVIRONMENT, bindings, expression
from interlock_dsl.cel import DEFAULT_LIMIT, INT, STRING, DiagnosticError, Environment, EvaluationError
from interlock_dsl.cel.cost import estimate
from interlock_dsl.cel.types import Field, IntType, ListType, RecordType, StringType

ORDER = RecordType(
    "Order",
    {
        "total": Field(IntType(0, 1000)),
        "note": Field(StringType(max=160)),
        "tags": Field(ListType(StringType(max=16), 10)),
        "free": Field(STRING),
        "many": Field(ListType(INT)),
    },
)
BOUNDED = Environment({"order": ORDER})


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**64))
def test_an_evaluation_never_counts_more_than_the_worst_case(seed: int) -> None:
    dice = Random(seed)
    for _ in range(12):
        try:
            guard = ENVIRONMENT.compile(expression(dice, dice.choice(("bool", "int", "strings"))))
        except DiagnosticError:
            continue
        assert guard.checked is not None
        worst = estimate(guard.checked).worst
        for _ in range(3):
            made = bindings(dice)
            try:
                _, counted = guard.interpreter.measure(made, DEFAULT_LIMIT)
            except EvaluationError:
                continue
            assert worst is None or counted <= worst, (guard.expression.span.source.text, made)


@pytest.mark.parametrize(
    ("text", "worst"),
    [
        ("order.total > 10", 4),
        ('order.note == "a"', 4),
        ("order.note == order.note", 5 + 10),
        ("order.tags.all(t, t.size() > 1)", 1 + 2 + 10 * (1 + 4)),
        ('"a" in order.tags', 1 + 2 + 1 + 10),
        ("order.tags.map(t, t + t).size() > 1", 1 + 1 + 1 + (1 + 2 + 10 * (1 + 3 + 2))),
        ('order.free == "abc"', 4),
        ('order.free.startsWith("abc")', 4),
        ("true ? 1 : 2 + 3", 1 + 1 + 3),
    ],
)
def test_the_worst_case_of_bounded_types_is_known(text: str, worst: int) -> None:
    checked = BOUNDED.compile(text).checked
    assert checked is not None
    assert estimate(checked).worst == worst


@pytest.mark.parametrize(
    ("text", "to_blame"),
    [
        ("order.total > 1 && order.many.all(x, x > 1)", "order.many.all(x, x > 1)"),
        ("order.free == order.free", "order.free == order.free"),
        ('order.free.contains("a") || true', 'order.free.contains("a")'),
        ("1 in order.many", "1 in order.many"),
    ],
)
def test_where_nothing_bounds_the_cost_the_part_to_blame_is_named(text: str, to_blame: str) -> None:
    checked = BOUNDED.compile(text).checked
    assert checked is not None
    cost = estimate(checked)
    assert cost.worst is None
    assert cost.unbounded is not None
    assert cost.unbounded.span.text == to_blame
