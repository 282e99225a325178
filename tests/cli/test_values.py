import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock_cli.present.values import arguments, value

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        ({"order_id": "A1", "amount": 25_000}, '{ order_id: "A1", amount: 25_000 }'),
        ([True, None, 0.5], "[true, null, 0.5]"),
        ({}, "{}"),
        ({"two words": 1}, '{ "two words": 1 }'),
        ('say "hi"', '"say \\"hi\\""'),
    ],
)
def test_values_are_written_as_in_the_language(thing: object, said: str) -> None:
    assert value(thing) == said


def test_arguments_stand_in_brackets() -> None:
    assert arguments({"order_id": "A1"}) == '(order_id: "A1")'
    assert arguments({}) == "()"
    assert arguments({"place": {"x": 1}}) == "(place: { x: 1 })"


@given(JSON, st.integers(min_value=8, max_value=60))
def test_a_value_takes_one_line_and_no_more_than_its_room(thing: object, most: int) -> None:
    said = value(thing, most)
    assert len(said) <= most
    assert "\n" not in said
    json.dumps(said)
