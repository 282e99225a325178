"""What a workflow may consume: charged, or reserved before and settled after; a budget that is used up refuses.

Steps are charged when entered, calls when dispatched (an attempt that fails was performed all the same; a denied call
never is), tokens and cost are reserved for an agent's attempt and settled with what its turns really used.

A workflow that a step runs has its own budget as a slice: what is consumed there counts in it and in every workflow
around it, and the tightest of them refuses.

# INVARIANT: what is spent plus what is reserved exceeds a budget only by what each model turn under way used beyond its
# allowance. An agent without a `cost` of its own has no allowance but the run's: several at once may each use it up in
# one turn, which nothing here can call back; whoever wants less gives the agent a `cost`.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from interlock.decide.history import PastCall
from interlock.run import promises
from interlock.run.moves import Abandon, Fail, StopRows
from interlock.run.parts import Conversation, Frame
from interlock.run.protocol.codes import WhyGivenUp
from interlock.run.protocol.commands import SetTimer
from interlock.run.protocol.events import Usage
from interlock.run.state import Run
from interlock_dsl.program.model import RunStep, Tool
from interlock_dsl.program.promises import CostAtMost, EndsWithin, EndsWithinSteps

TIME_OVER: Final = "the time of the run is over"


class Refusal(NamedTuple):
    """Why there is no more of something: in words, where, and the promise that says so (None: the budget)."""

    why: str
    frame: Frame
    promise: EndsWithin | EndsWithinSteps | CostAtMost | None = None


def over_for_step(run: Run, frame: Frame) -> Refusal | None:
    """Return what one more step would exceed."""
    for each in frame.around:
        limits = each.plan.limits
        if limits.steps is not None and each.spent.steps >= limits.steps:
            used_up = f"the budget of {limits.steps} steps is used up"
            promised = f"it would take more steps than {limits.steps}"
            return Refusal(used_up if limits.by_steps is None else promised, each, limits.by_steps)
        if is_late(run, each):
            return Refusal(TIME_OVER, each, _time_promised(run, each))
    return None


def charge_step(frame: Frame) -> None:
    """Charge a step that is entered."""
    for each in frame.around:
        each.spent.steps += 1


def is_late(run: Run, frame: Frame) -> bool:
    """Whether the time of a workflow is over."""
    return frame.deadline is not None and run.now >= frame.deadline


def over_for_call(run: Run, frame: Frame, tool: Tool, charged: int = 0) -> tuple[str, ...]:
    """Return the budgets that one more call of a tool would exceed, in words.

    `charged` of its attempts are not held against it: 1 for a call that is charged already and may be sent again.
    """
    over: list[str] = []
    for each in frame.around:
        limits = each.plan.limits
        if limits.tool_calls is not None and each.spent.tool_calls - charged >= limits.tool_calls:
            over.append(f"the budget of {limits.tool_calls} tool calls is used up")
        if limits.by_cost is None and _costs_too_much(each, tool, charged):
            over.append("it would cost more than the budget has left")
        if is_late(run, each):
            over.append(TIME_OVER)
    return tuple(dict.fromkeys(over))


def breaks_promise(frame: Frame, tool: Tool, charged: int = 0) -> CostAtMost | None:
    """Return the promise that one more call of a tool would break by what it costs."""
    for each in frame.around:
        promise = each.plan.limits.by_cost
        if promise is not None and _costs_too_much(each, tool, charged):
            return promise
    return None


def _costs_too_much(frame: Frame, tool: Tool, charged: int) -> bool:
    limit, spent = frame.plan.limits.cost, frame.spent
    cost = spent.cost + spent.reserved_cost + tool.cost * (1 - charged)
    return limit is not None and bool(tool.cost) and cost > limit


def charge_call(
    run: Run, frame: Frame, tool: Tool, agent: str, args: Mapping[str, object], counts: tuple[str, ...]
) -> PastCall:
    """Charge a call that is dispatched now, and return what the history keeps of it.

    `counts` is what the decision on it says.
    """
    for each in frame.around:
        each.spent.tool_calls += 1
        each.spent.cost += tool.cost
    return run.history.record(tool.name, run.now, agent=agent, args=args, counts=counts)


class Allowance(NamedTuple):
    """What is reserved for an attempt (`cost` None: unlimited).

    `scarce`: less than was wanted; `promised`: less cost, for the sake of a promise.
    """

    tokens: int
    cost: int | None
    scarce: bool
    promised: bool = False


def reserve(frame: Frame, tokens: int, cost: int | None) -> Allowance | Refusal:
    """Reserve tokens and cost (None: no limit of its own) for an attempt, or as much of them as is left everywhere."""
    scarce = promised = False
    around = frame.around
    for each in around:
        limits, spent = each.plan.limits, each.spent
        if limits.tokens is not None:
            left = limits.tokens - spent.tokens - spent.reserved_tokens
            if left <= 0:
                return Refusal(f"the budget of {limits.tokens} tokens is used up", each)
            scarce = scarce or left < tokens
            tokens = min(tokens, left)
        if limits.cost is not None:
            left = limits.cost - spent.cost - spent.reserved_cost
            if left <= 0:
                return Refusal(_cost_used_up(each), each, limits.by_cost)
            if cost is not None:
                promised = promised or (limits.by_cost is not None and left < cost)
                scarce = scarce or left < cost
                cost = min(cost, left)
    for each in around:
        if each.plan.limits.cost is not None and cost is not None:
            each.spent.reserved_cost += cost
        if each.plan.limits.tokens is not None:
            each.spent.reserved_tokens += tokens
    return Allowance(tokens, cost, scarce, promised)


def _cost_used_up(frame: Frame) -> str:
    promised = frame.plan.limits.by_cost is not None
    return "what it may cost is used up" if promised else "the budget for cost is used up"


def charge_usage(frame: Frame, conversation: Conversation, usage: Usage) -> None:
    """Settle one turn: what it used moves from reserved to spent, and beyond the reservation it is spent as well."""
    tokens, cost = max(0, usage.tokens), max(0, usage.cost)
    for each in frame.around:
        held_tokens, held_cost = held(each, conversation)
        each.spent.reserved_tokens -= min(tokens, held_tokens)
        each.spent.reserved_cost -= min(cost, held_cost)
        each.spent.tokens += tokens
        each.spent.cost += cost
    conversation.used_tokens += tokens
    conversation.used_cost += cost


def replace_lost(frame: Frame, conversation: Conversation) -> Refusal | None:
    """Settle a turn that was under way when its runtime stopped, and reserve as much for the one that replaces it.

    The lost turn is charged with the most it could use: what the attempt had left, and of the cost of an agent without
    a `cost` of its own all that was left. Return what has nothing left for another.
    """
    tokens = conversation.tokens - conversation.used_tokens
    cost = None if conversation.cost is None else conversation.cost - conversation.used_cost
    charge_usage(frame, conversation, Usage(max(0, tokens), 0, max(0, _all_left(frame) if cost is None else cost)))
    reserved = reserve(frame, tokens, cost)
    if isinstance(reserved, Refusal):
        why = f"{reserved.why}: a turn that was lost is charged with the most it could use"
        return reserved._replace(why=why)
    conversation.tokens = conversation.used_tokens + reserved.tokens
    conversation.cost = None if reserved.cost is None else conversation.used_cost + reserved.cost
    conversation.scarce = conversation.scarce or reserved.scarce
    conversation.promised = conversation.promised or reserved.promised
    return None


def _all_left(frame: Frame) -> int:
    """Return what is left of the cost that everything around a workflow allows; 0 where nothing limits it."""
    return min((_left(each) for each in frame.around if each.plan.limits.cost is not None), default=0)


def _left(frame: Frame) -> int:
    return (frame.plan.limits.cost or 0) - frame.spent.cost - frame.spent.reserved_cost


def release(frame: Frame, conversation: Conversation) -> None:
    """Give back what an attempt reserved and did not use."""
    for each in frame.around:
        tokens, cost = held(each, conversation)
        each.spent.reserved_tokens -= tokens
        each.spent.reserved_cost -= cost


def held(frame: Frame, conversation: Conversation) -> tuple[int, int]:
    """Return what an attempt still has reserved of a workflow's budgets."""
    limits = frame.plan.limits
    tokens = max(0, conversation.tokens - conversation.used_tokens) if limits.tokens is not None else 0
    cost = (
        max(0, conversation.cost - conversation.used_cost)
        if limits.cost is not None and conversation.cost is not None
        else 0
    )
    return tokens, cost


