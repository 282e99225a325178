"""Tool calls: decided, performed, repeated where that is safe, and kept in mind for undoing.

Every call takes this way, whoever wants it: a step, an agent, an undo. `decide` comes before the first attempt and
before every further one; only `_dispatch` makes a `CallTool`, and only `decide` leads there. `resume` is for
a call that was under way when its runtime stopped: it is decided again too, and its own charge is not held against it.

# INVARIANT: no `CallTool` without a decision `allow` taken on the event that made it.
# INVARIANT: a call that may have happened is repeated only if its tool is repeatable.
# INVARIANT: one that was sent again may have happened, whatever comes of the second sending, until a result is there.
"""

from collections.abc import Mapping
from dataclasses import replace

from interlock.decide import Decision, Reason
from interlock.decide.request import Request
from interlock.run import budget, promises, redaction, values
from interlock.run.moves import CallEnded
from interlock.run.parts import Call, Came
from interlock.run.protocol.commands import CallTool
from interlock.run.protocol.events import (
    Admitted,
    Exhausted,
    Json,
    Reserved,
    TimerFired,
    ToolFailed,
    ToolReturned,
    Withheld,
)
from interlock.run.protocol.notes import AttemptFailed, CallDecided, CallDone, Trigger
from interlock.run.state import Run
from interlock.run.steps import admissions, approvals, deciding, keeping, keys, obligations, reservations, visits
from interlock.run.steps.retry import next_attempt
from interlock.run.transitions import change
from interlock_dsl.cel import EvaluationError
from interlock_dsl.program.model import Grant
from interlock_dsl.program.promises import NeverUnapproved
from interlock_dsl.schema import ValidationError, decode
from interlock_dsl.schema.canonical import digest


def subject_of(run: Run, call: Call) -> dict[str, Json]:
    """Return what exactly an approval of a call is for."""
    number = call.visit.number if call.visit is not None else 0
    return {"run": run.id, "step": call.step, "visit": number, "tool": call.tool.name, "args": dict(call.args)}


def decide(run: Run, call: Call) -> None:
    """Decide a call and go on with it: perform it, ask for approvals, or refuse it."""
    if not call.subject:
        call.subject = digest(subject_of(run, call))
        try:
            call.key = keys.key_of(run, call)
        except (EvaluationError, ValueError, TypeError) as error:
            obligations.take(call, _decision(run, call))
            why = "" if redaction.hides_arguments(call.hidden) else f": {error}"
            _finish(run, call, "failure", f"the idempotency key of {call.tool.name} has no value{why}")
            return
    keys.renew(run, call)
    decision = _decision(run, call)
    twice = _twice(call)
    if twice is not None:
        decision = redaction.alone(twice, decision)
    lacking = reservations.lacking(call.reserved, decision)
    if lacking:
        obligations.take(call, decision)
        reservations.ask(run, call, lacking)
        return
    allowed = decision.answer == "allow"
    if allowed and admissions.lacking(call):
        obligations.take(call, decision)
        admissions.ask(run, call)
        return
    spent = tuple(consent.id for consent in call.consents) if allowed else ()
    id = "" if not allowed else call.command if call.interrupted else run.new_id("c")
    obligations.take(call, decision)
    shown = obligations.args(call)
    noted = redaction.noted(decision, call.hidden)
    run.notes.append(CallDecided(call.step, call.agent, call.tool.name, shown, call.subject, noted, id, spent))
    if allowed:
        _dispatch(run, call, id, decision.counts)
    elif decision.answer == "ask" and call.purpose != "undo":
        reservations.give_back(run, call)
        admissions.give_back(run, call)
        change(run, call, "in approval")
        route = call.visit.route.route if call.visit is not None and call.purpose == "step" else None
        approvals.ask_all(run, call, decision.needs, subject_of(run, call), call.subject, route)
    else:
        over = all(reason.cause == "budget" for reason in decision.reasons)
        _finish(run, call, "over budget" if over else "denied", reasons_of(decision))


