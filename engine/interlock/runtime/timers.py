"""The timers of one run, and the one alarm that is set for the earliest of them."""

import heapq
from collections.abc import Callable

from interlock.run.protocol.commands import SetTimer
from interlock.runtime.clock import Alarm, Clock


class Timers:
    """Which timers are set. `ring` is called (at the earliest timer's moment, or a little before) while armed."""

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._queue: list[tuple[int, str]] = []
        self._set: dict[str, SetTimer] = {}
        self._alarm: tuple[int, Alarm] | None = None

    def set(self, timer: SetTimer) -> None:
        """Set a timer; setting it again changes nothing."""
        if timer.id not in self._set:
            self._set[timer.id] = timer
            heapq.heappush(self._queue, (timer.at, timer.id))

    def cancel(self, timer: str) -> None:
        """Forget a timer, if it is set."""
        self._set.pop(timer, None)

    @property
    def next_retry(self) -> int | None:
        """The earliest moment at which something is tried again, or None."""
        return min((timer.at for timer in self._set.values() if timer.purpose == "retry"), default=None)

    @property
    def next(self) -> int | None:
        """The earliest moment, or None when no timer is set."""
        while self._queue and self._queue[0][1] not in self._set:
            heapq.heappop(self._queue)
        return self._queue[0][0] if self._queue else None

    def pop(self, now: int) -> str | None:
        """Return a timer whose moment has come, and forget it."""
        at = self.next
        if at is None or at > now:
            return None
        _, timer = heapq.heappop(self._queue)
        del self._set[timer]
        return timer

    def arm(self) -> None:
        """Ask to be woken for the earliest timer."""
        at = self.next
        if self._alarm is not None and self._alarm[0] == at:
            return
        self.disarm()
        if at is not None:
            self._alarm = (at, self._clock.wake_at(at, self._rung))

    def disarm(self) -> None:
        """Do not be woken any more."""
        if self._alarm is not None:
            self._alarm[1].cancel()
            self._alarm = None

    def _rung(self) -> None:
        self._alarm = None
        self._ring()
