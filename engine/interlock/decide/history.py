"""Which calls were performed so far, and when: what `calls(tool)` reads and what `limit` counts."""

from bisect import bisect_right


class History:
    """The calls of a run, or of a session without a workflow, in order of time.

    `now` is the moment that `within` counts back from: microseconds since 1970, set by whoever asks for a decision.
    A look is logarithmic in the number of calls of one tool, whatever else the run did.
    """

    __slots__ = ("_moments", "now")

    def __init__(self, now: int = 0) -> None:
        self.now = now
        self._moments: dict[str, list[int]] = {}

    def record(self, tool: str, at: int) -> None:
        """Note a call performed at a moment not before the last one noted."""
        self._moments.setdefault(tool, []).append(at)

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