def exhausted(frame: Frame, conversation: Conversation) -> str:
    """Return what an attempt has used up, in words; empty while it may go on."""
    if conversation.used_tokens >= conversation.tokens:
        return f"its {conversation.tokens} tokens are used up"
    if conversation.cost is not None and conversation.used_cost >= conversation.cost:
        return "what it may cost is used up"
    spent = cost_is_spent(frame)
    return "" if spent is None else _cost_used_up(spent)


def promise_at_stake(frame: Frame, conversation: Conversation) -> tuple[Frame, CostAtMost] | None:
    """Return the promise that another turn of an exhausted attempt might break, if that is why it is exhausted."""
    cut = conversation.promised and conversation.cost is not None and conversation.used_cost >= conversation.cost
    promised = [(each, each.plan.limits.by_cost) for each in frame.around]
    at_stake = [(each, promise) for each, promise in promised if promise is not None and (cut or _is_spent(each))]
    return min(at_stake, key=lambda one: _left(one[0]), default=None)


def cost_is_spent(frame: Frame) -> Frame | None:
    """Return the outermost workflow that has spent all it may cost."""
    return next((each for each in frame.around if _is_spent(each)), None)


def _is_spent(frame: Frame) -> bool:
    limit = frame.plan.limits.cost
    return limit is not None and frame.spent.cost >= limit


def time_is_up(run: Run, frame: Frame) -> None:
    """The time of a workflow is over: it is given up for what it promises, or whatever is under way in it fails.

    What may go on behind the budget's time goes on until the promised moment.
    """
    promise = _time_promised(run, frame)
    if promise is not None:
        promises.break_promise(run, frame, promise, TIME_OVER)
        return
    _await_promised(run, frame)
    for visit in frame.active.values():
        if visit.inner is not None:
            run.agenda.append(Abandon(WhyGivenUp.STEP_FAILED, TIME_OVER, frame=visit.inner, trigger="over budget"))
        elif visit.rows is not None and (visit.rows.decided or isinstance(visit.step, RunStep)):
            run.agenda.append(StopRows(visit, "over budget", TIME_OVER))
        else:
            run.agenda.append(Fail(visit, "over budget", TIME_OVER))


def _time_promised(run: Run, frame: Frame) -> EndsWithin | None:
    """Return the promise that a workflow breaks by going on now."""
    due = frame.promised is not None and run.now >= frame.promised
    return frame.plan.limits.promised_time if due else None


def _await_promised(run: Run, frame: Frame) -> None:
    """Set the timer for the promised moment, in the place of the one for the budget's time."""
    if frame.promised is None:
        return
    held = run.open.get(frame.timer)
    if held is None or (isinstance(held[1], SetTimer) and held[1].at < frame.promised):
        run.cancel(frame.timer)
        frame.timer = run.set_timer(frame.parent, frame.promised, "deadline")
