"""The values of the expression language, as Python objects, and where the two disagree about them.

    null None · bool bool · int int · uint `UInt` · double float · string str · bytes bytes · list list or tuple
    map any Mapping, a host's dict as it is · timestamp `Timestamp` · duration `Duration` · type `TypeValue`
    optional `Optional` · net.IP `Address` · net.CIDR `Network` · net.URL `Url`
    anything else is opaque: only functions of the host can look into it

Python says `1 == 1.0 == True`; the language keeps a bool apart from every number, in equality, as a key, everywhere.
Whatever needs that distinction goes through `equal`, `order` and `find`, never through Python's own operators.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from interlock_dsl.cel.addresses import Address, Network
from interlock_dsl.cel.urls import Url
from interlock_dsl.diagnostics.source import Span

INT_LOW: Final = -(2**63)
INT_HIGH: Final = 2**63 - 1
UINT_HIGH: Final = 2**64 - 1
SECOND: Final = 1_000_000_000
"""Nanoseconds in a second."""
TIMESTAMP_LOW: Final = -62_135_596_800 * SECOND
TIMESTAMP_HIGH: Final = 253_402_300_800 * SECOND - 1
"""The years 0001 to 9999, in nanoseconds since 1970."""


class Fault(Exception):
    """An error of evaluation: the value of an expression that has none.

    It is absorbed by `&&`, `||` and the macros built on them. `code` is stable, `message` is for people. Whoever
    evaluates an expression gives it its place; a function's implementation raises it without one.
    """

    def __init__(self, code: str, message: str, span: Span | None = None) -> None:
        self.code = code
        self.message = message
        self.span = span
        super().__init__(message)


class UInt(int):
    """An unsigned 64-bit integer. It equals and hashes like the int of the same size."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{int(self)}u"


@dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """A point in time: nanoseconds since 1970-01-01T00:00:00Z, within the years 0001 to 9999."""

    nanoseconds: int

    def __post_init__(self) -> None:
        if not TIMESTAMP_LOW <= self.nanoseconds <= TIMESTAMP_HIGH:
            raise Fault("time-range", "a timestamp lies outside the years 0001 to 9999")

    @classmethod
    def of(cls, seconds: int, nanoseconds: int = 0) -> "Timestamp":
        """Return the timestamp that many seconds and nanoseconds after 1970."""
        return cls(seconds * SECOND + nanoseconds)

    @classmethod
    def from_datetime(cls, moment: datetime) -> "Timestamp":
        """Return the timestamp of a datetime that has a zone; one without is a `Fault`."""
        if moment.utcoffset() is None:
            raise Fault("bad-value", "a datetime without a time zone is not a point in time")
        return cls((moment - _EPOCH) // _MICROSECOND * 1000)

    def __repr__(self) -> str:
        return f"Timestamp({self.nanoseconds})"


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A length of time in nanoseconds, which fit 64 bits (about 292 years either way)."""

    nanoseconds: int

    def __post_init__(self) -> None:
        if not INT_LOW <= self.nanoseconds <= INT_HIGH:
            raise Fault("time-range", "a duration lies outside about 292 years")

    @classmethod
    def of(cls, seconds: int, nanoseconds: int = 0) -> "Duration":
        """Return the duration of that many seconds and nanoseconds."""
        return cls(seconds * SECOND + nanoseconds)

    @classmethod
    def from_timedelta(cls, length: timedelta) -> "Duration":
        """Return the duration of a timedelta."""
        return cls(length // _MICROSECOND * 1000)

    def __repr__(self) -> str:
        return f"Duration({self.nanoseconds})"


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class TypeValue:
    """A type as a value: what `type(x)` returns and what `int` or `optional_type` name."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Optional:
    """A value, or none. `NONE` is the one without."""

    _value: tuple[object, ...] = ()

    @classmethod
    def of(cls, value: object) -> "Optional":
        """Return an optional that holds `value`."""
        return cls((value,))

    @property
    def present(self) -> bool:
        """Whether there is a value."""
        return bool(self._value)

    @property
    def value(self) -> object:
        """The value; a `Fault` if there is none."""
        if not self._value:
            raise Fault("no-value", "an optional without a value was read")
        return self._value[0]

    def __repr__(self) -> str:
        return f"Optional.of({self._value[0]!r})" if self._value else "Optional()"


NONE: Final = Optional()


class MixedMap(Mapping[object, object]):
    """A map that holds a bool and a number which Python would take for the same key."""

    __slots__ = ("_entries",)

    def __init__(self, entries: Iterable[tuple[object, object]]) -> None:
        self._entries = {(type(key) is bool, key): value for key, value in entries}

    def __getitem__(self, key: object) -> object:
        return self._entries[type(key) is bool, key]

    def __iter__(self) -> Iterator[object]:
        return (key for _, key in self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return "MixedMap({" + ", ".join(f"{key!r}: {value!r}" for key, value in self.items()) + "})"


class Missing:
    """The class of `MISSING`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
"""What `find` returns where there is no such key; never a value of the language."""

_PLAIN: Final = frozenset(
    {type(None), str, bytes, Timestamp, Duration, TypeValue, bool, int, UInt, float, Address, Network, Url}
)
_NUMBERS: Final = frozenset({int, UInt, float})
_ORDERED: Final = frozenset({bool, str, bytes, Timestamp, Duration})
_TYPE_NAMES: Final[Mapping[type, str]] = {
    type(None): "null_type",
    bool: "bool",
    int: "int",
    UInt: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    list: "list",
    tuple: "list",
    dict: "map",
    MixedMap: "map",
    Timestamp: "google.protobuf.Timestamp",
    Duration: "google.protobuf.Duration",
    TypeValue: "type",
    Optional: "optional_type",
    Address: "net.IP",
    Network: "net.CIDR",
    Url: "net.URL",
}


def type_name(value: object) -> str:
    """Return the name of the type of a value; `opaque` for what only the host can read."""
    name = _TYPE_NAMES.get(type(value))
    if name is not None:
        return name
    if isinstance(value, Mapping):
        return "map"
    return "opaque"


def adapt(value: object) -> object:
    """Return what the host holds as the language sees it.

    Values of the exact types pass untouched, and containers are never copied: what is inside is adapted when it is
    read. A datetime becomes a `Timestamp`, a timedelta a `Duration`, a subclass of a scalar (an enum of the standard
    library) its scalar. Anything else is opaque and passes, as does a datetime without a zone. This never fails: an
    unusual value is an error where it is used, not where it is seen.
    """
    if type(value) in _TYPE_NAMES:
        return value
    match value:
        case bool() | Mapping():
            return value
        case int():
            return int(value)
        case float():
            return float.__float__(value)
        case str():
            return str.__str__(value)
        case bytes():
            return bytes(value)
        case datetime() | timedelta():
            return _instant(value)
        case list():
            return value[:]
        case _:
            return value


def _instant(value: datetime | timedelta) -> object:
    try:
        return Timestamp.from_datetime(value) if isinstance(value, datetime) else Duration.from_timedelta(value)
    except Fault:
        return value


def is_number(value: object) -> bool:
    """Whether a value is an int, uint or double (a bool is not)."""
    return type(value) in _NUMBERS


def equal(left: object, right: object) -> bool:
    """Whether two values are equal, whatever their types: numbers by size, containers by what they hold.

    An int is converted to a double where it meets one, NaN equals nothing, values of different kinds are unequal.
    """
    left_type, right_type = type(left), type(right)
    if left_type is right_type and left_type in _PLAIN:
        return left == right
    if left_type in _NUMBERS and right_type in _NUMBERS:
        if left_type is float or right_type is float:
            return _as_double(left) == _as_double(right)
        return left == right
    left, right = adapt(left), adapt(right)
    match left, right:
        case ((list() | tuple()), (list() | tuple())):
            return len(left) == len(right) and all(map(equal, left, right))
        case Mapping(), Mapping():
            return _equal_maps(left, right)
        case Optional(), Optional():
            if not (left.present and right.present):
                return left.present == right.present
            return equal(left.value, right.value)
    if type(left) in _PLAIN and type(right) in _PLAIN and (type(left), type(right)) != (left_type, right_type):
        return equal(left, right)
    return left is right


def _equal_maps(left: Mapping[object, object], right: Mapping[object, object]) -> bool:
    if len(left) != len(right):
        return False
    for key, value in left.items():
        other = find(right, adapt(key))
        if other is MISSING or not equal(value, other):
            return False
    return True


def _as_double(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")  # type: ignore[operator]


def order(left: object, right: object) -> int | None:
    """Return -1, 0 or 1 as `left` is before, level with or after `right`; None where a NaN takes part.

    Numbers of any kinds compare by size (an int beside a double is converted to a double); bools, strings (by code
    point), bytes, timestamps and durations with their like. Anything else is a `Fault`.
    """
    left_type, right_type = type(left), type(right)
    if left_type in _NUMBERS and right_type in _NUMBERS:
        if left_type is float or right_type is float:
            left, right = _as_double(left), _as_double(right)
    elif left_type is not right_type or left_type not in _ORDERED:
        raise Fault("no-such-overload", f"{_article(left)} and {_article(right)} cannot be compared")
    if left < right:  # type: ignore[operator]
        return -1
    if left > right:  # type: ignore[operator]
        return 1
    return 0 if left == right else None


def _article(value: object) -> str:
    name = type_name(value)
    return f"an {name}" if name[0] in "aeio" else f"a {name}"


class _Probe:
    """A key that notes which stored key it met, so that a dict can be asked what it really holds."""

    __slots__ = ("key", "met")

    def __init__(self, key: object) -> None:
        self.key = key
        self.met: object = MISSING

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, stored: object) -> bool:
        self.met = stored
        return self.key == stored


def find(container: Mapping[object, object], key: object) -> object:
    """Return the value at a key, or `MISSING`; true and 1 are never the same key, 1, 1u and 1.0 always are."""
    try:
        value = container.get(key, MISSING)
    except TypeError:
        return MISSING
    if value is MISSING or type(key) is str or type(container) is MixedMap:
        return value
    if key == 0 or key == 1:
        probe = _Probe(key)
        container.get(probe)
        if (type(probe.met) is bool) is not (type(key) is bool):
            return MISSING
    return value


def make_map(entries: Iterable[tuple[object, object]]) -> Mapping[object, object]:
    """Return a map of the entries; a repeated or unsuitable key is a `Fault`.

    Keys are bools, ints, uints and strings; a double that is a whole number is not one of them.
    """
    pairs = list(entries)
    for key, _ in pairs:
        if type(key) not in _KEYS:
            raise Fault("bad-key", f"{_article(key)} cannot be a key of a map")
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    mixed = MixedMap(pairs)
    if len(mixed) == len(pairs):
        return mixed
    raise Fault("duplicate-key", "a key of the map is repeated")


_KEYS: Final = frozenset({bool, int, UInt, str})
