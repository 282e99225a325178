"""What functions of the library can come to for arguments of given domains, and the errors they can end in."""

import math
from collections.abc import Sequence
from itertools import product
from typing import Final

from interlock_dsl.analysis.values.arithmetic import NO_ERRORS, Errors
from interlock_dsl.analysis.values.domain import (
    EITHER,
    FALSE,
    LIMITS,
    NOTHING,
    TRUE,
    Choice,
    Domain,
    Numbers,
    Perhaps,
    Sized,
    Text,
    as_text,
    domain_of,
    join,
    meet,
    numbers,
    size_of,
)
from interlock_dsl.analysis.values.lists import FAILING_OF_LISTS, OF_LISTS, Result, Rule, extreme_of
from interlock_dsl.analysis.values.points import FEW, constants, point
from interlock_dsl.cel.library.instants import offset_at
from interlock_dsl.cel.signature import Overload
from interlock_dsl.cel.types import Type
from interlock_dsl.cel.values import SECOND, Fault, Timestamp
from interlock_dsl.program.builtins import period_micros, reads_past_calls

ALL_ERRORS: Final[Errors] = frozenset(
    {
        "overflow", "division-by-zero", "no-such-index", "no-such-key", "bad-conversion", "bad-format", "bad-time-zone",
        "time-range", "invalid-pattern", "bad-argument", "bad-key", "bad-value", "duplicate-key", "no-value",
        "not-a-number", "no-such-overload",
    }
)  # fmt: skip
"""Every error of evaluation but those that the limit of an evaluation makes."""

NEVER_FAIL: Final = frozenset(
    {
        "startsWith", "endsWith", "contains", "lowerAscii", "upperAscii", "trim", "replace", "split", "reverse",
        "distinct", "size", "type", "dyn", "math.ceil", "math.floor", "math.round", "math.trunc", "math.isNaN",
        "math.isInf", "math.isFinite", "math.sign", "math.sqrt", "math.bitAnd", "math.bitOr", "math.bitXor",
        "math.bitNot", "optional.of", "optional.ofNonZeroValue", "optional.none", "hasValue", "first", "last", "calls",
        "count", "sets.contains", "sets.equivalent", "sets.intersects", "strings.quote", "base64.encode", "bool",
        "string", "double", "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear",
        "getHours", "getMinutes", "getSeconds", "getMilliseconds", "or", "orValue", "ip", "isIP", "isCIDR", "isURL",
        "family", "isUnspecified", "isLoopback", "isGlobalUnicast", "isLinkLocalMulticast", "isLinkLocalUnicast",
        "isPrivate", "containsIP", "containsCIDR", "masked", "prefixLength", "getScheme", "getHost", "getHostname",
        "getPort", "getEscapedPath",
    }
)  # fmt: skip
"""Functions that have a value for all arguments of their types, but for the overloads in `FAILING`."""

FAILING: Final[dict[str, Errors]] = {
    "string_to_bool": frozenset({"bad-conversion"}),
    "string_to_double": frozenset({"bad-conversion"}),
    "bytes_to_string": frozenset({"bad-conversion"}),
    "string_to_bytes": frozenset({"bad-conversion"}),
    "int64_to_timestamp": frozenset({"time-range"}),
    "string_to_timestamp": frozenset({"bad-conversion", "time-range"}),
    "string_to_duration": frozenset({"bad-conversion", "time-range"}),
    "string_to_int64": frozenset({"bad-conversion"}),
    "string_to_uint64": frozenset({"bad-conversion"}),
    "double_to_int64": frozenset({"bad-conversion"}),
    "double_to_uint64": frozenset({"bad-conversion"}),
    "uint64_to_int64": frozenset({"bad-conversion"}),
    "int64_to_uint64": frozenset({"bad-conversion"}),
    "optional_value": frozenset({"no-value"}),
    "calls_within": frozenset({"bad-value", "bad-conversion", "time-range"}),
    "calls_sum": frozenset({"overflow"}),
    "matches": frozenset({"invalid-pattern", "bad-value"}),
    "matches_string": frozenset({"invalid-pattern", "bad-value"}),
    "math_abs_int": frozenset({"overflow"}),
    "string_char_at_int": frozenset({"no-such-index"}),
    "string_substring_int": frozenset({"no-such-index"}),
    "string_substring_int_int": frozenset({"no-such-index"}),
    **FAILING_OF_LISTS,
    "string_index_of_string": NO_ERRORS,
    "string_last_index_of_string": NO_ERRORS,
    "string_to_ip": frozenset({"bad-conversion"}),
    "string_to_cidr": frozenset({"bad-conversion"}),
    "ip_is_canonical": frozenset({"bad-conversion"}),
    "cidr_contains_ip_string": frozenset({"bad-conversion"}),
    "cidr_contains_cidr_string": frozenset({"bad-conversion"}),
    "string_to_url": frozenset({"bad-conversion"}),
}
"""The errors of overloads that have any, where they are known one by one."""

