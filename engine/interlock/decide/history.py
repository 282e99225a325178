"""Which calls were performed so far, and when: what `calls(tool)` reads and what `limit` counts."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from interlock_dsl.cel.values import Timestamp


class History:
    """The calls of a run, or of a session without a workflow, in order of time.

    `session` is the id of that run or session and `started` its beginning (microseconds since 1970): what conditions
    read as `run.id` and `run.started`. A count is logarithmic in the number of calls of one tool.
    """

    __slots__ = ("_moments", "now", "run", "session", "started")

    def __init__(self, session: str, *, started: int) -> None:
        self.session = session
        self.started = started
        self.now = started
        """The moment that `within` counts back from; set by whoever decides."""
        self.run: Mapping[str, object] = {"id": session, "workflow": "", "started": Timestamp(started * 1000)}
        """What conditions read as `run` where there is no workflow."""
        self._moments: dict[str, list[int]] = {}

    def record(self, tool: str, at: int) -> None:
        """Record a call performed at a moment (microseconds since 1970).

        Raises ValueError for a moment before the last one recorded for the tool: counting relies on their order.
        """
        moments = self._moments.setdefault(tool, [])
        if moments and at < moments[-1]:
            raise ValueError(f"a call of {tool} at {at} is recorded after one at {moments[-1]}")
        moments.append(at)

    @contextmanager
    def without(self, tool: str, at: int) -> Iterator[None]:
        """Leave one call of a tool at a moment out of account meanwhile; it must have been recorded."""
        moments = self._moments[tool]
        place = bisect_right(moments, at) - 1
        assert moments[place] == at
        del moments[place]
        try:
            yield
        finally:
            moments.insert(place, at)

    def count(self, tool: str) -> int:
        """Return how many calls of a tool there were."""
        return len(self._moments.get(tool, ()))

    def within(self, tool: str, micros: int) -> int:
        """Return how many calls of a tool there were in the last so many microseconds."""
        moments = self._moments.get(tool)
        if not moments:
            return 0
        return len(moments) - bisect_right(moments, self.now - micros)

    def moments(self) -> dict[str, list[int]]:
        """Return all moments by tool, for a digest of the state."""
        return {tool: list(at) for tool, at in sorted(self._moments.items())}
