"""What is pathological ends at the limit or at the depth, with a place and in plain words."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cel.running import evaluate
from interlock_dsl.cel import DYN, DiagnosticError, Environment, LimitExceeded, parse


def doubling(name: str) -> str:
    """Bind forty names, each to twice the one before."""
    names = [name, *(f"x{at}" for at in range(40))]
    steps = [f"cel.bind({new}, {old} + {old}, " for old, new in pairwise(names)]
    return "".join(steps) + names[-1] + ")" * 40


EXPENSIVE = {
    "nested comprehensions": "r.all(a, r.all(b, r.all(c, r.all(d, true))))",
    "a range of a number": "lists.range(9223372036854775807)",
    "a text that doubles": doubling("t"),
    "a list that doubles": doubling("r"),
    "a text that is replaced by itself": "t.replace('x', t).replace('x', t).replace('x', t)",
    "a long join": "r.map(x, t).join(t)",
    "pairs of a set": "sets.contains(lists.range(100000), lists.range(100000))",
    "distinct items": "lists.range(100000).distinct()",
    "deep equality": "r.map(x, r.map(y, r)).all(a, r.all(b, a == a))",
    "patterns": "r.exists(x, r.exists(y, (t + t).matches('(x+x+)+y')))",
    "maps of maps": "r.map(a, r.map(b, r.map(c, {a: b})))",
    "formats": "r.map(x, '%s'.format([r.map(y, t)]))",
}


@pytest.mark.parametrize("text", EXPENSIVE.values(), ids=EXPENSIVE.keys())
def test_pathological_expressions_end_at_the_limit(text: str) -> None:
    compiled = Environment({"r": DYN, "t": DYN}).compile(text)
    with pytest.raises(LimitExceeded) as raised:
        compiled.evaluate({"r": list(range(60)), "t": "x" * 1000}, limit=100_000)
    assert raised.value.code == "limit-exceeded"
    assert raised.value.span.text
    assert "its limit of 100000 units" in raised.value.message


def test_a_smaller_limit_is_kept_by_both_tiers() -> None:
    compiled = Environment({"x": DYN}).compile("x + 1 > 2")
    assert compiled.evaluate({"x": 5}) is True
    assert compiled.evaluate({"x": 5}, limit=5) is True
    with pytest.raises(LimitExceeded):
        compiled.evaluate({"x": 5}, limit=4)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "1" + ")" * 10_000,
        "[" * 10_000 + "]" * 10_000,
        "!" * 10_000 + "true",
        "- " * 10_000 + "1",
        "1 + " * 10_000 + "1",
        "a" + ".b" * 10_000,
        "a" + "[0]" * 10_000,
        "a.f(" * 10_000 + "1" + ")" * 10_000,
        "true ? 1 : " * 5_000 + "2",
        "[1].map(x, " * 300 + "x" + ")" * 300,
        "{1: " * 1000 + "1" + "}" * 1000,
    ],
    ids=lambda text: text[:12],
)
def test_deep_nesting_is_refused_when_parsed(text: str) -> None:
    with pytest.raises(DiagnosticError, match="nests at most 100 levels"):
        parse(text)


def test_deep_nesting_within_bounds_evaluates() -> None:
    assert evaluate("(" * 90 + "1" + ")" * 90) == 1
    assert evaluate("1" + " + 1" * 90) == 91
    assert evaluate("!" * 90 + "true") is True
    assert evaluate("[1].map(x, " * 45 + "x" + ")" * 45) is not None


def test_chains_of_and_and_or_may_be_long() -> None:
    assert evaluate(" || ".join(["false"] * 5_000 + ["true"])) is True
    assert evaluate(" && ".join(["true"] * 5_000)) is True


def test_long_texts_and_literals_are_refused_when_parsed() -> None:
    with pytest.raises(DiagnosticError, match="at most 100000 characters"):
        parse("1 + " * 30_000 + "1")
    with pytest.raises(DiagnosticError, match="fits no integer"):
        parse("9" * 50_000)
    with pytest.raises(DiagnosticError, match="larger than any double"):
        parse("1e99999")


def test_values_nested_too_deeply_are_an_error_not_a_crash() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    compiled = Environment({"a": DYN, "b": DYN}).compile("a == b")
    with pytest.raises(LimitExceeded, match="nested too deeply"):
        compiled.interpreter.evaluate({"a": deep, "b": deep}, 10**9)
    while deep:  # Python frees nested lists by recursion too
        deep = deep[0]  # type: ignore[assignment]


@given(st.lists(st.text(max_size=40), max_size=5))
def test_the_cost_grows_with_the_values(texts: list[str]) -> None:
    interpreted = Environment({"a": DYN}).compile("a + a").interpreter
    _, small = interpreted.measure({"a": texts}, 10**6)
    _, large = interpreted.measure({"a": texts * 50}, 10**6)
    assert large >= small + 49 * len(texts) * 2 // 16


DOUBLED = "".join(f"cel.bind(v{n}, [v{n - 1}, v{n - 1}], " if n else "cel.bind(v0, [1, 2], " for n in range(60))
"""Sixty lists, each holding the one before twice: sixty small values, and 2**60 parts when read as a tree."""


@pytest.mark.parametrize(
    "use",
    [
        "v59 == v59", "v59 in [v59]", "sets.contains([v59], [v59])", "v59.flatten().size() > 1",
        "[v59, v59].distinct().size() > 1", '"%s".format([v59]).size() > 1', "{'a': v59} == {'a': v59}",
    ],
)  # fmt: skip
def test_a_value_that_holds_another_many_times_over_is_charged_before_it_is_read(use: str) -> None:
    expression = Environment({}).compile(f"{DOUBLED}{use}{')' * 60}")
    began = time.perf_counter()
    with pytest.raises(LimitExceeded):
        expression.evaluate({})
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("first", ["[1, 2]", "'ab'", "['a']"])
def test_what_doubles_is_charged_for_every_copy(first: str) -> None:
    doubling = "".join(f"cel.bind(v{n}, v{n - 1} + v{n - 1}, " if n else f"cel.bind(v0, {first}, " for n in range(60))
    expression = Environment({}).compile(f"{doubling}size(v59) > 1{')' * 60}")
    began = time.perf_counter()
    with pytest.raises(LimitExceeded):
        expression.evaluate({})
    assert time.perf_counter() - began < 10
