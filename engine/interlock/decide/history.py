"""Which calls were performed so far, when and by whom: what `calls(tool)` reads and what `limit` counts."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from interlock_dsl.cel.values import Timestamp

ANYBODY: Final = "*"
"""Stands for the agent of a call where it was not said."""


def matches(pattern: str, name: str) -> bool:
    """Whether a pattern (a name, `family.*` or `*`) is about a name."""
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


class History:
    """The calls of a run, or of a session without a workflow, in order of time.

    `session` is the id of that run or session and `started` its beginning (microseconds since 1970): what conditions
    read as `run.id` and `run.started`. A count is logarithmic in the number of calls of one tool.
    """

    __slots__ = ("_agents", "_moments", "now", "run", "session", "started")

    def __init__(self, session: str, *, started: int) -> None:
        self.session = session
        self.started = started
        self.now = started
        """The moment that `within` counts back from; set by whoever decides."""
        self.run: Mapping[str, object] = {"id": session, "workflow": "", "started": Timestamp(started * 1000)}
        """What conditions read as `run` where there is no workflow."""
        self._moments: dict[str, list[int]] = {}
        self._agents: dict[str, list[str]] = {}

    def record(self, tool: str, at: int, *, agent: str | None = ANYBODY) -> None:
        """Record a call performed at a moment (microseconds since 1970) by an agent (None: by no agent).

        A call of which nobody says who made it counts for every agent. Raises ValueError for a moment before the last
        one recorded for the tool: counting relies on their order.
        """
        moments = self._moments.setdefault(tool, [])
        if moments and at < moments[-1]:
            raise ValueError(f"a call of {tool} at {at} is recorded after one at {moments[-1]}")
        moments.append(at)
        self._agents.setdefault(tool, []).append(agent or "")

    @contextmanager
    def without(self, tool: str, at: int, agent: str) -> Iterator[None]:
        """Leave one call of a tool by an agent at a moment out of account meanwhile; it must have been recorded."""
        moments, agents = self._moments[tool], self._agents[tool]
        place = bisect_right(moments, at) - 1
        while agents[place] != agent:
            place -= 1
        assert moments[place] == at
        del moments[place], agents[place]
        try:
            yield
        finally:
            moments.insert(place, at)
            agents.insert(place, agent)

    def count(self, tool: str) -> int:
        """Return how many calls of a tool there were."""
        return len(self._moments.get(tool, ()))

    def within(self, tool: str, micros: int) -> int:
        """Return how many calls of a tool there were in the last so many microseconds."""
        moments = self._moments.get(tool)
        if not moments:
            return 0
        return len(moments) - bisect_right(moments, self.now - micros)

    def within_by(self, tool: str, micros: int, pattern: str) -> int:
        """Return how many of these calls were made by agents that a pattern is about, or by nobody knows whom."""
        moments = self._moments.get(tool, [])
        agents = self._agents.get(tool, [])[bisect_right(moments, self.now - micros) :]
        return sum(agent == ANYBODY or matches(pattern, agent) for agent in agents)

    def performed(self) -> dict[str, list[tuple[int, str]]]:
        """Return the moments of all calls with their agents, by tool."""
        return {tool: list(zip(at, self._agents[tool], strict=True)) for tool, at in sorted(self._moments.items())}
