"""What a clock shows: the present, when a run began, when a call was made."""

from typing import Final

from interlock_dsl.analysis.values.domain import Domain, numbers
from interlock_dsl.cel.library.instants import read_timestamp

SHOWN_BY_CLOCKS: Final[Domain] = numbers(
    "timestamp",
    read_timestamp("1970-01-01T00:00:00Z").nanoseconds,
    read_timestamp("2200-01-01T00:00:00Z").nanoseconds,
)
"""The time between two such moments is a duration, which that between any two timestamps is not."""
