"""Where branches meet: who has to arrive, what happens to those that are no longer needed.

A join is decided as soon as enough of its sources have arrived. Branches still under way that can only lead here are
cancelled then; one that can lead elsewhere goes on, and if it arrives after all, it is not waited for and not counted.
"""

from collections.abc import Iterable

from interlock.run import visits
from interlock.run.plan import Group, PlannedRoute, WorkflowPlan
from interlock.run.protocol.codes import WhyCancelled
from interlock.run.state import Enter, Join, Run


def arrive(run: Run, group: Group, source: str) -> bool:
    """Note that a source of a join is done; return whether the join is decided now."""
    join = run.joins.setdefault(group.key, Join())
    if source in join.late:
        join.late.discard(source)
        return False
    join.arrived[source] = None
    if len(join.arrived) < group.needed:
        return False
    missing = [name for name in group.sources if name not in join.arrived]
    join.arrived = {}
    if missing:
        _stop_branches(run, group)
        under_way = [visit.name for visit in run.active.values()] + [
            m.target for m in run.agenda if isinstance(m, Enter)
        ]
        join.late = {name for name in missing if any(_reaches(run.workflow, step, name) for step in under_way)}
    return True


def _stop_branches(run: Run, group: Group) -> None:
    for visit in [visit for visit in run.active.values() if _only_here(run.workflow, group, visit.name)]:
        visits.cancel(run, visit, WhyCancelled.JOIN_DECIDED, "the branches that were needed have arrived")
    for move in [move for move in run.agenda if isinstance(move, Enter)]:
        if _only_here(run.workflow, group, move.target):
            run.agenda.remove(move)


def _only_here(plan: WorkflowPlan, group: Group, step: str) -> bool:
    """Whether every ordinary way on from a step goes through a join."""
    known = plan.closed.get((group.key, step))
    if known is None:
        met = False
        seen, todo = {step}, [step]
        while todo:
            name = todo.pop()
            met = met or name in group.sources
            for target in _targets(plan, name, group):
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        known = met and not seen & plan.workflow.ends.keys()
        plan.closed[group.key, step] = known
    return known


def _reaches(plan: WorkflowPlan, step: str, goal: str) -> bool:
    known = plan.reach.get(step)
    if known is None:
        seen, todo = {step}, [step]
        while todo:
            for target in _targets(plan, todo.pop(), None):
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        known = plan.reach[step] = frozenset(seen)
    return goal in known


def _targets(plan: WorkflowPlan, step: str, without: Group | None) -> Iterable[str]:
    """Yield where the ordinary routes from a step lead, but for those of one join."""
    groups = [group for group in plan.joins.get(step, ()) if without is None or group.key != without.key]
    own = plan.leaving.get(step)
    for planned in [route for group in ([own] if own is not None else []) + groups for route in group.routes]:
        yield from _ends_of(planned)


def _ends_of(planned: PlannedRoute) -> Iterable[str]:
    yield from planned.route.targets
    bound = planned.route.bound
    if bound is not None and bound.then is not None:
        yield bound.then


def waiting(run: Run) -> str:
    """Say which joins wait for whom, to be put behind a sentence."""
    said = []
    for joins in run.workflow.joins.values():
        for group in joins:
            join = run.joins.get(group.key)
            text = f"; {', '.join(join.arrived)} waits for the others of {', '.join(group.sources)}" if join else ""
            if join and join.arrived and text not in said:
                said.append(text)
    return "".join(said)
