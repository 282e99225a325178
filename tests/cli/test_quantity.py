import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock_cli.present.quantity import SECOND, ago, count, duration, duration_at_most, elapsed, instant, money


@pytest.mark.parametrize(
    ("micros", "said"),
    [
        (0, "0s"),
        (250, "250us"),
        (350_000, "350ms"),
        (1_200_000, "1.2s"),
        (2 * SECOND, "2s"),
        (59 * SECOND, "59s"),
        (125 * SECOND, "2m 5s"),
        (4 * 3600 * SECOND, "4h"),
        ((3 * 3600 + 59 * 60 + 58) * SECOND, "3h 59m"),
        (2 * 86_400 * SECOND, "2d"),
        (-125 * SECOND, "-2m 5s"),
    ],
)
def test_durations_read_as_people_write_them(micros: int, said: str) -> None:
    assert duration(micros) == said


@given(st.integers(min_value=0, max_value=400 * 86_400 * SECOND))
def test_a_duration_never_says_more_than_there_is(micros: int) -> None:
    sizes = {"us": 1, "ms": 1000, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": 86_400 * SECOND}
    parts = re.findall(r"([\d.]+)(us|ms|s|m|h|d)", duration(micros))
    said = sum(float(number) * sizes[unit] for number, unit in parts)
    assert said <= micros + 1e-3
    assert micros - said <= 0.1 * max(SECOND, micros)
    assert len(elapsed(micros)) <= 8


@given(st.integers(min_value=0, max_value=400 * 86_400 * SECOND))
def test_a_duration_at_most_never_says_less(micros: int) -> None:
    sizes = {"us": 1, "ms": 1000, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": 86_400 * SECOND}
    parts = re.findall(r"([\d.]+)(us|ms|s|m|h|d)", duration_at_most(micros))
    said = sum(float(number) * sizes[unit] for number, unit in parts)
    assert micros - 1e-3 <= said <= 1.1 * micros + 1000


@pytest.mark.parametrize(
    ("millionths", "said"),
    [
        (0, "0.00 usd"),
        (500_000, "0.50 usd"),
        (4_200, "0.0042 usd"),
        (1_234_500_000, "1,234.50 usd"),
        (-10_000, "-0.01 usd"),
    ],
)
def test_money_shows_cents_and_what_is_below_them(millionths: int, said: str) -> None:
    assert money(millionths) == said


def test_ages_counts_and_moments() -> None:
    assert ago(0, 3 * SECOND) == "just now"
    assert ago(0, 7_300 * SECOND) == "2h ago"
    assert count(1, "file") == "1 file"
    assert count(1200, "token") == "1,200 tokens"
    assert count(2, "entry", "entries") == "2 entries"
    assert instant(1_000_001) == "1970-01-01T00:00:01.000001Z"
