"""Values worth trying: those at the ends of what is left, those that the conditions speak of, and plain ones."""

import math
from collections.abc import Iterable, Iterator

from interlock_dsl.analysis.values.domain import (
    ANYTHING,
    Choice,
    Domain,
    Numbers,
    Perhaps,
    Sized,
    Text,
    as_text,
    domain_of,
)
from interlock_dsl.analysis.values.functions import OF_CALENDAR
from interlock_dsl.analysis.values.points import contains, value_of
from interlock_dsl.analysis.values.state import Path
from interlock_dsl.cel.addresses import read_network
from interlock_dsl.cel.library import FUNCTIONS
from interlock_dsl.cel.library.instants import read_timestamp
from interlock_dsl.cel.tree import Call, Expression, Index, Literal, Name, Select
from interlock_dsl.cel.types import RecordType, Type
from interlock_dsl.cel.values import SECOND, Timestamp, UInt
from interlock_dsl.schema.sample import sample

NOON = read_timestamp("2026-03-02T12:00:00Z")
"""A Monday: an instant where nothing else is wanted."""
HOUR = 3600 * SECOND
PLAIN: dict[Path, object] = {
    ("now",): NOON,
    ("run", "started"): NOON,
    ("run", "id"): "run-1",
    ("run", "workflow"): "workflow",
    ("principal", "name"): "ann",
}
"""What those values are that every condition can see, where nothing else is wanted."""
LARGEST = 64
"""Texts and lists of a witness are no larger than this, or than they must be."""


class Constants:
    """The constants that the statements of a problem speak of, by kind."""

    def __init__(self) -> None:
        self.numbers: dict[str, set[float]] = {}
        self.texts: dict[str, None] = {}
        self.read_as_numbers = False
        self.read_as_addresses = False
        """Whether texts are read as URLs, IP addresses or blocks of them."""

    def add(self, found: Domain) -> None:
        """Add what a constant expression comes to."""
        match found:
            case Numbers(kind, low, high, nan=False) if low == high:
                self.numbers.setdefault(kind, set()).add(low)
            case Choice(values):
                self.texts.update({value: None for value in values if isinstance(value, str)})

    def near(self, kind: str) -> list[float]:
        """Return numbers of a kind, and their neighbours."""
        whole = kind != "double"
        own = set(self.numbers.get(kind, ()))
        if kind in ("int", "uint", "double"):
            others = {n for of in ("int", "uint", "double") for n in self.numbers.get(of, ()) if abs(n) < 2**53}
            own |= {float(n) for n in others} if not whole else {int(n) for n in others}
        step = SECOND if kind in ("timestamp", "duration") else 1
        if whole:
            return sorted({n + by for n in own for by in (0, step, -step)}, key=abs)
        between = [(a + b) / 2 for a, b in zip(sorted(own), sorted(own)[1:], strict=False)]
        beside = [n + by for n in own for by in (0.1, -0.1)]
        closest = [math.nextafter(n, to) for n in own for to in (math.inf, -math.inf)]
        return [*sorted(own, key=abs), *between, *beside, *closest]


def values_in(found: Domain, type: Type, known: Constants, path: Path = ()) -> list[object]:
    """Return values of a domain to try, the plainest first."""
    made: list[object] = [PLAIN[path]] if path in PLAIN else []
    match found:
        case Numbers():
            made += [value_of(found.kind, number) for number in _numbers(found, known)]
        case Choice(values):
            made += sorted(values, key=lambda value: (value is True, str(value)))
        case Text():
            made += _texts(found, known)
        case Sized(kind="bytes"):
            made += [b"x" * size for size in sizes(found, known)]
        case Sized(kind="map"):
            made += _maps(found, type, known)
        case Perhaps():
            return []
        case _ if found is ANYTHING and not isinstance(type, RecordType):
            made += [*sorted(known.numbers.get("int", ())), *known.texts, True, None]
            made += [int(n) + 1 for n in known.numbers.get("int", ())]
    return _distinct(value for value in made if contains(found, value))


def _distinct(values: Iterable[object]) -> list[object]:
    return list({(value.__class__, repr(value)): value for value in values}.values())


def _numbers(found: Numbers, known: Constants) -> Iterator[float]:
    if found.low > found.high:
        return
    nearest = min(max(0, found.low), found.high)
    yield nearest
    inside = [n for n in known.near(found.kind) if found.low <= n <= found.high]
    yield from inside
    yield from (n for n in (1, 2, 10) if found.low <= n <= found.high)
    if found.kind == "double":
        yield (max(found.low, -1e300) + min(found.high, 1e300)) / 2
    yield from (end for end in (found.low, found.high) if math.isfinite(end))
    if found.kind != "double":
        yield from (nearest + by for by in range(1, 1 + len(found.without)))


