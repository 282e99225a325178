"""Records that say by one field which others they have: what the checker lets pass has a value for all of them."""

from hypothesis import given, settings
from hypothesis import strategies as some

from interlock_dsl.analysis.values.conforms import conforms
from interlock_dsl.cel import BOOL, INT, STRING, Field, ListType, RecordType, StringType, parse
from interlock_dsl.cel.check import Checked, Scope, check
from interlock_dsl.cel.environment import CompiledExpression
from interlock_dsl.cel.library import FUNCTIONS
from interlock_dsl.cel.types import Cases
from interlock_dsl.schema import decode, sample
from interlock_dsl.schema.errors import ValidationError

ROW = RecordType(
    "",
    {"ok": Field(BOOL), "value": Field(INT, optional=True), "failure": Field(STRING, optional=True)},
    Cases("ok", ((True, frozenset({"value"})), (False, frozenset({"failure"})))),
)
ROWS = ({"ok": True, "value": 1}, {"ok": True, "value": 9}, {"ok": False, "failure": "closed"})
OUT = RecordType(
    "",
    {
        "end": Field(StringType(("booked", "kept", "full"))),
        "id": Field(INT, optional=True),
        "room": Field(INT, optional=True),
    },
    Cases("end", (("booked", frozenset({"id", "room"})), ("kept", frozenset({"room"})), ("full", frozenset()))),
)
OUTS = ({"end": "booked", "id": 1, "room": 2}, {"end": "kept", "room": 3}, {"end": "full"})
SCOPE = Scope({"r": ROW, "o": OUT, "list": ListType(ROW, 3), "b": BOOL}, FUNCTIONS)

ATOMS = (
    "r.ok", "b", "has(r.value)", "has(r.failure)", "r.ok == true", "false == r.ok", "true", "false",
    'o.end == "booked"', 'o.end != "full"', '"kept" == o.end', 'o.end in ["booked", "kept"]', "has(o.id)",
    'o.end != "kept"', 'o.end in ["full"]',
)  # fmt: skip
READS = ("r.value", "o.id", "o.room", "size(r.failure)")


def _guards(inner: some.SearchStrategy[str]) -> some.SearchStrategy[str]:
    return some.one_of(
        some.builds("!({})".format, inner),
        some.builds("({}) && ({})".format, inner, inner),
        some.builds("({}) || ({})".format, inner, inner),
        some.builds("(({}) ? ({}) : ({}))".format, inner, inner, inner),
    )


GUARDS = some.recursive(some.sampled_from(ATOMS), _guards, max_leaves=4)


def _checked(text: str) -> Checked:
    return check(parse(text), SCOPE)


def _passes_everywhere(text: str) -> bool:
    """Say whether the checker lets an expression pass; if it does, evaluate it for every value of its variables."""
    checked = _checked(text)
    if checked.diagnostics:
        return False
    evaluated = CompiledExpression(checked.expression, SCOPE, checked)
    for row in ROWS:
        for out in OUTS:
            for b in (True, False):
                evaluated.evaluate({"r": row, "o": out, "b": b, "list": list(ROWS)})  # raises where it has no value
    return True


@given(GUARDS, some.sampled_from(READS))
@settings(max_examples=150)
def test_what_passes_the_checker_has_a_value(guard: str, read: str) -> None:
    _passes_everywhere(f"({guard}) ? {read} : 0")
    _passes_everywhere(f"({guard}) || {read} > 0")
    _passes_everywhere(f"list.filter(r, {guard}).map(r, {read.replace('o.id', 'r.value')})")


def test_the_field_that_says_so_is_a_guard() -> None:
    passing = (
        "r.ok ? r.value : 0",
        "!r.ok ? 0 : r.value",
        "r.ok && r.value > 0",
        "r.ok == false || r.value > 0",
        "r.ok ? 0 : size(r.failure)",
        'o.end == "booked" ? o.id + o.room : o.end == "kept" ? o.room : 0',
        'o.end != "full" ? o.room : 0',
        'o.end in ["booked", "kept"] ? o.room : 0',
        'o.end != "full" && o.end != "kept" ? o.id : 0',
        '!(o.end == "full" || o.end == "kept") ? o.id : 0',
        'o.end == "full" ? 0 : o.end == "kept" ? o.room : o.id',
        'o.end != "full" ? (o.end in ["kept"] ? 0 : o.id) : 0',
        'o.end == "full" || o.end == "kept" || o.id > 0',
        'cel.bind(x, o, x.end != "full" && x.end != "kept" ? x.id : 0)',
        "list.filter(r, r.ok).map(r, r.value)",
        "list.filter(r, r.ok && r.value > 3).map(r, r.value)[?0].orValue(0)",
        "list.map(r, r.ok, r.value)",
        "list.all(r, !r.ok || r.value > 0)",
        "list.filter(r, !r.ok).all(r, size(r.failure) > 0)",
        "cel.bind(x, r, x.ok ? x.value : 0)",
    )
    failing = (
        "r.ok ? 0 : r.value",
        "r.ok || r.value > 0",
        "b ? r.value : 0",
        'o.end != "booked" ? o.room : 0',
        'o.end in ["booked", "full"] ? o.room : 0',
        'o.end == "kept" ? o.id : 0',
        'o.end != "full" && o.end != "booked" ? o.id : 0',
        'o.end != "full" || o.end != "kept" ? o.id : 0',
        'o.end != "kept" && (b || o.end != "full") ? o.id : 0',
        "list.filter(r, !r.ok).map(r, r.value)",
        "list.filter(r, b || r.ok).map(r, r.value)",
        "(b ? list.filter(r, r.ok) : list).map(r, r.value)",
        "(b ? list : list.filter(r, r.ok)).map(r, r.value)",
        "(list.filter(r, r.ok) + list).map(r, r.value)",
        "[list.filter(r, r.ok), list][1].map(r, r.value)",
        "list[0].ok ? r.value : 0",
    )
    assert [text for text in passing if not _passes_everywhere(text)] == []
    assert [text for text in failing if not _checked(text).diagnostics] == []


def test_a_value_has_the_fields_of_its_case() -> None:
    for type, values in ((ROW, ROWS), (OUT, OUTS)):
        for value in (*values, sample(type)):
            assert conforms(value, type) and decode(type, value) == value
    for wrong in ({"ok": True}, {"ok": False}, {"ok": True, "value": 1, "failure": "x"}, {"ok": False, "value": 1}):
        assert not conforms(wrong, ROW)
        try:
            decode(ROW, wrong)
        except ValidationError:
            continue
        raise AssertionError(wrong)