def displayed(run: Run, call: Call) -> Mapping[str, Json]:
    """Return the arguments of a call that is not decided yet as records show them."""
    obligations.take(call, _decision(run, call))
    return obligations.args(call)


def reasons_of(decision: Decision) -> str:
    """Return the reasons of a decision in one line."""
    return "; ".join(f"{reason.text} [{reason.rule}]" if reason.rule else reason.text for reason in decision.reasons)


def _twice(call: Call) -> Decision | None:
    """Refuse a call that an earlier one of the turn is said to be, though its arguments are others.

    The tool would take them for one call, and give the result of the first as that of the second.
    """
    conversation = None if call.visit is None or call.purpose != "agent" else call.visit.conversation
    if conversation is None or not call.key:
        return None
    first = next((one for one in conversation.calls if one.slot < call.slot and one.key == call.key), call)
    if first.args == call.args:
        return None
    text = f"another call of {call.tool.name} in this turn has the same idempotency key and other arguments"
    return Decision("deny", (Reason("arguments", text, span=call.tool.span),))


def _decision(run: Run, call: Call) -> Decision:
    if not call.interrupted:
        return _decided(run, call, 0)
    with run.history.without(call.tool.name, call.sent, call.agent):
        return _decided(run, call, 1)


def _decided(run: Run, call: Call, charged: int) -> Decision:
    visit = call.visit
    frame = call.frame
    nevers = frame.plan.nevers.get(call.tool.name, ())
    if visit is None:
        # An undo: the author declared it with the tool, so what it needs is in hand, cut by what the principal holds.
        # Nothing has to come before it, and it may cost what it does: no such promise stands in the way of undoing.
        grants: tuple[Grant, ...] = (Grant(call.tool.needs, None, call.tool.span),)
        over: tuple[str, ...] = ()
        too_dear = None
        nevers = tuple(never for never in nevers if isinstance(never, NeverUnapproved))
    else:
        grants, over = visit.grants, budget.over_for_call(run, frame, call.tool, charged)
        too_dear = budget.breaks_promise(frame, call.tool, charged)
    request = Request(
        tool=call.tool.name,
        args=call.values,
        agent=call.agent,
        principal=run.principal,
        grants=grants,
        bindings=frame.reads(run.now),
        history=run.history,
        now=run.now,
        shown=_offered(call),
        over=over,
        route_approval=visit.route.route.approval if visit is not None and call.purpose == "step" else None,
        nevers=nevers,
        returned=frame.returned,
        too_dear=too_dear,
        subject=call.subject,
        consents=call.consents,
        meter=run.meter,
        undo=visit is None,
    )
    return deciding.authorize(run, frame, request)


def _dispatch(run: Run, call: Call, id: str, counts: tuple[str, ...]) -> None:
    if not call.interrupted:
        call.past = budget.charge_call(run, call.frame, call.tool, call.agent, call.values, counts)
        call.sent = run.now
    # What was sent before a runtime stopped may have happened, however plainly this sending fails.
    call.doubtful = call.doubtful or call.interrupted
    call.interrupted = False
    obligations.notify(run, call)
    change(run, call, "in flight")
    call.command = id
    call.key = call.key or f"{run.id}:{id}"
    admissions.sent(call)
    # What was agreed to for this call covers its further attempts too, however late they are.
    call.consents = tuple(replace(consent, expires=None) for consent in call.consents)
    if call.purpose == "undo" and run.phase == "running":
        promises.is_overspent(run, call.frame)
    run.ask(
        call,
        CallTool(id, call.step, call.tool.name, call.args, call.key, call.attempt, call.tool.timeout, call.purpose),
    )


