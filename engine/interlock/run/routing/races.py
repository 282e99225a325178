"""Races: of branches that run at once, the first that arrives at a join wins, and the others leave no effects.

Once a race is won, everything under way in the other branches is cancelled, the outputs of their steps are discarded,
and what they did is undone, the last first; only then the join is gone on from. A branch in which a step fails, and no
route says what then, is out of its race while another branch is still in it: what it did is undone with the rest.

# INVARIANT: what follows a race is entered after everything that the other branches did is undone or left over.
"""

from collections.abc import Iterator

from interlock.run import promises
from interlock.run.branching import Branch, Lineage
from interlock.run.moves import Enter, Meet, Undo
from interlock.run.parts import Frame, Join, Visit
from interlock.run.plan import Group
from interlock.run.protocol.codes import WhyCancelled
from interlock.run.protocol.notes import LeftRace, RaceWon
from interlock.run.routing import joins
from interlock.run.routing.following import following
from interlock.run.state import Run
from interlock.run.steps import visits


def arrive(run: Run, frame: Frame, group: Group, source: str, number: int) -> None:
    """A source of a race is done: it has won, unless another has."""
    join = frame.joins.setdefault(group.key, Join())
    branching, won = frame.plan.branching, frame.lineage(source, number)
    if branching is None or not frame.beaten.isdisjoint(won) or joins.is_late(frame, group, won):
        return
    beaten, steps = branching.beaten(branching.joins[group.sources], source, won)
    run.notes.append(RaceWon(frame.at(source), number, tuple(name for name in group.sources if name != source)))
    _call_off(run, frame, beaten, "another branch has won the race")
    join.rounds += 1
    gone = [name for name in frame.plan.workflow.steps if name in steps and name in frame.shown]
    for name in gone:
        run.forget(frame, name)
    if all(promises.hold(run, frame, name) for name in gone):
        meet = Meet(frame, group, source, number)
        run.agenda.append(Undo(frame, lambda around, path, visit: _is_in(frame, beaten, around, path, visit), meet))


def lineage_after(frame: Frame, group: Group, met: Lineage) -> Lineage:
    """Return the branches in which what follows a join lies, of those of the sources that arrived."""
    branching = frame.plan.branching
    if branching is None or not met:
        return met
    closed = branching.joins[group.sources].closed
    return frozenset(branch for branch in met if branch.fork not in closed)


def gives_way(run: Run, visit: Visit) -> bool:
    """Take the branch of a step that has failed out of its race; say whether another branch is still in it."""
    frame, branching = visit.frame, visit.frame.plan.branching
    if branching is None:
        return False
    for branch in sorted(frame.lineage(visit.name, visit.number), reverse=True):
        for sources, meeting in branching.joins.items():
            if visit.name not in meeting.before or not meeting.races(branch):
                continue
            rivals = {Branch(branch.taken, branch.fork, target) for target in meeting.raced[branch.fork]} - {branch}
            if any(name in meeting.before and not rivals.isdisjoint(at) for name, at in _under_way(run, frame)):
                run.notes.append(LeftRace(visit.path, visit.number, sources))
                _call_off(run, frame, frozenset({branch}), f"its branch is out of the race: `{visit.name}` failed")
                return True
    return False


def _under_way(run: Run, frame: Frame) -> Iterator[tuple[str, Lineage]]:
    """Yield the steps of a workflow at which something is under way, with the branches that it lies in."""
    for visit in frame.active.values():
        yield visit.name, frame.lineage(visit.name, visit.number)
    for move in joins.entering(run, frame):
        yield move.target, move.lineage
    for then in following(run, frame):
        if isinstance(then, Meet):
            yield then.source, frame.lineage(then.source, then.number)
        else:
            yield then.target, then.lineage


def _call_off(run: Run, frame: Frame, branches: Lineage, why: str) -> None:
    """Cancel everything that is under way in some branches; nothing in them goes on."""
    frame.beaten |= branches
    for visit in list(frame.active.values()):
        if not branches.isdisjoint(frame.lineage(visit.name, visit.number)):
            visits.cancel(run, visit, WhyCancelled.RACE_LOST, why)
    for move in list(run.agenda):
        if isinstance(move, Enter) and move.frame is frame and not branches.isdisjoint(move.lineage):
            run.agenda.remove(move)
    for join in frame.joins.values():
        for source in [name for name, at in join.branches.items() if not branches.isdisjoint(at)]:
            del join.arrived[source], join.branches[source]


def _is_in(frame: Frame, branches: Lineage, around: Frame, path: str, number: int) -> bool:
    """Say whether a visit, told by its frame, path and number, lies in some branches. Its path may be that of a row."""
    name = path.removeprefix(f"{frame.path}/").partition("[")[0]
    return around is frame and not branches.isdisjoint(frame.lineage(name, number))


def is_off(move: Meet) -> bool:
    """Say whether the winner of a race is out of a race around it, or was gone back over."""
    frame = move.frame
    beaten = not frame.beaten.isdisjoint(frame.lineage(move.source, move.number))
    return frame.over or beaten or move.source not in frame.shown
