"""The calls that were made, as the naive machine keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass

from interlock_dsl.cel.values import Timestamp


@dataclass(eq=False)
class Past:
    """A call that was made: of which tool, when, by whom, with what, and what it returned, if anything."""

    tool: str
    at: int
    agent: str
    args: Mapping[str, object]
    result: object = None
    counts: frozenset[str] = frozenset()
    """The limits that it counts for, among those with a condition."""


class History:
    """The calls that were made, in order: what `calls(...)` and `limit` count."""

    def __init__(self) -> None:
        self.now = 0
        self.calls: list[Past] = []

    def count(self, tool: str) -> int:
        return len(self.since(tool, None))

    def within(self, tool: str, micros: int) -> int:
        return len(self.since(tool, micros))

    def past(self, tool: str, micros: int | None) -> list[dict[str, object]]:
        return [
            {"args": one.args, "agent": one.agent, "at": Timestamp(one.at * 1000)}
            | ({} if one.result is None else {"result": one.result})
            for one in self.since(tool, micros)
        ]

    def since(self, tool: str, micros: int | None) -> list[Past]:
        return [one for one in self.calls if one.tool == tool and (micros is None or one.at > self.now - micros)]
