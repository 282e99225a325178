import json
import math
import struct
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock_dsl.schema.canonical import canonical, digest, number

INTEGERS = st.integers(-(2**63), 2**64 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.floats(-1e15, 1e15) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)

# RFC 8785, appendix B: the bits of a double, and how it is written.
RFC_NUMBERS = """
0000000000000000 0
8000000000000000 0
0000000000000001 5e-324
8000000000000001 -5e-324
7fefffffffffffff 1.7976931348623157e+308
ffefffffffffffff -1.7976931348623157e+308
4340000000000000 9007199254740992
c340000000000000 -9007199254740992
4430000000000000 295147905179352830000
44b52d02c7e14af5 9.999999999999997e+22
44b52d02c7e14af6 1e+23
44b52d02c7e14af7 1.0000000000000001e+23
444b1ae4d6e2ef4e 999999999999999700000
444b1ae4d6e2ef4f 999999999999999900000
444b1ae4d6e2ef50 1e+21
3eb0c6f7a0b5ed8c 9.999999999999997e-7
3eb0c6f7a0b5ed8d 0.000001
41b3de4355555553 333333333.3333332
41b3de4355555554 333333333.33333325
41b3de4355555555 333333333.3333333
41b3de4355555556 333333333.3333334
41b3de4355555557 333333333.33333343
becbf647612f3696 -0.0000033333333333333333
43143ff3c1cb0959 1424953923781206.2
"""


@pytest.mark.parametrize("line", RFC_NUMBERS.split("\n")[1:-1])
def test_numbers_of_the_rfc(line: str) -> None:
    bits, written = line.split()
    assert number(struct.unpack(">d", bytes.fromhex(bits))[0]) == written


def test_the_example_of_the_rfc() -> None:
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    assert canonical(value).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_keys_are_in_the_order_of_utf_16() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    assert list(json.loads(canonical(dict.fromkeys(keys)))) == [
        "\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33",
    ]  # fmt: skip


@given(JSON)
def test_what_is_written_reads_back(value: object) -> None:
    assert json.loads(canonical(value)) == value


@given(JSON)
def test_writing_again_changes_nothing(value: object) -> None:
    written = canonical(value)
    again = canonical(json.loads(written, parse_float=float))
    assert canonical(json.loads(again)) == again


@given(st.dictionaries(TEXT, INTEGERS, min_size=2), st.randoms())
def test_order_of_insertion_does_not_matter(value: dict[str, int], random: Random) -> None:
    keys = list(value)
    random.shuffle(keys)
    assert digest({key: value[key] for key in keys}) == digest(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_written_as_short_as_can_be(value: float) -> None:
    written = number(value)
    assert float(written) == value
    # The longest is `-0.00000` and seventeen digits: the standard writes no exponent down to 1e-6.
    assert len(written.replace("+", "")) <= max(len(repr(value).replace("+", "")), 25)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2**64, -(2**63) - 1, "\ud800", {"\ud800": 1}])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"64 bits|JSON|surrogates"):
        canonical([value])


@pytest.mark.parametrize("value", [{1: "a"}, {None: 1}, b"a", {1, 2}, object()])
def test_other_values_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)
