"""When a failed attempt is made again: whether at all, and after how long. The jitter comes from the event."""

from interlock_dsl.program.model import Agent, RetryPlan


def next_attempt(plan: RetryPlan, attempt: int, now: int, jitter: int) -> int | None:
    """Return the moment of the attempt after the `attempt`-th (counted from 1); None when there is none left.

    The wait doubles from `plan.first` up to `plan.most` and is shortened by up to half, as `jitter` (0..1000) says, so
    that many runs that failed together do not come back together.
    """
    if attempt > plan.times:
        return None
    full = min(plan.first << min(attempt - 1, 62), plan.most) if plan.most else plan.first << min(attempt - 1, 62)
    return now + full // 2 + full * min(max(jitter, 0), 1000) // 2000


def next_of_agent(agent: Agent, attempt: int, now: int, jitter: int) -> int | None:
    """Return the moment of an agent's next attempt. The first with its fallback follows at once on the last before."""
    each = agent.retry.times + 1
    if not agent.fallback or attempt < each:
        return next_attempt(agent.retry, attempt, now, jitter)
    return now if attempt == each else next_attempt(agent.retry, attempt - each, now, jitter)
