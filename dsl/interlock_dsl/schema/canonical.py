"""Canonical JSON (RFC 8785) and the digest of a value.

Two equal values have the same bytes on every machine: keys are in the order of their UTF-16 code units, text is UTF-8
with the shortest escapes, numbers are written as ECMAScript writes them. One extension, because the language has 64-bit
integers: an `int` is written with all its digits, also beyond 2**53, where the RFC (which knows only doubles) would
round it.
"""

import hashlib
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring

_quoted: Callable[[str], str] = encode_basestring

LOWEST, HIGHEST = -(2**63), 2**64 - 1
"""The integers that can be written: all signed and all unsigned ones of 64 bits."""


def canonical(value: object) -> bytes:
    """Return the canonical JSON of None, bools, ints, floats, text, and lists, tuples and mappings of these.

    Raises ValueError for what JSON cannot say (NaN, an infinity, an integer beyond 64 bits, half a surrogate pair) and
    TypeError for any other kind of value, or a key that is not text.
    """
    return written(value).encode()


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical JSON of a value, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def number(value: float) -> str:
    """Write a finite double as ECMAScript's `Number::toString` does: shortest digits, exponents outside 1e-6..1e21."""
    if value == 0.0:
        return "0"
    shown = repr(value)
    if shown[-1] in "fn":
        raise ValueError(f"{shown} has no form in JSON")
    sign = ""
    if shown[0] == "-":
        sign, shown = "-", shown[1:]
    mantissa, _, exponent = shown.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or "0") - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    return sign + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    """Write `0.digits * 10**point`."""
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    rest = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{rest}e{point - 1:+d}"


def written(value: object) -> str:
    """Return canonical JSON as text. Raises like `canonical`, but for half a surrogate pair."""
    if type(value) is str:
        return _quoted(value)
    if type(value) is int and LOWEST <= value <= HIGHEST:
        return repr(value)
    # Written here, and not by functions of their own: a level of nesting takes as few frames as can be.
    if type(value) is dict:
        mapping: dict[str, object] = value
        parts = [
            f"{_quoted(key)}:{_quoted(item) if type(item := mapping[key]) is str else written(item)}"
            for key in _sorted(mapping)
        ]
        return f"{{{','.join(parts)}}}"
    if type(value) is tuple or type(value) is list:
        return f"[{','.join(map(written, value))}]"
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        if LOWEST <= value <= HIGHEST:
            return int.__repr__(value)
        raise ValueError(f"{value} is beyond 64 bits")
    if isinstance(value, list | tuple):
        return written(list(value))
    if isinstance(value, float):
        return number(value)
    if isinstance(value, Mapping):
        return written(dict(value))
    if isinstance(value, str):
        return _quoted(value)
    raise TypeError(f"a {type(value).__name__} has no form in JSON")


def _sorted(mapping: Mapping[str, object]) -> list[str]:
    keys = list(mapping)
    try:
        ascii = "".join(keys).isascii()
    except TypeError:
        strange = next(key for key in keys if not isinstance(key, str))
        raise TypeError(f"a key must be text, not {strange!r}") from None
    # Code points and UTF-16 code units order alike except where surrogate pairs are involved.
    keys.sort(key=None if ascii else units)
    return keys


def units(key: str) -> bytes:
    """Return what keys are ordered by: their UTF-16 code units."""
    return key.encode("utf-16-be")
