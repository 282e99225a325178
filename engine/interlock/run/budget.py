"""What a run may consume: charged, or reserved before and settled after; a budget that is used up refuses.

Steps are charged when entered, calls when dispatched (an attempt that fails was performed all the same; a denied call
never is), tokens and cost are reserved for an agent's attempt and settled with what its turns really used.

# INVARIANT: what is spent plus what is reserved exceeds a budget only by what each model turn under way used beyond its
# allowance. An agent without a `cost` of its own has no allowance but the run's: several at once may each use it up in
# one turn, which nothing here can call back; whoever wants less gives the agent a `cost`.
"""

from collections.abc import Mapping
from typing import NamedTuple

from interlock.decide.history import PastCall
from interlock.run import promises
from interlock.run.protocol.events import Usage
from interlock.run.state import Conversation, Fail, Run
from interlock_dsl.program.model import Tool
from interlock_dsl.program.promises import CostAtMost, EndsWithinSteps


class Refusal(NamedTuple):
    """Why there is no more of something: in words, and the promise that says so (None: the budget)."""

    why: str
    promise: EndsWithinSteps | CostAtMost | None = None


def over_for_step(run: Run) -> Refusal | None:
    """Return what one more step would exceed."""
    limits = run.workflow.limits
    if limits.steps is not None and run.spent.steps >= limits.steps:
        used_up = f"the budget of {limits.steps} steps is used up"
        return Refusal(
            used_up if limits.by_steps is None else f"it would take more steps than {limits.steps}", limits.by_steps
        )
    return Refusal("the time of the run is over") if is_late(run) else None


def is_late(run: Run) -> bool:
    """Whether the run's time is over."""
    return run.deadline is not None and run.now >= run.deadline


def over_for_call(run: Run, tool: Tool, charged: int = 0) -> tuple[str, ...]:
    """Return the budgets that one more call of a tool would exceed, in words.

    `charged` of its attempts are not held against it: 1 for a call that is charged already and may be sent again.
    """
    limits, spent = run.workflow.limits, run.spent
    over: list[str] = []
    if limits.tool_calls is not None and spent.tool_calls - charged >= limits.tool_calls:
        over.append(f"the budget of {limits.tool_calls} tool calls is used up")
    if limits.by_cost is None and _costs_too_much(run, tool, charged):
        over.append("it would cost more than the budget has left")
    if is_late(run):
        over.append("the time of the run is over")
    return tuple(over)


def breaks_promise(run: Run, tool: Tool, charged: int = 0) -> CostAtMost | None:
    """Return the promise that one more call of a tool would break by what it costs."""
    promise = run.workflow.limits.by_cost
    return promise if promise is not None and _costs_too_much(run, tool, charged) else None


def _costs_too_much(run: Run, tool: Tool, charged: int) -> bool:
    limit, spent = run.workflow.limits.cost, run.spent
    cost = spent.cost + spent.reserved_cost + tool.cost * (1 - charged)
    return limit is not None and bool(tool.cost) and cost > limit


def charge_call(run: Run, tool: Tool, agent: str, args: Mapping[str, object], counts: tuple[str, ...]) -> PastCall:
    """Charge a call that is dispatched now, and return what the history keeps of it.

    `counts` is what the decision on it says.
    """
    run.spent.tool_calls += 1
    run.spent.cost += tool.cost
    return run.history.record(tool.name, run.now, agent=agent, args=args, counts=counts)


class Allowance(NamedTuple):
    """What is reserved for an attempt (`cost` None: unlimited).

    `scarce`: less than was wanted; `promised`: less cost, for the sake of a promise.
    """

    tokens: int
    cost: int | None
    scarce: bool
    promised: bool = False


def reserve(run: Run, tokens: int, cost: int | None) -> Allowance | Refusal:
    """Reserve tokens and cost (None: no limit but the run's) for an attempt, or as much of them as the run has left."""
    limits, spent = run.workflow.limits, run.spent
    scarce = promised = False
    if limits.tokens is not None:
        left = limits.tokens - spent.tokens - spent.reserved_tokens
        if left <= 0:
            return Refusal(f"the budget of {limits.tokens} tokens is used up")
        scarce = left < tokens
        tokens = min(tokens, left)
    if limits.cost is not None:
        left = limits.cost - spent.cost - spent.reserved_cost
        if left <= 0:
            return Refusal(_cost_used_up(run), limits.by_cost)
        if cost is not None:
            promised = limits.by_cost is not None and left < cost
            scarce = scarce or left < cost
            cost = min(cost, left)
            spent.reserved_cost += cost
    if limits.tokens is not None:
        spent.reserved_tokens += tokens
    return Allowance(tokens, cost, scarce, promised)


