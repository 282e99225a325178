"""The type checker: inferred types, and each mistake once, at its place, with what was probably meant."""

import pytest

from interlock_dsl.cel import (
    BOOL,
    DOUBLE,
    DYN,
    FUNCTIONS,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    AbstractType,
    Field,
    Function,
    IntType,
    ListType,
    MapType,
    OptionalType,
    Overload,
    RecordType,
    StringType,
    Type,
    TypeParameter,
    parse,
)
from interlock_dsl.cel.check import Checked, Scope, assignable, check
from interlock_dsl.cel.types import WrapperType

ITEM = RecordType("Item", {"sku": Field(STRING), "qty": Field(INT), "tag": Field(STRING, optional=True)})
ASSESS = RecordType(
    "Assess",
    {
        "amount": Field(IntType(0, 1000)),
        "share": Field(DOUBLE),
        "topic": Field(StringType(("billing", "shipping"))),
        "other": Field(StringType(("red", "green"))),
        "note": Field(STRING, optional=True),
        "inner": Field(RecordType("Inner", {"x": Field(INT, optional=True)}), optional=True),
        "items": Field(ListType(ITEM, 20)),
        "topics": Field(ListType(StringType(("billing", "shipping")))),
        "by": Field(MapType(STRING, INT)),
        "maybe": Field(WrapperType(INT)),
    },
)
A, B = TypeParameter("A"), TypeParameter("B")
PAIR = Function("pair", (Overload("pair", (A, B), AbstractType("pair", (A, B)), lambda a, b: (a, b)),))
SAME = Function("same", (Overload("same", (AbstractType("pair", (A, A)),), A, lambda pair: pair[0]),))
SCOPE = Scope(
    variables={
        "assess": ASSESS,
        "late": ASSESS,
        "d": DYN,
        "n": INT,
        "now": TIMESTAMP,
        "com.example.rate": DOUBLE,
        "com.example.on": BOOL,
        "on": STRING,
    },
    functions={**FUNCTIONS, "pair": PAIR, "same": SAME, "com.example.twice": Function(
        "com.example.twice", (Overload("twice", (INT,), INT, lambda n: 2 * n),)
    )},
    optional_variables=frozenset({"late"}),
)  # fmt: skip


def checked(text: str, scope: Scope = SCOPE, expected: Type | None = None) -> Checked:
    return check(parse(text), scope, expected)


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("1 + 2", INT),
        ("assess.amount", IntType(0, 1000)),
        ("assess.amount + 1", INT),
        ("[1, assess.amount]", ListType(INT)),
        ("assess.amount < 1.5", BOOL),
        ("[]", ListType(DYN)),
        ("[[], [1]]", ListType(ListType(INT))),
        ("[[1], []]", ListType(ListType(INT))),
        ("[1, 'a']", ListType(DYN)),
        ("[optional.none(), optional.of(1)]", ListType(OptionalType(INT))),
        ("[optional.of(1), optional.of(dyn(1))]", ListType(OptionalType(DYN))),
        ("{'a': [], 'b': [true]}", MapType(STRING, ListType(BOOL))),
        ("[?optional.of(1)]", ListType(INT)),
        ("d + 1", INT),
        ("d + d", DYN),
        ("[assess.maybe, 1]", ListType(WrapperType(INT))),
        ("[1, assess.maybe]", ListType(WrapperType(INT))),
        ("true ? null : assess.maybe", WrapperType(INT)),
        ("[now, null]", ListType(TIMESTAMP)),
        ("[null]", ListType(NULL)),
        ("now - now < duration('1h')", BOOL),
        ("assess.?note", OptionalType(STRING)),
        ("assess.?note.orValue('')", STRING),
        ("assess.?inner.?x", OptionalType(INT)),
        ("assess.items.filter(i, i.qty > 1).map(i, i.sku)", ListType(STRING, 20)),
        ("assess.items.map(i, [i.qty])", ListType(ListType(INT), 20)),
        ("assess.items.transformList(at, i, at + i.qty)", ListType(INT, 20)),
        ("assess.by.transformMap(k, v, string(v))", MapType(STRING, STRING)),
        ("assess.by.map(k, k)", ListType(STRING)),
        ("cel.bind(x, assess.by, x.a)", INT),
        ("type(1) == int && type('a') != string", BOOL),
        ("com.example.rate", DOUBLE),
        ("com.example.twice(2)", INT),
        ("pair(1, 'a')", AbstractType("pair", (INT, STRING))),
        ("[pair(1, dyn(2)), pair(dyn(1), 2)]", ListType(AbstractType("pair", (DYN, DYN)))),
        ("same(pair(1, 2))", INT),
        ("same(pair(dyn(1), 2))", DYN),
        ("[1].exists(assess, assess == 1)", BOOL),
        ("math.greatest(1, n)", INT),
    ],
)
def test_types_are_inferred(text: str, type: Type) -> None:
    found = checked(text)
    assert (found.diagnostics, found.type) == ((), type)


