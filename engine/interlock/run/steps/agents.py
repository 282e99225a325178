"""A model's turns at a step: what it is shown, what it asks for, what it answers. The model is the adversary.

Nothing in a reply is believed: a tool that was not shown, arguments that do not fit, a key that is repeated are denied
and told; an answer that does not fit is given back with the complaint; and everything it may use up is bounded.
"""

from typing import cast

from interlock.decide.request import Request, decode_arguments
from interlock.run import budget, promises
from interlock.run.moves import CallEnded, Complete, Fail
from interlock.run.parts import Call, Conversation, Visit
from interlock.run.protocol.commands import AskModel, CallOutcome, Turn
from interlock.run.protocol.events import Json, ModelCall, ModelFailed, ModelReplied, TimerFired, Usage
from interlock.run.protocol.notes import AttemptFailed, CallDecided, Trigger
from interlock.run.state import Run
from interlock.run.steps import calls, deciding, handoff, obligations
from interlock.run.steps.retry import next_of_agent
from interlock.run.transitions import change
from interlock_dsl.program.model import AgentStep
from interlock_dsl.schema import ValidationError, decode


def begin(run: Run, visit: Visit) -> None:
    """Start an attempt at an agent's step."""
    step = _step(visit)
    allowance = budget.reserve(visit.frame, step.agent.tokens, step.agent.cost or None)
    if isinstance(allowance, budget.Refusal):
        if allowance.promise is not None:
            promises.break_promise(run, allowance.frame, allowance.promise, allowance.why)
        else:
            run.agenda.append(Fail(visit, "over budget", allowance.why))
        return
    tools = visit.frame.plan.evaluator.listed(step.agent.name, visit.scopes, step.tools) if step.tools else ()
    visit.conversation = Conversation(handoff.context_of(visit), tools, *allowance)
    _ask(run, visit, visit.conversation)


def _step(visit: Visit) -> AgentStep:
    assert isinstance(visit.step, AgentStep)
    return visit.step


def _ask(run: Run, visit: Visit, conversation: Conversation, id: str = "") -> None:
    step = _step(visit)
    change(run, visit, "asking model")
    model = step.agent.model_of(visit.attempt)
    visit.command = id or run.new_id("m")
    run.ask(
        visit,
        AskModel(
            visit.command, visit.path, step.agent.name, model, step.task, conversation.context,
            conversation.tools, tuple(conversation.turns), conversation.tokens - conversation.used_tokens,
            step.agent.timeout,
        ),
    )  # fmt: skip


def replied(run: Run, visit: Visit, event: ModelReplied) -> None:
    """A model took its turn."""
    conversation = _conversation(visit)
    _turn_over(visit, conversation, event.usage)
    conversation.exchanges += 1
    if promises.is_overspent(run, visit.frame):
        return
    if event.answered and not event.calls:
        _answered(run, visit, conversation, event)
    elif event.calls and not event.answered:
        if _may_go_on(run, visit, conversation, "it asked for calls in the last exchange it had"):
            _act(run, visit, conversation, event)
    else:
        both = "either an answer or calls, not both" if event.calls else "an answer or calls, and there was neither"
        _complain(run, visit, conversation, Turn(raw=event.raw, complaint=f"expected {both}"))


def _answered(run: Run, visit: Visit, conversation: Conversation, event: ModelReplied) -> None:
    returns = _step(visit).returns
    try:
        value = decode(returns, event.output)
    except ValidationError as invalid:
        _complain(run, visit, conversation, Turn(raw=event.raw, refused_output=event.output, complaint=str(invalid)))
    else:
        run.agenda.append(Complete(visit, value, run.plan.shown(returns, value)))


def _complain(run: Run, visit: Visit, conversation: Conversation, turn: Turn) -> None:
    if _may_go_on(run, visit, conversation, f"its answer did not fit: {turn.complaint}"):
        run.notes.append(AttemptFailed(visit.path, visit.attempt, "failure", turn.complaint, run.now))
        conversation.turns.append(turn)
        _ask(run, visit, conversation)


def _may_go_on(run: Run, visit: Visit, conversation: Conversation, otherwise: str) -> bool:
    """Whether the attempt has another exchange; if not, it has failed."""
    used_up = budget.exhausted(visit.frame, conversation)
    if used_up:
        _exhausted(run, visit, conversation, f"{used_up}; {otherwise}")
    elif conversation.exchanges >= _step(visit).agent.turns:
        _attempt_failed(run, visit, "failure", f"no answer after {conversation.exchanges} exchanges; {otherwise}", 0)
    else:
        return True
    return False


def _exhausted(run: Run, visit: Visit, conversation: Conversation, why: str) -> None:
    at_stake = budget.promise_at_stake(visit.frame, conversation)
    if at_stake is not None:
        promises.break_promise(run, *at_stake, why)
    else:
        _attempt_failed(run, visit, _used_up(visit, conversation), why, 0)


def _used_up(visit: Visit, conversation: Conversation) -> Trigger:
    """Return whose limit it was: the run's, or only the agent's own."""
    return "over budget" if conversation.scarce or budget.cost_is_spent(visit.frame) else "failure"


