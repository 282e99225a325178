"""One session: the calls of one conversation, decided one after the other."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, TypeVar

from interlock.decide import Consent
from interlock.errors import InvalidInput, Refused, abridged
from interlock.guard.decision import CallDecision
from interlock.guard.incoming import recorded_arguments, recorded_result
from interlock.guard.nearest import nearest
from interlock.guard.record import ApprovalRecord, DecisionRecord, decision_id, decision_record
from interlock.guard.standing import Record, Recorded
from interlock.run.protocol.commands import AskApproval, CallTool
from interlock.run.protocol.events import (
    ApprovalDenied,
    ApprovalGiven,
    CallProposed,
    Event,
    Json,
    RunCancelled,
    SessionStarted,
    ToolFailed,
    ToolReturned,
)
from interlock.run.protocol.notes import CallDecided, CallDone, Note
from interlock.runtime.incoming import recorded_name, recorded_text
from interlock.runtime.threads import in_thread
from interlock_dsl.program.model import Program

T = TypeVar("T")


def _decided(notes: Sequence[Note]) -> tuple[int, CallDecided]:
    """Return what was decided on a call, and its place among the notes, from 1."""
    for number, note in enumerate(notes, 1):
        if isinstance(note, CallDecided):
            return number, note
    raise AssertionError("every proposal is decided on")


def _record(
    started: SessionStarted,
    program: Program,
    done: Recorded,
    number: int,
    note: CallDecided,
    used: Sequence[Consent],
) -> DecisionRecord:
    """Return the record of what was decided; `used` are the approvals that the call has spent."""
    approvals: list[ApprovalRecord] = [{"approval": each.id, "role": each.role, "by": list(each.by)} for each in used]
    at, tool = done.event.at, program.tools.get(note.tool)
    return decision_record(
        started, tool, note, at=at, entry=done.sequence, number=number, previous=done.previous, approvals=approvals
    )


class Session:
    """The calls of one conversation under the policies of one program. Made by `Guard.session` and `Guard.resume`.

    Safe to use from several threads: calls are decided one after the other. `adecide`, `aobserve`, `afailed`,
    `aapprove` and `adeny` do the same in a thread of their own, so that nothing blocks the event loop.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._lock = threading.RLock()
        self.id = record.session
        """The session's id: that of its run in the journal."""

    @property
    def program(self) -> Program:
        """The program that the session is pinned to."""
        with self._lock:
            return self._record.program

    @property
    def status(self) -> str:
        """How the session stands: running, waiting (for approvals), or, once closed, ended or cancelled."""
        with self._lock:
            return self._record.catch_up().status

    # --- calls -------------------------------------------------------------------------------------------------------

    def decide(self, tool: str, raw_args: object, *, agent: str | None = None, key: str | None = None) -> CallDecision:
        """Return whether a call may be made, once that is on record.

        `raw_args` is what JSON decodes to, as a model or a client sent it; what does not fit the tool's declaration is
        denied. `agent` is a declared agent, or None for a call that no agent makes. `key` is the caller's own name for
        the call: proposed again under it, a call is not counted twice, and not allowed twice if it may have happened
        and must not be repeated.

        Raises `Refused` once the session is closed, what the journal raises where nothing can be recorded (then nothing
        is allowed), and TypeError or `InvalidInput` for a tool, agent or key that is no text.
        """
        tool = recorded_text("the tool", tool)
        who = None if agent is None else recorded_text("the agent", agent)
        name = "" if key is None else recorded_text("the key", key)
        args, unreadable = recorded_arguments(raw_args)
        with self._lock:
            done = self._record.submit(lambda at: CallProposed(at, tool, args, who, name, unreadable))
            return self._decision(done)

    def _decision(self, done: Recorded) -> CallDecision:
        event, sequence, record = done.event, done.sequence, self._record
        assert isinstance(event, CallProposed)
        number, note = _decided(done.notes)
        decision, call, machine = note.decision, note.call, done.machine
        allowed = machine.command(call) if call else None
        asked: tuple[AskApproval, ...] = ()
        way: tuple[str, ...] = ()
        if decision.answer != "allow":
            if decision.answer == "ask":
                asked = tuple([each for each in machine.waiting_for if each.digest == note.digest])
            held = None if record.started.scopes is None else frozenset(record.started.scopes)
            way = nearest(record.program, event, decision, asked, machine.bindings, held)
        used = tuple([each for each in machine.consents(call) if each.id in note.approvals]) if note.approvals else ()
        return CallDecision(
            decision_id(self.id, sequence, number),
            self.id,
            decision.answer,
            event.tool,
            dict(note.args) if allowed is None else dict(allowed.args),
            event.agent,
            call,
            "" if allowed is None else allowed.key,
            decision.reasons,
            decision.needs,
            asked,
            way,
            decision.obligations,
            event.at,
            partial(_record, record.started, record.program, done, number, note, used),
        )

    def observe(self, call: CallDecision | str, result: object = None) -> Json:
        """Report the result of a call that was allowed, and return what may be shown of it.

        `result` is what the tool returned: JSON, or dataclasses, pydantic models, enums and points in time. Raises
        `Refused` for a call that is not under way, what the journal raises, and `InvalidInput` for a result that cannot
        be recorded; then it is on record that the call may have happened.
        """
        id = self._call_id(call)
        try:
            given = recorded_result(result)
        except ValueError as problem:
            self.failed(id, "it gave a result that cannot be recorded", kind="uncertain")
            raise InvalidInput(f"the result of call {id} cannot be recorded: {problem}") from None
        with self._lock:
            done = self._record.submit(lambda at: ToolReturned(at, id, given))
        return next(note.result for note in done.notes if isinstance(note, CallDone))

    def failed(
        self,
        call: CallDecision | str,
        message: str = "",
        *,
        kind: Literal["error", "timeout", "uncertain", "unsent"] = "error",
        raised: str = "",
    ) -> None:
        """Report that a call gave no result: a plain `error` did not take effect, and what is `unsent` was not made.

        After `timeout` and `uncertain` nobody knows. A breaker counts all but `unsent`.

        `message` may be shown to a model; `raised` is for people alone. Raises `Refused` like `observe`, and
        `InvalidInput` for another kind of failure, or a text that cannot be recorded.
        """
        id, message = self._call_id(call), recorded_text("the message", message)
        raised = recorded_text("what was raised", raised)
        if kind not in ("error", "timeout", "uncertain", "unsent"):
            raise InvalidInput(f"a call fails by `error`, `timeout`, `uncertain` or `unsent`, not by {kind!r}")
        with self._lock:
            self._record.submit(lambda at: ToolFailed(at, id, kind, message, raised=raised))

    def allowed_tools(self, agent: str | None = None) -> tuple[str, ...]:
        """Return the tools worth showing to an agent: for some arguments a call could be allowed, or asked for.

        A tool that is not here is denied whatever its arguments are. An unknown agent is offered none, and nobody is
        once the session is closed.
        """
        with self._lock:
            return self._record.catch_up().listed(agent)

    @property
    def under_way(self) -> tuple[CallTool, ...]:
        """The calls that were allowed and of which nobody has reported what came of them."""
        with self._lock:
            return self._record.catch_up().under_way

    # --- people ------------------------------------------------------------------------------------------------------

    @property
    def approvals(self) -> tuple[AskApproval, ...]:
        """The approvals that are asked for and have not expired."""
        with self._lock:
            waiting, now = self._record.catch_up().waiting_for, self._record.clock.now()
        return tuple(asked for asked in waiting if asked.expires is None or now < asked.expires)

    def approve(self, approval: AskApproval | str, *, by: str, role: str, digest: str = "") -> None:
        """Agree to exactly what was asked, as someone of a role. The call is allowed when it is proposed again, once.

        That `by` is who they say and has that `role` is for the caller to know. `digest` is that of what was asked,
        unless given. Raises `Refused`, saying why, when the session does not accept it: too late, twice, by the wrong
        role, by the principal; the attempt is recorded all the same.
        """
        id = approval.id if isinstance(approval, AskApproval) else approval
        digest = digest or (approval.digest if isinstance(approval, AskApproval) else "")
        name, typed = recorded_name(by, id, role, digest)

        def given(at: int) -> Event:
            asked = (each.digest for each in self._record.machine().waiting_for if each.id == id)
            return ApprovalGiven(at, id, name, role, digest or next(asked, ""), typed)

        with self._lock:
            self._record.catch_up()
            self._record.submit(given, keep_refusals=True)

    def deny(self, approval: AskApproval | str, *, by: str, role: str, reason: str = "") -> None:
        """Refuse what was asked, as someone of a role. The call is denied for as long as the approval would have held.

        Raises `Refused` like `approve`.
        """
        id = approval.id if isinstance(approval, AskApproval) else approval
        name, typed = recorded_name(by, id, role)
        why = recorded_text("the reason", reason)
        with self._lock:
            asked = next((each for each in self._record.catch_up().waiting_for if each.id == id), None)
            if asked is not None and not isinstance(approval, str) and asked.digest != approval.digest:
                raise Refused("the approval is for something else: its digest is not that of what was asked")
            self._record.submit(lambda at: ApprovalDenied(at, id, name, role, why, typed), keep_refusals=True)

    def close(self, *, by: str = "", reason: str = "") -> None:
        """End the session: nothing is decided any more. With `by` it was called off by somebody.

        Raises `Refused` when it is closed already.
        """
        name, typed = recorded_name(by)
        why = recorded_text("the reason", reason)
        with self._lock:
            self._record.submit(lambda at: RunCancelled(at, name, why, typed))

    # --- from an event loop ------------------------------------------------------------------------------------------

    async def adecide(
        self, tool: str, raw_args: object, *, agent: str | None = None, key: str | None = None
    ) -> CallDecision:
        """Do what `decide` does, beside the event loop."""
        return await self._beside(lambda: self.decide(tool, raw_args, agent=agent, key=key))

    async def aobserve(self, call: CallDecision | str, result: object = None) -> Json:
        """Do what `observe` does, beside the event loop."""
        return await self._beside(lambda: self.observe(call, result))

    async def afailed(
        self,
        call: CallDecision | str,
        message: str = "",
        *,
        kind: Literal["error", "timeout", "uncertain", "unsent"] = "error",
        raised: str = "",
    ) -> None:
        """Do what `failed` does, beside the event loop."""
        await self._beside(lambda: self.failed(call, message, kind=kind, raised=raised))

    async def aapprove(self, approval: AskApproval | str, *, by: str, role: str, digest: str = "") -> None:
        """Do what `approve` does, beside the event loop."""
        await self._beside(lambda: self.approve(approval, by=by, role=role, digest=digest))

    async def adeny(self, approval: AskApproval | str, *, by: str, role: str, reason: str = "") -> None:
        """Do what `deny` does, beside the event loop."""
        await self._beside(lambda: self.deny(approval, by=by, role=role, reason=reason))

    async def _beside(self, function: Callable[[], T]) -> T:
        return await in_thread(function, f"interlock session {self.id}")

    def _call_id(self, call: CallDecision | str) -> str:
        if isinstance(call, str):
            return call
        if not isinstance(call, CallDecision):
            raise TypeError(f"a call: expected what `decide` returned, or its id, got {abridged(call)}")
        if call.session != self.id:
            raise Refused(f"the call of {call.tool} was decided in session {call.session}, not in {self.id}")
        if not call.call:
            raise Refused(f"the call of {call.tool} was not allowed, so nothing can have come of it")
        return call.call
