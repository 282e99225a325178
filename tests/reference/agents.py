"""A model's turns at a step. Nothing it says is believed."""

from typing import NamedTuple

from interlock.run.protocol.events import ModelCall, ModelFailed, ModelReplied, Usage
from reference import calls, hidden, promised, routing, rows
from reference.decisions import shown_tools, unread
from reference.retry import next_attempt
from reference.state import Call, Conversation, Run, Visit, is_agent
from reference.values import ValidationError, decoded, encoded


def begin(run: Run, visit: Visit) -> None:
    """Start an attempt: hold back what it may use, and ask."""
    step = is_agent(visit.step)
    agent = step.agent
    hold = reserve(run, agent.tokens, agent.cost or None)
    if hold is None:
        run.later(routing.fail, run, visit, "over budget")
    elif isinstance(hold, Hold):
        tools = shown_tools(run, agent.name, visit.scopes, step.tools)
        context = rows.context(run, visit)
        visit.conversation = Conversation(context, tools, hold.tokens, hold.cost, hold.scarce, hold.promised)
        ask(run, visit)


class Hold(NamedTuple):
    """What is held back for an attempt; `scarce`: less than it wants, `promised`: of cost, for a promise's sake."""

    tokens: int
    cost: int | None
    scarce: bool
    promised: bool


def reserve(run: Run, tokens: int, cost: int | None) -> Hold | bool | None:
    """Return what may be held back everywhere around; None where a budget, False where a promise leaves nothing."""
    scarce = cut = False
    for each in run.around:
        budget, limit, promise = each.of.budget.tokens, each.cost_limit(), promised.cost_promise(each)
        if budget is not None:
            left = budget - each.tokens - each.held_tokens()
            if left <= 0:
                return None
            tokens, scarce = min(tokens, left), scarce or left < tokens
        if limit is not None:
            left = limit - each.cost - each.held_cost()
            if left <= 0 and promise is not None:
                promised.broken(each, promise, "exceeded")
                return False
            if left <= 0:
                return None
            if cost is not None:
                cut = cut or (promise is not None and left < cost)
                cost, scarce = min(cost, left), scarce or left < cost
    return Hold(tokens, cost, scarce, cut)


def conversation_of(visit: Visit) -> Conversation:
    assert visit.conversation is not None
    return visit.conversation


def ask(run: Run, visit: Visit, id: str = "") -> None:
    step, held = is_agent(visit.step), conversation_of(visit)
    visit.phase = "asking model"
    run.ask(
        "ask model", visit, visit.path, step.agent.name, model_of(visit), step.task, held.context, held.tools,
        tuple(held.turns), held.tokens - held.used_tokens, step.agent.timeout, id=id,
    )  # fmt: skip


def model_of(visit: Visit) -> str:
    agent = is_agent(visit.step).agent
    return agent.model if visit.attempt <= 1 + agent.retry.times or not agent.fallback else agent.fallback


def charge(run: Run, held: Conversation, usage: Usage) -> None:
    """Count what a turn used."""
    tokens, cost = max(0, usage.input_tokens + usage.output_tokens), max(0, usage.cost)
    for each in run.around:
        each.tokens += tokens
        each.cost += cost
    held.used_tokens += tokens
    held.used_cost += cost


def used_up(run: Run, held: Conversation) -> bool:
    return (
        held.used_tokens >= held.tokens
        or (held.cost is not None and held.used_cost >= held.cost)
        or run.cost_is_spent()
    )


def whose_limit(run: Run, held: Conversation) -> str:
    """The run's, or only the agent's own."""
    return "over budget" if held.scarce or run.cost_is_spent() else "failure"


def replied(run: Run, visit: Visit, event: ModelReplied) -> None:
    """A model took its turn: it answers, or asks for calls; anything else is given back to it."""
    held = conversation_of(visit)
    charge(run, held, event.usage)
    held.exchanges += 1
    if promised.overspent(run):
        return
    if event.answered and not event.calls:
        returns = is_agent(visit.step).returns
        try:
            value = decoded(returns, event.output)
        except ValidationError:
            complain(run, visit, event, event.output)
            return
        run.later(routing.complete, run, visit, value, encoded(returns, value))
    elif event.calls and not event.answered:
        if may_go_on(run, visit):
            act(run, visit, event)
    else:
        complain(run, visit, event, None)


def complain(run: Run, visit: Visit, event: ModelReplied, refused: object) -> None:
    if may_go_on(run, visit):
        run.note("attempt failed", visit.path, visit.attempt, run.whole.now)
        conversation_of(visit).turns.append(("refused", event.raw, refused))
        ask(run, visit)


def may_go_on(run: Run, visit: Visit) -> bool:
    held = conversation_of(visit)
    if used_up(run, held):
        exhausted(run, visit, 0)
        return False
    if held.exchanges >= is_agent(visit.step).agent.turns:
        attempt_failed(run, visit, "failure", 0)
        return False
    return True


def exhausted(run: Run, visit: Visit, jitter: int) -> None:
    """An attempt has nothing left for another turn."""
    held = conversation_of(visit)
    promise = promised.another_turn_might_break(run, held)
    if promise is not None:
        promised.broken(*promise, "exceeded")
    else:
        attempt_failed(run, visit, whose_limit(run, held), jitter)


