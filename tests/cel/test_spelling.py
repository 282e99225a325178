"""The nearest name: close enough to be meant, the same whatever the order of the candidates."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock_dsl.diagnostics.spelling import distance, nearest

WORDS = st.text("abcde", max_size=8)


@pytest.mark.parametrize(
    ("name", "candidates", "meant"),
    [
        ("amuont", ["amount", "count"], "amount"),
        ("biling", ["billing", "shipping"], "billing"),
        ("Amount", ["amount"], "amount"),
        ("x", ["y"], None),
        ("ab", ["ba"], "ba"),
        ("zzz", ["amount"], None),
        ("amount", ["amount"], None),
        ("name", [], None),
    ],
)
def test_the_nearest_name_is_suggested_if_it_is_near(name: str, candidates: list[str], meant: str | None) -> None:
    assert nearest(name, candidates) == meant


@given(WORDS, st.lists(WORDS, max_size=8), st.randoms())
def test_the_order_of_the_candidates_does_not_matter(name: str, candidates: list[str], random: Random) -> None:
    mixed = candidates[:]
    random.shuffle(mixed)
    assert nearest(name, candidates) == nearest(name, mixed)


@given(WORDS, WORDS)
def test_the_distance_is_the_same_both_ways_and_zero_only_for_equals(one: str, other: str) -> None:
    assert distance(one, other) == distance(other, one)
    assert (distance(one, other) == 0) is (one == other)
