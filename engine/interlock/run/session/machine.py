"""The machine of a session: events in, notes and commands out. It reads no clock, no randomness, and waits for nothing.

    machine = SessionMachine(program)
    notes = machine.feed(event)        # what was decided
    machine.commands()                 # what is asked of the world because of it

The first event is `SessionStarted` (see `prepare_session`). The state is the fold of the events: feeding the same ones
to another machine, anywhere, gives the same state, notes, commands and digests.

# INVARIANT: `feed` never raises for what an event says. What it cannot accept changes nothing and gives `Ignored`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias, TypeVar, cast

from interlock.decide import Consent
from interlock.errors import abridged
from interlock.run.audit.outcome import outcome_of
from interlock.run.machine import Status
from interlock.run.plan import plan_of
from interlock.run.protocol.codes import WhyIgnored
from interlock.run.protocol.commands import Admit, AskApproval, CallTool, Command, Reserve
from interlock.run.protocol.events import (
    Admitted,
    ApprovalDenied,
    ApprovalGiven,
    CallProposed,
    Event,
    Exhausted,
    Reserved,
    RunCancelled,
    RunResumed,
    SessionStarted,
    ToolFailed,
    ToolReturned,
    Withheld,
)
from interlock.run.protocol.notes import Ignored, Note
from interlock.run.session import approvals, calls, lifecycle, results
from interlock.run.session.digests import digest_of
from interlock.run.session.state import Approval, Asked, Call, Owner, Phase, SessionState
from interlock.run.session.transitions import Kind, kind_of, phase_of, settle
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.program.model import Program

Handler: TypeAlias = Callable[[SessionState, Owner, Event], None]

_Event = TypeVar("_Event", bound=Event)
_Owner = TypeVar("_Owner", Call, Approval, None)


def _on(handler: Callable[[SessionState, _Owner, _Event], None]) -> Handler:
    return cast(Handler, handler)


HANDLERS: Final[Mapping[tuple[Kind, Phase, type[Event]], Handler]] = {
    ("session", "new", SessionStarted): _on(lifecycle.started),
    ("session", "open", CallProposed): _on(calls.proposed),
    ("session", "open", RunResumed): _on(lifecycle.resumed),
    ("session", "open", RunCancelled): _on(lifecycle.closed),
    ("call", "reserving", Reserved): _on(calls.ledger_answered),
    ("call", "reserving", Exhausted): _on(calls.ledger_answered),
    ("call", "reserving", Admitted): _on(calls.judged),
    ("call", "reserving", Withheld): _on(calls.judged),
    ("call", "in flight", ToolReturned): _on(results.returned),
    ("call", "in flight", ToolFailed): _on(results.failed),
    ("approval", "open", ApprovalGiven): _on(approvals.given),
    ("approval", "open", ApprovalDenied): _on(approvals.denied),
}
"""Who handles an event about a thing in a phase; the same keys as the table of transitions has."""

_PROPOSED: Final = HANDLERS["session", "open", CallProposed]

_IDS: Final[Mapping[type[Event], tuple[str, type[Asked], str]]] = {
    Reserved: ("command", Reserve, "a reservation"),
    Exhausted: ("command", Reserve, "a reservation"),
    Admitted: ("command", Admit, "a question whether a call may be made"),
    Withheld: ("command", Admit, "a question whether a call may be made"),
    ToolReturned: ("command", CallTool, "a call of a tool"),
    ToolFailed: ("command", CallTool, "a call of a tool"),
    ApprovalGiven: ("approval", AskApproval, "an approval"),
    ApprovalDenied: ("approval", AskApproval, "an approval"),
}
"""Where the events about calls and approvals say which one, and what has to be open under that id."""


class SessionMachine:
    """One session under the policies of a program. Raises TypeError for what is no program."""

    __slots__ = ("_asked", "_commands", "_notes", "_state")

    def __init__(self, program: Program) -> None:
        if not isinstance(program, Program):
            raise TypeError(f"expected a program, as `compile_file` gives it, got {abridged(program)}")
        self._state = SessionState(plan_of(program))
        self._notes: tuple[Note, ...] = ()
        self._commands: tuple[Command, ...] = ()
        self._asked: list[Command] = []

    @classmethod
    def replay(cls, program: Program, events: Iterable[Event]) -> "SessionMachine":
        """Return a machine that has seen events; what they asked for is in `pending`, none of it in `commands`."""
        machine = cls(program)
        for event in events:
            machine.feed(event)
        machine.commands()
        return machine

    def feed(self, event: Event) -> tuple[Note, ...]:
        """Take in what happened, and return what was decided on it."""
        state = self._state
        state.notes, state.commands = [], []
        now = event.at if event.at > state.now else state.now
        found = self._find(event, now)
        if isinstance(found, Ignored):
            state.notes.append(found)
        else:
            handler, owner = found
            state.subject, state.cause = owner, event.__class__
            state.events += 1
            if now != state.now:
                state.now = state.history.now = now
                state.values["now"] = Timestamp(now * 1000)
            if state.waiting:
                approvals.expire(state)
            handler(state, owner, event)
            settle(state)
        self._notes = tuple(state.notes)
        self._commands = tuple(state.commands)
        self._asked += self._commands
        return self._notes

    def _find(self, event: Event, now: int) -> tuple[Handler, Owner] | Ignored:
        """Return who handles an event and what it is about, or why it is not accepted: nothing has changed by then."""
        state = self._state
        owner: Owner = None
        made = event.__class__
        if made is CallProposed and state.phase == "open":
            return _PROPOSED, None
        where = _IDS.get(made)
        if where is not None:
            field, kind, what = where
            id: str = getattr(event, field)
            known = state.open.get(id)
            if known is None:
                return Ignored(WhyIgnored.NOT_WAITING, f"nothing waits for `{id}` (any more)")
            owner, command = known
            if command.__class__ is not kind:
                return Ignored(WhyIgnored.WRONG_KIND, f"`{id}` is not {what}")
        handler = HANDLERS.get((kind_of(owner), state.phase if owner is None else owner.phase, made))
        if handler is None:
            about = "the session is" if owner is None else f"the {kind_of(owner)} is"
            said = f"a {made.__name__} means nothing now: {about} {phase_of(state, owner)}"
            return Ignored(WhyIgnored.WRONG_PHASE, said)
        problem = None
        if isinstance(owner, Approval):
            problem = approvals.refused(state, owner, cast("ApprovalGiven | ApprovalDenied", event), now)
        elif isinstance(event, SessionStarted):
            problem = lifecycle.refused(state, event)
        return (handler, owner) if problem is None else Ignored(*problem)

    def commands(self) -> tuple[Command, ...]:
        """Return what was asked since the last call of this."""
        asked, self._asked = tuple(self._asked), []
        return asked

    @property
    def last_commands(self) -> tuple[Command, ...]:
        """What was asked on the last event."""
        return self._commands

    def pending(self) -> tuple[Command, ...]:
        """Return everything that was asked and not answered, in the order of asking."""
        return tuple(command for _, command in self._state.open.values())

    @property
    def outcome(self) -> bytes:
        """The digest (32 bytes) of what the last event led to."""
        return outcome_of(self._notes, self._commands)

    @property
    def status(self) -> Status:
        """How the session stands: it is waiting while approvals are open."""
        state = self._state
        if state.phase == "new":
            return "new"
        if state.ending:
            return state.ending
        if not state.waiting:
            return "running"
        return "waiting" if any(call.approvals for call in state.waiting.values()) else "running"

    @property
    def ended(self) -> str:
        """Why the session is over; empty while it is not, or where nobody said."""
        return self._state.reason

    @property
    def waiting_for(self) -> tuple[AskApproval, ...]:
        """The approvals that people have not answered."""
        return tuple(command for command in self.pending() if isinstance(command, AskApproval))

    @property
    def under_way(self) -> tuple[CallTool, ...]:
        """The calls that were allowed and of which nobody has said what came of them."""
        return tuple(command for command in self.pending() if isinstance(command, CallTool))

    def command(self, call: str) -> CallTool | None:
        """Return what was allowed under an id, while nobody has said what came of it."""
        command = self._state.open.get(call, (None, None))[1]
        return command if isinstance(command, CallTool) else None

    def consents(self, call: str) -> tuple[Consent, ...]:
        """Return the approvals that a call under way has used."""
        owner = self._state.open.get(call, (None, None))[0]
        return owner.consents if isinstance(owner, Call) else ()

    @property
    def bindings(self) -> Mapping[str, object]:
        """What conditions read in the session, apart from the call itself."""
        return self._state.values

    @property
    def approved_by(self) -> Mapping[str, tuple[str, ...]]:
        """Who has agreed to each approval that is still open, by its id."""
        return {owner.id: owner.by for owner, _ in self._state.open.values() if isinstance(owner, Approval)}

    def listed(self, agent: str | None) -> tuple[str, ...]:
        """Return the tools worth showing to an agent: some arguments could be allowed, or asked for. None once over."""
        return calls.listed(self._state, agent)

    def digest(self) -> str:
        """Return the digest of the whole state: equal exactly when the sessions cannot be told apart."""
        return digest_of(self._state)
