"""Time, as a port: microseconds since 1970 and wake-ups. Only the runtime has one; the machine reads events."""

import asyncio
import heapq
import time
from collections.abc import Callable
from typing import Final, Protocol

SECOND: Final = 1_000_000
"""Microseconds in a second."""
_LONGEST: Final = 3600.0


class Alarm(Protocol):
    """A wake-up that was asked for."""

    def cancel(self) -> None:
        """Do not wake any more; doing it again, or late, changes nothing."""
        ...


class Clock(Protocol):
    """What time it is, and how to be woken."""

    def now(self) -> int:
        """Return microseconds since 1970-01-01T00:00:00Z."""
        ...

    def wake_at(self, at: int, wake: Callable[[], None]) -> Alarm:
        """Call `wake` from the running event loop at a moment, soon if it is past; a little early is allowed."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        """Return microseconds since 1970."""
        return time.time_ns() // 1000

    def wake_at(self, at: int, wake: Callable[[], None]) -> Alarm:
        """Wake at a moment; after an hour at the latest, since the machine's clock may be set meanwhile."""
        return asyncio.get_running_loop().call_later(min(max((at - self.now()) / SECOND, 0.0), _LONGEST), wake)


class ManualClock:
    """A clock that stands still until it is told to go on: for tests and simulations, where hours pass at once.

    `start` is in microseconds since 1970, in UTC.
    """

    def __init__(self, start: int = 0) -> None:
        self._now = start
        self._counted = 0
        self._alarms: list[tuple[int, int, _ManualAlarm]] = []

    def now(self) -> int:
        """Return the time it was set to."""
        return self._now

    def wake_at(self, at: int, wake: Callable[[], None]) -> Alarm:
        """Wake when the clock is told to go that far; at once if it is that late."""
        alarm = _ManualAlarm(wake)
        if at <= self._now:
            asyncio.get_running_loop().call_soon(alarm.ring)
        else:
            self._counted += 1
            heapq.heappush(self._alarms, (at, self._counted, alarm))
        return alarm

    def advance(self, microseconds: int) -> None:
        """Let time pass, waking whoever is due in between, each at its moment."""
        until = self._now + microseconds
        while self._alarms and self._alarms[0][0] <= until:
            at, _, alarm = heapq.heappop(self._alarms)
            self._now = at
            alarm.ring()
        self._now = until


class _ManualAlarm:
    __slots__ = ("_wake",)

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake: Callable[[], None] | None = wake

    def ring(self) -> None:
        if self._wake is not None:
            self._wake()

    def cancel(self) -> None:
        self._wake = None


def length_of(microseconds: int) -> str:
    """Write a length of time as a file would: `5s`, `1m 30s`, `200ms`."""
    parts: list[str] = []
    rest = microseconds
    for unit, size in (("d", 86_400 * SECOND), ("h", 3600 * SECOND), ("m", 60 * SECOND), ("s", SECOND), ("ms", 1000)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"


def forward(clock: Clock, at: int) -> Callable[[], int]:
    """Return a clock that never goes back behind a run's last event."""
    last = at

    def now() -> int:
        nonlocal last
        last = max(last, clock.now())
        return last

    return now