def ledger_answered(run: Run, call: Call, event: Reserved | Exhausted) -> None:
    """What the call needs of limits beyond the run is held, or too little is left, or the ledger does not answer."""
    asked, refused = reservations.settle(run, call, event)
    if not refused:
        decide(run, call)
        return
    now = _decision(run, call)
    obligations.take(call, now)
    evaluators = [each.plan.evaluator for each in call.frame.around]
    denied = reservations.refusal(evaluators, refused, asked, event, call.hidden)
    decision = redaction.alone(denied, now)
    obligations.take(call, decision)
    shown = obligations.args(call)
    run.notes.append(CallDecided(call.step, call.agent, call.tool.name, shown, call.subject, decision))
    _finish(run, call, "denied", reasons_of(decision))


def _offered(call: Call) -> tuple[str, ...] | None:
    """Return what the agent was offered that asks for a call. What is called in a tool's place was not asked for."""
    conversation = None if call.visit is None else call.visit.conversation
    return None if conversation is None or call.earlier else conversation.tools


def admitted(run: Run, call: Call, event: Admitted) -> None:
    """The rate and the breaker of the tool let the attempt through: it is decided again, for time has passed."""
    admissions.settle(run, call, event)
    decide(run, call)


def withheld(run: Run, call: Call, event: Withheld) -> None:
    """The attempt is not made: too many were, the breaker is open, or the ledger does not answer."""
    asked = admissions.settle(run, call, event)
    if asked.forced:
        decide(run, call)
        return
    why, again = admissions.refusal(asked, event), None
    if event.by == "rate" and not call.orphan:
        again = admissions.next_attempt(call, asked, event, run.now)
    trigger: Trigger = "denied" if event.by == "ledger" else "failure"
    run.notes.append(AttemptFailed(call.step, call.attempt, trigger, why, again))
    if again is not None:
        change(run, call, "retrying")
        call.timer = run.set_timer(call, again, "retry")
        return
    _finish(run, call, trigger, why, instead=True)


def approved(run: Run, call: Call) -> None:
    """All approvals are there: decide again, for time has passed."""
    if call.phase == "in approval":
        decide(run, call)


def not_approved(run: Run, call: Call, trigger: Trigger, message: str) -> None:
    """An approval was denied or ran out."""
    if call.phase == "in approval":
        visits.drop_approvals(run, call)
        _finish(run, call, trigger, message)


def returned(run: Run, call: Call, event: ToolReturned) -> None:
    """A result came. One that does not fit the tool's type is a failure, though the call was made."""
    _back(run, call)
    call.doubtful = keys.is_stale(run, call)
    if call.doubtful:
        admissions.report(run, call, "returned")
        _finish(run, call, "failure", "a call under its idempotency key was undone meanwhile")
        return
    try:
        value = None if call.tool.result is None else decode(call.tool.result, event.result)
    except ValidationError as invalid:
        admissions.report(run, call, "failed")
        keeping.keep(run, call, None, f"its result was not usable: {invalid}")
        bad = f"{call.tool.name} gave a result that is not one of its type"
        why = bad if obligations.hides_result(call) else f"{bad}: {invalid}"
        _finish(run, call, "failure", why, shown=bad, made=True)
        return
    admissions.report(run, call, "returned")
    if call.past is not None:
        run.history.returned(call.past, value)
    result = None if call.tool.result is None else obligations.result(call, run.plan.shown(call.tool.result, value))
    if call.purpose != "undo" and not call.discarded:
        _returned(call)
    keeping.keep(run, call, value, "")
    change(run, call, "over")
    run.notes.append(CallDone(call.step, call.tool.name, call.command, True, result, "", call.purpose))
    run.agenda.append(CallEnded(call, None, value, result))


def _returned(call: Call) -> None:
    for frame in call.frame.around:
        if call.tool.name in frame.plan.awaited:
            frame.returned.add(call.tool.name)
            number = 0 if call.visit is None else call.visit.number
            frame.came.append(Came(call.tool.name, call.frame, call.step, number))