READABLE: Final[dict[str, str]] = {
    "ip": "isIP", "cidr": "isCIDR", "url": "isURL", "containsIP": "isIP", "containsCIDR": "isCIDR",
}  # fmt: skip
"""Functions that read a text as an address, a block or a URL, and what says whether it can be read."""

OF_CALENDAR: Final[dict[str, tuple[int, int]]] = {
    "getFullYear": (0, 10_000), "getMonth": (0, 11), "getDate": (1, 31), "getDayOfMonth": (0, 30),
    "getDayOfWeek": (0, 6), "getDayOfYear": (0, 365), "getHours": (0, 23), "getMinutes": (0, 59),
    "getSeconds": (0, 59), "getMilliseconds": (0, 999),
}  # fmt: skip
"""What can be read off a calendar and a clock, whatever the zone."""

_UNITS: Final = {"getHours": 3600 * SECOND, "getMinutes": 60 * SECOND, "getSeconds": SECOND}


def called(name: str, overload: Overload, arguments: Sequence[Domain], result: Type) -> Result:
    """Return what a call can come to. `arguments` include the receiver; none of them is `NOTHING`."""
    listed = [constants(argument) for argument in arguments]
    if (
        overload.id not in ("calls_count", "calls_within")
        and math.prod(len(c) if c else FEW + 1 for c in listed) <= FEW
    ):
        return _applied(overload, [found or [] for found in listed])
    if reads_past_calls(name):
        return domain_of(result), NO_ERRORS if _readable(arguments[1:]) else FAILING["calls_within"]
    errors = errors_of(name, overload)
    rule = RULES.get(overload.id) or RULES.get(name)
    found = rule(arguments) if rule is not None else None
    return found if found is not None else (domain_of(result), errors)


def errors_of(name: str, overload: Overload) -> Errors:
    """Return the errors that an overload can end in."""
    if overload.id in FAILING:
        return FAILING[overload.id]
    return NO_ERRORS if name in NEVER_FAIL and not overload.id.endswith("_with_tz") else ALL_ERRORS


def _readable(periods: Sequence[Domain]) -> bool:
    """Say whether every period is known to be one that can be read."""
    for period in periods:
        texts = constants(period)
        if texts is None:
            return False
        try:
            for text in texts:
                period_micros(str(text))
        except Fault:
            return False
    return True


def _applied(overload: Overload, choices: list[list[object]]) -> Result:
    """Return what comes out where the arguments are few and known: the function itself is asked."""
    found: Domain = NOTHING
    errors: set[str] = set()
    for values in product(*choices):
        try:
            found = join(found, point(overload.implementation(*values)))
        except Fault as fault:
            errors.add(fault.code)
    return found, frozenset(errors)


def _size(arguments: Sequence[Domain]) -> Result:
    low, high = size_of(arguments[0])
    return numbers("int", low, high), NO_ERRORS


def _calendar(name: str) -> Rule:
    def read(arguments: Sequence[Domain]) -> Result | None:
        of = arguments[0]
        if isinstance(of, Numbers) and of.kind == "duration":
            unit = _UNITS.get(name)
            if unit is None:
                return numbers("int", -999, 999), NO_ERRORS
            return numbers("int", _towards_zero(of.low, unit), _towards_zero(of.high, unit)), NO_ERRORS
        errors = NO_ERRORS if len(arguments) == 1 or zone_exists(arguments[1]) else frozenset({"bad-time-zone"})
        if len(arguments) == 2 and zone_exists(arguments[1]) is False:
            return NOTHING, errors
        return numbers("int", *OF_CALENDAR[name]), errors

    return read


