"""How a session begins and ends."""

from collections.abc import Mapping

from interlock.decide import History, Principal
from interlock.decide.authorizer import policy_bindings
from interlock.decide.request import decode_context
from interlock.errors import InvalidInput, abridged
from interlock.run.protocol.codes import WhyGivenUp, WhyIgnored
from interlock.run.protocol.commands import Admit, FinishRun, Reserve
from interlock.run.protocol.events import Json, RunCancelled, RunResumed, SessionStarted
from interlock.run.protocol.notes import RunEnded
from interlock.run.session import approvals, calls
from interlock.run.session.state import Call, SessionState
from interlock.run.session.transitions import change
from interlock_dsl.program.model import Program
from interlock_dsl.schema.person import UnusableName, entered


def prepare_session(
    program: Program,
    *,
    session: str,
    at: int,
    principal: Principal,
    context: Mapping[str, Json] | None = None,
    request: str = "",
) -> SessionStarted:
    """Return the event that begins a session. `at` is microseconds since 1970.

    The principal's name is normalised. Raises `InvalidInput` for a name that cannot be and for a context that does not
    fit the program's declaration, and TypeError for a principal that is none.
    """
    if not isinstance(principal, Principal):
        raise TypeError(f"`principal`: expected a Principal, got {abridged(principal)}")
    _, unfit = decode_context(program.context, context)
    if unfit:
        raise InvalidInput(unfit)
    try:
        name, typed = entered(principal.name)
    except UnusableName as unusable:
        raise InvalidInput(f"the principal: {unusable}") from None
    scopes = None if principal.scopes is None else tuple(sorted(principal.scopes))
    return SessionStarted(at, session, program.digest, name, principal.roles, scopes, context, request, typed)


def refused(state: SessionState, event: SessionStarted) -> tuple[WhyIgnored, str] | None:
    """Return why a session cannot begin; None if it can."""
    if event.program != state.plan.digest:
        return WhyIgnored.WRONG_PROGRAM, "the session belongs to another program than the one given"
    _, unfit = decode_context(state.plan.context, event.context)
    return (WhyIgnored.INVALID_INPUT, unfit) if unfit else None


def started(state: SessionState, owner: None, event: SessionStarted) -> None:
    """A session began."""
    change(state, None, "open")
    state.id = event.run
    scopes = None if event.scopes is None else frozenset(event.scopes)
    state.principal = Principal(event.principal, event.roles, scopes)
    state.context, state.request = event.context, event.request
    state.history = History(event.run, started=event.at)
    state.history.now = state.now
    state.values = policy_bindings(state.principal, state.now, state.history)
    context, _ = decode_context(state.plan.context, event.context)
    if context is not None:
        state.values["context"] = context


def resumed(state: SessionState, owner: None, event: RunResumed) -> None:
    """Another process goes on with the session. What was under way stays so: it may still come back."""


def closed(state: SessionState, session: None, event: RunCancelled) -> None:
    """Nothing is decided any more. Calls under way may still come back; what waits for approval does not go on."""
    change(state, None, "over")
    state.ending = "cancelled" if event.by else "ended"
    for call in list(state.waiting.values()):
        approvals.withdraw(state, call)
        approvals.forget(state, call)
    for owner, command in list(state.open.values()):
        if isinstance(owner, Call) and isinstance(command, Reserve | Admit):
            approvals.withdraw(state, owner)
            state.cancel(command.id)
            if not owner.id:
                calls.give_back(state, owner)
            owner.reserve = owner.admit = None
            change(state, owner, "in flight" if owner.id else "over")
    doubts = [
        owner.tool.name for owner, _ in state.open.values() if isinstance(owner, Call) and owner.tool.effect != "read"
    ]
    said = [f"called off by {event.by}" if event.by else "", event.reason]
    said += ["may have happened: " + ", ".join(doubts)] if doubts else []
    reason = state.reason = "; ".join(filter(None, said))
    code = WhyGivenUp.CALLED_OFF if event.by else None
    state.notes.append(RunEnded(state.ending, "", {}, reason, code))
    state.commands.append(FinishRun(state.new_id("f"), state.ending, "", {}, reason, code))
