"""Calls in a session: decided when they are proposed, under way until somebody says what came of them.

A call that was allowed is charged at once, and stays counted: one that failed plainly, one that nobody ever heard of
again. A call that is proposed again under the caller's key is the same call: it is decided again without its own charge
if it may be repeated, and denied if it may have happened and must not be.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple, cast

from interlock.decide import Claim, Consent, Decision, Reason
from interlock.decide.authorizer import called, subject_of, within_scopes
from interlock.decide.decision import Cause
from interlock.decide.request import Request, decode_arguments
from interlock.run import redaction
from interlock.run.protocol.commands import CallTool, Release, Reserve
from interlock.run.protocol.events import (
    Admitted,
    CallProposed,
    Exhausted,
    Json,
    Reserved,
    Withheld,
)
from interlock.run.protocol.notes import CallDecided, LedgerAnswered
from interlock.run.session import approvals
from interlock.run.session.state import Call, SessionState
from interlock.run.session.transitions import change
from interlock.run.steps import admissions, reservations
from interlock_dsl.cel import CompiledExpression, EvaluationError
from interlock_dsl.cel.meter import Meter
from interlock_dsl.cel.types import DYN
from interlock_dsl.program.model import Tool
from interlock_dsl.schema import encode
from interlock_dsl.schema.canonical import canonical, digest


class CheckedCall(NamedTuple):
    """A call of a known tool by a known agent: its arguments as values, what is wrong with them (empty if nothing), and
    the scopes it needs beyond those of the agent and the principal.
    """

    tool: Tool
    values: Mapping[str, object]
    problem: str
    lacking: frozenset[str]


def proposed(state: SessionState, owner: None, event: CallProposed) -> None:
    """Decide a call: it may be made, it waits for approvals, or it is denied."""
    agent = event.agent or ""
    known = state.known.get((event.tool, event.agent))
    if known is None:
        found = called(
            state.plan.tools, state.may, event.tool, event.agent, state.principal.scopes, state.plan.evaluator
        )
        if isinstance(found, Decision):
            _unknown(state, event, found)
            return
        known = state.known[event.tool, event.agent] = found
    tool, lacking = known
    values, problem = decode_arguments(tool, event.args)
    problem = event.unreadable or problem
    if problem:
        checked = CheckedCall(tool, values, problem, lacking)
        decision = _decision(state, checked, agent, "", ())
        shown = redaction.arguments(tool, _raw(event), redaction.fields_of(decision))
        state.notes.append(CallDecided("", agent, event.tool, shown, "", decision))
        return
    args = cast("Mapping[str, Json]", state.plan.shown(tool.parameters, values))
    same = state.keyed.get(event.key) if event.key else None
    if same is not None and not _anew(same, tool, args, agent):
        _again(state, same, CheckedCall(tool, values, "", lacking), args, agent)
        return
    about = digest(_subject(state, tool, args, agent)) if state.waiting else ""
    call = state.waiting.get(about) if about else None
    if call is None:
        call = Call(tool, values, args, agent, event.key, about)
    else:
        call.key = event.key
    evaluator, decided = state.plan.evaluator, None
    if not (lacking or call.consents):
        decided = evaluator.memoized(tool.name, agent, values, state.values, state.history)
    if decided is None:
        decided = _decision(state, CheckedCall(tool, values, "", lacking), agent, about, call.consents)
    _answer(state, call, decided)


def _unknown(state: SessionState, event: CallProposed, decision: Decision) -> None:
    """Note the denial of a call of an unknown tool, or by an unknown agent."""
    tool, raw = state.plan.tools.get(event.tool), _raw(event)
    shown = raw if tool is None else redaction.arguments(tool, raw, redaction.fields_of(decision))
    state.notes.append(CallDecided("", event.agent or "", event.tool, shown, "", decision))


def _raw(event: CallProposed) -> Mapping[str, Json]:
    return event.args if isinstance(event.args, dict) else {}


def _answer(state: SessionState, call: Call, decision: Decision) -> None:
    """Go on with a call as was decided on it."""
    if decision.answer == "allow":
        claims = reservations.lacking(call.reserved, decision) if decision.claims else ()
        if claims:
            _hide(call, decision)
            _reserve(state, call, claims)
            state.allowed = call, state.events, state.now, decision
        elif admissions.lacking(call):
            _admit(state, call, decision)
            state.allowed = call, state.events, state.now, decision
        else:
            _allow(state, call, decision)
    elif decision.answer == "ask" and not call.refusal:
        _ask(state, call, decision)
    else:
        if decision.answer == "ask":
            reason = Reason("approval", call.refusal, decision.needs[0].rule, decision.reasons[0].span)
            decision = Decision("deny", (reason, *decision.reasons), obligations=decision.obligations)
        _refuse(state, call, decision)


def _ask(state: SessionState, call: Call, decision: Decision) -> None:
    """Have people asked. What the approvals are for is worked out only now where nothing else waits."""
    subject = _subject(state, call.tool, call.args, call.agent)
    call.digest = call.digest or digest(subject)
    give_back(state, call)
    _keep(state, call, decision)
    other = state.waiting.get(call.digest, call)
    if other is not call:  # proposed again while the ledger was asked for this one
        approvals.withdraw(state, other)
        approvals.forget(state, other)
    state.waiting[call.digest] = call
    change(state, call, "in approval")
    approvals.ask_all(state, call, decision.needs, subject)


def _waits_no_more(state: SessionState, call: Call) -> None:
    """Take a call from those that wait, where it is this one that waits under its digest."""
    if state.waiting.get(call.digest) is call:
        del state.waiting[call.digest]


def _refuse(state: SessionState, call: Call, decision: Decision) -> None:
    """Deny a call. What was asked for it before stays: it may be allowed at another time."""
    give_back(state, call)
    _keep(state, call, decision)
    if call.phase != "reserving":
        return
    if call.waits and call.digest not in state.waiting:
        state.waiting[call.digest] = call
        change(state, call, "in approval")
    else:
        approvals.withdraw(state, call)
        change(state, call, "over")


def _keep(state: SessionState, call: Call, decision: Decision, id: str = "", spent: tuple[str, ...] = ()) -> None:
    """Note a decision on a call, without what it hides, or hid before."""
    shown, noted = call.args, decision
    if decision.obligations or call.hidden:
        _hide(call, decision)
        shown = redaction.arguments(call.tool, call.args, call.hidden)
        noted = redaction.noted(decision, call.hidden)
    state.notes.append(CallDecided("", call.agent, call.tool.name, shown, call.digest, noted, id, spent))


def _hide(call: Call, decision: Decision) -> None:
    if decision.obligations:
        call.hidden = tuple(dict.fromkeys((*call.hidden, *redaction.fields_of(decision))))


def _subject(state: SessionState, tool: Tool, args: Mapping[str, Json], agent: str) -> dict[str, Json]:
    return cast("dict[str, Json]", subject_of(tool, args, agent, state.principal.name, state.id))


def _decision(
    state: SessionState, checked: CheckedCall, agent: str, about: str, consents: tuple[Consent, ...]
) -> Decision:
    tool, values, problem, lacking = checked
    request = Request(
        tool=tool.name, args=values, agent=agent, problem=problem, principal=state.principal, history=state.history,
        now=state.now, bindings=state.values, subject=about, consents=consents, lacking=lacking,
    )  # fmt: skip
    return state.plan.evaluator.authorize(request)


def _allow(state: SessionState, call: Call, decision: Decision) -> None:
    """Let a call go: it is charged, and what was agreed to for it is spent."""
    tool = call.tool
    try:
        key = "" if tool.idempotency_key is None else _key(tool.idempotency_key, tool, call.values)
    except (EvaluationError, ValueError, TypeError) as error:
        _hide(call, decision)
        why = "" if redaction.hides_arguments(call.hidden) else f": {error}"
        reason = Reason("arguments", f"the idempotency key of {tool.name} has no value{why}", span=tool.span)
        _refuse(state, call, redaction.alone(Decision("deny", (reason,)), decision))
        return
    if call.digest:
        approvals.withdraw(state, call)
        _waits_no_more(state, call)
    id = call.id = state.new_id("c")
    change(state, call, "in flight")
    if call.admitted is not None:
        admissions.sent(call)
    call.sent = state.now
    call.past = state.history.record(tool.name, state.now, agent=call.agent, args=call.values, counts=decision.counts)
    if call.key:
        state.keyed[call.key] = call
    # What was agreed to covers this call when it is proposed again under its key, however late that is.
    spent: tuple[str, ...] = ()
    if call.consents:
        call.consents = tuple([replace(consent, expires=None) for consent in call.consents])
        spent = tuple([consent.id for consent in call.consents])
    _keep(state, call, decision, id, spent)
    key = key or call.key or f"{state.id}:{id}"
    state.ask(call, CallTool(id, "", tool.name, call.args, key, 1, tool.timeout, "agent"))


def _key(expression: CompiledExpression, tool: Tool, values: Mapping[str, object]) -> str:
    """Return the key under which the author says two calls are the same."""
    value = expression.metered(values, Meter())
    return f"{tool.name}:{value if isinstance(value, str) else canonical(encode(DYN, value)).decode()}"


# --- limits beyond one session ----------------------------------------------------------------------------------------


def _reserve(state: SessionState, call: Call, claims: tuple[Claim, ...]) -> None:
    """Have claims reserved for a call that everything else allows, approvals included."""
    _waits_no_more(state, call)
    change(state, call, "reserving")
    call.reserve = Reserve(state.new_id("h"), "", claims)
    state.ask(call, call.reserve)


def ledger_answered(state: SessionState, call: Call, event: Reserved | Exhausted) -> None:
    """What a call needs is held for it, or too little is left: it is decided again, for time has passed, or denied."""
    asked, call.reserve = call.reserve, None
    assert asked is not None
    del state.open[asked.id]
    refused = reservations.ungranted(asked, event)
    granted = isinstance(event, Reserved) and not refused
    unavailable = event.unavailable if isinstance(event, Exhausted) else ""
    tool, standings = call.tool.name, event.standings
    claims = redaction.claims(asked.claims, call.hidden)
    standings = () if claims is not asked.claims else standings
    state.notes.append(LedgerAnswered("", tool, asked.id, claims, standings, granted, False, unavailable))
    if granted:
        call.reserved = (*call.reserved, asked)
    decision = _decided_again(state, call)
    if granted:
        _answer(state, call, decision)
        return
    if isinstance(event, Reserved):
        state.commands.append(Release(state.new_id("r"), asked.id))
    _hide(call, decision)
    denied = reservations.refusal((state.plan.evaluator,), refused, asked, event, call.hidden)
    _refuse(state, call, redaction.alone(denied, decision))


def _decided_again(state: SessionState, call: Call) -> Decision:
    """Decide a call again: where no event came between and no time has passed, it is as it was."""
    last, state.allowed = state.allowed, None
    if last is not None and last[0] is call and (last[1] + 1, last[2]) == (state.events, state.now):
        return last[3]
    return _decision(
        state, CheckedCall(call.tool, call.values, "", frozenset()), call.agent, call.digest, call.consents
    )


def give_back(state: SessionState, call: Call) -> None:
    """Give back what is held for a call that certainly was not made."""
    admissions.give_back(state, call)
    for reserve in call.reserved:
        state.commands.append(Release(state.new_id("r"), reserve.id))
    call.reserved = ()


# --- the rate and the breaker of a tool -------------------------------------------------------------------------------


def _admit(state: SessionState, call: Call, decision: Decision) -> None:
    """Ask whether a call that everything else allows is let through now. What was asked before for it is called off."""
    _hide(call, decision)
    _waits_no_more(state, call)
    if call.admit is None:
        change(state, call, "reserving")
    else:
        state.cancel(call.admit.id)
    call.admit = admissions.admission(state.new_id("a"), "", call.tool)
    state.ask(call, call.admit)


def judged(state: SessionState, call: Call, event: Admitted | Withheld) -> None:
    """A call is let through, and decided again, or it is denied: too many were made, or too many have failed."""
    asked, call.admit = call.admit, None
    assert asked is not None
    del state.open[asked.id]
    state.notes.append(admissions.judged("", asked, event))
    decision = _once_more(state, call) if call.id else _decided_again(state, call)
    if isinstance(event, Admitted):
        call.admitted = asked
    else:
        cause: Cause = "rate" if event.by == "rate" or (event.by == "ledger" and asked.breaker is None) else "breaker"
        denied = Decision("deny", (Reason(cause, admissions.refusal(asked, event), span=call.tool.span),))
        decision = redaction.alone(denied, decision)
    if call.id:
        change(state, call, "in flight")
        _keep_again(state, call, call.tool, decision, call.args, call.agent)
    elif isinstance(event, Admitted):
        _answer(state, call, decision)
    else:
        _hide(call, decision)
        _refuse(state, call, decision)


# --- the same call again ----------------------------------------------------------------------------------------------


def _again(state: SessionState, call: Call, checked: CheckedCall, args: Mapping[str, Json], agent: str) -> None:
    """Decide a call that was allowed before under the same key: nobody knows, here, whether it was made."""
    problem = _not_again(call, checked.tool, args, agent)
    if problem is not None:
        decision = redaction.alone(Decision("deny", (problem,)), _decision(state, checked, agent, "", ()))
    else:
        decision = _once_more(state, call, checked)
        if decision.answer == "allow" and admissions.lacking(call):
            _admit(state, call, decision)
            return
    _keep_again(state, call, checked.tool, decision, args, agent)


def _once_more(state: SessionState, call: Call, checked: CheckedCall | None = None) -> Decision:
    """Decide a call that was allowed before once more, without its own charge."""
    checked = checked or CheckedCall(call.tool, call.values, "", frozenset())
    with state.history.without(call.tool.name, call.sent, call.agent):
        decision = _decision(state, checked, call.agent, call.digest, call.consents)
    lacking = reservations.lacking(call.reserved, decision)
    if decision.answer == "ask":
        decision = Decision("deny", decision.reasons, obligations=decision.obligations)
    elif lacking:
        because = "it was not reserved when the call was allowed under the same key"
        decision = state.plan.evaluator.refused([claim.limit for claim in lacking], because, decision)
    _hide(call, decision)
    return decision


def _keep_again(
    state: SessionState, call: Call, tool: Tool, decision: Decision, args: Mapping[str, Json], agent: str
) -> None:
    """Note a decision on a call that was allowed before under its key."""
    allowed = decision.answer == "allow"
    call.repeated = call.repeated or allowed
    if allowed and call.admitted is not None:
        admissions.report(state, call, "unknown")
        admissions.sent(call)
    admissions.give_back(state, call)
    id = call.id if allowed else ""
    decision = redaction.noted(decision, call.hidden)
    before = call.hidden if call.tool.name == tool.name else ()
    shown = redaction.arguments(tool, args, (*redaction.fields_of(decision), *before))
    state.notes.append(CallDecided("", agent, tool.name, shown, call.digest, decision, id))


def _is(call: Call, tool: Tool, args: Mapping[str, Json], agent: str) -> bool:
    return (call.tool.name, call.agent) == (tool.name, agent) and canonical(call.args) == canonical(args)


def _anew(call: Call, tool: Tool, args: Mapping[str, Json], agent: str) -> bool:
    """Whether a call came to nothing, so that proposing it under the same key is another attempt."""
    over = call.came == "failed" or (call.came == "in doubt" and tool.repeatable)
    return over and _is(call, tool, args, agent)


def _not_again(call: Call, tool: Tool, args: Mapping[str, Json], agent: str) -> Reason | None:
    """Return why a call cannot be made again under its key; None if it can."""
    if not _is(call, tool, args, agent):
        return Reason("arguments", "another call was allowed under the same key", span=tool.span)
    if call.came == "returned":
        return Reason("repeated", "the call was made under the same key, and its result is on record", span=tool.span)
    if not tool.repeatable:
        text = "the call was allowed under the same key and may have been made; it has no idempotency key"
        return Reason("repeated", text, span=tool.span)
    return None


def listed(state: SessionState, agent: str | None) -> tuple[str, ...]:
    """Return the tools worth showing to an agent; none to one that is unknown, and none once the session is over."""
    if state.phase != "open" or (agent is not None and agent not in state.may):
        return ()
    plan, ceiling = state.plan, None if agent is None else state.may[agent]
    among = within_scopes(plan.tools, ceiling, state.principal.scopes)
    return plan.evaluator.listed(agent or "", None, among)
