"""The machine: events in, notes and commands out. It reads no clock, uses no randomness, waits for nothing.

    machine = Machine(program)
    notes = machine.feed(event)        # what was decided
    machine.commands()                 # what is asked of the world because of it

The first event is `RunStarted` (see `prepare`). The state is the fold of the events: feeding the same ones to another
machine, anywhere, gives the same state, notes, commands and digests.

# INVARIANT: `feed` never raises for what an event says. What it cannot accept changes nothing and gives `Ignored`.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from interlock.errors import abridged
from interlock.run import budget
from interlock.run.audit.digests import digest_of
from interlock.run.audit.outcome import outcome_of
from interlock.run.handlers import ANSWERS, HANDLERS, MOVES, SETTLES, WHAT, Handler
from interlock.run.moves import Abandon
from interlock.run.parts import Approval, Call, Frame, Owner, Visit
from interlock.run.plan import plan_of
from interlock.run.protocol.codes import WhyGivenUp, WhyIgnored
from interlock.run.protocol.commands import (
    Admit,
    AskApproval,
    AskModel,
    AskPerson,
    AwaitEvent,
    CallTool,
    Command,
    Reserve,
    SetTimer,
)
from interlock.run.protocol.events import (
    ApprovalDenied,
    ApprovalGiven,
    CallProposed,
    Event,
    RunCancelled,
    RunResumed,
    RunStarted,
    SessionStarted,
    SignalReceived,
    TimerFired,
)
from interlock.run.protocol.notes import Ignored, Note
from interlock.run.routing import joins
from interlock.run.state import LATEST, Run
from interlock.run.steps import deadlines
from interlock.run.transitions import kind_of, phase_of, settle
from interlock_dsl.program.model import Program

Status = Literal["new", "running", "waiting", "ended", "failed", "cancelled"]

_ABOUT_THE_RUN = (RunStarted, SessionStarted, CallProposed, RunCancelled, RunResumed, SignalReceived)
_ABOUT_AN_APPROVAL = (ApprovalGiven, ApprovalDenied)


class Machine:
    """One run of a program. Raises TypeError for what is no program."""

    __slots__ = ("_asked", "_commands", "_notes", "_run")

    def __init__(self, program: Program) -> None:
        if not isinstance(program, Program):
            raise TypeError(f"expected a program, as `compile_file` gives it, got {abridged(program)}")
        self._run = Run(plan_of(program))
        self._notes: tuple[Note, ...] = ()
        self._commands: tuple[Command, ...] = ()
        self._asked: list[Command] = []

    @classmethod
    def replay(cls, program: Program, events: Iterable[Event]) -> "Machine":
        """Return a machine that has seen events; what they asked for is in `pending`, none of it in `commands`."""
        machine = cls(program)
        for event in events:
            machine.feed(event)
        machine.commands()
        return machine

    def feed(self, event: Event) -> tuple[Note, ...]:
        """Take in what happened, and return what was decided on it."""
        run = self._run
        run.notes, run.commands = [], []
        run.meter.restore()
        before = run.now
        if event.at > before:
            self._at(min(event.at, LATEST))
        found = self._find(event)
        for frame in _frames(run, event, found[1]) if len(found) == 3 else ():
            if run.phase == "running" and not frame.over and budget.is_late(run, frame):
                budget.time_is_up(run, frame)
                self._work()
                found = self._find(event)
        if len(found) == 3 and run.phase == "running":
            late = list(deadlines.late(run, event, found[1]))
            for visit in late:
                deadlines.passed(run, visit)
            if late:
                self._work()
                found = self._find(event)
        if len(found) == 2:
            run.ignore(*found)
        else:
            handler, owner, id = found
            if event.__class__ in SETTLES:
                del run.open[id]
            run.subject, run.cause = owner, event.__class__
            handler(run, owner, event)
            self._work()
            settle(run)
        self._notes = tuple(run.notes)
        self._commands = tuple(run.commands)
        self._asked += self._commands
        if len(self._notes) == 1 and isinstance(self._notes[0], Ignored) and run.now != before:
            self._at(before)
        return self._notes

    def _at(self, now: int) -> None:
        """Set the time. It never runs backwards within a run, whatever the clocks of its runtimes say."""
        run = self._run
        run.now = run.history.now = now

    def _find(self, event: Event) -> tuple[Handler, Owner, str] | tuple[WhyIgnored, str]:
        """Return who handles an event, what it is about, and under which id that was asked; or why nothing does."""
        run = self._run
        owner: Owner = None
        id = ""
        if not isinstance(event, _ABOUT_THE_RUN):
            id = event.approval if isinstance(event, _ABOUT_AN_APPROVAL) else event.command
            known = run.open.get(id)
            if known is None:
                return WhyIgnored.NOT_WAITING, f"nothing waits for `{id}` (any more)"
            owner, command = known
            if command.__class__ is not ANSWERS[event.__class__]:
                return WhyIgnored.WRONG_KIND, f"`{id}` is {WHAT[command.__class__]}, which is not settled like this"
            if isinstance(command, SetTimer) and run.now < command.at:
                return WhyIgnored.NOT_DUE, f"the timer `{id}` is not due yet"
        kind, phase = kind_of(owner), phase_of(run, owner)
        handler = HANDLERS.get((kind, phase, event.__class__))
        if handler is None:
            return WhyIgnored.WRONG_PHASE, f"a {event.__class__.__name__} means nothing now: the {kind} is {phase}"
        return handler, owner, id

    def _work(self) -> None:
        """Carry on until there is nothing left to do about the event."""
        run = self._run
        while run.agenda:
            while run.agenda:
                move = run.agenda.popleft()
                MOVES[move.__class__](run, move)
            if run.idle and run.phase == "running" and not run.undoings:
                idle, run.idle = run.idle, []
                for frame in idle:
                    if not frame.active and not frame.over:
                        why = "nothing is left to do, and no end was reached" + joins.waiting(frame)
                        run.agenda.append(Abandon(WhyGivenUp.NOTHING_LEFT, why, frame=frame))
            if run.phase == "running" and not run.root.active and not run.undoings:
                run.agenda.append(
                    Abandon(
                        WhyGivenUp.NOTHING_LEFT,
                        "nothing is left to do, and no end was reached" + joins.waiting(run.root),
                    )
                )

    def commands(self) -> tuple[Command, ...]:
        """Return what was asked since the last call of this."""
        asked, self._asked = tuple(self._asked), []
        return asked

    def pending(self) -> tuple[Command, ...]:
        """Return everything that was asked and not answered, in the order of asking."""
        return tuple(command for _, command in self._run.open.values())

    @property
    def outcome(self) -> bytes:
        """The digest (32 bytes) of what the last event led to."""
        return outcome_of(self._notes, self._commands)

    @property
    def status(self) -> Status:
        """How the run stands. It is waiting when only people, events and timers can move it."""
        run = self._run
        if run.phase == "new":
            return "new"
        if run.phase == "over" and run.ending is not None:
            return run.ending.status
        busy = any(isinstance(command, AskModel | CallTool | Reserve | Admit) for _, command in run.open.values())
        return "running" if busy else "waiting"

    @property
    def waiting_for(self) -> tuple[AskApproval | AskPerson, ...]:
        """The approvals and questions that people have not answered."""
        return tuple(command for command in self.pending() if isinstance(command, AskApproval | AskPerson))

    @property
    def awaiting(self) -> tuple[AwaitEvent, ...]:
        """The events that steps wait for, the one that is waited for longest first."""
        return tuple(command for command in self.pending() if isinstance(command, AwaitEvent))

    @property
    def pauses(self) -> Mapping[str, int]:
        """The moments (like `at`) until which steps wait, by the step's path."""
        return {
            owner.path: command.at
            for owner, command in self._run.open.values()
            if isinstance(owner, Visit) and isinstance(command, SetTimer) and command.purpose == "wait"
        }

    @property
    def approved_by(self) -> Mapping[str, tuple[str, ...]]:
        """Who has agreed to each approval that is still open, by its id."""
        owners = (owner for owner, _ in self._run.open.values())
        return {owner.id: owner.by for owner in owners if isinstance(owner, Approval)}

    def digest(self) -> str:
        """Return the digest of the whole state: equal exactly when the runs cannot be told apart."""
        return digest_of(self._run)


def _frames(run: Run, event: Event, owner: Owner) -> tuple[Frame, ...]:
    """Return the workflows that an event may find late, the outermost first: all, where it is about the run.

    The timer of the run's own time comes before what is late inside.
    """
    if run.phase == "new" or (owner is None and isinstance(event, TimerFired)):
        return ()
    if owner is not None:
        return _around(owner)
    found = {run.root: None}
    for each, _ in run.open.values():
        if each is not None:
            found |= dict.fromkeys(_around(each))
        if isinstance(each, Visit) and each.inner is not None:
            found[each.inner] = None
    return tuple(sorted(found, key=lambda frame: len(frame.around)))


def _around(owner: Visit | Call | Approval) -> tuple[Frame, ...]:
    return (owner.owner if isinstance(owner, Approval) else owner).frame.around
