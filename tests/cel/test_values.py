"""Equality, order and keys: numbers are one kind, a bool is none of them."""

import math
from collections.abc import Mapping

from hypothesis import example, given
from hypothesis import strategies as st

from cel.running import error_of, evaluate
from interlock_dsl.cel import NONE, Duration, Optional, Timestamp, TypeValue, UInt, equal
from interlock_dsl.cel.values import MISSING, find, make_map, order, type_name

NUMBERS = (
    st.integers(-(2**63), 2**63 - 1)
    | st.integers(0, 2**64 - 1).map(UInt)
    | st.floats()
    | st.sampled_from([0, 1, UInt(0), UInt(1), 0.0, 1.0, -0.0, 2**53, 2**53 + 1, float(2**53), math.nan])
)
KEYS = st.booleans() | st.integers(-3, 3) | st.integers(0, 3).map(UInt) | st.sampled_from(["", "a", "b", "0", "true"])
SCALARS = (
    st.none()
    | st.booleans()
    | NUMBERS
    | st.text(max_size=3)
    | st.binary(max_size=3)
    | st.integers(-(10**18), 10**18).map(Timestamp)
    | st.integers(-(10**18), 10**18).map(Duration)
    | st.sampled_from([TypeValue("int"), TypeValue("bool"), NONE])
)


def maps(values: st.SearchStrategy[object]) -> st.SearchStrategy[Mapping[object, object]]:
    unique = st.lists(st.tuples(KEYS, values), max_size=4, unique_by=lambda pair: (type(pair[0]) is bool, pair[0]))
    return unique.map(make_map)


VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | maps(inner) | inner.map(Optional.of), max_leaves=8
)


def has_nan(value: object) -> bool:
    match value:
        case float():
            return math.isnan(value)
        case list():
            return any(map(has_nan, value))
        case Mapping():
            return any(map(has_nan, value.values()))
        case Optional():
            return value.present and has_nan(value.value)
    return False


@given(VALUES)
def test_equality_is_reflexive_but_for_nan(value: object) -> None:
    assert equal(value, value) is not has_nan(value)


@given(VALUES, VALUES)
def test_equality_is_symmetric_and_what_the_language_says(left: object, right: object) -> None:
    assert equal(left, right) == equal(right, left) == evaluate("a == b", a=left, b=right)
    assert evaluate("a != b", a=left, b=right) is not equal(left, right)


@given(NUMBERS, NUMBERS)
@example(2**53 + 1, float(2**53))
def test_numbers_have_exactly_one_order(a: object, b: object) -> None:
    relations = [evaluate(f"a {sign} b", a=a, b=b) for sign in ("<", "==", ">")]
    assert sum(map(bool, relations)) == (0 if has_nan(a) or has_nan(b) else 1)
    assert evaluate("a <= b", a=a, b=b) is (relations[0] or relations[1])
    assert evaluate("a >= b", a=a, b=b) is (relations[2] or relations[1])


@given(SCALARS, SCALARS)
def test_only_what_is_alike_has_an_order(a: object, b: object) -> None:
    numbers = {"int", "uint", "double"}
    alike = type_name(a) == type_name(b) and type_name(a) not in ("null_type", "type", "optional_type")
    if alike or {type_name(a), type_name(b)} <= numbers:
        assert evaluate("a < b", a=a, b=b) is (order(a, b) == -1)
    else:
        assert error_of("a < b", a=a, b=b).code == "no-such-overload"


@given(maps(st.integers()), KEYS)
def test_a_key_is_found_by_an_equal_key_and_no_other(entries: Mapping[object, object], key: object) -> None:
    found = [value for stored, value in entries.items() if equal(stored, key)]
    assert evaluate("key in m", m=entries, key=key) is bool(found)
    if found:
        assert evaluate("m[key]", m=entries, key=key) == found[0]
    else:
        assert error_of("m[key]", m=entries, key=key).code == "no-such-key"


@given(st.dictionaries(KEYS, st.integers()), KEYS | st.floats(), st.sampled_from(["plain", "ordered"]))
def test_a_dict_of_the_host_never_confuses_true_with_one(host: dict[object, object], key: object, _kind: str) -> None:
    expected = [value for stored, value in host.items() if equal(stored, key)]
    assert find(host, key) == (expected[0] if expected else MISSING)


@given(st.lists(st.tuples(KEYS, st.integers(0, 9)), max_size=5))
def test_a_map_has_no_key_twice(pairs: list[tuple[object, object]]) -> None:
    names = [f"k{at}" for at in range(len(pairs))]
    text = "{" + ", ".join(f"{name}: {value}" for name, (_, value) in zip(names, pairs, strict=True)) + "}"
    bindings = {name: key for name, (key, _) in zip(names, pairs, strict=True)}
    repeated = any(equal(a, b) for at, (a, _) in enumerate(pairs) for b, _ in pairs[:at])
    if repeated:
        assert error_of(text, **bindings).code == "duplicate-key"
    else:
        assert evaluate(f"size({text})", **bindings) == len(pairs)


@given(st.lists(VALUES, max_size=5), VALUES)
def test_in_is_an_equality_with_one_of_the_items(items: list[object], item: object) -> None:
    assert evaluate("x in items", x=item, items=items) is any(equal(item, other) for other in items)
