"""Functions over lists: whatever they give is of the type the checker says and in the domain the analysis says."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from interlock_dsl.analysis.values.conforms import conforms
from interlock_dsl.analysis.values.failing import Failing
from interlock_dsl.analysis.values.points import contains
from interlock_dsl.analysis.values.state import State
from interlock_dsl.cel import DOUBLE, IntType, ListType, StringType, parse
from interlock_dsl.cel.check import Scope, check
from interlock_dsl.cel.environment import CompiledExpression
from interlock_dsl.cel.errors import EvaluationError
from interlock_dsl.cel.library import FUNCTIONS
from interlock_dsl.cel.types import Type

NUMBERS = ListType(IntType(1, 9), 4)
TYPES: dict[str, Type] = {
    "n": NUMBERS,
    "m": ListType(NUMBERS, 3),
    "t": ListType(StringType(max=3), 3),
    "d": ListType(DOUBLE, 3),
}
SCOPE = Scope(TYPES, FUNCTIONS)
SHORT = some.lists(some.integers(1, 9), max_size=4)
VALUES = some.fixed_dictionaries(
    {
        "n": SHORT,
        "m": some.lists(SHORT, max_size=3),
        "t": some.lists(some.text("ab", max_size=3), max_size=3),
        "d": some.lists(some.sampled_from([0.0, -1.5, 2.0, math.nan, math.inf]), max_size=3),
    }
)
EXPRESSIONS = (
    "n.sort()", "n.sort()[0]", "n.sortBy(x, -x)", "n.sortBy(x, -x)[0]", "t.sortBy(x, size(x))", "n.reverse()",
    "n.reverse()[0]", "n.distinct()", "n.slice(0, 1)", "n.slice(1, 2)[0]", "n.slice(0, size(n))", "n.first().value()",
    "m.flatten()", "m.flatten()[0]", "m.flatten().sort().first()", "m.map(x, x.sort()).flatten()", "m.flatten(1)",
    "n.flatten()", "[n, n].flatten()", "math.greatest(n)", "math.least(n)", "math.greatest(d)",
    "math.greatest([1, n.size()])",
    "10 / math.least(n)", "d.sort()", "d.sortBy(x, x)", "t.join()", 't.join(", ")', 'size(t.join(", "))',
    "t.sort().join()",
    "n.map(x, x * 2).sort()", "m.filter(x, size(x) > 1).flatten()", "(n + n).sort()", "lists.range(3).reverse()",
    "t[0].indexOf('a')", "t[0].lastIndexOf('a')",
)  # fmt: skip


@pytest.mark.parametrize("text", EXPRESSIONS)
@given(VALUES)
@settings(max_examples=25)
def test_what_comes_out_is_what_was_said(text: str, values: dict[str, object]) -> None:
    checked = check(parse(text), SCOPE)
    assert not checked.diagnostics
    domain, errors = Failing(checked).evaluate(checked.expression, State(TYPES))
    try:
        found = CompiledExpression(checked.expression, SCOPE, checked).evaluate(values)
    except EvaluationError as error:
        assert error.code in errors
        return
    assert contains(domain, found)
    assert conforms(found, checked.type)


def test_what_is_known_is_said() -> None:
    said = {
        text: str(check(parse(text), SCOPE).type)
        for text in ("m.flatten()", "n.sort()", "t.sortBy(x, size(x))", "n.distinct()", "math.least(n)", "n.flatten()")
    }
    assert said == {
        "m.flatten()": "list<int in 1..9> max 12",
        "n.sort()": "list<int in 1..9> max 4",
        "t.sortBy(x, size(x))": "list<string max 3> max 3",
        "n.distinct()": "list<int in 1..9> max 4",
        "math.least(n)": "int in 1..9",
        "n.flatten()": "list<dyn>",
    }
