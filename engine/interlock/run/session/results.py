"""What came of the calls of a session, as whoever made them says."""

from interlock.run import redaction
from interlock.run.protocol.events import Json, ToolFailed, ToolReturned
from interlock.run.protocol.notes import CallDone, Trigger
from interlock.run.session.calls import give_back
from interlock.run.session.state import Call, SessionState
from interlock.run.session.transitions import change
from interlock.run.steps import admissions
from interlock_dsl.schema import ValidationError, decode


def returned(state: SessionState, call: Call, event: ToolReturned) -> None:
    """A result came. One that does not fit the tool's type is a failure, though the call was made."""
    tool, problem = call.tool, ""
    result: Json = None
    call.came = "returned"
    try:
        value = None if tool.result is None else decode(tool.result, event.result)
        if tool.result is not None:
            result = state.plan.shown(tool.result, value)
        if call.past is not None:
            state.history.returned(call.past, value)
    except ValidationError as invalid:
        problem = f"{tool.name} gave a result that is not one of its type"
        problem += "" if redaction.hides_result(call.hidden) else f": {invalid}"
    admissions.report(state, call, "failed" if problem else "returned")
    _over(state, call, not problem, result, problem, "failure" if problem else None)


def failed(state: SessionState, call: Call, event: ToolFailed) -> None:
    """No result came. Whether the call took effect is known only after a plain error, where it was sent once.

    One that was not sent is no failure for a breaker, and no trial either.
    """
    tool, unsent = call.tool, event.kind == "unsent"
    call.came = "failed" if event.kind in ("error", "unsent") and not call.repeated else "in doubt"
    admissions.report(state, call, "unknown" if unsent else "failed")
    said = ": ".join(filter(None, (event.message, event.raised))) or "it failed"
    if call.came == "failed":
        give_back(state, call)
    doubtful = call.came == "in doubt" and tool.effect != "read"
    came = "may have happened" if doubtful else "was not called" if unsent else "failed"
    message = f"{tool.name} {came}: {said}"
    _over(state, call, False, None, message, "timeout" if event.kind == "timeout" else "failure")


def _over(state: SessionState, call: Call, ok: bool, result: Json, message: str, trigger: Trigger | None) -> None:
    del state.open[call.id]
    change(state, call, "over")
    shown = redaction.result(call.tool, result, call.hidden)
    state.notes.append(CallDone("", call.tool.name, call.id, ok, shown, message, "agent", trigger))
