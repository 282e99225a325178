"""What remains to be done in a rehearsed run, in the order in which the machine and the runner of tests do it."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from interlock_dsl.analysis.facts import RouteFacts
from interlock_dsl.syntax.tree import Approval

Move: TypeAlias = Callable[[], None]


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

    What is `waiting` for people goes on when nothing else can.
    """

    moves: deque[Move] = field(default_factory=deque)
    answers: deque[Move] = field(default_factory=deque)
    later: deque[Move] = field(default_factory=deque)
    waiting: deque[Waiting] = field(default_factory=deque)

    def next(self) -> Move | Waiting | None:
        """Take what is to be done next; None where nothing is left."""
        for moves in (self.moves, self.answers, self.later):
            if moves:
                return moves.popleft()
        return self.waiting.popleft() if self.waiting else None
