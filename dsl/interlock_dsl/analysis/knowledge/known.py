"""What is known of some runs at one place while arrivals are worked out, and what two such states both know."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from interlock_dsl.analysis.facts import RouteFacts
from interlock_dsl.analysis.values.problem import Statement

MOST_CLAIMS: Final = 48
"""Claims of one arrival; the oldest are forgotten first."""

Key: TypeAlias = tuple[frozenset[int], int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """The last route on the way to a place, and the ways to its sources: none from `start`, several at a join."""

    last: RouteFacts
    before: "tuple[Way, ...]"


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """An arrival while it is being worked out: sets of steps are bits."""

    claims: tuple[Statement, ...]
    written: int
    absent: int
    ways: tuple[Way, ...] = ()
    exact: bool = True

    def key(self) -> Key:
        """Return what tells it apart from others."""
        return frozenset(map(id, self.claims)), self.written, self.absent

    def knowing(self, claims: Iterable[Statement]) -> "State":
        """Return the state with further claims; the oldest are forgotten where there are too many."""
        known = set(map(id, self.claims))
        new = {id(claim): claim for claim in claims if id(claim) not in known}
        if not new:
            return self
        more = (*self.claims, *new.values())
        if len(more) <= MOST_CLAIMS:
            return State(more, self.written, self.absent, self.ways, self.exact)
        return State(more[-MOST_CLAIMS:], self.written, self.absent, self.ways, exact=False)


def meet(one: State, other: State) -> State:
    """Return what two states both know, by the way of the first."""
    kept = set(map(id, other.claims))
    claims = tuple(claim for claim in one.claims if id(claim) in kept)
    return State(claims, one.written & other.written, one.absent & other.absent, one.ways, exact=False)
