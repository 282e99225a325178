"""Which steps lie in branches that lose a race: their outputs are discarded, and what they did is undone."""

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from typing import get_args

from interlock_dsl.analysis.facts import WorkflowFacts
from interlock_dsl.analysis.knowledge.groups import groups
from interlock_dsl.analysis.knowledge.handovers import triggers
from interlock_dsl.analysis.workflows.flow import flow
from interlock_dsl.program.branches import Branches, leading_to
from interlock_dsl.syntax.tree import Trigger


def lost(branches: Branches, sources: Iterable[str], winner: str, bits: Mapping[str, int]) -> int:
    """Return the steps, as the sum of their `bits`, whose outputs are discarded when one of the sources has won."""
    raced = branches.raced([branches.of[source] for source in sources])
    return branches.losing(branches.of[winner], raced, bits)


def racing(branches: Branches, sources: Iterable[str], bits: Mapping[str, int]) -> int:
    """Return the steps, as the sum of their `bits`, that lie in the branches which race to a join of some sources."""
    names = tuple(sources)
    return reduce(or_, (lost(branches, names, winner, bits) for winner in names), 0)


def ways_on(workflow: WorkflowFacts) -> dict[str, set[str]]:
    """Return, for each step, on which triggers a run goes on when it fails: by a route, or since others still race."""
    found = triggers(workflow)
    bits = {name: 1 << at for at, name in enumerate(workflow.steps)}
    races = [group for group in groups(workflow) if group.race]
    if not races:
        return found
    shape = flow(workflow.graph)
    for race in races:
        lost = racing(shape.branches, race.sources, bits)
        before = leading_to(shape.forward, race.sources)
        for name in before & bits.keys():
            if bits[name] & lost:
                found[name] |= set(get_args(Trigger))
    return found
