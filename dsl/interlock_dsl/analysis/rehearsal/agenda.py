"""What remains to be done in a rehearsed run, in the order in which the machine and the runner of tests do it."""

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from interlock_dsl.analysis.facts import RouteFacts
from interlock_dsl.syntax.tree import Approval


class Move(NamedTuple):
    """Something to be done for a step. `called`: a call that changes the world is under way."""

    step: str
    do: Callable[[], None]
    called: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for an approval, and what goes on with it."""

    step: str
    approval: Approval | None
    roles: tuple[str, ...]
    route: RouteFacts


@dataclass
class Agenda:
    """Moves of the run itself come first, then `answers` of models, tools and people, then `later`: further attempts.

    Events come and time passes (`outside`) when nothing else can go on, then people approve what is `waiting`.
    """

    moves: deque[Move] = field(default_factory=deque)
    answers: deque[Move] = field(default_factory=deque)
    later: deque[Move] = field(default_factory=deque)
    outside: deque[Move] = field(default_factory=deque)
    waiting: deque[Waiting] = field(default_factory=deque)

    def next(self) -> Move | Waiting | None:
        """Take what is to be done next; None where nothing is left."""
        for moves in (self.moves, self.answers, self.later, self.outside):
            if moves:
                return moves.popleft()
        return self.waiting.popleft() if self.waiting else None

    @property
    def under_way(self) -> list[Move | Waiting]:
        """What is left."""
        return [*self.moves, *self.answers, *self.later, *self.outside, *self.waiting]

    def drop(self, steps: Collection[str]) -> None:
        """Do nothing more for some steps."""
        for moves in (self.moves, self.answers, self.later, self.outside):
            kept = [move for move in moves if move.step not in steps]
            moves.clear()
            moves.extend(kept)
        waiting = [each for each in self.waiting if each.step not in steps]
        self.waiting.clear()
        self.waiting.extend(waiting)
