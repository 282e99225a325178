"""How many attempts at a call are made, and when: further ones, at most how many over all runs, and when none."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """Up to `times` further attempts; the wait before the k-th is `first * 2**(k-1)`, at most `most`, microseconds."""

    times: int = 0
    first: int = 0
    most: int = 0


NO_RETRY: Final = RetryPlan()
"""One attempt, and no other."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `most` attempts at calls of a tool in any `period` microseconds, over all runs and sessions."""

    most: int
    period: int


@dataclass(frozen=True, slots=True)
class Breaker:
    """After `failures` failed attempts within so many microseconds no attempt is made for `pause` microseconds.

    Then one attempt is made as a trial: if it succeeds, all are made again; if it fails, none is for another `pause`.
    """

    failures: int
    within: int
    pause: int