@pytest.mark.parametrize(
    ("text", "code", "place", "help"),
    [
        ("asess.amount > 1", "undefined-reference", "asess", "did you mean `assess`?"),
        ("assess.amuont > 1", "unavailable-field", "amuont", "did you mean `amount`?"),
        ("has(assess.amuont)", "unavailable-field", "amuont", "did you mean `amount`?"),
        ('assess["amuont"] > 1', "unavailable-field", '"amuont"', "did you mean `amount`?"),
        ("com.example.raet > 1.0", "undefined-reference", "com.example.raet", "did you mean `com.example.rate`?"),
        ("sise([1])", "undefined-reference", "sise", "did you mean `size`?"),
        ("'a'.startWith('b')", "undefined-reference", "startWith", "did you mean `startsWith`?"),
        ("optionl.of(1)", "undefined-reference", "of", "did you mean `optional.of`?"),
        ('assess.topic == "biling"', "type-mismatch", '"biling"', 'did you mean `"billing"`?'),
        ('"biling" != assess.topic', "type-mismatch", '"biling"', 'did you mean `"billing"`?'),
        ('assess.topic in ["billing", "shiping"]', "type-mismatch", '"shiping"', 'did you mean `"shipping"`?'),
        ('"biling" in assess.topics', "type-mismatch", '"biling"', 'did you mean `"billing"`?'),
        ('assess.topic == (n > 1 ? "billing" : "shiping")', "type-mismatch", '"shiping"', 'did you mean `"shipping"`?'),
        ("assess.topic == assess.other", "type-mismatch", "assess.other", None),
        ("n == 1.0", "type-mismatch", "1.0", "convert one of them: `int(1.0)`"),
        ("n < 'a'", "type-mismatch", "'a'", None),
        ("[1] < [2]", "type-mismatch", "[1]", None),
        ("1 + 'a'", "type-mismatch", "'a'", None),
        ("-'a'", "type-mismatch", "'a'", None),
        ("n && true", "type-mismatch", "n", None),
        ("!n", "type-mismatch", "n", None),
        ("n ? 1 : 2", "type-mismatch", "n", None),
        ("true ? 1 : 'a'", "type-mismatch", "'a'", None),
        ("assess == null", "type-mismatch", "null", None),
        ("n == null", "type-mismatch", "null", None),
        ("1 in assess.by", "type-mismatch", "1", None),
        ("1 in n", "type-mismatch", "n", None),
        ("'a'.startsWith(1)", "type-mismatch", "1", "it takes `string.startsWith(string)`"),
        ("startsWith('a', 'b')", "undefined-reference", "startsWith", "write `value.startsWith(...)`"),
        ("n.all(x, true)", "type-mismatch", "n", None),
        ("[1].all(x, x)", "type-mismatch", "x", None),
        ("[1]['a']", "type-mismatch", "'a'", None),
        ("assess.by[1]", "type-mismatch", "1", None),
        ("n.field", "type-mismatch", "field", None),
        ("[?n]", "type-mismatch", "n", None),
        ("same(pair(1, 'a'))", "type-mismatch", "pair(1, 'a')", "it takes `same(pair<A, A>)`"),
    ],
)
def test_a_mistake_is_reported_once_and_where_it_is(text: str, code: str, place: str, help: str | None) -> None:
    found = checked(text)
    assert [diagnostic.code for diagnostic in found.diagnostics] == [code]
    assert found.diagnostics[0].span.text == place
    if help is not None:
        assert found.diagnostics[0].help == help
    assert str(found.type) == "error"


def test_what_follows_from_a_mistake_is_not_reported_but_the_next_mistake_is() -> None:
    found = checked("asess.amount + 1 > 2 && nowhere == assess.topic || assess.topic == 'biling'")
    assert [diagnostic.span.text for diagnostic in found.diagnostics] == ["asess", "nowhere", "'biling'"]


