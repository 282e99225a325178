"""Where branches meet: who has to arrive, what happens to those that are no longer needed.

A join is decided as soon as enough of its sources have arrived. Branches still under way that can only lead here are
cancelled then; one that can lead elsewhere goes on, and if it arrives after all, it is not waited for and not counted.

Who comes late is told by the visit: by how often the join had been decided without all of its sources when its lineage
last came through it, or through a join that takes what follows it. So what leaves elsewhere, or by a trigger, or never
comes takes nothing from those who arrive in a later round of a loop.
"""

from collections.abc import Iterable

from interlock.run.branching import UNBRANCHED, Branch, Lineage
from interlock.run.moves import Enter
from interlock.run.parts import Frame, Join
from interlock.run.plan import Group, WorkflowPlan
from interlock.run.protocol.codes import WhyCancelled
from interlock.run.routing.following import drop, targets
from interlock.run.state import Run
from interlock.run.steps import visits


def arrive(run: Run, frame: Frame, group: Group, source: str, lineage: Lineage) -> Lineage | None:
    """Note that a source of a join is done.

    Return, if the join is decided now, the branches in which those that arrived lie; None otherwise.
    """
    join = frame.joins.setdefault(group.key, Join())
    if _is_needless(frame, group, lineage):
        return None
    for name in [name for name in join.arrived if _is_needless(frame, group, join.branches.get(name, UNBRANCHED))]:
        del join.arrived[name]
        join.branches.pop(name, None)
    join.arrived[source] = None
    if lineage:
        join.branches[source] = lineage
    if len(join.arrived) < group.needed:
        return None
    met = UNBRANCHED.union(*join.branches.values())
    join.arrived, join.branches = {}, {}
    if group.hasty:
        _stop_branches(run, frame, group)
        join.rounds += 1
    return met


def is_late(frame: Frame, group: Group, lineage: Lineage) -> bool:
    """Say whether what lies in some branches comes to a join that was decided without it."""
    join = frame.joins.get(group.key)
    known = max((branch.taken for branch in lineage if branch.fork == group.key), default=0)
    return join is not None and known < join.rounds


def _is_needless(frame: Frame, group: Group, lineage: Lineage) -> bool:
    """Say whether what comes to a join is late there, or for another that all behind the join leads to alone."""
    others = {other.key: other for groups in frame.plan.joins.values() for other in groups if other.hasty}.values()
    return any(
        is_late(frame, other, lineage)
        and (other is group or all(_only_here(frame.plan, other, target) for target in group.targets))
        for other in others
    )


def in_round(frame: Frame, groups: Iterable[Group], lineage: Lineage) -> Lineage:
    """Return a lineage as one that belongs to the present rounds of some joins, and is not late there."""
    rounds = {group.key: frame.joins[group.key].rounds for group in groups if group.key in frame.joins}
    own = {Branch(number, key, "") for key, number in rounds.items() if number}
    return frozenset(branch for branch in lineage if branch.fork not in rounds) | own


def entering(run: Run, frame: Frame) -> list[Enter]:
    """Return the moves that enter steps of a workflow."""
    return [move for move in run.agenda if isinstance(move, Enter) and move.frame is frame]


def _stop_branches(run: Run, frame: Frame, group: Group) -> None:
    for visit in [visit for visit in frame.active.values() if _only_here(frame.plan, group, visit.name)]:
        visits.cancel(run, visit, WhyCancelled.JOIN_DECIDED, "the branches that were needed have arrived")
    for move in entering(run, frame):
        if _only_here(frame.plan, group, move.target):
            run.agenda.remove(move)
    drop(run, frame, lambda then: all(_only_here(frame.plan, group, target) for target in targets(then)))


def _only_here(plan: WorkflowPlan, group: Group, step: str) -> bool:
    """Whether every ordinary way on from a step goes through a join."""
    onward = plan.onward(step, besides=group)
    return not onward.isdisjoint(group.sources) and onward.isdisjoint(plan.workflow.ends)


def waiting(frame: Frame) -> str:
    """Say which joins wait for whom, to be put behind a sentence."""
    said = []
    for joins in frame.plan.joins.values():
        for group in joins:
            join = frame.joins.get(group.key)
            text = f"; {', '.join(join.arrived)} waits for the others of {', '.join(group.sources)}" if join else ""
            if join and join.arrived and text not in said:
                said.append(text)
    return "".join(said)
