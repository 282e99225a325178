"""What one visit of a step consumes, at least and at most: every attempt made, and each as long as it may be."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Final, TypeAlias

from interlock_dsl.analysis.declarations.policies import rules_for
from interlock_dsl.analysis.facts import (
    AgentStepFacts,
    AskStepFacts,
    CallStepFacts,
    EventStepFacts,
    Facts,
    RunStepFacts,
    StepFacts,
    TimeStepFacts,
    rows_of,
)
from interlock_dsl.analysis.knowledge.handovers import fallbacks, turns_of
from interlock_dsl.program.model import Agent
from interlock_dsl.syntax.tree import AgentDecl, Duration, Retry

Amount: TypeAlias = int | None
"""How much at most; None is without a bound."""
CHANGING: Final = frozenset({"now", "$history"})
"""What rules read that changes while a call waits."""


@dataclass(frozen=True, slots=True)
class Usage:
    """How much is consumed: `cost` in millionths of the currency, `time` in microseconds. None is without a bound."""

    steps: Amount = 0
    calls: Amount = 0
    tokens: Amount = 0
    cost: Amount = 0
    time: Amount = 0


def worst_of(step: StepFacts, facts: Facts, hand: Iterable[str] = (), calls: Amount = None) -> Usage:
    """Return what one visit of a step consumes at most: every attempt made, each as long as it may be, in every row.

    `hand` are the tools that an agent may call, `calls` how many calls the whole run may make. Rows that are not needed
    may be undone.
    """
    offered, rows = tuple(hand), rows_of(step)
    done = done_by(step, facts, offered, calls)
    return done if rows is None or not rows.least else together(done, undo_of(step, facts, offered))


def done_by(step: StepFacts, facts: Facts, hand: Iterable[str] = (), calls: Amount = None) -> Usage:
    """Return what one visit of a step consumes at most, as `worst_of` does, but for undoing."""
    return in_rows(step, _once(step, facts, tuple(hand), calls))


def in_rows(step: StepFacts, one: Usage) -> Usage:
    """Return what all rows of a step consume, as many at once as may be, each of them so much."""
    rows = rows_of(step)
    if rows is None:
        return one
    most = max(rows.decl.max, 1)
    every, rounds = so_often(one, most), -(-most // max(rows.at_once, 1))
    return replace(every, time=times(one.time, rounds))


def each_row(step: StepFacts, one: Usage) -> Usage:
    """Return what all rows of a step consume one after the other, each of them so much."""
    rows = rows_of(step)
    return one if rows is None else so_often(one, max(rows.decl.max, 1))


def so_often(one: Usage, count: int) -> Usage:
    """Return what something consumes that is done so many times, one after the other."""
    return Usage(**{each.name: times(getattr(one, each.name), count) for each in fields(Usage)})


def together(one: Usage, other: Usage) -> Usage:
    """Return what two things consume, one after the other."""
    return Usage(**{each.name: add(getattr(one, each.name), getattr(other, each.name)) for each in fields(Usage)})


def _once(step: StepFacts, facts: Facts, hand: tuple[str, ...], calls: Amount) -> Usage:
    match step:
        case CallStepFacts(call=call):
            made = (call.tool, *fallbacks({call.tool}, facts))
            time = cut(_call_time(call.tool, facts), step.decl.within, made, facts)
            cost = sum(tool_cost(tool, facts) * attempts_at(tool, facts) for tool in made)
            return Usage(1, sum(attempts_at(tool, facts) for tool in made), 0, cost, time)
        case AgentStepFacts(decl=decl):
            tools = (*hand, *fallbacks(set(hand), facts))
            found = _agent(decl.agent.text, tools, facts, calls)
            calling = tools if turns_of(facts.agents[decl.agent.text]) > 1 else ()
            return replace(found, time=cut(found.time, decl.within, calling, facts))
        case TimeStepFacts(decl=decl):
            return Usage(steps=1, time=None if decl.pause is None else decl.pause.micros)
        case AskStepFacts(decl=decl) | EventStepFacts(decl=decl):
            return Usage(steps=1, time=None if decl.within is None else decl.within.micros)
        case RunStepFacts():  # `knowledge.bounds` knows what the workflow inside consumes
            return Usage(None, None, None, None, None)
        case _:
            return Usage(steps=1)


def undo_of(step: StepFacts, facts: Facts, hand: Iterable[str] = ()) -> Usage:
    """Return what undoing one visit of a step consumes at most, in every row, one call after the other.

    Nobody is asked about an undo: one that would need an approval is refused.
    """
    if isinstance(step, CallStepFacts):
        called = {step.call.tool, *fallbacks({step.call.tool}, facts)}
        undoing = {undo.tool for tool in called if (undo := facts.tools[tool].undo) is not None}
        return each_row(step, _dearest(undoing, facts))
    if any(facts.tools[tool].undo is not None for tool in hand):
        return Usage(0, None, 0, None, None)
    return Usage()


def _dearest(tools: Iterable[str], facts: Facts) -> Usage:
    """Return what one call of any of some tools consumes at most."""
    worst = Usage()
    for tool in tools:
        attempts, time = attempts_at(tool, facts), _attempts_of(tool, facts)
        longest = None if time is None or worst.time is None else max(time, worst.time)
        cost = max(tool_cost(tool, facts) * attempts, worst.cost or 0)
        worst = Usage(0, max(attempts, worst.calls or 0), 0, cost, longest)
    return worst


def left_of(step: StepFacts, facts: Facts, hand: Iterable[str] = ()) -> Amount:
    """Return how long a call that a step has under way is waited for at most, once the step is called off."""
    if isinstance(step, RunStepFacts):
        return None
    calling = (step.call.tool,) if isinstance(step, CallStepFacts) else tuple(hand)
    left: Amount = 0
    for tool in (*calling, *fallbacks(set(calling), facts)):
        longest = _tool_time(tool, facts) if facts.tools[tool].effect != "read" else 0
        left = None if left is None or longest is None else max(left, longest)
    return left


def least_of(step: StepFacts, facts: Facts) -> Usage:
    """Return what one visit of a step consumes at least, if it succeeds."""
    rows = rows_of(step)
    if rows is not None:
        call = isinstance(step, CallStepFacts)
        cost = tool_cost(step.call.tool, facts) if isinstance(step, CallStepFacts) else 0
        return Usage(rows.least, rows.least * call, 0, rows.least * cost, 0)
    if isinstance(step, CallStepFacts):
        return Usage(1, 1, 0, tool_cost(step.call.tool, facts), 0)
    return Usage(steps=1)


def _agent(name: str, calling: tuple[str, ...], facts: Facts, most: Amount) -> Usage:
    decl = facts.agents[name]
    attempts, models = attempts_with(decl), models_of(decl)
    usual = Agent(name, decl.span)
    turns = turns_of(decl)
    tokens = usual.tokens if decl.tokens is None else decl.tokens
    calls: Amount = None if calling and turns > 1 else 0
    cost: Amount = None if decl.cost is None else decl.cost.micros * attempts * models
    dearest = max((tool_cost(tool, facts) for tool in calling), default=0)
    if calls is None and dearest:
        cost = None if cost is None or most is None else cost + dearest * most
    time: Amount = None if decl.timeout is None else decl.timeout.micros * turns
    if calls is None:
        for tool in calling:
            worst = _call_time(tool, facts)
            time = None if time is None or worst is None else max(time, _talking(decl.timeout, turns, worst))
    time = _attempts(time, attempts, decl.retry)
    return Usage(1, calls, tokens * attempts * models, cost, None if time is None else time * models)


def attempts_with(decl: AgentDecl) -> int:
    """Return how many attempts an agent makes at most with each of its models."""
    return 1 + (0 if decl.retry is None else decl.retry.times)


def models_of(decl: AgentDecl) -> int:
    """Return how many models an agent has: one, or another beside it."""
    return 1 if decl.fallback is None else 2


def _talking(timeout: Duration | None, turns: int, worst: int) -> int:
    """Return the time of an attempt in which every turn but the last waits for calls that take `worst`."""
    return (0 if timeout is None else timeout.micros) * turns + worst * (turns - 1)


def _call_time(tool: str, facts: Facts) -> Amount:
    """Return the time of a call with all its attempts, and of what is called where it has failed."""
    made = (tool, *fallbacks({tool}, facts))
    time: Amount = 0
    for each in made:
        time = add(time, add(add(_attempts_of(each, facts), _room(each, facts)), _asked(each, facts)))
    return time


def _room(tool: str, facts: Facts) -> int:
    """Return how long further attempts at a call may wait for room under its rate: a whole period each."""
    decl = facts.tools[tool].decl
    return 0 if decl is None or decl.rate is None else decl.rate.period.micros * (attempts_at(tool, facts) - 1)


def _attempts_of(tool: str, facts: Facts) -> Amount:
    decl = facts.tools[tool].decl
    return _attempts(_tool_time(tool, facts), attempts_at(tool, facts), None if decl is None else decl.retry)


def attempts_at(tool: str, facts: Facts) -> int:
    """Return how many attempts there are at a call."""
    known = facts.tools[tool]
    retry = None if known.decl is None else known.decl.retry
    repeatable = known.effect == "read" or known.key is not None
    return 1 + (retry.times if retry is not None and repeatable else 0)


def _attempts(time: Amount, attempts: int, retry: Retry | None) -> Amount:
    """Return the time of so many attempts with the waits between them."""
    if time is None:
        return None
    first = 0 if retry is None or retry.first is None else retry.first.micros
    most = 0 if retry is None or retry.most is None else retry.most.micros
    waits = (first << min(at, 62) for at in range(attempts - 1))
    return time * attempts + sum(min(wait, most) if most else wait for wait in waits)


def cut(time: Amount, within: Duration | None, calling: Iterable[str], facts: Facts) -> Amount:
    """Return the time of a step with a deadline: what it leaves under way is waited for."""
    if within is None:
        return time
    left: Amount = 0
    for tool in calling:
        if facts.tools[tool].effect != "read":
            longest = _tool_time(tool, facts)
            left = None if left is None or longest is None else max(left, longest)
    limit = add(within.micros, left)
    return limit if time is None else time if limit is None else min(time, limit)


def _tool_time(tool: str, facts: Facts) -> Amount:
    decl = facts.tools[tool].decl
    return None if decl is None or decl.timeout is None else decl.timeout.micros


def tool_cost(tool: str, facts: Facts) -> int:
    """Return what one attempt of a call costs, in millionths of the currency."""
    decl = facts.tools[tool].decl
    return 0 if decl is None or decl.cost is None else decl.cost.micros


def _asked(tool: str, facts: Facts) -> Amount:
    """Return how long rules of policies may have a call wait for approvals.

    They ask at once, but for those that may come to apply while others are waited for, or at a further attempt.
    """
    together: Amount = 0
    later: Amount = 0
    for rule in rules_for(facts, tool):
        if rule.decl.kind == "require":
            within = None if rule.decl.within is None else rule.decl.within.micros
            reads = {name for each in (rule.when, rule.unless) if each is not None for name in each.variables}
            if reads & CHANGING:
                later = add(later, within)
            else:
                together = None if within is None or together is None else max(together, within)
    return add(together, later)


def times(amount: Amount, count: int) -> Amount:
    """Return an amount so many times."""
    return None if amount is None else amount * count


def add(one: Amount, other: Amount) -> Amount:
    """Return two amounts together."""
    return None if one is None or other is None else one + other


def greatest(amounts: Iterable[Amount]) -> Amount:
    """Return the greatest of some amounts."""
    found = 0
    for amount in amounts:
        if amount is None:
            return None
        found = max(found, amount)
    return found


def total(amounts: Iterable[Amount]) -> Amount:
    """Return some amounts together."""
    found = 0
    for amount in amounts:
        if amount is None:
            return None
        found += amount
    return found
