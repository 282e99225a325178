"""Durations and amounts of money in the words of a message."""

from typing import Final

from interlock_dsl.syntax.builder.pieces import UNITS

MICROS_IN_ONE: Final = 1_000_000


def duration_words(micros: int) -> str:
    """Write microseconds as `1d12h`."""
    rest, parts = micros, ""
    for unit, size in UNITS.items():
        amount, rest = divmod(rest, size)
        parts += f"{amount}{unit}" if amount else ""
    return parts or "0s"


def money_words(micros: int, currency: str) -> str:
    """Write millionths of a currency as `0.50 usd`."""
    whole, rest = divmod(micros, MICROS_IN_ONE)
    decimals = f"{rest:06}".rstrip("0").ljust(2, "0")
    return f"{whole:_}.{decimals} {currency}"