def _texts(found: Text, known: Constants) -> Iterator[str]:
    body = found.prefix + found.suffix
    room = max(0, found.low - len(body))
    if known.read_as_addresses:
        yield from _addresses(known)
    yield from known.texts
    if room <= 1 << 20:
        yield found.prefix + "x" * room + found.suffix
    yield found.prefix if found.prefix.endswith(found.suffix) else body
    yield from (f"{found.prefix}{text}{found.suffix}" for text in ("other", "a", "b"))
    if known.read_as_numbers:
        yield from (str(int(n)) for n in known.near("int"))
        yield "2026-03-02T12:00:00Z"
    for text in known.texts:
        yield from (f"{found.prefix}{text}{found.suffix}", text + "x", text.upper(), text.lower())
    for size in sizes(found, known):
        yield found.prefix + "x" * max(0, size - len(body)) + found.suffix


def _addresses(known: Constants) -> Iterator[str]:
    """Yield URLs, an address and a block: of hosts by name and by number, and of those that the constants speak of."""
    yield "https://example.com/"
    hosts = ["elsewhere.example", "10.0.0.1"]
    for text in known.texts:
        try:
            address = read_network(text).address
        except ValueError:
            continue
        hosts.append(str(address) if address.family == 4 else f"[{address}]")
    yield from (f"http://{host}/" for host in hosts[:4])
    yield from ("10.0.0.1", "10.0.0.0/8")


def sizes(found: Sized | Text, known: Constants) -> list[int]:
    """Return sizes to try."""
    wanted = [found.low, found.low + 1, *(int(n) for n in known.near("int"))]
    if found.high <= LARGEST:
        wanted.append(found.high)
    return [size for size in dict.fromkeys(wanted) if found.low <= size <= min(found.high, max(LARGEST, found.low))]


def _maps(found: Sized, type: Type, known: Constants) -> Iterator[object]:
    keys: list[object] = [*known.texts, "x", "y"]
    key = getattr(type, "key", None)
    if key is not None and as_text(domain_of(key)) is None:
        keys = [UInt(n) if str(key).startswith("uint") else n for n in range(8)]
    value = _sample(found.element)
    for size in (found.low, found.low + 1, len(keys)):
        if size <= len(keys):
            yield dict.fromkeys(keys[:size], value)


def _sample(type: Type) -> object:
    try:
        return sample(type)
    except TypeError:
        return None


def chain(node: Expression) -> Path | None:
    """Return the names of a chain of selections."""
    match node:
        case Name(name=name):
            return (name,)
        case (
            Select(operand=operand, field=field, optional=False)
            | Index(operand=operand, index=Literal(value=str() as field), optional=False)
        ):
            before = chain(operand)
            return None if before is None else (*before, field)
        case _:
            return None


def instants(found: Domain, terms: Iterable[tuple[Expression, Domain]]) -> list[object]:
    """Return instants of a domain that show on calendar and clock what the terms over them want."""
    wanted = [
        (FUNCTIONS[node.function].overloads[len(node.arguments)].implementation, _zone(node), domain)
        for node, domain in terms
        if isinstance(node, Call) and node.function in OF_CALENDAR and _zone(node) is not None
    ]
    if not wanted:
        return []
    fitting: list[object] = []
    for moment in _calendar():
        shown = [read(moment, *(zone or ())) for read, zone, _ in wanted]
        if all(contains(domain, value) for value, (*_, domain) in zip(shown, wanted, strict=True)):
            if contains(found, moment):
                fitting.append(moment)
            if len(fitting) > 3:
                break
    return fitting


def _zone(node: Call) -> tuple[str, ...] | None:
    match node.arguments:
        case ():
            return ()
        case (Literal(value=str() as zone),):
            return (zone,)
        case _:
            return None


def _calendar() -> Iterator[Timestamp]:
    start = NOON.nanoseconds - 12 * HOUR
    for day in range(7):
        for hour in (12, *range(24)):
            yield Timestamp(start + (day * 24 + hour) * HOUR)
    for day in range(0, 366, 5):
        yield Timestamp(start + (day * 24 + 12) * HOUR)
    for minute in range(60):
        yield Timestamp(start + 12 * HOUR + minute * (HOUR // 60) + minute * SECOND)