def zone_exists(zone: Domain) -> bool | None:
    """Say whether all time zones of a domain exist; None where they are not known."""
    names = constants(zone)
    if names is None:
        return None
    found = []
    for name in names:
        try:
            offset_at(Timestamp(0), str(name))
            found.append(True)
        except Fault:
            found.append(False)
    return all(found) if any(found) else False


def _towards_zero(number: float, unit: int) -> int:
    whole = abs(int(number)) // unit
    return -whole if number < 0 else whole


def _starts(arguments: Sequence[Domain]) -> Result | None:
    text, affix = arguments[0], constants(arguments[1])
    if affix is None or len(affix) != 1 or not isinstance(affix[0], str):
        return None
    if meet(text, Text(prefix=affix[0])) is NOTHING:
        return FALSE, NO_ERRORS
    return (TRUE if isinstance(text, Text) and text.prefix.startswith(affix[0]) else EITHER), NO_ERRORS


def _ends(arguments: Sequence[Domain]) -> Result | None:
    text, affix = arguments[0], constants(arguments[1])
    if affix is None or len(affix) != 1 or not isinstance(affix[0], str):
        return None
    if meet(text, Text(suffix=affix[0])) is NOTHING:
        return FALSE, NO_ERRORS
    return (TRUE if isinstance(text, Text) and text.suffix.endswith(affix[0]) else EITHER), NO_ERRORS


def _contains(arguments: Sequence[Domain]) -> Result | None:
    (_, high), (low, _) = size_of(arguments[0]), size_of(arguments[1])
    return (FALSE, NO_ERRORS) if high < low else None


def _same_size(arguments: Sequence[Domain]) -> Result | None:
    text = as_text(arguments[0])
    return None if text is None else (Text(text.low, text.high), NO_ERRORS)


def _no_longer(arguments: Sequence[Domain]) -> Result | None:
    text = as_text(arguments[0])
    return None if text is None else (Text(0, text.high), NO_ERRORS)


def _whole(kind: str) -> Rule:
    def convert(arguments: Sequence[Domain]) -> Result | None:
        of = arguments[0]
        if not isinstance(of, Numbers) or of.low > of.high:
            return None
        to = "uint" if kind == "uint" else "int"
        least, most = LIMITS["uint" if kind == "uint" else "int"]
        beyond = of.low < least or of.high > most or of.nan
        if of.kind == "double":
            # 2.0**63 itself is refused, and so are NaN and the infinities.
            beyond = beyond or not (of.low > -(2.0**63) and of.high < (2.0**63 if to == "int" else 2.0**64))
        low = math.trunc(max(of.low, least))
        high = math.trunc(min(of.high, most))
        found = numbers("uint", low, high) if to == "uint" else numbers("int", low, high)
        return found, frozenset({"bad-conversion"}) if beyond else NO_ERRORS

    return convert


def _double(arguments: Sequence[Domain]) -> Result | None:
    of = arguments[0]
    if not isinstance(of, Numbers) or of.low > of.high:
        return None
    return Numbers("double", float(of.low), float(of.high), of.nan), NO_ERRORS


