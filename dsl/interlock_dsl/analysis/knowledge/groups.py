"""Routes that are chosen from together, and what is known of their conditions once one of them is taken.

A group are the routes of the same sources, trigger and number of sources that must arrive. Where a condition of a
group has no value, none of its routes is taken, so a route that is taken says something of the others too: under
`unique` all other conditions are false, under `first` those written before it.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

from interlock_dsl.analysis.facts import RouteFacts, WorkflowFacts
from interlock_dsl.analysis.knowledge.handovers import ways
from interlock_dsl.analysis.links import is_race, merge_count
from interlock_dsl.analysis.values.problem import Claim, Outcome
from interlock_dsl.syntax.tree import Trigger


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Routes in the order written. `needed` of the `sources` must arrive; `first`: the first that matches is taken.

    `race`: what was done in the branches of the others is undone once a source has arrived.
    """

    sources: tuple[str, ...]
    trigger: Trigger | None
    needed: int
    routes: tuple[RouteFacts, ...]
    first: bool
    race: bool = False

    @property
    def joins(self) -> bool:
        """Whether branches meet here."""
        return len(self.sources) > 1

    @property
    def otherwise(self) -> RouteFacts | None:
        """The route that is taken where no condition is true."""
        return next((route for route in self.routes if route.link.decl.otherwise), None)

    @property
    def conditional(self) -> tuple[RouteFacts, ...]:
        """The routes with a condition."""
        return tuple(route for route in self.routes if route.when is not None)

    def taken(self, route: RouteFacts) -> tuple[Claim, ...]:
        """Return what holds of the conditions of the group where one of its routes is taken."""
        last = route.link.decl.otherwise
        claims = [] if route.when is None else [Claim(route.when)]
        for other in self.routes:
            if other is route:
                if self.first and not last:
                    break
            elif other.when is not None:
                claims.append(Claim(other.when, Outcome.FALSE))
        return tuple(claims)


def groups(facts: WorkflowFacts) -> tuple[Group, ...]:
    """Return the groups of a workflow's routes, in the order of their first routes."""
    first = frozenset(mode.step.text for mode in facts.decl.first)
    found: dict[tuple[frozenset[str], Trigger | None, int, bool], list[RouteFacts]] = {}
    for route in facts.routes:
        decl = route.link.decl
        key = frozenset(route.link.sources), decl.trigger, merge_count(decl), is_race(decl)
        found.setdefault(key, []).append(route)
    return tuple(
        Group(routes[0].link.sources, trigger, needed, tuple(routes), bool(sources & first), race)
        for (sources, trigger, needed, race), routes in found.items()
    )


def onward(workflow: WorkflowFacts, step: str, besides: Collection[RouteFacts] = ()) -> set[str]:
    """Return a step and where ordinary routes lead from it, but for some routes."""
    closed = {id(each) for route in besides for each in (route, route.out)}
    seen, waiting = {step}, deque([step])
    while waiting:
        name = waiting.popleft()
        for route in ways(workflow):
            if name in route.link.sources and id(route) not in closed and route.link.decl.trigger is None:
                new = [target for target in route.link.targets if target not in seen]
                seen.update(new)
                waiting.extend(new)
    return seen


def called_off(workflow: WorkflowFacts, join: Group, step: str) -> bool:
    """Say whether a step is called off once a join is decided that does not wait for it: it can only lead there."""
    found = onward(workflow, step, join.routes)
    return not found.isdisjoint(join.sources) and found.isdisjoint(workflow.ends)
