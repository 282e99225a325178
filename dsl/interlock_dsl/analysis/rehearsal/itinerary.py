"""The routes that a rehearsed run is to take, and how far it has come."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from interlock_dsl.analysis.facts import RouteFacts
from interlock_dsl.analysis.knowledge.groups import Group
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.values.problem import Statement


class Astray(Exception):
    """The values do not lead along the way."""


@dataclass(frozen=True, slots=True)
class Course:
    """What is rehearsed: `routes` taken with values, up to a place, and the statements that are to hold there.

    The place is where a step or an end begins, or a group of routes is considered.
    """

    questions: Questions
    routes: Sequence[RouteFacts]
    bindings: Mapping[str, object]
    place: str | Group
    statements: Sequence[Statement]


class Itinerary:
    """The routes of a way, in order, with as many turns of a loop as its way out needs."""

    def __init__(self, routes: Sequence[RouteFacts], among: Sequence[RouteFacts]) -> None:
        self._next: dict[str, deque[RouteFacts]] = {}
        self._entries: dict[str, int] = {}
        unrolled = list(_unrolled(routes, among))
        for route in unrolled:
            for source in route.link.sources:
                self._next.setdefault(source, deque()).append(route)
            for target in route.link.targets:
                self._entries[target] = self._entries.get(target, 0) + 1
        self._left = len(unrolled)

    @property
    def done(self) -> bool:
        """Whether all routes have been taken."""
        return not self._left

    def leave(self) -> None:
        """Follow the way no further."""
        self._next.clear()
        self._left = 0

    def visits(self, step: str) -> int:
        """Return how often the way comes to a step."""
        return self._entries.get(step, 0)

    def next(self, source: str) -> RouteFacts | None:
        """Return the route that is to be taken next from a step."""
        waiting = self._next.get(source)
        return waiting[0] if waiting else None

    def take(self, group: Group, chosen: RouteFacts | None) -> None:
        """Go on by the route that was chosen; raise `Astray` where the way is another one."""
        if self.done:
            return
        wanted = [route for source in group.sources if (route := self.next(source)) is not None]
        if not wanted:  # a branch that the way does not follow
            if chosen is None:
                raise Astray("another branch fails")
            return
        if chosen is None or any(route is not chosen for route in wanted):
            raise Astray("another route is taken")
        for source in group.sources:
            self._next[source].popleft()
        self._left -= 1


def _unrolled(routes: Sequence[RouteFacts], among: Sequence[RouteFacts]) -> Iterable[RouteFacts]:
    """Yield the routes of a way; before a way out, the turns that use its bound up."""
    back = {id(route.out): route for route in among if route.out is not None}
    taken: dict[int, int] = {}
    for route in routes:
        loop = back.get(id(route))
        if loop is not None and loop.link.decl.bound is not None:
            turn = [loop, *_way(loop.link.targets[0], loop.link.sources[0], among)]
            for _ in range(loop.link.decl.bound.times - taken.get(id(loop), 0)):
                yield from turn
        taken[id(route)] = taken.get(id(route), 0) + 1
        yield route


def _way(start: str, end: str, among: Sequence[RouteFacts]) -> list[RouteFacts]:
    """Return the shortest way from a step to another by ordinary routes."""
    ways: dict[str, list[RouteFacts]] = {start: []}
    waiting = deque([start])
    while waiting and end not in ways:
        step = waiting.popleft()
        for route in among:
            link = route.link
            plain = link.sources == (step,) and len(link.targets) == 1 and link.decl.trigger is None
            if plain and not link.bounded and link.targets[0] not in ways:
                ways[link.targets[0]] = [*ways[step], route]
                waiting.append(link.targets[0])
    if end not in ways:
        raise Astray("the loop cannot be followed")
    return ways[end]
