"""The compiled tier: what it answers by itself, what it leaves to the interpreter, and what its code can reach."""

import dis
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from types import CodeType, FunctionType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock_dsl.cel import (
    BOOL,
    DEFAULT_LIMIT,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    Duration,
    Environment,
    Field,
    LimitExceeded,
    ListType,
    MapType,
    RecordType,
    Timestamp,
    UInt,
    compiled,
)
from interlock_dsl.cel.compiled.patterns import simple
from interlock_dsl.cel.library.standard import compile_pattern

ITEM = RecordType("Item", {"sku": Field(STRING), "qty": Field(INT), "price": Field(DOUBLE)})
ORDER = RecordType(
    "Order",
    {
        "total": Field(INT),
        "share": Field(DOUBLE),
        "name": Field(STRING),
        "note": Field(STRING, optional=True),
        "open": Field(BOOL),
        "items": Field(ListType(ITEM)),
        "tags": Field(ListType(STRING)),
        "counts": Field(MapType(STRING, INT)),
        "at": Field(TIMESTAMP),
        "wait": Field(DURATION),
    },
)
ENVIRONMENT = Environment({"order": ORDER, "now": TIMESTAMP, "any": DYN})
BINDINGS: dict[str, object] = {
    "order": {
        "total": 40,
        "share": 0.5,
        "name": "ann",
        "open": True,
        "items": [{"sku": "a", "qty": 2, "price": 1.5}, {"sku": "b", "qty": 0, "price": 9.0}],
        "tags": ["a", "urgent"],
        "counts": {"a": 1},
        "at": Timestamp.of(1_000_000),
        "wait": Duration.of(60),
    },
    "now": Timestamp.of(1_000_090),
    "any": {"x": 1},
}

ANSWERED = [
    ("order.total > 10 && order.total <= 100", True),
    ('order.name == "ann" || order.open', True),
    ('order.name in ["ann", "bob"]', True),
    ('order.name in ["ann", "bob", "cid", "dan", "eve"]', True),
    ("order.total in [1, 2, 40]", True),
    ('has(order.note) && order.note == "x"', False),
    ('order.?note.orValue("none") == "none"', True),
    ("order.?note.hasValue()", False),
    ("order.share >= 0.5 && order.share < 1.0", True),
    ('"urgent" in order.tags && "a" in order.counts', True),
    ("order.items.all(i, i.qty >= 0 && i.price < 10.0)", True),
    ("order.items.exists(i, i.qty * 20 == order.total)", True),
    ("order.items.exists_one(i, i.qty == 0)", True),
    ("order.items.filter(i, i.qty > 0).map(i, i.sku)", ["a"]),
    ('order.counts.exists(k, v, k == "a" && v == 1)', True),
    ("size(order.items) + order.total % 7 - 1", 6),
    ('order.name.startsWith("a") && order.name.matches("^[a-z]+$") && !order.name.contains("z")', True),
    ('now - order.at < duration("2m") && order.at + order.wait < now', True),
    ("cel.bind(double, order.total * 2, double > 10 && double < 100)", True),
    ('order.open ? "yes" : "no"', "yes"),
    ("any.x == 1 && any.x < 2", True),
    ("order.total < order.share", False),
    ("math.greatest(order.total, 7)", 40),
    ("order.at.getHours()", 13),
    ("order.tags.exists(t, t == order.name)", False),
]


def answer(text: str, bindings: Mapping[str, object], limit: int = DEFAULT_LIMIT) -> tuple[object, bool]:
    """Return what the compiled tier answers, and whether it asked the interpreter."""
    checked = ENVIRONMENT.compile(text).checked
    assert checked is not None
    asked: list[object] = []
    function = compiled.compile(checked, asked.append, limit)
    assert function is not None
    return function(bindings), bool(asked)


def changed(**fields: object) -> dict[str, object]:
    """Return the bindings with some fields of the order changed."""
    order = BINDINGS["order"]
    assert isinstance(order, dict)
    return {**BINDINGS, "order": {**order, **fields}}


@pytest.mark.parametrize(("text", "value"), ANSWERED)
def test_what_fits_its_types_is_answered_without_the_interpreter(text: str, value: object) -> None:
    assert answer(text, BINDINGS) == (value, False)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("order.total <= 100", {"total": True}),
        ("order.total == 1", {"total": True}),
        ("order.total == 1", {"total": 1.0}),
        ("order.total > 1", {"total": UInt(7)}),
        ("order.total + 1 > 1", {"total": 2**63 - 1}),
        ("order.total / 7 == -1", {"total": -8}),
        ("order.share < 1.0", {"share": False}),
        ("order.share / 0.0 > 1.0", {}),
        ("order.open", {"open": 1}),
        ('order.name.startsWith("a")', {"name": b"ab"}),
        ('"a" in order.tags', {"tags": "banana"}),
        ('"a" in order.counts', {"counts": ["a"]}),
        ("has(order.note)", {"note": object()}),
        ("order.items.all(i, i.qty > 0)", {"items": ({"qty": 1},)}),
        ("order.name == order.name", {"name": "x" * 1_000_000}),
    ],
)
def test_what_does_not_fit_is_left_to_the_interpreter(text: str, fields: dict[str, object]) -> None:
    _, asked = answer(text, changed(**fields))
    assert asked is (text != "has(order.note)")


@pytest.mark.parametrize("of", [defaultdict, OrderedDict])
def test_a_map_that_may_make_up_values_is_never_asked_for_one(of: type[dict[str, object]]) -> None:
    made = defaultdict(int) if of is defaultdict else OrderedDict()  # type: ignore[var-annotated]
    _, asked = answer("order.total == 0", {**BINDINGS, "order": made})
    assert asked
    assert not made


