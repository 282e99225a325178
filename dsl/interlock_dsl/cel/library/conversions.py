"""`bool`, `int`, `uint`, `double`, `string`, `bytes`, `timestamp` and `duration` as functions."""

import re
from typing import Final

from interlock_dsl.cel.library.declare import plain
from interlock_dsl.cel.library.instants import duration_text, read_duration, read_timestamp, timestamp_text
from interlock_dsl.cel.signature import Function
from interlock_dsl.cel.types import BOOL, BYTES, DOUBLE, DURATION, INT, STRING, TIMESTAMP, UINT
from interlock_dsl.cel.units import linear
from interlock_dsl.cel.values import INT_HIGH, SECOND, UINT_HIGH, Fault, Timestamp, UInt

_WHOLE: Final = re.compile(r"[+-]?[0-9]+")
_UNSIGNED: Final = re.compile(r"[0-9]+")
_DOUBLE: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_SPECIAL: Final = {"nan": "nan", "inf": "inf", "infinity": "inf"}
_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})


def _same(value: object) -> object:
    return value


def _bool_of_string(text: str) -> bool:
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise _unreadable(text, "bool")


def _int_of_double(number: float) -> int:
    if not -(2.0**63) < number < 2.0**63:
        raise _too_large(number, "int")
    return int(number)


def _int_of_uint(number: int) -> int:
    if number > INT_HIGH:
        raise _too_large(number, "int")
    return int(number)


def _int_of_string(text: str) -> int:
    if len(text) > 64 or not _WHOLE.fullmatch(text):
        raise _unreadable(text, "int")
    value = int(text)
    if not -INT_HIGH - 1 <= value <= INT_HIGH:
        raise _too_large(text, "int")
    return value


def _int_of_timestamp(moment: Timestamp) -> int:
    return moment.nanoseconds // SECOND


def _uint_of_double(number: float) -> UInt:
    if not 0.0 <= number < 2.0**64:
        raise _too_large(number, "uint")
    return UInt(number)


def _uint_of_int(number: int) -> UInt:
    if number < 0:
        raise _too_large(number, "uint")
    return UInt(number)


def _uint_of_string(text: str) -> UInt:
    if len(text) > 64 or not _UNSIGNED.fullmatch(text):
        raise _unreadable(text, "uint")
    value = UInt(text)
    if value > UINT_HIGH:
        raise _too_large(text, "uint")
    return value


def _double_of_string(text: str) -> float:
    special = _SPECIAL.get(text.lstrip("+-").lower())
    if special and len(text) - len(text.lstrip("+-")) <= 1:
        return float(("-" if text[0] == "-" else "") + special)
    if len(text) > 400 or not _DOUBLE.fullmatch(text):
        raise _unreadable(text, "double")
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise _too_large(text, "double")
    return value


def double_text(number: float) -> str:
    """Return a double as text: its shortest digits, with an exponent below 1e-4 and from 1e6 on."""
    from decimal import Decimal

    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "Infinity" if number > 0 else "-Infinity"
    exact = Decimal(repr(number))
    power = exact.adjusted()
    if number == 0 or -4 <= power < 6:
        return positional(number)
    sign, digits, _ = exact.normalize().as_tuple()
    fraction = "".join(map(str, digits[1:]))
    mantissa = f"{'-' if sign else ''}{digits[0]}{'.' if fraction else ''}{fraction}"
    return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"


def positional(number: float) -> str:
    """Return the shortest digits of a finite double without an exponent."""
    from decimal import Decimal

    return f"{Decimal(repr(number)):f}".removesuffix(".0")


def _bool_text(value: bool) -> str:
    return "true" if value else "false"


def _string_of_bytes(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        raise Fault("bad-conversion", "the bytes are not UTF-8 text") from None


def _bytes_of_string(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise Fault("bad-conversion", "the text holds half of a surrogate pair") from None


def _unreadable(text: str, kind: str) -> Fault:
    shown = text if len(text) <= 40 else text[:37] + "..."
    return Fault("bad-conversion", f'"{shown}" cannot be read as {kind}')


def _too_large(value: object, kind: str) -> Fault:
    return Fault("bad-conversion", f"{value} lies outside the range of {kind}")


FUNCTIONS: Final = (
    Function(
        "bool",
        (plain("bool_to_bool", (BOOL,), BOOL, _same), plain("string_to_bool", (STRING,), BOOL, _bool_of_string)),
    ),
    Function(
        "int",
        (
            plain("int64_to_int64", (INT,), INT, _same),
            plain("uint64_to_int64", (UINT,), INT, _int_of_uint),
            plain("double_to_int64", (DOUBLE,), INT, _int_of_double),
            plain("string_to_int64", (STRING,), INT, _int_of_string),
            plain("timestamp_to_int64", (TIMESTAMP,), INT, _int_of_timestamp),
        ),
    ),
    Function(
        "uint",
        (
            plain("uint64_to_uint64", (UINT,), UINT, _same),
            plain("int64_to_uint64", (INT,), UINT, _uint_of_int),
            plain("double_to_uint64", (DOUBLE,), UINT, _uint_of_double),
            plain("string_to_uint64", (STRING,), UINT, _uint_of_string),
        ),
    ),
    Function(
        "double",
        (
            plain("double_to_double", (DOUBLE,), DOUBLE, _same),
            plain("int64_to_double", (INT,), DOUBLE, float),
            plain("uint64_to_double", (UINT,), DOUBLE, float),
            plain("string_to_double", (STRING,), DOUBLE, _double_of_string),
        ),
    ),
    Function(
        "string",
        (
            plain("string_to_string", (STRING,), STRING, _same),
            plain("bool_to_string", (BOOL,), STRING, _bool_text),
            plain("int64_to_string", (INT,), STRING, int.__repr__),
            plain("uint64_to_string", (UINT,), STRING, int.__repr__),
            plain("double_to_string", (DOUBLE,), STRING, double_text),
            plain("bytes_to_string", (BYTES,), STRING, _string_of_bytes, linear),
            plain("timestamp_to_string", (TIMESTAMP,), STRING, timestamp_text),
            plain("duration_to_string", (DURATION,), STRING, duration_text),
        ),
    ),
    Function(
        "bytes",
        (
            plain("bytes_to_bytes", (BYTES,), BYTES, _same),
            plain("string_to_bytes", (STRING,), BYTES, _bytes_of_string, linear),
        ),
    ),
    Function(
        "timestamp",
        (
            plain("timestamp_to_timestamp", (TIMESTAMP,), TIMESTAMP, _same),
            plain("int64_to_timestamp", (INT,), TIMESTAMP, Timestamp.of),
            plain("string_to_timestamp", (STRING,), TIMESTAMP, read_timestamp),
        ),
    ),
    Function(
        "duration",
        (
            plain("duration_to_duration", (DURATION,), DURATION, _same),
            plain("string_to_duration", (STRING,), DURATION, read_duration),
        ),
    ),
)
