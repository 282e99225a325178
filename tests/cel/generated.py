"""Expressions and bindings, generated: well typed over one set of declared variables, then spoilt.

Everything follows from a seed. (Drawing each choice from a strategy would be a hundred times slower.)
"""

import re
from collections import OrderedDict, UserDict, defaultdict
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Protocol

from interlock_dsl.cel import (
    BOOL,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    NONE,
    STRING,
    TIMESTAMP,
    DoubleType,
    Duration,
    Environment,
    Field,
    IntType,
    ListType,
    MapType,
    Optional,
    RecordType,
    StringType,
    Timestamp,
    TypeValue,
    UInt,
)
from interlock_dsl.cel.types import UINT
from interlock_dsl.cel.values import MixedMap

ITEM = RecordType(
    "Item",
    {
        "sku": Field(StringType(max=8)),
        "qty": Field(IntType(0, 99)),
        "price": Field(DOUBLE),
        "tag": Field(STRING, optional=True),
    },
)
REQUEST = RecordType(
    "Request",
    {
        "amount": Field(IntType(0, 1_000_000)),
        "share": Field(DoubleType(0.0, 1.0)),
        "topic": Field(StringType(("billing", "shipping", "technical"))),
        "name": Field(StringType(max=40)),
        "note": Field(StringType(max=40), optional=True),
        "extra": Field(IntType(0, 9), optional=True),
        "ok": Field(BOOL),
        "tags": Field(ListType(StringType(max=8), 6)),
        "items": Field(ListType(ITEM, 5)),
        "counts": Field(MapType(StringType(max=8), INT, 4)),
        "at": Field(TIMESTAMP),
        "wait": Field(DURATION),
        "size": Field(UINT),
    },
)
VARIABLES = {"r": REQUEST, "n": INT, "s": StringType(max=12), "now": TIMESTAMP, "d": DYN, "flag": BOOL, "a.b": INT}
ENVIRONMENT = Environment(VARIABLES)

SHORT = ("", "a", "b", "billing", "shipping", "admin", "zz")
WORDS = (
    "", "a", "b", "billing", "shipping", "technical", "admin", "zz", "é𝄞", "10.0.0.1", "::1", "https://a/b"
)  # fmt: skip


Local = tuple[tuple[str, str], ...]
"""Local variables with their types."""


class Part(Protocol):
    """Generates a part of an expression."""

    def __call__(self, type: str, more: Local = ()) -> str:
        """Return the text of an expression of a type, in which `more` local variables can be read."""


def expression(dice: Random, type: str = "bool", depth: int = 4, local: Local = ()) -> str:
    """Return the text of an expression of a type; `local` are the variables around it with their types."""

    def part(type: str, more: Local = ()) -> str:
        return expression(dice, type, depth - 1, (*local, *more))

    if depth > 0 and dice.randrange(6):
        made = _inner(dice, type, part, f"x{len(local)}")
        if made is not None:
            return made
    return _leaf(dice, type, local)


def _leaf(dice: Random, type: str, local: Local) -> str:
    mine = [name for name, of in local if of == type]
    choices = [*LEAVES[type], *mine, *mine]
    for item in (name for name, of in local if of == "item"):
        choices += [f"{item}.{field}" for field, of in ITEM_FIELDS if of == type] * 3
    return dice.choice(choices)