def _seconds(arguments: Sequence[Domain]) -> Result | None:
    of = arguments[0]
    if not isinstance(of, Numbers):
        return None
    return numbers("int", of.low // SECOND, of.high // SECOND), NO_ERRORS


def _instant(arguments: Sequence[Domain]) -> Result | None:
    of = arguments[0]
    if not isinstance(of, Numbers):
        return None
    low, high = of.low * SECOND, of.high * SECOND
    least, most = LIMITS["timestamp"]
    return numbers("timestamp", low, high), frozenset({"time-range"}) if low < least or high > most else NO_ERRORS


def _extreme(name: str) -> Rule:
    def of(arguments: Sequence[Domain]) -> Result | None:
        if len(arguments) == 1 and isinstance(arguments[0], Sized):
            return extreme_of(arguments[0])
        if len(arguments) != 2:
            return None
        one, other = arguments
        if not isinstance(one, Numbers) or not isinstance(other, Numbers) or one.kind != other.kind:
            return None
        if one.nan or other.nan:
            return None
        pick = max if name == "math.greatest" else min
        return Numbers(one.kind, pick(one.low, other.low), pick(one.high, other.high)), NO_ERRORS

    return of


def _absolute(arguments: Sequence[Domain]) -> Result | None:
    of = arguments[0]
    if not isinstance(of, Numbers) or of.low > of.high:
        return None
    low = 0 if of.low <= 0 <= of.high else min(abs(of.low), abs(of.high))
    found = Numbers(of.kind, low, max(abs(of.low), abs(of.high)), of.nan)
    if of.kind != "int":
        return found, NO_ERRORS
    beyond = of.low == LIMITS["int"][0]
    return numbers("int", found.low, found.high), frozenset({"overflow"}) if beyond else NO_ERRORS


def _matches(arguments: Sequence[Domain]) -> Result | None:
    # A pattern that is written out has been read before; no text of a type holds half a surrogate pair.
    return (EITHER, NO_ERRORS) if constants(arguments[1]) is not None else None


def _within(arguments: Sequence[Domain]) -> Result | None:
    # A period that is written out has been read before.
    errors = NO_ERRORS if constants(arguments[1]) is not None else FAILING["calls_within"]
    return numbers("int", 0), errors


def _present(arguments: Sequence[Domain]) -> Result | None:
    of = arguments[0]
    if not isinstance(of, Perhaps):
        return None
    return Choice(frozenset({*([True] if of.some else []), *([False] if of.none else [])})), NO_ERRORS


def _value(arguments: Sequence[Domain]) -> Result | None:
    of = arguments[0]
    if not isinstance(of, Perhaps):
        return None
    return (of.of if of.some else NOTHING), frozenset({"no-value"}) if of.none else NO_ERRORS


def _at(arguments: Sequence[Domain]) -> Result | None:
    """Return what `charAt` and `substring` come to: a position is within the text, its end included."""
    text, positions = arguments[0], arguments[1:]
    low, _ = size_of(text)
    sure = all(isinstance(at, Numbers) and at.low >= 0 and at.high <= low for at in positions)
    if len(positions) == 2 and sure:
        start, end = positions
        sure = isinstance(start, Numbers) and isinstance(end, Numbers) and start.high <= end.low
    return Text(0, size_of(text)[1]), NO_ERRORS if sure else frozenset({"no-such-index"})


RULES: Final[dict[str, Rule]] = {
    **OF_LISTS,
    "size": _size,
    **{name: _calendar(name) for name in OF_CALENDAR},
    "startsWith": _starts,
    "endsWith": _ends,
    "contains": _contains,
    "lowerAscii": _same_size,
    "upperAscii": _same_size,
    "string_reverse": _same_size,
    "trim": _no_longer,
    "uint64_to_int64": _whole("int"),
    "double_to_int64": _whole("int"),
    "double_to_uint64": _whole("uint"),
    "int64_to_uint64": _whole("uint"),
    "int64_to_double": _double,
    "uint64_to_double": _double,
    "timestamp_to_int64": _seconds,
    "int64_to_timestamp": _instant,
    "int64_to_string": lambda _: (Text(1, 20), NO_ERRORS),
    "uint64_to_string": lambda _: (Text(1, 20), NO_ERRORS),
    "bool_to_string": lambda _: (Choice(frozenset({"true", "false"})), NO_ERRORS),
    "math.greatest": _extreme("math.greatest"),
    "math.least": _extreme("math.least"),
    "math.abs": _absolute,
    "matches": _matches,
    "count": lambda _: (numbers("int", 0), NO_ERRORS),
    "family": lambda _: (numbers("int", 4, 6), NO_ERRORS),
    "prefixLength": lambda _: (numbers("int", 0, 128), NO_ERRORS),
    "calls_within": _within,
    "hasValue": _present,
    "value": _value,
    "string_char_at_int": _at,
    "string_substring_int": _at,
    "string_substring_int_int": _at,
}
for _same in ("int64_to_int64", "uint64_to_uint64", "double_to_double", "string_to_string", "bool_to_bool",
              "timestamp_to_timestamp", "duration_to_duration", "bytes_to_bytes"):  # fmt: skip
    RULES[_same] = lambda arguments: (arguments[0], NO_ERRORS)
