"""`&&`, `||`, `all` and `exists` absorb errors, in any order; nothing absorbs the limit."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cel.running import error_of, evaluate
from interlock_dsl.cel import DYN, Environment, EvaluationError, LimitExceeded

OPERANDS = {"true": True, "false": False, "1/0 == 1": None, "'text'": None}
ITEMS = st.lists(st.sampled_from([True, False, None]), max_size=6)


def outcome(text: str, **bindings: object) -> object:
    try:
        return evaluate(text, **bindings)
    except EvaluationError:
        return None


@pytest.mark.parametrize(("left", "right"), list(itertools.product(OPERANDS, OPERANDS)))
def test_and_or_are_commutative(left: str, right: str) -> None:
    values = (OPERANDS[left], OPERANDS[right])
    both = False if False in values else None if None in values else True
    either = True if True in values else None if None in values else False
    assert outcome(f"{left} && {right}") is outcome(f"{right} && {left}") is both
    assert outcome(f"{left} || {right}") is outcome(f"{right} || {left}") is either


def test_where_nothing_decides_the_first_error_is_told() -> None:
    assert error_of("1/0 == 1 && 'text'").code == "division-by-zero"
    assert error_of("'text' || 1/0 == 1").code == "no-such-overload"
    assert error_of("[0, 'text'].all(x, 1 / x == 1)").code == "division-by-zero"


@given(ITEMS)
def test_quantifiers_are_chains_of_and_and_or(items: list[bool | None]) -> None:
    # An item that is None makes the predicate an error: it is no bool.
    every = False if False in items else None if None in items else True
    some = True if True in items else None if None in items else False
    for macro, expected in (("all", every), ("exists", some)):
        assert outcome(f"items.{macro}(x, x)", items=items) is expected
        assert outcome(f"items.{macro}(i, x, x)", items=items) is expected
    written = [{True: "true", False: "false", None: "null"}[item] for item in items]
    if items:
        assert outcome(" && ".join(written)) is every
        assert outcome(" || ".join(written)) is some
    one = None if None in items else items.count(True) == 1
    assert outcome("items.exists_one(x, x)", items=items) is one


@given(ITEMS)
def test_the_other_macros_end_at_the_first_error(items: list[bool | None]) -> None:
    kept = None if None in items else [item for item in items if item]
    assert outcome("items.filter(x, x)", items=items) == kept
    assert outcome("items.map(x, x, x)", items=items) == kept
    assert outcome("items.transformList(i, x, x, x)", items=items) == kept


def test_a_choice_evaluates_one_side() -> None:
    assert evaluate("true ? 1 : 1/0") == 1
    assert evaluate("false ? 1/0 : 2") == 2
    assert error_of("1/0 == 1 ? 1 : 2").code == "division-by-zero"
    assert error_of("'x' ? 1 : 2").code == "no-such-overload"


def test_an_error_bound_to_a_name_counts_where_it_is_read() -> None:
    assert evaluate("cel.bind(x, 1/0, true || x == 1)") is True
    assert evaluate("cel.bind(x, 1/0, 7)") == 7
    assert error_of("cel.bind(x, 1/0, x == 1 && true)").code == "division-by-zero"


def test_an_alternative_is_evaluated_only_when_needed() -> None:
    assert evaluate("optional.of(1).orValue(1/0)") == 1
    assert evaluate("optional.of(1).or(optional.of(1/0)).value()") == 1
    assert error_of("optional.none().orValue(1/0)").code == "division-by-zero"


def test_nothing_absorbs_the_limit() -> None:
    loop = "items.all(a, items.all(b, items.all(c, true)))"
    for text in (
        loop,
        f"{loop} || true",
        f"true && {loop}",
        f"[1].exists(x, {loop}) || true",
        f"cel.bind(x, {loop}, 1)",
    ):
        compiled = Environment({"items": DYN}).compile(text)
        with pytest.raises(LimitExceeded, match="limit of 5000"):
            compiled.evaluate({"items": list(range(100))}, limit=5_000)
