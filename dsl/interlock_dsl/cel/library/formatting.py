"""`"...".format([...])`: `%s %d %f %e %b %o %x %X %%`, `%f` and `%e` with a precision such as `%.2f`.

The text is the same in every locale. A list or map is shown with its parts as `%s` shows them, a map in the order of
its keys as text.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from interlock_dsl.cel.library.conversions import double_text, positional
from interlock_dsl.cel.library.instants import duration_text, timestamp_text
from interlock_dsl.cel.values import Duration, Fault, Timestamp, TypeValue, UInt, adapt, type_name

MAX_PRECISION: Final = 1000
_CLAUSE: Final = re.compile(r"%(?:%|(\.[0-9]*)?(.)|$)", re.DOTALL)
_DEFAULT_PRECISION: Final = 6


def format_text(template: str, arguments: Sequence[object]) -> str:
    """Fill a template; a clause that is unknown, does not suit its argument or has none is a `Fault`."""
    parts: list[str] = []
    used = at = 0
    for found in _CLAUSE.finditer(template):
        parts.append(template[at : found.start()])
        at = found.end()
        if found[0] == "%%":
            parts.append("%")
            continue
        precision = _precision(found[1])
        letter = found[2] or ""
        clause = _CLAUSES.get(letter)
        if clause is None:
            raise Fault("bad-format", f"`{found[0]}` is no clause of a format, which has %s %d %f %e %b %o %x %X %%")
        if used >= len(arguments):
            raise Fault("bad-format", f"the format has more clauses than the {len(arguments)} values given")
        parts.append(clause(adapt(arguments[used]), _DEFAULT_PRECISION if precision is None else precision))
        used += 1
    parts.append(template[at:])
    return "".join(parts)


def _precision(written: str | None) -> int | None:
    if written is None:
        return None
    if len(written) == 1 or len(written) > 5 or int(written[1:]) > MAX_PRECISION:
        raise Fault("bad-format", f"`{written[:10]}` is no precision of a format: at most .{MAX_PRECISION}")
    return int(written[1:])


def _shown(value: object, _: int = 0) -> str:
    value = adapt(value)
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return int.__repr__(value)
        case float():
            return positional(value) if _finite(value) else double_text(value)
        case str():
            return value
        case bytes():
            return value.decode("utf-8", errors="replace")
        case Timestamp():
            return timestamp_text(value)
        case Duration():
            return duration_text(value)
        case TypeValue():
            return value.name
        case list() | tuple():
            return "[" + ", ".join(map(_shown, value)) + "]"
        case Mapping():
            entries = sorted((_shown(key), _shown(item)) for key, item in value.items())
            return "{" + ", ".join(f"{key}: {item}" for key, item in entries) + "}"
    raise _unsuited("s", "be shown as text", value)


def _decimal(value: object, _: int) -> str:
    match value:
        case bool():
            pass
        case int():
            return int.__repr__(value)
        case float():
            return _shown(value)
    raise _unsuited("d", "be shown as a decimal number", value)


def _fixed(value: object, precision: int) -> str:
    return _number("f", value, precision)


def _scientific(value: object, precision: int) -> str:
    return _number("e", value, precision)


def _number(letter: str, value: object, precision: int) -> str:
    match value:
        case bool():
            pass
        case int() | float():
            number = float(value)
            return f"{number:.{precision}{letter}}" if _finite(number) else double_text(number)
    raise _unsuited(letter, "be shown as a number with a fraction", value)


def _binary(value: object, _: int) -> str:
    match value:
        case int():
            return f"{int(value):b}"
    raise _unsuited("b", "be shown in binary", value)


def _octal(value: object, _: int) -> str:
    if type(value) is int or type(value) is UInt:
        return f"{int(value):o}"
    raise _unsuited("o", "be shown in octal", value)


def _hexadecimal(value: object, _: int) -> str:
    match value:
        case bool():
            pass
        case int():
            return f"{int(value):x}"
        case str():
            return value.encode("utf-8", errors="replace").hex()
        case bytes():
            return value.hex()
    raise _unsuited("x", "be shown in hexadecimal", value)


def _upper_hexadecimal(value: object, _: int) -> str:
    return _hexadecimal(value, 0).upper()


def _finite(number: float) -> bool:
    return number - number == 0


def _unsuited(letter: str, wish: str, value: object) -> Fault:
    return Fault("bad-format", f"`%{letter}`: a value of type {type_name(value)} cannot {wish}")


_CLAUSES: Final[Mapping[str, Callable[[object, int], str]]] = {
    "s": _shown,
    "d": _decimal,
    "f": _fixed,
    "e": _scientific,
    "b": _binary,
    "o": _octal,
    "x": _hexadecimal,
    "X": _upper_hexadecimal,
}