@pytest.mark.parametrize(
    "text",
    [
        "has(assess.note) && assess.note == 'a'",
        "n > 1 && has(assess.note) && n > 2 && assess.note == 'a'",
        "!has(assess.note) || assess.note == 'a'",
        "!(!has(assess.note)) && assess.note == 'a'",
        "!(has(assess.note) && n > 1) || assess.note == 'a'",
        "has(assess.note) ? assess.note == 'a' : false",
        "!has(assess.note) ? false : assess.note == 'a'",
        "(has(assess.note) ? n > 1 : false) && assess.note == 'a'",
        "(has(assess.note) && n > 1 || has(assess.note) && n > 2) && assess.note == 'a'",
        "has(assess.inner) && has(assess.inner.x) && assess.inner.x > 1",
        "assess.?note.hasValue() && assess.note == 'a'",
        "'note' in assess && assess.note == 'a'",
        "has(assess.note) && assess['note'] == 'a'",
        "assess.?note.orValue('') == 'a'",
        "assess.items.exists(i, has(i.tag) && i.tag == 'a')",
        "has(assess.note) && [1].exists(x, assess.note == 'a')",
        "cel.bind(a, assess, has(a.note) && assess.note == a.note)",
        "assess.items.map(i, has(i.tag), i.tag) == ['a']",
        "has(late.amount) && late.amount > 1",
        "has(late.note) && late.note == 'a' && late.amount > 1",
        "late.?amount.orValue(0) > 1",
        "d.note == 'a'",
    ],
)
def test_a_guard_makes_the_optional_readable(text: str) -> None:
    assert checked(text).diagnostics == ()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("assess.note == 'a'", "assess.note"),
        ("assess.note == 'a' && has(assess.note)", "assess.note"),
        ("has(assess.note) || assess.note == 'a'", "assess.note"),
        ("!has(assess.note) && assess.note == 'a'", "assess.note"),
        ("has(assess.note) ? true : assess.note == 'a'", "assess.note"),
        ("(has(assess.note) || n > 1) && assess.note == 'a'", "assess.note"),
        ("has(assess.inner) && assess.inner.x > 1", "assess.inner.x"),
        ("has(assess.inner.x)", "assess.inner"),
        ("assess.items.exists(i, i.tag == 'a')", "i.tag"),
        ("[1].exists(x, has(assess.note)) && assess.note == 'a'", "assess.note"),
        ("assess.items.all(i, has(i.tag)) && assess.items.exists(i, i.tag == 'a')", "i.tag"),
        ("late.amount > 1", "late"),
        ("has(late.amount) || late.amount > 1", "late"),
        ("late.amount > 1 && has(late.amount)", "late"),
    ],
)
def test_without_a_guard_reading_an_optional_is_an_error(text: str, place: str) -> None:
    (found,) = checked(text).diagnostics
    assert found.code == "unguarded-optional"
    assert found.span.text == place


@pytest.mark.parametrize(
    ("text", "expected", "accepted"),
    [
        ("n > 1", BOOL, True),
        ("n", BOOL, False),
        ("d", BOOL, True),
        ("5", IntType(1, 10), True),
        ("11", IntType(1, 10), False),
        ("'billing'", StringType(("billing",)), True),
        ("'biling'", StringType(("billing",)), False),
        ("n > 1 ? 'billing' : 'biling'", StringType(("billing",)), False),
        ("'abcd'", StringType(max=3), False),
        ("[1, 2, 3]", ListType(INT, 2), False),
        ("[1, 20]", ListType(IntType(0, 10)), False),
    ],
)
def test_the_result_must_be_of_the_type_that_is_expected(text: str, expected: Type, accepted: bool) -> None:
    assert (checked(text, expected=expected).diagnostics == ()) is accepted


def test_names_are_looked_up_in_the_container_first() -> None:
    inside = Scope(SCOPE.variables, SCOPE.functions, container="com.example")
    assert checked("on", inside).type == BOOL
    assert checked(".on", inside).type == STRING
    assert checked("rate > 1.0", inside).type == BOOL
    assert checked("twice(1)", inside).type == INT
    assert checked("example.rate", inside).type == DOUBLE
    assert checked("[1].exists(on, on == 1)", inside).type == BOOL
    assert checked("[1].exists(on, .on == 'a')", inside).type == BOOL


def test_variables_that_are_read_are_known() -> None:
    assert checked("com.example.on && [1].exists(n, n > d.x)").variables == {"com.example.on", "d"}


@pytest.mark.parametrize(
    ("offered", "wanted", "fits"),
    [
        (IntType(1, 5), IntType(0, 10), True),
        (INT, IntType(0, 10), False),
        (IntType(0, 11), IntType(0, 10), False),
        (IntType(0, 11), INT, True),
        (StringType(("a",)), StringType(("a", "b")), True),
        (STRING, StringType(("a",)), False),
        (StringType(("abc",)), StringType(max=3), True),
        (ListType(IntType(0, 1), 3), ListType(INT), True),
        (ListType(INT), ListType(INT, 3), False),
        (INT, DOUBLE, False),
        (DYN, IntType(0, 1), True),
        (WrapperType(INT), INT, False),
        (INT, WrapperType(INT), True),
        (RecordType("", {"a": Field(INT)}), RecordType("", {"a": Field(INT), "b": Field(INT, optional=True)}), True),
        (RecordType("", {"a": Field(INT, optional=True)}), RecordType("", {"a": Field(INT)}), False),
    ],
)
def test_assignable_minds_the_bounds(offered: Type, wanted: Type, fits: bool) -> None:
    assert assignable(offered, wanted) is fits


@pytest.mark.parametrize(
    "text", ["[" * 90 + "]" * 90, "!" * 90 + "true", "true" + " && true" * 2000, "(" * 90 + "1" + ")" * 90]
)
def test_deep_expressions_are_checked_without_deep_recursion(text: str) -> None:
    assert checked(text).diagnostics == ()
