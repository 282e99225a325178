"""Durations, moments, money and counts as people write them. All durations are microseconds."""

from datetime import UTC, datetime
from itertools import pairwise

SECOND = 1_000_000
UNITS = (("d", 86_400 * SECOND), ("h", 3_600 * SECOND), ("m", 60 * SECOND), ("s", SECOND))


def duration(micros: int) -> str:
    """Return a duration in one or two units: `0s`, `350ms`, `1.2s`, `2m 5s`, `3h 59m`, `2d`."""
    if micros < 0:
        return "-" + duration(-micros)
    if micros < SECOND:
        return f"{micros // 1000}ms" if micros >= 1000 else ("0s" if micros == 0 else f"{micros}us")
    if micros < 10 * SECOND:
        tenths = micros // (SECOND // 10)
        return f"{tenths // 10}.{tenths % 10}s" if tenths % 10 else f"{tenths // 10}s"
    left = micros // SECOND * SECOND
    for index, (unit, size) in enumerate(UNITS):
        if left >= size:
            whole, rest = divmod(left, size)
            following = UNITS[index + 1 : index + 2]
            smaller = rest // following[0][1] if following else 0
            return f"{whole}{unit} {smaller}{following[0][0]}" if smaller else f"{whole}{unit}"
    return "0s"


def duration_at_most(micros: int) -> str:
    """Return a duration as `duration` does, rounded up: never less than it is."""
    finer = SECOND // 1000 if micros < SECOND else SECOND // 10 if micros < 10 * SECOND else SECOND
    for (_, size), (_, smaller) in pairwise(UNITS):
        if micros >= size:
            finer = smaller
            break
    return duration(-(-micros // finer) * finer)


def elapsed(micros: int) -> str:
    """Return the time on a clock that started at zero: `0.00s`, `12.3s`, then as `duration`."""
    if micros < 10 * SECOND:
        return f"{micros / SECOND:.2f}s"
    if micros < 60 * SECOND:
        return f"{micros / SECOND:.1f}s"
    return duration(micros)


def ago(then: int, now: int) -> str:
    """Return how long before `now` a moment was: `just now`, `5m ago`, `2d ago`."""
    micros = now - then
    if micros < 5 * SECOND:
        return "just now"
    for unit, size in UNITS:
        if micros >= size:
            return f"{micros // size}{unit} ago"
    return "just now"


def moment(micros: int) -> str:
    """Return a moment (microseconds since 1970) in local time with its offset: `2026-11-20 14:03:09 +0100`."""
    return datetime.fromtimestamp(micros / SECOND, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S %z")


def instant(micros: int) -> str:
    """Return a moment as RFC 3339 in UTC, for machines: `2026-11-20T14:03:09.000001Z`."""
    seconds, rest = divmod(micros, SECOND)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:06d}Z"


def money(millionths: int, currency: str = "usd") -> str:
    """Return an amount, to the cent where that is exact enough: `0.50 usd`, `0.0042 usd`."""
    whole, rest = divmod(abs(millionths), 1_000_000)
    digits = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if millionths < 0 else ''}{whole:,}.{digits[:4].ljust(2, '0')} {currency}"


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 file`, `3 files`, `1,200 tokens`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