def _cost_used_up(run: Run) -> str:
    promised = run.workflow.limits.by_cost is not None
    return "what it may cost is used up" if promised else "the budget for cost is used up"


def charge_usage(run: Run, conversation: Conversation, usage: Usage) -> None:
    """Settle one turn: what it used moves from reserved to spent, and beyond the reservation it is spent as well."""
    tokens, cost = max(0, usage.tokens), max(0, usage.cost)
    held_tokens, held_cost = held(run, conversation)
    run.spent.reserved_tokens -= min(tokens, held_tokens)
    run.spent.reserved_cost -= min(cost, held_cost)
    run.spent.tokens += tokens
    run.spent.cost += cost
    conversation.used_tokens += tokens
    conversation.used_cost += cost


def replace_lost(run: Run, conversation: Conversation) -> Refusal | None:
    """Settle a turn that was under way when its runtime stopped, and reserve as much for the one that replaces it.

    The lost turn is charged with the most it could use: what the attempt had left, and of the cost of an agent without
    a `cost` of its own all that the run had left. Return what has nothing left for another.
    """
    tokens = conversation.tokens - conversation.used_tokens
    cost = None if conversation.cost is None else conversation.cost - conversation.used_cost
    limit = run.workflow.limits.cost
    most = limit - run.spent.cost - run.spent.reserved_cost if cost is None and limit is not None else cost or 0
    charge_usage(run, conversation, Usage(max(0, tokens), 0, max(0, most)))
    reserved = reserve(run, tokens, cost)
    if isinstance(reserved, Refusal):
        why = f"{reserved.why}: a turn that was lost is charged with the most it could use"
        return reserved._replace(why=why)
    conversation.tokens = conversation.used_tokens + reserved.tokens
    conversation.cost = None if reserved.cost is None else conversation.used_cost + reserved.cost
    conversation.scarce = conversation.scarce or reserved.scarce
    conversation.promised = conversation.promised or reserved.promised
    return None


def release(run: Run, conversation: Conversation) -> None:
    """Give back what an attempt reserved and did not use."""
    tokens, cost = held(run, conversation)
    run.spent.reserved_tokens -= tokens
    run.spent.reserved_cost -= cost


def held(run: Run, conversation: Conversation) -> tuple[int, int]:
    """Return what an attempt still has reserved of the run's budgets."""
    limits = run.workflow.limits
    tokens = max(0, conversation.tokens - conversation.used_tokens) if limits.tokens is not None else 0
    cost = (
        max(0, conversation.cost - conversation.used_cost)
        if limits.cost is not None and conversation.cost is not None
        else 0
    )
    return tokens, cost


def exhausted(run: Run, conversation: Conversation) -> str:
    """Return what an attempt has used up, in words; empty while it may go on."""
    if conversation.used_tokens >= conversation.tokens:
        return f"its {conversation.tokens} tokens are used up"
    if conversation.cost is not None and conversation.used_cost >= conversation.cost:
        return "what it may cost is used up"
    return _cost_used_up(run) if cost_is_spent(run) else ""


def promise_at_stake(run: Run, conversation: Conversation) -> CostAtMost | None:
    """Return the promise that another turn of an exhausted attempt might break, if that is why it is exhausted."""
    promise = run.workflow.limits.by_cost
    cut = conversation.promised and conversation.cost is not None and conversation.used_cost >= conversation.cost
    return promise if cut or cost_is_spent(run) else None


def cost_is_spent(run: Run) -> bool:
    """Whether the run has spent all it may cost."""
    limit = run.workflow.limits.cost
    return limit is not None and run.spent.cost >= limit


def time_is_up(run: Run) -> None:
    """The run's time is over: whatever is under way has exceeded the budget, or the run what is promised."""
    promise = run.workflow.limits.by_time
    if promise is not None:
        promises.break_promise(run, promise, "the time of the run is over")
        return
    for visit in run.active.values():
        run.agenda.append(Fail(visit, "over budget", "the time of the run is over"))
