"""The branches of a workflow in which some race: which routes open them, where they end, who competes with whom.

A route with several targets opens a branch to each, anew every time that it is taken. What is done in a run lies in
the branches that are open there, its lineage. A join ends the branches of which it takes all; where branches race, the
first that arrives wins over the others that the same taking of a route has opened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from interlock_dsl.program.model import Workflow


class Branch(NamedTuple):
    """The branch to one target of a route (id), opened when a workflow forked for the `taken`-th time."""

    taken: int
    fork: str
    target: str


Lineage: TypeAlias = frozenset[Branch]
"""The branches in which something lies, where a workflow has to tell them apart.

What follows a join that does not wait for all, or one that takes what follows it, lies in a branch of that round:
`taken` is how often that join had been decided then, `fork` its key, and there is no target.
"""

UNBRANCHED: Final[Lineage] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Meeting:
    """What happens to branches at a join.

    `closed` are the routes whose branches end there, `raced` those whose branches race there, with the targets of each
    that do. `before` are the steps that lead to the join.
    """

    closed: frozenset[str]
    raced: Mapping[str, frozenset[str]]
    before: frozenset[str]

    def races(self, branch: Branch) -> bool:
        """Say whether a branch takes part in the race."""
        return branch.target in self.raced.get(branch.fork, ())


@dataclass(frozen=True, slots=True, eq=False)
class Branching:
    """The branches of a workflow. `lies` has for each step the routes and targets of the branches it can lie in."""

    lies: Mapping[str, frozenset[tuple[str, str]]]
    joins: Mapping[tuple[str, ...], Meeting]

    def beaten(self, meeting: Meeting, source: str, won: Lineage) -> tuple[Lineage, frozenset[str]]:
        """Return over what the winner of a race has won: branches, and the steps that lie in them."""
        kept = self.lies[source]
        lost = {
            Branch(one.taken, one.fork, target)
            for one in won
            for target in meeting.raced.get(one.fork, ())
            if (one.fork, target) not in kept
        }
        raced = {(fork, target) for fork, targets in meeting.raced.items() for target in targets}
        places = {(branch.fork, branch.target) for branch in lost}
        steps = {name for name, at in self.lies.items() if not at.isdisjoint(places) and at.isdisjoint(kept & raced)}
        return frozenset(lost), frozenset(steps)


def branching_of(workflow: Workflow) -> Branching | None:
    """Return the branches of a workflow, None where nothing races."""
    if not any(route.race for route in workflow.routes):
        return None
    # Imported when first needed: it loads slowly, and few workflows have races.
    from interlock_dsl.program.branches import branches_of, leading_to

    traced = branches_of(workflow.graph)
    opened = {bit: (fork, target) for (fork, target), bit in traced.opened.items()}

    def named(branches: int) -> frozenset[tuple[str, str]]:
        return frozenset(at for bit, at in opened.items() if bit & branches)

    joins: dict[tuple[str, ...], Meeting] = {}
    for route in workflow.routes:
        if len(route.sources) < 2 or route.sources in joins:
            continue
        at = [traced.of[source] for source in route.sources]
        every = 0
        for branches in at:
            every |= branches
        closed = frozenset(fork for fork, _ in named(every & ~traced.after(route)))
        raced: dict[str, frozenset[str]] = {}
        for fork, target in named(traced.raced(at)) if route.race else ():
            raced[fork] = raced.get(fork, frozenset()) | {target}
        before = leading_to(workflow.graph, route.sources)
        joins[route.sources] = Meeting(closed, raced, before)
    return Branching({name: named(traced.of.get(name, 0)) for name in workflow.steps}, joins)