def failed(run: Run, call: Call, event: ToolFailed) -> None:
    """No result came. The call is made again if that is safe, some attempts are left, and someone still wants it."""
    _back(run, call)
    admissions.report(run, call, "failed")
    # A later attempt that failed plainly says nothing about an earlier one that may have happened.
    call.doubtful = call.doubtful or event.kind != "error"
    again = None
    if call.tool.repeatable and not call.orphan:
        again = next_attempt(call.tool.retry, call.attempt, run.now, event.jitter)
    trigger: Trigger = "timeout" if event.kind == "timeout" else "failure"
    why = ": ".join(filter(None, (event.message, event.raised))) or "it failed"
    run.notes.append(AttemptFailed(call.step, call.attempt, trigger, why, again))
    if again is not None:
        change(run, call, "retrying")
        call.timer = run.set_timer(call, again, "retry")
        return
    shown = event.message or "it raised an exception"
    if not call.in_doubt:
        why, shown = f"{call.tool.name} failed: {why}", f"{call.tool.name} failed: {shown}"
    _finish(run, call, trigger, why, shown=shown)


def retry_due(run: Run, call: Call, event: TimerFired) -> None:
    """The wait before the next attempt is over."""
    call.timer = ""
    call.attempt += 1
    decide(run, call)


def resume(run: Run, call: Call) -> None:
    """A runtime stopped while the call was under way: nobody knows whether it happened.

    One that someone still wants and that may be repeated is decided again, and made again under the same id and key:
    it is the same attempt, charged already. Any other ends here, as one that may have happened.
    """
    del run.open[call.command]
    _back(run, call)
    admissions.report(run, call, "unknown")
    message = "the runtime stopped while the call was under way"
    if not call.tool.repeatable or call.orphan:
        call.doubtful = True
        run.notes.append(AttemptFailed(call.step, call.attempt, "failure", message, None))
        _finish(run, call, "failure", message)
        return
    call.interrupted = True
    decide(run, call)


def _back(run: Run, call: Call) -> None:
    run.orphans.pop(call.command, None)


def _finish(
    run: Run,
    call: Call,
    trigger: Trigger,
    message: str,
    *,
    shown: str | None = None,
    made: bool = False,
    instead: bool = False,
) -> None:
    """End a call without a result. `shown` is what a model that asked for it is shown, if not all of the message.

    What it holds of limits beyond the run is given back, unless it was `made` all the same, or may have been. With
    `instead` another tool may be called in its place though it was never sent.
    """
    change(run, call, "over")
    admissions.give_back(run, call)
    if not made:
        reservations.give_back(run, call)
    shown = message if shown is None else shown
    if call.in_doubt:
        trigger = trigger if trigger == "timeout" else "failure"
        visits.doubt(run, call)
        message, shown = (f"{call.tool.name} may have happened: {text}" for text in (message, shown))
    if call.command:
        run.notes.append(CallDone(call.step, call.tool.name, call.command, False, None, message, call.purpose, trigger))
    if not (call.command or instead) or not _in_place(run, call, trigger):
        run.agenda.append(CallEnded(call, trigger, message=message, shown=shown))


def _in_place(run: Run, call: Call, trigger: Trigger) -> bool:
    """Call what is declared to stand in for a tool that has failed; say whether there is such a call.

    It is decided like any other. Both only read, so that nothing is done twice. What is hidden of the one's result is
    hidden of the other's, which is of the same type; and what has no fallback is a fallback itself.
    """
    fallback, visit = call.tool.fallback, call.visit
    if fallback is None or visit is None or call.earlier or trigger not in ("failure", "timeout"):
        return False
    tool = run.plan.tools[fallback.tool]
    try:
        found, args = keeping.arguments(tool, values.evaluate(run, fallback.arguments, call.values))
    except (EvaluationError, ValidationError, TypeError):
        return False
    hidden = tuple(field for field in call.hidden if field.split(".")[0] == "result")
    other = Call(
        tool, found, args, call.purpose, call.step, call.frame, visit, agent=call.agent, slot=call.slot,
        hidden=hidden, earlier=call.attempt,
    )  # fmt: skip
    if call.purpose == "step":
        visit.call = other
    elif visit.conversation is not None:
        visit.conversation.calls = [other if one is call else one for one in visit.conversation.calls]
    decide(run, other)
    return True