ITEM_FIELDS = (("sku", "string"), ("qty", "int"), ("price", "double"))
LEAVES = {
    "bool": ("true", "false", "r.ok", "flag", "has(r.note)", "has(r.extra)", "d.ok"),
    "int": ("0", "1", "7", "-3", "9223372036854775807", "r.amount", "r.amount", "n", "a.b", "d.n", "size(r.items)"),
    "double": ("0.0", "0.5", "1.0", "1e300", "r.share", "r.share", "d.f"),
    "string": ('"billing"', '"a"', '""', '"admin"', "r.topic", "r.name", "s", "d.s", 'r.?note.orValue("")'),
    "strings": ('["a", "b"]', "[]", "r.tags", "r.tags"),
    "ints": ("[1, 0]", "[0]", "[n]", "d.l"),
    "items": ("r.items",),
    "item": ("r.items[0]", "d.i"),
    "map": ("r.counts", '{"a": 1}', "d.m"),
    "timestamp": ("now", "r.at", 'timestamp("2024-01-01T00:00:00Z")'),
    "duration": ("r.wait", 'duration("90s")', 'duration("-1h")'),
    "uint": ("r.size", "1u", "0u"),
    "dyn": ("d", "d.x", "dyn(n)", "dyn(r.ok)", "d.y.z", "r.items[0]"),
}
COMPARED = ("int", "double", "string", "timestamp", "duration", "uint", "bool")


def _inner(dice: Random, type: str, part: Part, name: str) -> str | None:
    chosen = dice.randrange(16)
    if chosen == 0:
        template = f"(<bool> ? <{type}> : <{type}>)"
    elif chosen == 1:
        of = dice.choice(("int", "string", "bool", "double", "timestamp"))
        template = f"cel.bind(@, <{of}>, <{type}|{of}>)"
    elif type == "bool" and chosen < 9:
        of, operator = dice.choice(COMPARED), dice.choice(("==", "!=", "<", "<=", ">", ">="))
        template = f"(<{of}> {operator} <{of}>)"
    elif type in TEMPLATES:
        template = dice.choice(TEMPLATES[type])
    else:
        return None

    def filled(hole: re.Match[str]) -> str:
        bound = {"": (), "entry": ((name, "string"), (f"{name}v", "int"))}.get(hole[2] or "", ((name, hole[2]),))
        return part(hole[1], bound)

    return re.sub(r"<(\w+)(?:\|(\w+))?>", filled, template).replace("@", name)


TEMPLATES = {
    "bool": (
        "(<bool> && <bool>)",
        "(<bool> && <bool> && <bool>)",
        "(<bool> || <bool>)",
        "(<bool> || <bool> || <bool>)",
        "(!<bool>)",
        "(<int> < <double>)",
        "(<double> >= <int>)",
        "(<int> == 1)",
        "(<int> != 0)",
        "(<double> == 1.0)",
        "(<double> < 1.0)",
        "(<bool> == true)",
        "(<dyn> == <int>)",
        "(<dyn> != <string>)",
        "(<dyn> == 1)",
        "(<dyn> == 1.0)",
        "(<dyn> == null)",
        "(<dyn> == <strings>)",
        "(<dyn> < 1)",
        "(d.x > <double>)",
        "(<string> == 'a')",
        "(<string> in ['a', 'billing'])",
        "(<string> in ['a', 'b', 'billing', 'zz', 'admin'])",
        "(<string> in <strings>)",
        "('a' in <strings>)",
        "('a' in <map>)",
        "(<string> in <map>)",
        "(<int> in [0, 1, 2])",
        "(<int> in <ints>)",
        "<items>.all(@, <bool|item>)",
        "<items>.exists(@, <bool|item>)",
        "<items>.exists_one(@, <bool|item>)",
        "<items>.exists(@, has(@.tag) && @.tag == <string|item>)",
        "<strings>.exists(@, <bool|string>)",
        "<strings>.all(@, @.startsWith(<string|string>))",
        "<ints>.exists(@, <bool|int>)",
        "r.counts.all(@, @v, <bool|entry>)",
        "r.counts.exists(@, @v, <bool|entry>)",
        "r.counts.exists(@, <bool|string>)",
        "<string>.startsWith(<string>)",
        "<string>.endsWith('a')",
        "<string>.contains(<string>)",
        "<string>.matches('^[a-z]+$')",
        "(has(r.note) && r.note == <string>)",
        "(has(r.extra) && r.extra > <int>)",
        "r.?note.hasValue()",
        "(r.items == <items>)",
        "(type(<dyn>) == int)",
        "isIP(<string>)",
        "isURL(<string>)",
        "(isIP(<string>) && ip(<string>).isPrivate())",
        "cidr('10.0.0.0/8').containsIP(<string>)",
        "(ip('10.0.0.1') == ip(<string>))",
        "(type(ip('::1')) == net.IP)",
        "(url(<string>).getHostname() == <string>)",
    ),
    "int": (
        "(<int> + <int>)",
        "(<int> - <int>)",
        "(<int> * <int>)",
        "(<int> / <int>)",
        "(<int> % <int>)",
        "(<int> / 7)",
        "(<int> % 2)",
        "(-<int>)",
        "size(<strings>)",
        "<string>.size()",
        "<items>.filter(@, <bool|item>).size()",
        "r.counts[<string>]",
        "r.counts['a']",
        "r.items[<int>].qty",
        "<ints>[<int>]",
        "<timestamp>.getHours()",
        "r.?extra.orValue(<int>)",
        "(has(r.extra) ? r.extra : <int>)",
        "math.greatest(<int>, <int>)",
        "int(<double>)",
    ),
    "double": ("(<double> + <double>)", "(<double> - <double>)", "(<double> * <double>)", "(<double> / <double>)"),
    "string": (
        "(<string> + <string>)",
        "r.tags[<int>]",
        "<string>.lowerAscii()",
        "string(<int>)",
        "<strings>.join(',')",
        "<string>.substring(<int>)",
    ),
    "strings": (
        "r.items.map(@, <string|item>)",
        "<strings>.filter(@, <bool|string>)",
        "[<string>, <string>]",
        "(<strings> + <strings>)",
    ),
    "ints": ("<items>.map(@, <bool|item>, <int|item>)", "<strings>.map(@, <int|string>)", "[<int>, <int>]"),
    "items": ("<items>.filter(@, <bool|item>)",),
    "timestamp": ("(<timestamp> + <duration>)", "(<timestamp> - <duration>)"),
    "duration": ("(<timestamp> - <timestamp>)", "(<duration> + <duration>)"),
}
"""Expressions of each type with holes: `<type>`, or `<type|local>` where the variable `@` of that type can be read."""


