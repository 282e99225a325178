import re
from dataclasses import dataclass

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from interlock_dsl.cel.types import (
    BOOL,
    BYTES,
    DURATION,
    DYN,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    AbstractType,
    DoubleType,
    Field,
    IntType,
    ListType,
    MapType,
    RecordType,
    StringType,
    Type,
    UintType,
)
from interlock_dsl.cel.values import Duration, Timestamp, UInt
from interlock_dsl.schema import ValidationError, decode, encode, json_schema, sample


def bounds(kind: type[Type], numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Type]:
    return st.tuples(st.none() | numbers, st.none() | numbers).map(
        lambda pair: kind(*sorted(pair)) if None not in pair else kind(*pair)  # type: ignore[call-arg]
    )


NAMES = st.text("abcdefgh_", min_size=1, max_size=4)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
SCALARS = st.one_of(
    bounds(IntType, st.integers(-100, 100)),
    bounds(UintType, st.integers(0, 100)),
    bounds(DoubleType, st.floats(-100, 100)),
    st.builds(StringType, max=st.none() | st.integers(1, 5)),
    st.lists(TEXT, min_size=1, max_size=3, unique=True).map(lambda values: StringType(tuple(values))),
    st.sampled_from([BOOL, BYTES, DURATION, TIMESTAMP, NULL, DYN]),
)
KEYS = st.sampled_from([STRING, INT, UintType(), BOOL, StringType(("a", "b"))])
TYPES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.builds(ListType, inner, st.none() | st.integers(1, 3)),
        st.builds(MapType, KEYS, inner, st.none() | st.integers(1, 3)),
        st.dictionaries(NAMES, st.builds(Field, inner, st.booleans()), max_size=3).map(lambda f: RecordType("", f)),
    ),
    max_leaves=6,
)


def json_of(type: Type) -> st.SearchStrategy[object]:
    """JSON values that fit a type."""
    match type:
        case IntType(low, high):
            return st.integers(-(2**63) if low is None else low, 2**63 - 1 if high is None else high)
        case UintType(low, high):
            return st.integers(low or 0, 2**64 - 1 if high is None else high)
        case DoubleType(low, high):
            return st.floats(low, high, allow_nan=False, allow_infinity=False)
        case StringType(values=values) if values is not None:
            return st.sampled_from(values)
        case StringType(max=most):
            return st.text(st.characters(exclude_categories=["Cs"]), max_size=most)
        case ListType(element, most):
            return st.lists(json_of(element), max_size=3 if most is None else most)
        case MapType(key, value, most):
            keys = json_of(key).map(lambda k: "true" if k is True else "false" if k is False else str(k))
            return st.dictionaries(keys, json_of(value), max_size=3 if most is None else most)
        case RecordType(fields=fields):
            return st.fixed_dictionaries(
                {name: json_of(field.type) for name, field in fields.items() if not field.optional},
                optional={name: json_of(field.type) for name, field in fields.items() if field.optional},
            )
        case _:
            return BASIC[str(type)]


BASIC: dict[str, st.SearchStrategy[object]] = {
    "bool": st.booleans(),
    "null_type": st.none(),
    "bytes": st.binary(max_size=4).map(lambda data: encode(BYTES, data)),
    "timestamp": st.integers(0, 10**18).map(lambda n: encode(TIMESTAMP, Timestamp(n))),
    "duration": st.integers(-(10**15), 10**15).map(lambda n: encode(DURATION, Duration(n))),
    "dyn": st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | TEXT, lambda i: st.lists(i, max_size=2)),
}


@dataclass
class Valued:
    type: Type
    value: object


VALUED = TYPES.flatmap(lambda type: json_of(type).map(lambda value: Valued(type, value)))


@given(VALUED)
def test_what_is_dumped_fits_again_and_is_the_same(case: Valued) -> None:
    value = decode(case.type, case.value)
    assert decode(case.type, encode(case.type, value)) == value


@given(TYPES)
def test_a_sample_fits(type: Type) -> None:
    assert decode(type, encode(type, sample(type))) == sample(type)


@given(VALUED, st.data())
def test_the_schema_accepts_what_fits_and_refuses_the_rest(case: Valued, data: st.DataObject) -> None:
    other = data.draw(VALUED).value
    try:
        decode(case.type, other)
    except ValidationError:
        fits = False
    else:
        fits = True
    assume(not mentions_time(case.type))
    assert accepts(json_schema(case.type), other) is fits
    assert accepts(json_schema(case.type), case.value)


def mentions_time(type: Type) -> bool:
    return bool(re.search("timestamp|duration|bytes", str(type)))


def accepts(schema: dict[str, object], value: object) -> bool:
    """As much of JSON Schema as the language uses; ints are written without a fraction."""
    kinds = {"integer": int, "number": (int, float), "string": str, "array": list, "object": dict, "boolean": bool}
    kind = schema.get("type")
    if kind == "null":
        return value is None
    if kind is not None and (isinstance(value, bool) != (kind == "boolean") or not isinstance(value, kinds[str(kind)])):
        return False
    if "enum" in schema and value not in schema["enum"]:  # type: ignore[operator]
        return False
    limits = (
        ("minimum", lambda v, m: v >= m),
        ("maximum", lambda v, m: v <= m),
        ("maxLength", lambda v, m: len(v) <= m),
    )
    if any(word in schema and not holds(value, schema[word]) for word, holds in limits):
        return False
    if isinstance(value, list):
        items = schema.get("items", {})
        return len(value) <= schema.get("maxItems", 99) and all(accepts(items, item) for item in value)  # type: ignore[operator, arg-type]
    if isinstance(value, dict) and kind == "object":
        return accepts_object(schema, value)
    return True


