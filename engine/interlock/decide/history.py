"""Which calls were performed so far, when, by whom and with what: what `calls(tool)` reads and what `limit` counts."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from interlock_dsl.cel.values import Timestamp

ANYBODY: Final = "*"
"""Stands for the agent of a call where it was not said."""


def matches(pattern: str, name: str) -> bool:
    """Whether a pattern (a name, `family.*` or `*`) is about a name."""
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


@dataclass(slots=True, eq=False)
class PastCall:
    """A call that was performed at a moment (microseconds since 1970) by an agent (empty: by none).

    `args` are decoded values (None: nobody said which). `result` is what it returned, decoded, once it has returned.
    `counts` are the limits that it counts for, of those with a condition, by their identities (None: all). `amounts`
    is what it took of limits on sums, by their identities, each worked out when it is first asked for (None: none was).
    """

    at: int
    agent: str
    args: Mapping[str, object] | None
    result: object = None
    counts: tuple[str, ...] | None = None
    amounts: dict[str, int] | None = field(default=None, repr=False)

    def value(self) -> Mapping[str, object]:
        """Return the call as conditions see it: without what nobody said."""
        value: dict[str, object] = {"at": Timestamp(self.at * 1000)}
        if self.agent != ANYBODY:
            value["agent"] = self.agent
        if self.args is not None:
            value["args"] = self.args
        if self.result is not None:
            value["result"] = self.result
        return value


class History:
    """The calls of a run, or of a session without a workflow, in order of time.

    `session` is the id of that run or session and `started` its beginning (microseconds since 1970): what conditions
    read as `run.id` and `run.started`. A count is logarithmic in the number of calls of one tool.
    """

    __slots__ = ("_calls", "_moments", "now", "run", "session", "started")

    def __init__(self, session: str, *, started: int) -> None:
        self.session = session
        self.started = started
        self.now = started
        """The moment that `within` counts back from; set by whoever decides."""
        self.run: Mapping[str, object] = {"id": session, "workflow": "", "started": Timestamp(started * 1000)}
        """What conditions read as `run` where there is no workflow."""
        self._moments: dict[str, list[int]] = {}
        self._calls: dict[str, list[PastCall]] = {}

    def record(
        self,
        tool: str,
        at: int,
        *,
        agent: str | None = ANYBODY,
        args: Mapping[str, object] | None = None,
        counts: tuple[str, ...] | None = None,
    ) -> PastCall:
        """Record a call performed at a moment (microseconds since 1970) by an agent (None: by no agent).

        `args` are decoded values; where they are None, what reads them has no value, and a limit on their sum denies.
        A call of which nobody says who made it counts for every agent, and one of which nobody says what it `counts`
        for (its decision does) for every limit. Give what it returns to `returned`. Raises ValueError for a moment
        before the last one recorded for the tool: counting relies on their order.
        """
        moments = self._moments.get(tool)
        if moments is None:
            moments, self._calls[tool] = [], []
            self._moments[tool] = moments
        elif moments and at < moments[-1]:
            raise ValueError(f"a call of {tool} at {at} is recorded after one at {moments[-1]}")
        call = PastCall(at, agent or "", args, None, counts)
        moments.append(at)
        self._calls[tool].append(call)
        return call

    def returned(self, call: PastCall, result: object) -> None:
        """Record what a call returned: a decoded value."""
        call.result = result

    @contextmanager
    def without(self, tool: str, at: int, agent: str) -> Iterator[None]:
        """Leave one call of a tool by an agent at a moment out of account meanwhile; it must have been recorded."""
        moments, calls = self._moments[tool], self._calls[tool]
        place = bisect_right(moments, at) - 1
        while calls[place].agent != agent:
            place -= 1
        assert moments[place] == at
        call = calls[place]
        del moments[place], calls[place]
        try:
            yield
        finally:
            moments.insert(place, at)
            calls.insert(place, call)

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
        return len(self.since(tool, micros, pattern))

    def since(self, tool: str, micros: int | None, pattern: str | None = None) -> Sequence[PastCall]:
        """Return the calls of a tool in the last so many microseconds (None: all), in order of time.

        With a pattern, those by agents that it is about, or by nobody knows whom.
        """
        calls = self._calls.get(tool, [])
        if micros is not None:
            calls = calls[bisect_right(self._moments.get(tool, []), self.now - micros) :]
        if pattern is None:
            return calls
        return [call for call in calls if call.agent == ANYBODY or matches(pattern, call.agent)]

    def past(self, tool: str, micros: int | None) -> list[Mapping[str, object]]:
        """Return these calls as conditions see them: `args`, `agent` and `at`, and `result` once there is one."""
        return [call.value() for call in self.since(tool, micros)]

    def performed(self) -> dict[str, list[tuple[int, str]]]:
        """Return the moments of all calls with their agents, by tool."""
        return {tool: [(call.at, call.agent) for call in calls] for tool, calls in sorted(self._calls.items())}