def item(dice: Random) -> dict[str, object]:
    """Return an item as declared."""
    made: dict[str, object] = {
        "sku": dice.choice(SHORT),
        "qty": dice.choice((0, 1, 2, dice.randint(0, 99))),
        "price": dice.choice((0.0, 0.5, 1.0, 99.9)),
    }
    if dice.random() < 0.3:
        made["tag"] = dice.choice(WORDS)
    return made


def bindings(dice: Random) -> dict[str, object]:
    """Return bindings as declared."""
    request: dict[str, object] = {
        "amount": dice.choice((0, 1, 7, dice.randint(0, 1_000_000))),
        "share": dice.choice((0.0, 0.5, 1.0)),
        "topic": dice.choice(("billing", "shipping", "technical")),
        "name": dice.choice(WORDS),
        "ok": dice.random() < 0.5,
        "tags": [dice.choice(SHORT) for _ in range(dice.randint(0, 4))],
        "items": [item(dice) for _ in range(dice.randint(0, 3))],
        "counts": {dice.choice(SHORT): dice.randint(0, 9) for _ in range(dice.randint(0, 4))},
        "at": Timestamp.of(dice.randint(0, 4_000_000_000)),
        "wait": Duration.of(dice.choice((90, 0, dice.randint(-7200, 7200)))),
        "size": UInt(dice.randint(0, 3)),
    }
    if dice.random() < 0.6:
        request["note"] = dice.choice(WORDS)
    if dice.random() < 0.6:
        request["extra"] = dice.randint(0, 9)
    dynamic: dict[str, object] = {
        "x": dice.choice((0, 1, True, 1.0, "a", None, [1], {"a": 1})),
        "ok": dice.random() < 0.5,
        "n": dice.randint(-2, 9),
        "f": dice.choice((0.0, 0.5)),
        "s": dice.choice(WORDS),
        "l": [dice.randint(0, 3) for _ in range(dice.randint(0, 3))],
        "m": {dice.choice(WORDS): dice.randint(0, 3) for _ in range(2)},
        "i": item(dice),
    }
    return {
        "r": request,
        "n": dice.choice((dice.randint(-(2**63), 2**63 - 1), dice.randint(-2, 9), 2**63 - 1)),
        "s": dice.choice(WORDS),
        "now": Timestamp.of(dice.randint(0, 4_000_000_000)),
        "flag": dice.random() < 0.5,
        "a.b": dice.randint(-2, 9),
        "d": {key: value for key, value in dynamic.items() if dice.random() < 0.9},
    }


