"""When a failed attempt is made again: whether at all, and after how long. The jitter comes from the event."""

from interlock_dsl.program.model import RetryPlan


def next_attempt(plan: RetryPlan, attempt: int, now: int, jitter: int) -> int | None:
    """Return the moment of the attempt after the `attempt`-th (counted from 1); None when there is none left.

    The wait doubles from `plan.first` up to `plan.most` and is shortened by up to half, as `jitter` (0..1000) says, so
    that many runs that failed together do not come back together.
    """
    if attempt > plan.times:
        return None
    full = min(plan.first << min(attempt - 1, 62), plan.most) if plan.most else plan.first << min(attempt - 1, 62)
    return now + full // 2 + full * min(max(jitter, 0), 1000) // 2000
