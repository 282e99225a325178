"""Whether one more attempt at a call may be made: what the ledger keeps for the `rate` and the `breaker` of a tool.

A rate is an account of the ledger like that of a limit, with one for each attempt. A breaker has a state: the failures
that count, since when it is open, and the trial that is under way. Time does not run backwards in either: a moment
before the latest one is that one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from interlock.decide.decision import Claim
from interlock.run.protocol.commands import Admit, Command, Report
from interlock.run.protocol.events import Admitted, Event, Withheld
from interlock_dsl.program.model import Breaker

Answer: TypeAlias = Admitted | Withheld
"""The answer to an `Admit`."""


@dataclass(frozen=True, slots=True)
class BreakerState:
    """What is known of a breaker. Moments in microseconds since 1970, as the breaker counts time; `latest` is the last.

    `failures` are those that count while it is closed, with the attempts that failed. `opened` is when it opened last,
    None while it is closed. `trial` is the attempt that says whether it closes; from `lapses` on another may be made.
    """

    failures: tuple[tuple[int, str], ...] = ()
    opened: int | None = None
    trial: str = ""
    lapses: int = 0
    latest: int = 0


CLOSED: Final = BreakerState()


@dataclass(frozen=True, slots=True)
class Came:
    """What came of an attempt at a call, for the breaker of its tool, at the moment of the event that says so."""

    tool: str
    attempt: str
    breaker: Breaker
    came: Literal["returned", "failed", "unknown"]
    at: int


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer to an `Admit`, and the state of the breaker after it (None: as it was)."""

    answer: Answer
    breaker: BreakerState | None = None


def rate_of(admit: Admit) -> Claim | None:
    """Return what an attempt takes of the rate of its tool; None where the tool has none.

    The account is the tool's: an edit of the clause keeps what was used.
    """
    if admit.rate is None:
        return None
    return Claim(f"rate {admit.tool}", f"{admit.tool} rate", "[]", 1, admit.rate.most, admit.rate.period)


def judged(
    admit: Admit, attempt: str, at: int, used: int, room: Callable[[int], int], state: BreakerState = CLOSED
) -> Judged:
    """Return the answer to an `Admit` whose attempt is called `attempt` in the ledger.

    `used` is what is used of the rate, `state` that of the breaker. `room` gives the moment from which on so many of
    what is used are not counted any more.
    """
    if admit.forced:
        return Judged(Admitted(at, admit.id, used))
    now = max(at, state.latest)
    half_open = admit.breaker is not None and state.opened is not None
    if admit.breaker is not None and state.opened is not None:
        again = state.opened + admit.breaker.pause
        if now >= again and state.trial and now < state.lapses:
            again = state.lapses
        if now < again:
            return Judged(Withheld(at, admit.id, "breaker", again))
    if admit.rate is not None and used >= admit.rate.most:
        return Judged(Withheld(at, admit.id, "rate", room(used - admit.rate.most + 1)))
    after = replace(state, trial=attempt, lapses=now + admit.lapse, latest=now) if half_open else None
    return Judged(Admitted(at, admit.id, used, half_open), after)


def told(state: BreakerState, came: Came) -> BreakerState:
    """Return the state of a breaker after it is told what came of an attempt; the same where that changes nothing."""
    now = max(came.at, state.latest)
    if state.trial and came.attempt == state.trial:
        match came.came:
            case "returned":
                return BreakerState(latest=now)
            case "failed":
                return BreakerState(opened=now, latest=now)
            case _:
                return replace(state, trial="", lapses=0, latest=now)
    if state.opened is not None or came.came != "failed":
        return state
    begun = now - came.breaker.within
    failures = (*(each for each in state.failures if each[0] > begun), (now, came.attempt))
    if len(failures) >= came.breaker.failures:
        return BreakerState(opened=now, latest=now)
    return replace(state, failures=failures, latest=now)


def came_of(run: str, event: Event, commands: Sequence[Command]) -> tuple[Came, ...]:
    """Return what breakers are told with an event, as what was asked on it says."""
    return tuple(
        [
            Came(each.tool, f"{run}:{each.admission}", each.breaker, each.came, event.at)
            for each in commands
            if isinstance(each, Report)
        ]
    )


class Breakers:
    """The breakers of a ledger in memory."""

    def __init__(self) -> None:
        self.states: dict[str, BreakerState] = {}

    def state(self, tool: str) -> BreakerState:
        """Return the state of a tool's breaker; that of one of which nothing is known is closed."""
        return self.states.get(tool, CLOSED)

    def keep(self, tool: str, state: BreakerState) -> None:
        """Keep the state of a tool's breaker."""
        self.states[tool] = state

    def tell(self, came: Came) -> None:
        """Tell a breaker what came of an attempt."""
        before = self.state(came.tool)
        after = told(before, came)
        if after != before:
            self.states[came.tool] = after

    def replace(self, states: Mapping[str, BreakerState]) -> None:
        """Keep exactly this instead."""
        self.states = dict(states)