class Word(StrEnum):
    """Text to Python, and not of its class."""

    BILLING = "billing"
    A = "a"


ODD: tuple[object, ...] = (
    True, False, 0, 1, -1, 1.0, 0.0, 0.5, -0.0, 2**53 + 1, float(2**53), 2**63, -(2**63) - 1, 10**30,
    float("nan"), float("inf"), UInt(0), UInt(1), UInt(2**64 - 1), "", "a", "billing", "1", "x" * 5000, None,
    b"a", [], [True], [1, 0], ["a"], [None], [[1]], ("a", "b"), (1,), {}, {"a": 1}, {"a": True}, {1: 2}, {True: "a"},
    {"sku": "a", "qty": True, "price": 1}, [{"sku": "a", "qty": 1, "price": 1}], ["a"] * 5000,
    MixedMap([(1, "a"), (True, "b")]), Timestamp(0), Duration(0), Duration(2**63 - 1), Timestamp.of(253_402_300_799),
    Optional.of(1), NONE, TypeValue("int"), Word.BILLING, Word.A, OrderedDict(a=1), UserDict({"a": 1, "x": 1}),
    datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 1), timedelta(seconds=90), object, {1, 2}, complex(1, 0),
)  # fmt: skip
"""What a host may bind by mistake, or a model answer."""


NUMBERS = tuple(value for value in ODD if isinstance(value, int | float))


def spoil(dice: Random, made: dict[str, object], text: str) -> None:
    """Change a value that the expression reads to another type, take it away, or put it in another class of map."""
    names = [name for name in NAMES if name in text] or ["r.ok"]
    root, _, field = dice.choice(names).partition(".")
    container: object = made
    key: object = root
    if field and root in made:
        container, key = made[root], field
    while isinstance(container, dict | list) and (key in container if isinstance(container, dict) else True):
        inner = container[key]  # type: ignore[index, call-overload]
        if not isinstance(inner, dict | list) or not inner or dice.random() < 0.4:
            break
        container = inner
        key = dice.choice(list(inner)) if isinstance(inner, dict) else dice.randrange(len(inner))
    if not isinstance(container, dict | list) or (isinstance(container, dict) and key not in container):
        return
    how = dice.randrange(10)
    inner = container[key]  # type: ignore[index, call-overload]
    if how == 0 and isinstance(container, dict):
        del container[key]
    elif how <= 2 and isinstance(inner, dict):
        container[key] = dice.choice((defaultdict(int, inner), UserDict(inner), OrderedDict(inner)))  # type: ignore[index, call-overload]
    elif how <= 6 and isinstance(inner, int | float):
        container[key] = dice.choice(NUMBERS)  # type: ignore[index, call-overload]
    else:
        container[key] = _copied(dice.choice(ODD))  # type: ignore[index, call-overload]


READ = re.compile(r"\b[rd]\.\w+|\b[ns]\b|now")
NAMES = (
    "r.items",
    "r.tags",
    "r.counts",
    "flag",
    *sorted({name for leaves in LEAVES.values() for leaf in leaves for name in READ.findall(leaf)}),
)


def _copied(value: object) -> object:
    if isinstance(value, list):
        return list(map(_copied, value)) if len(value) < 100 else value[:]
    return dict(value) if type(value) is dict else value
