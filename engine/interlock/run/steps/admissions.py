"""Whether an attempt at a call is made now: the `rate` and the `breaker` of its tool, over all runs.

It is asked for when all else allows the call, for every attempt by itself: what a service counts is attempts. One that
was let through and is not sent after all is given back. What comes of an attempt is reported to the breaker; of one
that nobody hears of any more, that nothing is known.
"""

from typing import Final, Literal, Protocol

from interlock.run.parts import Call
from interlock.run.protocol.commands import Admit, Command, Release, Report
from interlock.run.protocol.events import Admitted, Withheld
from interlock.run.protocol.notes import AttemptJudged
from interlock.run.state import Run
from interlock.run.steps.retry import next_attempt as next_by_retry
from interlock.run.transitions import change
from interlock_dsl.program.model import Tool

_SIZES: Final = {"d": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000}
_WHOLE_WAIT: Final = 1_000


class Attempted(Protocol):
    """A call, of a run or of a session, as far as attempts at it are let through."""

    tool: Tool
    admit: Admit | None
    admitted: Admit | None
    watched: Admit | None


class Asking(Protocol):
    """A run or a session, as far as it asks something."""

    commands: list[Command]

    def new_id(self, kind: str) -> str:
        """Return the id of the next command."""
        ...


def lacking(call: Attempted) -> bool:
    """Whether an attempt has to be let through before it is made."""
    tool = call.tool
    return (tool.rate is not None or tool.breaker is not None) and call.admitted is None


def admission(id: str, step: str, tool: Tool, *, forced: bool = False) -> Admit:
    """Return the request for one attempt. A trial lapses when it must have come back, and a while after that."""
    pause = 0 if tool.breaker is None else tool.breaker.pause
    return Admit(id, step, tool.name, tool.rate, tool.breaker, (tool.timeout or 0) + pause, forced)


def ask(run: Run, call: Call) -> None:
    """Ask whether the next attempt is let through. Those of an undo are counted and never refused."""
    change(run, call, "reserving")
    call.admit = admission(run.new_id("a"), call.step, call.tool, forced=call.purpose == "undo")
    run.ask(call, call.admit)


def settle(run: Run, call: Call, event: Admitted | Withheld) -> Admit:
    """Note the answer of the ledger; return what was asked. An undo goes on where the ledger does not answer."""
    asked = call.admit
    assert asked is not None
    call.admit = None
    run.notes.append(judged(call.step, asked, event))
    if isinstance(event, Admitted) or asked.forced:
        call.admitted = asked
    return asked


def judged(step: str, asked: Admit, event: Admitted | Withheld) -> AttemptJudged:
    """Return the note on an answer of the ledger."""
    if isinstance(event, Admitted):
        return AttemptJudged(step, asked.tool, asked.id, True, event.trial, forced=asked.forced)
    return AttemptJudged(
        step, asked.tool, asked.id, False, False, event.by, event.again, asked.forced, event.unavailable
    )


def refusal(asked: Admit, event: Withheld) -> str:
    """Return why an attempt is not made, in words."""
    wait = "" if event.again is None else f"; try again in {length(max(event.again - event.at, 0))}"
    match event.by:
        case "rate" if asked.rate is not None:
            most = f"{asked.rate.most} per {length(asked.rate.period)}"
            return f"{asked.tool} is not called: its rate of {most} is used up{wait}"
        case "breaker" if asked.breaker is not None:
            return f"{asked.tool} is not called: its breaker is open, for too many calls of it have failed{wait}"
        case _:
            why = event.unavailable or "it gave no reason"
            return f"{asked.tool} is not called: whether it may be is not known, for the ledger does not answer ({why})"


def next_attempt(call: Call, asked: Admit, event: Withheld, now: int) -> int | None:
    """Return the moment of the next attempt at a call whose rate is used up: when there is room again, no earlier than
    its retry says, and no later than a period from now. None where no attempts are left.
    """
    waited = next_by_retry(call.tool.retry, call.attempt, now, _WHOLE_WAIT) if call.tool.repeatable else None
    if waited is None or asked.rate is None:
        return None
    again = now if event.again is None else min(event.again, now + asked.rate.period)
    return max(waited, again)


def sent(call: Attempted) -> None:
    """An attempt is made: what comes of it is for the breaker to know."""
    call.watched = call.admitted if call.tool.breaker is not None else None
    call.admitted = None


def report(run: Asking, call: Attempted, came: Literal["returned", "failed", "unknown"]) -> None:
    """Report what came of the attempt under way, if its tool has a breaker."""
    asked, call.watched = call.watched, None
    if asked is not None and asked.breaker is not None:
        run.commands.append(Report(run.new_id("b"), asked.tool, asked.id, asked.breaker, came))


def give_back(run: Asking, call: Attempted) -> None:
    """Give back what was let through and is not sent."""
    asked, call.admitted = call.admitted, None
    if asked is None:
        return
    if asked.rate is not None:
        run.commands.append(Release(run.new_id("r"), asked.id))
    if asked.breaker is not None:
        run.commands.append(Report(run.new_id("b"), asked.tool, asked.id, asked.breaker, "unknown"))


def let_go(run: Run, call: Call) -> None:
    """Nobody wants the call any more: give back what is not sent, and report that nothing is known of what is."""
    give_back(run, call)
    report(run, call, "unknown")
    asked, call.admit = call.admit, None
    if asked is not None:
        run.cancel(asked.id)
        if asked.breaker is not None:  # it may be let through all the same, by the entry that calls it off
            run.commands.append(Report(run.new_id("b"), asked.tool, asked.id, asked.breaker, "unknown"))


def length(micros: int) -> str:
    """Write a length of time: exactly where it is so many of a unit, else in whole seconds, rounded up."""
    micros = micros if micros < 1_000_000 else -(-micros // 1_000_000) * 1_000_000
    return next((f"{micros // size}{unit}" for unit, size in _SIZES.items() if micros % size == 0), f"{micros}us")
