"""A model's turns at a step: what it is shown, what it asks for, what it answers. The model is the adversary.

Nothing in a reply is believed: a tool that was not shown, arguments that do not fit, a key that is repeated are denied
and told; an answer that does not fit is given back with the complaint; and everything it may use up is bounded.
"""

from typing import cast

from interlock.decide.request import Request, decode_arguments
from interlock.run import budget
from interlock.run.protocol.commands import AskModel, CallOutcome, Turn
from interlock.run.protocol.events import Json, ModelCall, ModelFailed, ModelReplied, TimerFired, Usage
from interlock.run.protocol.notes import AttemptFailed, CallDecided, Trigger
from interlock.run.routing import handoff
from interlock.run.state import Call, CallOver, Complete, Conversation, Fail, Run, Visit
from interlock.run.steps import calls
from interlock.run.steps.retry import next_attempt
from interlock_dsl.program.model import AgentStep
from interlock_dsl.schema import ValidationError, decode


def begin(run: Run, visit: Visit) -> None:
    """Start an attempt at an agent's step."""
    step = _step(visit)
    reserved = budget.reserve(run, step)
    if isinstance(reserved, str):
        run.agenda.append(Fail(visit, "over budget", reserved))
        return
    tokens, cost, scarce = reserved
    tools = run.plan.evaluator.listed(step.agent.name, visit.scopes, step.tools) if step.tools else ()
    visit.talk = Conversation(handoff.context_of(run, visit.route), tools, tokens, cost, scarce)
    _ask(run, visit, visit.talk)


def _step(visit: Visit) -> AgentStep:
    assert isinstance(visit.step, AgentStep)
    return visit.step


def _ask(run: Run, visit: Visit, talk: Conversation) -> None:
    step = _step(visit)
    visit.phase = "asking"
    visit.command = run.new_id("m")
    run.ask(
        visit,
        AskModel(
            visit.command, visit.name, step.agent.name, step.agent.model, step.task, talk.context, talk.tools,
            tuple(talk.turns), talk.tokens - talk.used_tokens, step.agent.timeout,
        ),
    )  # fmt: skip


def replied(run: Run, visit: Visit, event: ModelReplied) -> None:
    """A model took its turn."""
    talk = _talk(visit)
    _turn_over(run, visit, talk, event.usage)
    talk.exchanges += 1
    if event.answered and not event.calls:
        _answered(run, visit, talk, event)
    elif event.calls and not event.answered:
        if _may_go_on(run, visit, talk, "it asked for calls in the last exchange it had"):
            _act(run, visit, talk, event)
    else:
        both = "either an answer or calls, not both" if event.calls else "an answer or calls, and there was neither"
        _complain(run, visit, talk, Turn(raw=event.raw, complaint=f"expected {both}"))


def _answered(run: Run, visit: Visit, talk: Conversation, event: ModelReplied) -> None:
    returns = _step(visit).returns
    try:
        value = decode(returns, event.output)
    except ValidationError as invalid:
        _complain(run, visit, talk, Turn(raw=event.raw, refused_output=event.output, complaint=str(invalid)))
    else:
        run.agenda.append(Complete(visit, value, run.plan.shown(returns, value)))


def _complain(run: Run, visit: Visit, talk: Conversation, turn: Turn) -> None:
    if _may_go_on(run, visit, talk, f"its answer did not fit: {turn.complaint}"):
        run.notes.append(AttemptFailed(visit.name, visit.attempt, "failure", turn.complaint, run.now))
        talk.turns.append(turn)
        _ask(run, visit, talk)


def _may_go_on(run: Run, visit: Visit, talk: Conversation, otherwise: str) -> bool:
    """Whether the attempt has another exchange; if not, it has failed."""
    used_up = budget.exhausted(run, talk)
    if used_up:
        _attempt_failed(run, visit, _used_up(run, talk), f"{used_up}; {otherwise}", 0)
    elif talk.exchanges >= _step(visit).agent.turns:
        _attempt_failed(run, visit, "failure", f"no answer after {talk.exchanges} exchanges; {otherwise}", 0)
    else:
        return True
    return False


def _used_up(run: Run, talk: Conversation) -> Trigger:
    """Return whose limit it was: the run's, or only the agent's own."""
    return "over budget" if talk.scarce or budget.cost_is_spent(run) else "failure"


