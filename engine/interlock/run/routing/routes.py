"""Which way a run goes on: exactly one route of those that compete, or the run stops and says why not.

Where a condition has no value (it errors, it costs too much), none of the routes it competes with is taken: which of
them was meant cannot be known. A step that is done keeps its output then, and its `on failure` route is taken; at
`start`, at a join and in a route on a trigger there is nothing left to take, and the run is given up. Where routes are
tried in order (`first`), those before the one without a value count, and none behind it.

Two routes that match (where not `first`), or none, stop the run: the compiler refuses files in which that can be seen,
and what it cannot see must not be guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from interlock.decide.conditions import condition, restricts, truth
from interlock.run import promises
from interlock.run.branching import Branch, Lineage
from interlock.run.moves import Abandon, Backtrack, Complete, Enter, Fail, Meet
from interlock.run.parts import Failure, Frame, with_failure
from interlock.run.plan import Group, PlannedRoute
from interlock.run.protocol.codes import WhyGivenUp, WhyNotTaken
from interlock.run.protocol.commands import Notify
from interlock.run.protocol.notes import Escalated, NotTaken, NoValue, RouteTaken, StepDone, StepFailed, Trigger
from interlock.run.routing import joins, races
from interlock.run.state import Run
from interlock.run.steps import visits
from interlock.run.values import too_large
from interlock_dsl.cel.units import part

_FALLBACK: dict[Trigger, Trigger] = {"timeout": "failure", "expiry": "denied"}


@dataclass(frozen=True, slots=True)
class _Undecided:
    """A route whose condition has no value, and why."""

    planned: PlannedRoute
    message: str

    def __str__(self) -> str:
        return f"the condition of `{self.planned.id}` ({self.planned.route.span}) has no value: {self.message}"


def complete(run: Run, move: Complete) -> None:
    """A step has its output: write it down and go on from there, unless it breaks a promise."""
    visit = move.visit
    if visit.phase == "over":
        return
    size = part(move.output)
    problem = too_large(run, visit.frame, visit.name, size)
    if problem:
        fail(run, Fail(visit, "failure", problem))
        return
    visits.close(run, visit)
    run.record(visit.frame, visit.name, move.value, move.output, size)
    run.notes.append(StepDone(visit.path, visit.number, move.output, move.why))
    if promises.hold(run, visit.frame, visit.name):
        leave(run, visit.frame, visit.name, visit.number, visit.attempts)


def leave(run: Run, frame: Frame, source: str, number: int = 0, attempts: int = 1) -> None:
    """Take a route from a step that is done (or from `start`): one of its own, else it arrives where branches meet.

    `number` is that of the visit, `attempts` are those that the step took.
    """
    own = frame.plan.leaving.get(source)
    meeting = frame.plan.joins.get(source, ())
    lineage = frame.lineage(source, number)
    if own is not None:
        chosen, others = _choose(run, frame, own)
        if isinstance(chosen, _Undecided):
            _recover(run, frame, source, chosen, attempts, lineage)
            return
        if chosen or not meeting:
            _take(run, frame, own, source, chosen, others, lineage)
            return
    for group in meeting:
        if group.race:
            races.arrive(run, frame, group, source, number)
            continue
        met = joins.arrive(run, frame, group, source, lineage)
        if met is not None:
            _go_on(run, frame, group, source, met)
    if own is None and not meeting:
        _abandon(run, frame, WhyGivenUp.NO_ROUTE, f"no route leaves `{source}`")


def meet(run: Run, move: Meet) -> None:
    """What the others of a race did is undone: go on from the join."""
    if not races.is_off(move):
        _go_on(run, move.frame, move.group, move.source, move.frame.lineage(move.source, move.number))


def _go_on(run: Run, frame: Frame, group: Group, source: str, met: Lineage) -> None:
    """Take one of the routes of a join that is decided; those that arrived lie in the branches `met`."""
    chosen, others = _choose(run, frame, group)
    if isinstance(chosen, _Undecided):
        _give_up(run, frame, source, str(chosen), chosen)
    else:
        lineage = joins.in_round(frame, frame.plan.passed(group), races.lineage_after(frame, group, met))
        _take(run, frame, group, source, chosen, others, lineage)


def fail(run: Run, move: Fail) -> None:
    """A step has failed: take the route for what happened, or give the run up."""
    visit, frame = move.visit, move.visit.frame
    if visit.phase == "over":
        return
    attempts = visit.attempts
    visits.close(run, visit)
    run.notes.append(StepFailed(visit.path, visit.number, move.trigger, move.message))
    why = f"step `{visit.name}` failed ({move.trigger}): {move.message}"
    trigger: Trigger | None = move.trigger
    while trigger is not None:
        group = frame.plan.failing.get((visit.name, trigger))
        if group is not None:
            failure = Failure(visit.name, move.trigger, move.shown or move.message, attempts)
            _take_on_trigger(run, frame, group, failure, why, frame.lineage(visit.name, visit.number))
            return
        trigger = _FALLBACK.get(trigger)
    if races.gives_way(run, visit):
        return
    shown = f"step `{visit.name}` failed ({move.trigger}): {move.shown}" if move.shown else ""
    run.agenda.append(Abandon(WhyGivenUp.STEP_FAILED, why, frame=frame, shown=shown))


def _recover(run: Run, frame: Frame, source: str, undecided: _Undecided, attempts: int, lineage: Lineage) -> None:
    """Go on from a step that is done, but whose next route cannot be told: by its `on failure` route if it has one."""
    group = frame.plan.failing.get((source, "failure"))
    if group is None:
        _give_up(run, frame, source, str(undecided), undecided)
    else:
        run.notes.append(NoValue(frame.at(source), frame.at(undecided.planned.id), undecided.message))
        text = f"the condition of `{undecided.planned.id}` has no value: {undecided.message}"
        _take_on_trigger(run, frame, group, Failure(source, "no-value", text, attempts), str(undecided), lineage)


def _take_on_trigger(run: Run, frame: Frame, group: Group, failure: Failure, why: str, lineage: Lineage) -> None:
    chosen, others = _choose(run, frame, group, failure)
    if isinstance(chosen, _Undecided):
        _give_up(run, frame, failure.step, f"{why}; and {chosen}", chosen)
    else:
        _take(run, frame, group, failure.step, chosen, others, lineage, failure)


def _give_up(run: Run, frame: Frame, source: str, why: str, undecided: _Undecided) -> None:
    run.notes.append(NoValue(frame.at(source), frame.at(undecided.planned.id), undecided.message))
    _abandon(run, frame, WhyGivenUp.NO_VALUE, f"no route from `{source}` can be taken: {why}")


def _abandon(run: Run, frame: Frame, code: WhyGivenUp, why: str) -> None:
    run.agenda.append(Abandon(code, why, frame=frame))


def _take(
    run: Run, frame: Frame, group: Group, source: str, chosen: Sequence[PlannedRoute], others: tuple[NotTaken, ...],
    lineage: Lineage, failure: Failure | None = None,
) -> None:  # fmt: skip
    """Take the one route that was chosen, or give the run up. `lineage` are the branches in which its source lies."""
    if len(chosen) == 1:
        _go(run, frame, chosen[0], source, others, lineage, failure)
    elif chosen:
        places = " and ".join(f"`{planned.id}` ({planned.route.span})" for planned in chosen[:2])
        _abandon(run, frame, WhyGivenUp.SEVERAL_ROUTES, f"two routes from `{source}` can be taken: {places}")
    else:
        why = "; ".join(f"`{other.route}`: {other.reason}" for other in others)
        place = group.routes[0].route.span
        _abandon(run, frame, WhyGivenUp.NO_ROUTE, f"no route from `{source}` can be taken ({place}): {why}")


def _choose(
    run: Run, frame: Frame, group: Group, failure: Failure | None = None
) -> tuple[list[PlannedRoute] | _Undecided, tuple[NotTaken, ...]]:
    """Return the routes that match, and of the others why not; or the one that leaves this undecided."""
    routes = group.routes
    if len(routes) == 1 and routes[0].route.when is None:
        return list(routes), ()
    chosen: list[PlannedRoute] = []
    others: list[NotTaken] = []
    last: PlannedRoute | None = None
    bindings = with_failure(frame.reads(run.now), failure)
    for planned in routes:
        when = planned.route.when
        if planned.route.otherwise:
            last = planned
        elif group.first and chosen:
            others.append(NotTaken(planned.id, WhyNotTaken.EARLIER_TAKEN, "an earlier route was taken"))
        else:
            met = True if when is None else truth(when.metered, bindings, run.meter)
            if met is True:
                chosen.append(planned)
            elif met is False:
                others.append(NotTaken(planned.id, WhyNotTaken.FALSE, "its condition is false"))
            else:
                return _Undecided(planned, met), ()
    if last is not None:
        if chosen:
            others.append(NotTaken(last.id, WhyNotTaken.OTHER_TAKEN, "another route was taken"))
        else:
            chosen.append(last)
    return chosen, tuple(others)


def _go(
    run: Run, frame: Frame, planned: PlannedRoute, source: str, others: tuple[NotTaken, ...], lineage: Lineage,
    failure: Failure | None,
) -> None:  # fmt: skip
    """Take a route, or the way out of one that was taken as often as it may be: its clauses are what counts then."""
    bound = planned.route.bound
    if bound is not None:
        taken = frame.taken.get(planned.id, 0)
        if taken < bound.times:
            frame.taken[planned.id] = taken + 1
        elif planned.out is not None:
            planned = planned.out
        else:
            why = f"`{planned.id}` was taken {taken} times, and there is no way out ({bound.span})"
            _abandon(run, frame, WhyGivenUp.BOUND_REACHED, why)
            return
    run.notes.append(RouteTaken(frame.at(planned.id), others))
    _escalate(run, frame, planned, source, failure)
    bound = planned.route.bound
    if bound is not None and bound.discards:
        run.agenda.appendleft(Backtrack(frame, planned, failure, lineage))
        return
    forks = frame.plan.branching is not None and len(planned.route.targets) > 1
    frame.forked += forks
    for target in planned.route.targets:
        own = {Branch(frame.forked, planned.id, target)} if forks else ()
        run.agenda.append(Enter(frame, target, planned, failure, lineage=lineage.union(own)))


def _escalate(run: Run, frame: Frame, planned: PlannedRoute, source: str, failure: Failure | None) -> None:
    bindings = with_failure(frame.reads(run.now), failure)
    for escalation in planned.route.escalations:
        if escalation.on_expiry:
            continue
        # Telling a person is the safe side: a condition without a value tells them.
        met = restricts(condition(escalation.when), None, bindings, run.meter)
        if met is not False:
            reason = escalation.because or f"the run took `{planned.id}`"
            run.notes.append(Escalated(escalation.role, frame.at(source), reason))
            run.commands.append(Notify(run.new_id("n"), escalation.role, frame.at(source), reason))
