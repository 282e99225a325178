"""Going back to a step as if nothing had been done since it was entered: what was is discarded and undone first.

What a route that backtracks discards are the visits, since its target was last entered, of the steps and ends that the
target leads to in its own branches. Visits under way are cancelled, outputs are absent again, joins have not been
arrived at, promises wait again for calls that must come first, and what is always to hold is judged anew. Then what
was done is undone, the last first, and the target is entered, with what the route passes: that was read before
anything was discarded.

What was used up stays so: budgets, limits, how often routes back were taken, approvals, events that were taken.

# INVARIANT: where something of the part is left over, or may have happened and is not known, nothing is gone back to:
# the workflow is given up.
"""

from interlock.run import promises
from interlock.run.branching import Lineage
from interlock.run.lifecycle import undoing
from interlock.run.moves import Abandon, Backtrack, Enter, GoBack, Part
from interlock.run.parts import Frame
from interlock.run.protocol.codes import WhyCancelled, WhyGivenUp
from interlock.run.protocol.notes import Backtracked
from interlock.run.routing import following, joins
from interlock.run.state import Run
from interlock.run.steps import handoff, visits


def backtrack(run: Run, move: Backtrack) -> None:
    """Discard what was done since the target of a route was entered, and begin to undo it."""
    frame, planned = move.frame, move.route
    bound = planned.route.bound
    if frame.over or bound is None:
        return
    target = planned.route.targets[0]
    before = frame.marks.get(target, {})
    gone = {name: before.get(name, 0) for name in bound.discards if frame.visits.get(name, 0) > before.get(name, 0)}
    passed = handoff.passed(frame, planned.route, move.failure)
    paths = tuple(frame.at(name) for name in gone)
    run.notes.append(Backtracked(frame.at(planned.id), frame.at(target), paths))
    _cancel(run, frame, gone, target)
    had = [name for name in gone if name in frame.shown]
    lineage = _forget(run, frame, gone, move.lineage, frozenset(bound.discards))
    part = _part(frame, gone)
    if lineage:
        frame.lineages[target, frame.visits.get(target, 0) + 1] = lineage
    if all(promises.hold(run, frame, name) for name in had):
        undoing.begin(run, frame, part, GoBack(frame, target, planned, move.failure, passed, part, lineage))


def _cancel(run: Run, frame: Frame, gone: dict[str, int], target: str) -> None:
    for visit in list(frame.active.values()):
        if visit.number > gone.get(visit.name, visit.number):
            visits.cancel(run, visit, WhyCancelled.BACKTRACKED, f"the run went back to `{frame.at(target)}`")
    for move in [move for move in run.agenda if isinstance(move, Enter)]:
        if move.frame is frame and move.target in gone:
            run.agenda.remove(move)
    following.drop(run, frame, lambda then: (then.target if isinstance(then, GoBack) else then.source) in gone)


def _forget(run: Run, frame: Frame, gone: dict[str, int], lineage: Lineage, part: frozenset[str]) -> Lineage:
    """Discard outputs and arrivals; return the lineage of what goes on: nothing of the part is late for joins in it."""
    for name in gone:
        run.forget(frame, name)
    groups = {group.key: group for groups in frame.plan.joins.values() for group in groups}.values()
    for group in groups:
        join = frame.joins.get(group.key)
        if join is not None:
            join.arrived = {name: None for name in join.arrived if name not in gone}
            join.branches = {name: at for name, at in join.branches.items() if name not in gone}
    return joins.in_round(frame, (group for group in groups if group.hasty and part.issuperset(group.sources)), lineage)


def _part(frame: Frame, gone: dict[str, int]) -> Part:
    paths = {frame.at(name): before for name, before in gone.items()}

    def inside(around: Frame, step: str, number: int) -> bool:
        own = step[: step.rindex("[")] if step.endswith("]") else step
        return around is frame and number > paths.get(own, number)

    return inside


def go_back(run: Run, move: GoBack) -> None:
    """Enter the target once all of the part is undone; if something is left over, give the workflow up."""
    if move.frame.over or not move.frame.beaten.isdisjoint(move.lineage):
        return
    left = [done for done in run.stuck if undoing.is_within(done.frame, done.step, done.visited, move.part)]
    if left:
        which = ", ".join(f"{done.tool} ({done.problem})" for done in left)
        why = f"the run cannot go back to `{move.frame.at(move.target)}`: not undone: {which}"
        run.agenda.append(Abandon(WhyGivenUp.NOT_UNDONE, why, frame=move.frame))
        return
    run.agenda.appendleft(Enter(move.frame, move.target, move.route, move.failure, move.passed, move.lineage))