def _act(run: Run, visit: Visit, conversation: Conversation, event: ModelReplied) -> None:
    change(run, visit, "acting")
    conversation.asked, conversation.raw, conversation.calls, conversation.outcomes = event.calls, event.raw, [], {}
    keys: set[str] = set()
    wanted: list[Call] = []
    for slot, asked in enumerate(event.calls):
        call = _read(run, visit, conversation, slot, asked, keys)
        if call is not None:
            wanted.append(call)
        keys.add(asked.key)
    conversation.calls = wanted
    for call in wanted:
        calls.decide(run, call)
    _next(run, visit, conversation)


def _read(
    run: Run, visit: Visit, conversation: Conversation, slot: int, asked: ModelCall, keys: set[str]
) -> Call | None:
    """Return the call a model asks for; None if it is none, which it is told."""
    agent = _step(visit).agent.name
    tool = run.plan.tools.get(asked.tool)
    values, problem = ({}, "") if tool is None else decode_arguments(tool, asked.args)
    if asked.key in keys:
        problem = "its key was used before in the same turn"
    if tool is not None and not problem and tool.name in conversation.tools:
        args = cast(dict[str, Json], run.plan.shown(tool.parameters, values))
        return Call(tool, values, args, "agent", visit.path, visit.frame, visit, agent=agent, slot=slot)
    request = Request(
        tool=asked.tool, args={}, agent=agent, problem=problem, principal=run.principal, history=run.history,
        now=run.now, grants=visit.grants, shown=conversation.tools, meter=run.meter,
    )  # fmt: skip
    decision = deciding.authorize(run, visit.frame, request)
    shown = obligations.unread(tool, asked.args, decision)
    run.notes.append(CallDecided(visit.path, agent, asked.tool, shown, "", decision))
    conversation.outcomes[slot] = CallOutcome(
        asked.key, asked.tool, False, error=f"denied: {calls.reasons_of(decision)}"
    )
    return None


def call_ended(run: Run, over: CallEnded) -> None:
    """One of the calls of the turn has come to its end; after the last one the model is told."""
    call = over.call
    visit = call.visit
    if visit is None or visit.conversation is None or visit.phase != "acting" or call not in visit.conversation.calls:
        return
    conversation = visit.conversation
    asked = conversation.asked[call.slot]
    key = asked.key
    if over.trigger is None:
        outcome = CallOutcome(key, asked.tool, True, over.result)
    else:
        word = {"denied": "denied", "expiry": "denied", "over budget": "denied"}.get(over.trigger, "failed")
        outcome = CallOutcome(key, asked.tool, False, error=f"{word}: {over.shown}")
    conversation.outcomes[call.slot] = outcome
    _next(run, visit, conversation)


def _next(run: Run, visit: Visit, conversation: Conversation) -> None:
    if len(conversation.outcomes) == len(conversation.asked):
        outcomes = tuple(conversation.outcomes[slot] for slot in range(len(conversation.asked)))
        conversation.turns.append(Turn(conversation.asked, outcomes, conversation.raw))
        conversation.asked, conversation.raw, conversation.calls, conversation.outcomes = (), None, [], {}
        _ask(run, visit, conversation)


def failed(run: Run, visit: Visit, event: ModelFailed) -> None:
    """A model gave no reply."""
    conversation = _conversation(visit)
    _turn_over(visit, conversation, event.usage)
    if promises.is_overspent(run, visit.frame):
        return
    trigger: Trigger = "timeout" if event.kind == "timeout" else "failure"
    used_up = budget.exhausted(visit.frame, conversation)
    if used_up and _used_up(visit, conversation) == "over budget":
        _exhausted(run, visit, conversation, f"{used_up}; {event.message}")
    else:
        _attempt_failed(run, visit, trigger, event.message, event.jitter)


def _attempt_failed(run: Run, visit: Visit, trigger: Trigger, message: str, jitter: int) -> None:
    again = None
    if trigger != "over budget":
        again = next_of_agent(_step(visit).agent, visit.attempt, run.now, jitter)
    run.notes.append(AttemptFailed(visit.path, visit.attempt, trigger, message, again))
    budget.release(visit.frame, _conversation(visit))
    if again is None:
        visit.conversation = None
        run.agenda.append(Fail(visit, trigger, message))
        return
    change(run, visit, "retrying")
    visit.conversation = None
    visit.timer = run.set_timer(visit, again, "retry")


def retry_due(run: Run, visit: Visit, event: TimerFired) -> None:
    """The wait before the next attempt is over: it starts from the beginning."""
    visit.timer = ""
    visit.attempt += 1
    begin(run, visit)


def resume(run: Run, visit: Visit) -> None:
    """A runtime stopped while a model was asked: the turn is lost, and repeated under the same id as a further one.

    The lost one counts among the turns of the attempt, and is charged with the most it could use.
    """
    conversation, id = _conversation(visit), visit.command
    del run.open[id]
    visit.command = ""
    conversation.exchanges += 1
    over = budget.replace_lost(visit.frame, conversation)
    if over is not None and over.promise is not None:
        promises.break_promise(run, over.frame, over.promise, over.why)
    elif over is not None:
        _attempt_failed(run, visit, "over budget", over.why, 0)
    elif _may_go_on(run, visit, conversation, "the runtime stopped during the last one"):
        _ask(run, visit, conversation, id)


def _turn_over(visit: Visit, conversation: Conversation, usage: Usage) -> None:
    visit.command = ""
    budget.charge_usage(visit.frame, conversation, usage)


def _conversation(visit: Visit) -> Conversation:
    assert visit.conversation is not None
    return visit.conversation