def act(run: Run, visit: Visit, event: ModelReplied) -> None:
    """Decide the calls of a turn, one after the other."""
    held = conversation_of(visit)
    visit.phase = "acting"
    held.asked, held.outcomes, visit.calls = event.calls, {}, []
    keys: set[str] = set()
    for slot, asked in enumerate(event.calls):
        made = read(run, visit, slot, asked, asked.key in keys)
        keys.add(asked.key)
        if made is not None:
            visit.calls.append(made)
    for made in list(visit.calls):
        calls.decide(run, made)
    heard(run, visit, event.raw)


def read(run: Run, visit: Visit, slot: int, asked: ModelCall, repeated: bool) -> Call | None:
    """Return the call a model asks for. One that it was not shown, or that is none, is denied at once."""
    agent, held = is_agent(visit.step).agent.name, conversation_of(visit)
    tool = run.program.tools.get(asked.tool)
    if tool is not None and asked.tool in held.tools and not repeated:
        try:
            values = decoded(tool.parameters, asked.args)
        except ValidationError:
            pass
        else:
            assert isinstance(values, dict)
            args = encoded(tool.parameters, values)
            assert isinstance(args, dict)
            return Call(tool, values, args, "agent", visit.path, run, visit, agent, slot)
    cause = "unknown-tool" if tool is None else "not-shown" if asked.tool not in held.tools else "arguments"
    found = unread(run, visit, asked.tool, frozenset({(cause, "")}))
    args = hidden.arguments(tool, asked.args, found.hides) if isinstance(asked.args, dict) else {}
    run.note(
        "call decided", visit.path, agent, asked.tool, args, "", "deny", found.because, frozenset(), "", (),
        found.obliged,
    )  # fmt: skip
    held.outcomes[slot] = (asked.key, asked.tool, False, None, "denied")
    return None


def call_over(run: Run, made: Call, trigger: str, result: object) -> None:
    """A call of the turn is over."""
    visit = made.visit
    assert visit is not None
    if visit.phase != "acting" or made not in visit.calls:
        return
    held = conversation_of(visit)
    asked = held.asked[made.slot]
    word = "" if not trigger else "denied" if trigger in ("denied", "expiry", "over budget") else "failed"
    held.outcomes[made.slot] = (asked.key, asked.tool, not trigger, result, word)
    heard(run, visit, None)


def heard(run: Run, visit: Visit, raw: object) -> None:
    """After the last call of a turn the model is told what came of each."""
    held = conversation_of(visit)
    if len(held.outcomes) == len(held.asked):
        held.turns.append(("calls", held.asked, tuple(held.outcomes[slot] for slot in range(len(held.asked)))))
        visit.calls = []
        ask(run, visit)


def failed(run: Run, visit: Visit, event: ModelFailed) -> None:
    """A model gave no reply."""
    held = conversation_of(visit)
    charge(run, held, event.usage)
    if promised.overspent(run):
        return
    trigger = "timeout" if event.kind == "timeout" else "failure"
    if used_up(run, held) and whose_limit(run, held) == "over budget":
        exhausted(run, visit, event.jitter)
        return
    attempt_failed(run, visit, trigger, event.jitter)


def attempt_failed(run: Run, visit: Visit, trigger: str, jitter: int) -> None:
    agent = is_agent(visit.step).agent
    first = agent.retry.times + 1
    again = None
    if trigger != "over budget" and visit.attempt == first and agent.fallback:
        again = run.whole.now
    elif trigger != "over budget":
        made = visit.attempt - first if agent.fallback and visit.attempt > first else visit.attempt
        again = next_attempt(agent.retry, made, run.whole.now, jitter)
    run.note("attempt failed", visit.path, visit.attempt, again)
    visit.conversation = None
    if again is None:
        run.later(routing.fail, run, visit, trigger)
        return
    visit.phase = "retrying"
    run.timer(visit, again, "retry")


def again(run: Run, visit: Visit) -> None:
    """The wait before the next attempt is over."""
    visit.attempt += 1
    begin(run, visit)


def resumed(run: Run, visit: Visit, id: str) -> None:
    """A runtime stopped while a model was asked: the turn is lost, charged at the most it could use, and repeated.

    The repeated turn counts as a further one, and what it may use is held back anew.
    """
    held = conversation_of(visit)
    del run.whole.open[id]
    held.exchanges += 1
    tokens = held.tokens - held.used_tokens
    cost = None if held.cost is None else held.cost - held.used_cost
    if cost is not None:
        most = cost
    else:
        limits = [(each, limit) for each in run.around if (limit := each.cost_limit()) is not None]
        most = min((limit - each.cost - each.held_cost() for each, limit in limits), default=0)
    charge(run, held, Usage(max(0, tokens), 0, max(0, most)))
    hold = reserve(run, tokens, cost)
    if hold is None:
        attempt_failed(run, visit, "over budget", 0)
    if not isinstance(hold, Hold):
        return
    held.promised = held.promised or hold.promised
    held.scarce = held.scarce or hold.scarce
    held.tokens = held.used_tokens + hold.tokens
    held.cost = None if hold.cost is None else held.used_cost + hold.cost
    if may_go_on(run, visit):
        ask(run, visit, id)