def accepts_object(schema: dict[str, object], value: dict[str, object]) -> bool:
    known: dict[str, dict[str, object]] = schema.get("properties", {})  # type: ignore[assignment]
    if any(name not in value for name in schema.get("required", ())):  # type: ignore[attr-defined]
        return False
    if len(value) > schema.get("maxProperties", 99):  # type: ignore[operator]
        return False
    names: dict[str, object] = schema.get("propertyNames", {})  # type: ignore[assignment]
    for name, item in value.items():
        if not accepts({k: v for k, v in names.items() if k in ("type", "enum")}, name):
            return False
        if "pattern" in names and not (re.search(str(names["pattern"]), name) and -(2**63) <= int(name) < 2**64):
            return False
        further = schema.get("additionalProperties", {})
        if name not in known and further is False:
            return False
        if not accepts(known.get(name, further), item):  # type: ignore[arg-type]
            return False
    return True


ORDER = RecordType(
    "Order",
    {
        "amount": Field(IntType(0, 1_000_000), description="in cents"),
        "topic": Field(StringType(("a", "b"))),
        "tags": Field(ListType(StringType(max=3), 2), optional=True),
        "rates": Field(MapType(STRING, DoubleType(0.0, 1.0)), optional=True),
    },
)
WORDING = [
    ({"amount": "lots", "topic": "a"}, ['amount: expected an int in 0..1_000_000, got "lots"']),
    ({"amount": True, "topic": "a"}, ["amount: expected an int in 0..1_000_000, got true"]),
    ({"amount": 5.0, "topic": "a"}, ["amount: expected an int in 0..1_000_000, got 5.0"]),
    ({"amount": 2**70, "topic": "c"}, [
        "amount: expected an int in 0..1_000_000, got 1180591620717411303424",
        'topic: expected one of "a", "b", got "c"',
    ]),
    ({"amuont": 5, "topic": "a"}, [
        "amount: missing, expected an int in 0..1_000_000", "amuont: no such field, did you mean `amount`?",
    ]),
    ({"amount": 5, "topic": "a", "tags": ["long", 1, ""]}, [
        'tags: expected a list of at most 2 `string max 3`, got ["long", 1, ""]',
    ]),
    ({"amount": 5, "topic": "a", "tags": ["long"]}, ['tags[0]: expected a string of at most 3 characters, got "long"']),
    ({"amount": 5, "topic": "a", "rates": {"x": 2.0}}, ['rates["x"]: expected a double in 0.0..1.0, got 2.0']),
    ({"amount": 5, "topic": "a", "rates": {"x": float("nan")}}, ['rates["x"]: expected a double in 0.0..1.0, got NaN']),
    ([], ["value: expected an object with amount, topic, tags, rates, got []"]),
]  # fmt: skip


@pytest.mark.parametrize(("value", "problems"), WORDING)
def test_validation_errors_are_worded_for_people(value: object, problems: list[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        decode(ORDER, value)
    assert list(caught.value.problems) == problems


@given(VALUED, VALUED)
def test_no_message_mentions_the_validator(case: Valued, other: Valued) -> None:
    try:
        decode(case.type, other.value)
    except ValidationError as invalid:
        assert not re.search(
            r"pydantic|validat|Input should|int_type|string_type|typed-dict", str(invalid).split(", got")[0]
        )


@pytest.mark.parametrize("value", [-1, 2**64, True, 1.5, "1"])
def test_a_uint_is_a_uint(value: object) -> None:
    assert decode(UintType(), 2**64 - 1) == UInt(2**64 - 1)
    with pytest.raises(ValidationError):
        decode(UintType(), value)


def holding(value: object, half: str) -> object:
    """Return a JSON value with half a surrogate pair at the end of each text and key."""
    match value:
        case str():
            return value + half
        case list():
            return [holding(item, half) for item in value]
        case dict():
            return {holding(key, half): holding(item, half) for key, item in value.items()}
        case _:
            return value


@given(VALUED, st.sampled_from(("\ud800", "\udfff")))
def test_half_a_surrogate_pair_is_refused_wherever_it_stands(case: Valued, half: str) -> None:
    """What is decoded can be written to the journal: no text that comes in is none."""
    damaged = holding(case.value, half)
    assume(damaged != case.value)
    with pytest.raises(ValidationError):
        decode(case.type, damaged)
    with pytest.raises(ValidationError):
        decode(StringType(), half)


def test_deep_values_are_refused_not_crashed_on() -> None:
    deep: object = 0
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValidationError):
        decode(DYN, deep)


def test_what_only_functions_make_has_no_json() -> None:
    with pytest.raises(TypeError):
        decode(AbstractType("History"), {})


def test_the_schema_of_a_record() -> None:
    assert json_schema(ORDER) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "title": "Order",
        "properties": {
            "amount": {"type": "integer", "minimum": 0, "maximum": 1_000_000, "description": "in cents"},
            "topic": {"type": "string", "enum": ["a", "b"]},
            "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}, "maxItems": 2},
            "rates": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0.0, "maximum": 1.0}},
        },
        "required": ["amount", "topic"],
        "additionalProperties": False,
    }
