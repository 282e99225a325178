"""Group commit: the appends of all runs that have one ready share one durable write.

A run that is alone writes at once. As soon as there are several, an append waits for the end of the loop's current
round, by which time the others of that round have come, and all are written together.
"""

import asyncio

from interlock.errors import Conflict
from interlock.journal.journal import Append, Journal


class Recorder:
    """Writes to one journal, from one event loop."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.active = 0
        self._waiting: list[tuple[Append, asyncio.Future[bytes]]] = []

    async def append(self, append: Append) -> bytes:
        """Append durably; return the chain's head. Raises what the journal raises."""
        if self.active <= 1 and not self._waiting:
            if append.reserving is None and not append.releases and not append.came:
                return self.journal.append(append.run, append.expected, append.entries, append.summary)
            (alone,) = self.journal.append_all((append,))
            if isinstance(alone, Conflict):
                raise alone
            return alone
        loop = asyncio.get_running_loop()
        written: asyncio.Future[bytes] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._write)
        self._waiting.append((append, written))
        return await written

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            done = self.journal.append_all([append for append, _ in waiting])
        except Exception as error:
            for _, written in waiting:
                if not written.done():
                    written.set_exception(error)
            return
        for (_, written), result in zip(waiting, done, strict=True):
            if written.done():
                continue
            if isinstance(result, Conflict):
                written.set_exception(result)
            else:
                written.set_result(result)
