"""At most one driver for a run: what this runtime holds, and the gate that beginning and ending to drive pass through.

Whoever cannot lease a run may still record what a person decided: its driver finds that, at the latest before it lets
go. So that neither side misses the other, three things are done one at a time, behind the gate: to lease a run and read
where it stands; to look for news a last time and let go; to record something because another one drives.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from interlock.journal.journal import Journal, Lease

_AGAIN: Final = 0.001


@dataclass(slots=True)
class _Held:
    lease: Lease
    users: int = 0


class Leases:
    """The runs that this runtime may drive; several of its tasks may use one lease."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._held: dict[str, _Held] = {}

    @asynccontextmanager
    async def gate(self, run: str) -> AsyncGenerator[None]:
        """Keep others from leasing a run, from letting it go and from recording for its driver meanwhile."""
        while (gate := self._journal.lease(f"{run}\0gate")) is None:
            await asyncio.sleep(_AGAIN)
        try:
            yield
        finally:
            gate.release()

    def take(self, run: str) -> bool:
        """Use the lease on a run; False while another holds it."""
        held = self._held.get(run)
        if held is None:
            lease = self._journal.lease(run)
            if lease is None:
                return False
            held = self._held[run] = _Held(lease)
        held.users += 1
        return True

    def only_user(self, run: str) -> bool:
        """Whether to end using a lease is to release it."""
        return self._held[run].users == 1

    def holds(self, run: str) -> bool:
        """Whether this runtime holds a run."""
        return run in self._held

    def leave(self, run: str) -> None:
        """Stop using a lease; the last user releases it."""
        held = self._held[run]
        held.users -= 1
        if not held.users:
            del self._held[run]
            held.lease.release()