def test_the_limit_decides_for_how_much_the_code_is_made() -> None:
    text = "order.items.all(i, i.qty >= 0)"
    many = changed(items=[{"qty": 1}] * 300)
    assert not answer(text, many)[1]
    assert answer(text, many, limit=2000)[1]
    guard = ENVIRONMENT.compile(text)
    with pytest.raises(LimitExceeded):
        guard.evaluate(many, limit=1000)


def test_generated_code_reaches_nothing_of_python() -> None:
    allowed = {"startswith", "endswith", "get", "items", "append", "isascii", "nanoseconds"}
    for text, _ in ANSWERED:
        function = ENVIRONMENT.compile(text).function
        assert isinstance(function, FunctionType)
        assert function.__globals__["__builtins__"] == {}
        for code in _codes(function):
            for step in dis.get_instructions(code):
                if step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                    assert step.argval in allowed
                assert not step.opname.startswith(("IMPORT", "STORE_GLOBAL", "STORE_ATTR", "DELETE"))


def _codes(function: FunctionType) -> list[CodeType]:
    made = [value for value in function.__globals__.values() if isinstance(value, FunctionType)]
    return [each.__code__ for each in made if each.__code__.co_filename == "<expression>"]


@pytest.mark.parametrize("name", ["__class__", "_give_up", "bindings", "over", "found", "v1", "_type"])
def test_names_of_an_expression_never_meet_names_of_the_code(name: str) -> None:
    environment = Environment({name: INT, "order": ORDER})
    guard = environment.compile(f"{name} > 1 && order.items.exists({name}, {name}.qty > 1) && {name} < 9")
    assert guard({name: 5, "order": {"items": [{"qty": 2}]}}) is True
    assert guard({name: 1, "order": {"items": [{"qty": 2}]}}) is False


@pytest.mark.parametrize("text", ["order.total" + " + 1" * 90, "!" * 90 + "order.open", "[" * 90 + "]" * 90])
def test_depth_is_left_to_the_interpreter(text: str) -> None:
    checked = ENVIRONMENT.compile(text).checked
    assert checked is not None
    assert compiled.compile(checked, lambda bindings: None, DEFAULT_LIMIT) is None


def test_long_chains_are_compiled() -> None:
    text = " && ".join(f"order.total != {number + 100}" for number in range(500))
    assert answer(text, BINDINGS) == (True, False)


PATTERN_PARTS = ("a", "b", "/", "\\.", "\\d", "\\w", ".", "[a-c]", "[^a]", "[a-z.]", "[0-9_-]", " ")


@settings(max_examples=300, deadline=None)
@given(
    parts=st.lists(st.tuples(st.sampled_from(PATTERN_PARTS), st.sampled_from(("", "", "*", "+", "?"))), max_size=6),
    anchors=st.tuples(st.booleans(), st.booleans()),
    text=st.text("ab/.01_ c\n-", max_size=12),
)
def test_simple_patterns_mean_the_same_to_both_engines(
    parts: list[tuple[str, str]], anchors: tuple[bool, bool], text: str
) -> None:
    body = "".join(item + times for item, times in parts)
    pattern = f"{'^' if anchors[0] else ''}{body}{'$' if anchors[1] else ''}"
    search = simple(pattern)
    if search is not None:
        assert (search(text) is None) is (compile_pattern(pattern).search(text) is None), pattern


@pytest.mark.parametrize("pattern", ["a+", "^a*a", "^(a|b)+$", "^a+?b", "a{3}", "(?i)a", "^[a-z]+\\w", "\\bfoo", "é"])
def test_patterns_that_could_backtrack_are_left_to_re2(pattern: str) -> None:
    assert simple(pattern) is None


def test_conditions_can_share_one_function_and_what_it_has_read() -> None:
    texts = (
        "order.total > 10",
        "order.total <= 100",
        "order.items.exists(i, i.qty > 1)",
        "cel.bind(i, order.name, i == 'ann')",
    )
    checks = [ENVIRONMENT.compile(text).checked for text in texts]
    unit = compiled.Unit()
    known: compiled.Known = frozenset()
    frame: compiled.Frame | None = None
    pieces = []
    for check in checks:
        assert check is not None
        if frame is None:
            emitter = compiled.Emitter(unit, check, 100)
            frame = compiled.Frame(unit, emitter.uses(*(each.expression for each in checks if each)))
        pieces.append(compiled.condition(unit, check, 100, frame, known))
        known = pieces[-1].known
    together = compiled.pieces.display([compiled.finished(piece) for piece in pieces])
    function = unit.build("_all", ["bindings"], [compiled.unit.result(together)])
    assert function(BINDINGS) == [True, True, True, True]
    assert function(changed(total=7)) == [False, True, True, True]
    with pytest.raises(compiled.GiveUp):
        function(changed(total=True))


def test_a_step_of_a_loop_never_sees_what_an_earlier_one_has_read() -> None:
    inner = RecordType("Inner", {"x": Field(INT), "a": Field(STRING), "b": Field(STRING)})
    outer = ListType(RecordType("Outer", {"of": Field(inner), "flag": Field(BOOL)}))
    # The first step reads `i.of` under the flag, the second only in the comparison, where it must be read again.
    text = "list.map(i, i.flag && i.of.x > 100 || (i.of.x > 1 && true) == (i.of.a == i.of.b))"
    guard = Environment({"list": outer}).compile(text)
    made = [
        {"flag": flag, "of": {"x": x, "a": a, "b": "a"}}
        for flag, x, a in ((True, 0, "a"), (False, 0, "b"), (True, 5, "b"), (False, 0, "a"), (False, 9, "a"))
    ]
    for until in range(len(made) + 1):
        bindings = {"list": made[:until]}
        assert guard.function(bindings) == guard.interpreter.evaluate(bindings, DEFAULT_LIMIT)
