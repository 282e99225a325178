"""Which way a run goes on: exactly one route of those that compete, or the run stops and says which did.

A condition that errors never selects its route. Two routes that match (where not `first`), or none, stop the run: the
compiler refuses files in which that can be seen, and what it cannot see must not be guessed.
"""

from interlock.decide.conditions import condition, restricts, truth
from interlock.run import visits
from interlock.run.plan import Group, PlannedRoute
from interlock.run.protocol.codes import WhyGivenUp, WhyNotTaken
from interlock.run.protocol.commands import Notify
from interlock.run.protocol.notes import Escalated, NotTaken, RouteTaken, StepDone, StepFailed, Trigger
from interlock.run.routing import joins
from interlock.run.state import Abandon, Complete, Enter, Fail, Run

_FALLBACK: dict[Trigger, Trigger] = {"timeout": "failure", "expiry": "denied"}


def complete(run: Run, move: Complete) -> None:
    """A step has its output: write it down and go on from there."""
    visit = move.visit
    if visit.phase == "over":
        return
    visits.close(run, visit)
    run.record(visit.name, move.value, move.output)
    run.notes.append(StepDone(visit.name, visit.number, move.output))
    leave(run, visit.name)


def leave(run: Run, source: str) -> None:
    """Take a route from a step that is done (or from `start`): one of its own, else it arrives where branches meet."""
    own = run.workflow.leaving.get(source)
    meeting = run.workflow.joins.get(source, ())
    if own is not None and take(run, own, source, optional=bool(meeting)):
        return
    for group in meeting:
        if joins.arrive(run, group, source):
            take(run, group, source)
    if own is None and not meeting:
        run.agenda.append(Abandon(WhyGivenUp.NO_ROUTE, f"no route leaves `{source}`"))


def take(run: Run, group: Group, source: str, optional: bool = False) -> bool:
    """Choose among routes that compete and take one; False if none matched and that is no mistake (`optional`)."""
    chosen, others = _choose(run, group)
    if len(chosen) == 1:
        run.notes.append(RouteTaken(chosen[0].id, others))
        _go(run, chosen[0], source)
    elif chosen:
        places = " and ".join(f"`{planned.id}` ({planned.route.span})" for planned in chosen[:2])
        run.agenda.append(Abandon(WhyGivenUp.SEVERAL_ROUTES, f"two routes from `{source}` can be taken: {places}"))
    elif optional:
        return False
    else:
        why = "; ".join(f"`{other.route}`: {other.reason}" for other in others)
        said = f"no route from `{source}` can be taken ({group.routes[0].route.span}): {why}"
        run.agenda.append(Abandon(WhyGivenUp.NO_ROUTE, said))
    return True


def _choose(run: Run, group: Group) -> tuple[list[PlannedRoute], tuple[NotTaken, ...]]:
    """Return the routes that match, and of the others why not."""
    routes = group.routes
    if len(routes) == 1 and routes[0].route.when is None:
        return list(routes), ()
    chosen: list[PlannedRoute] = []
    others: list[NotTaken] = []
    last: PlannedRoute | None = None
    for planned in routes:
        when = planned.route.when
        if planned.route.otherwise:
            last = planned
        elif group.first and chosen:
            others.append(NotTaken(planned.id, WhyNotTaken.EARLIER_TAKEN, "an earlier route was taken"))
        else:
            met = True if when is None else truth(when.function, run.values)
            if met is True:
                chosen.append(planned)
            elif met is False:
                others.append(NotTaken(planned.id, WhyNotTaken.FALSE, "its condition is false"))
            else:
                others.append(NotTaken(planned.id, WhyNotTaken.NO_VALUE, f"its condition has no value: {met}"))
    if last is not None:
        if chosen:
            others.append(NotTaken(last.id, WhyNotTaken.OTHER_TAKEN, "another route was taken"))
        else:
            chosen.append(last)
    return chosen, tuple(others)


def _go(run: Run, planned: PlannedRoute, source: str) -> None:
    route = planned.route
    for escalation in route.escalations:
        if escalation.on_expiry:
            continue
        # Telling a person is the safe side: a condition without a value tells them.
        met = restricts(condition(escalation.when), None, run.values)
        if met is not False:
            reason = escalation.because or f"the run took `{route.id}`"
            run.notes.append(Escalated(escalation.role, source, reason))
            run.commands.append(Notify(run.new_id("n"), escalation.role, source, reason))
    if route.bound is not None:
        taken = run.taken.get(route.id, 0)
        if taken < route.bound.times:
            run.taken[route.id] = taken + 1
        elif planned.out is not None:
            planned = planned.out
        else:
            said = f"`{route.id}` was taken {taken} times, and there is no way out ({route.bound.span})"
            run.agenda.append(Abandon(WhyGivenUp.BOUND_REACHED, said))
            return
    for target in planned.route.targets:
        run.agenda.append(Enter(target, planned))


def fail(run: Run, move: Fail) -> None:
    """A step has failed: take the route for what happened, or give the run up."""
    visit = move.visit
    if visit.phase == "over":
        return
    visits.close(run, visit)
    run.notes.append(StepFailed(visit.name, visit.number, move.trigger, move.message))
    trigger: Trigger | None = move.trigger
    while trigger is not None:
        group = run.workflow.failing.get((visit.name, trigger))
        if group is not None:
            take(run, group, visit.name)
            return
        trigger = _FALLBACK.get(trigger)
    run.agenda.append(Abandon(WhyGivenUp.STEP_FAILED, f"step `{visit.name}` failed ({move.trigger}): {move.message}"))
