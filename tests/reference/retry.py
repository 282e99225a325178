"""When a failed attempt is made again."""

from interlock_dsl.program.model import RetryPlan


def next_attempt(plan: RetryPlan, attempt: int, now: int, jitter: int) -> int | None:
    """Return the moment: after a wait that doubles up to the longest, shortened by up to half. None: never."""
    if attempt > plan.times:
        return None
    wait = plan.first
    for _ in range(min(attempt - 1, 62)):
        wait *= 2
    if plan.most:
        wait = min(wait, plan.most)
    return now + wait // 2 + wait * min(max(jitter, 0), 1000) // 2000