def _act(run: Run, visit: Visit, talk: Conversation, event: ModelReplied) -> None:
    visit.phase = "acting"
    talk.asked, talk.raw, talk.calls, talk.outcomes = event.calls, event.raw, [], {}
    keys: set[str] = set()
    wanted: list[Call] = []
    for slot, asked in enumerate(event.calls):
        call = _read(run, visit, talk, slot, asked, keys)
        if call is not None:
            wanted.append(call)
        keys.add(asked.key)
    talk.calls = wanted
    for call in wanted:
        calls.decide(run, call)
    _next(run, visit, talk)


def _read(run: Run, visit: Visit, talk: Conversation, slot: int, asked: ModelCall, keys: set[str]) -> Call | None:
    """Return the call a model asks for; None if it is none, which it is told."""
    agent = _step(visit).agent.name
    tool = run.plan.tools.get(asked.tool)
    values, problem = ({}, "") if tool is None else decode_arguments(tool, asked.args)
    if asked.key in keys:
        problem = "its key was used before in the same turn"
    if tool is not None and not problem and tool.name in talk.tools:
        args = cast(dict[str, Json], run.plan.shown(tool.parameters, values))
        return Call(tool, values, args, "agent", visit.name, visit=visit, agent=agent, slot=slot)
    request = Request(
        tool=asked.tool, args={}, agent=agent, problem=problem, principal=run.principal, history=run.history,
        now=run.now, grants=visit.grants, shown=talk.tools,
    )  # fmt: skip
    decision = run.plan.evaluator.authorize(request)
    args = asked.args if isinstance(asked.args, dict) else {}
    run.notes.append(CallDecided(visit.name, agent, asked.tool, args, "", decision))
    talk.outcomes[slot] = CallOutcome(asked.key, asked.tool, False, error=f"denied: {calls.said(decision)}")
    return None


def call_over(run: Run, over: CallOver) -> None:
    """One of the calls of the turn has come to its end; after the last one the model is told."""
    call = over.call
    visit = call.visit
    if visit is None or visit.talk is None or visit.phase != "acting" or call not in visit.talk.calls:
        return
    talk = visit.talk
    key = talk.asked[call.slot].key
    if over.trigger is None:
        outcome = CallOutcome(key, call.tool.name, True, over.result)
    else:
        word = {"denied": "denied", "expiry": "denied", "over budget": "denied"}.get(over.trigger, "failed")
        outcome = CallOutcome(key, call.tool.name, False, error=f"{word}: {over.message}")
    talk.outcomes[call.slot] = outcome
    _next(run, visit, talk)


def _next(run: Run, visit: Visit, talk: Conversation) -> None:
    if len(talk.outcomes) == len(talk.asked):
        outcomes = tuple(talk.outcomes[slot] for slot in range(len(talk.asked)))
        talk.turns.append(Turn(talk.asked, outcomes, talk.raw))
        talk.asked, talk.raw, talk.calls, talk.outcomes = (), None, [], {}
        _ask(run, visit, talk)


def failed(run: Run, visit: Visit, event: ModelFailed) -> None:
    """A model gave no reply."""
    talk = _talk(visit)
    _turn_over(run, visit, talk, event.usage)
    trigger: Trigger = "timeout" if event.kind == "timeout" else "failure"
    used_up = budget.exhausted(run, talk)
    if used_up and _used_up(run, talk) == "over budget":
        _attempt_failed(run, visit, "over budget", f"{used_up}; {event.message}", event.jitter)
    else:
        _attempt_failed(run, visit, trigger, event.message, event.jitter)


def _attempt_failed(run: Run, visit: Visit, trigger: Trigger, message: str, jitter: int) -> None:
    again = None
    if trigger != "over budget":
        again = next_attempt(_step(visit).agent.retry, visit.attempt, run.now, jitter)
    run.notes.append(AttemptFailed(visit.name, visit.attempt, trigger, message, again))
    budget.release(run, _talk(visit))
    if again is None:
        visit.talk = None
        run.agenda.append(Fail(visit, trigger, message))
        return
    visit.phase = "pausing"
    visit.talk = None
    visit.timer = run.set_timer(visit, again, "retry")


def rested(run: Run, visit: Visit, event: TimerFired) -> None:
    """The wait before the next attempt is over: it starts from the beginning."""
    visit.timer = ""
    visit.attempt += 1
    begin(run, visit)


def ask_again(run: Run, visit: Visit) -> None:
    """A runtime stopped while a model was asked: it is asked again, under the same id."""
    run.commands.append(run.open[visit.command][1])


def _turn_over(run: Run, visit: Visit, talk: Conversation, usage: Usage) -> None:
    visit.command = ""
    budget.charge_usage(run, talk, usage)


def _talk(visit: Visit) -> Conversation:
    assert visit.talk is not None
    return visit.talk
