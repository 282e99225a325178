"""Which way a run goes on: routes that compete, what they hand over, where branches meet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from interlock.run.protocol.events import Json
from interlock.run.values import MOST_HELD
from interlock_dsl.program.model import (
    AgentStep,
    CallStep,
    Grant,
    Route,
)
from reference import backtracking, calls, following, inside, promised, races, rows, steps
from reference.state import Run, Visit, Way
from reference.values import NO_VALUE, condition, part

Key = tuple[object, ...]
Branches = frozenset[tuple[int, str, str]]


def way_of(route: Route) -> Way:
    return Way(route, route.id, route.targets, route.grants, route.passes, route.approval, route.escalations)


def way_out(route: Route) -> Way | None:
    """Return where a route back leads once it was taken as often as it may be: with what is handed over there."""
    out = route.out
    if out is None:
        return None
    return Way(route, out.id, out.targets, out.grants, out.passes, out.approval, out.escalations)


# --- a step is done, or has failed


def complete(run: Run, visit: Visit, value: object, shown: Json) -> None:
    """A step has its output."""
    if visit.phase == "over":
        return
    if visit.row is not None:
        rows.completed(run, visit, value, shown)
        return
    before = part(run.shown[visit.name]) if visit.name in run.shown else 0
    if run.size() - before + part(shown) > MOST_HELD:
        fail(run, visit, "failure")
        return
    close(visit)
    run.record(visit.name, value, shown)
    run.note("step done", visit.path, visit.number, shown)
    if promised.holds(run, visit.name):
        leave(run, visit.name, attempts_of(visit), visit)


def fail(run: Run, visit: Visit, trigger: str) -> None:
    """A step has none: its route for that is taken, or the next more general one."""
    if visit.phase == "over":
        return
    if visit.row is not None:
        rows.failed(run, visit, trigger)
        return
    close(visit)
    run.note("step failed", visit.path, visit.number, trigger)
    general = {"timeout": ("timeout", "failure"), "expiry": ("expiry", "denied")}
    for kind in general.get(trigger, (trigger,)):
        routes = failing(run, visit.name, kind)
        if routes:
            failure = failure_of(visit, trigger)
            if not choose(run, routes, visit.name, "no-route", failure, branches=visit.way.branches):
                steps.give_up(run, "no-route")
            return
    if races.gives_way(run, visit):
        return
    steps.give_up(run, "step-failed")


def failing(run: Run, step: str, trigger: str) -> list[Route]:
    return [route for route in run.of.routes if route.sources == (step,) and route.trigger == trigger]


def failure_of(visit: Visit, trigger: str) -> dict[str, Json]:
    return {"step": visit.name, "kind": trigger, "message": "it failed", "attempts": attempts_of(visit)}


def attempts_of(visit: Visit) -> int:
    if not isinstance(visit.step, CallStep) or not visit.calls:
        return visit.attempt
    return visit.calls[0].earlier + visit.calls[0].attempt


def leave(run: Run, source: str, attempts: int = 1, visit: Visit | None = None) -> None:
    """Take a route of a step's own; where none matches, it arrives at the joins it is part of."""
    own = [route for route in run.of.routes if route.sources == (source,) and route.trigger is None]
    joining: dict[Key, list[Route]] = {}
    for route in run.of.routes:
        if source in route.sources and len(route.sources) > 1 and route.trigger is None:
            joining.setdefault((frozenset(route.sources), route.merge, route.race), []).append(route)
    branches = frozenset() if visit is None else visit.way.branches
    if own and choose(run, own, source, "no-value", made=attempts, branches=branches):
        return
    if own and not joining:
        steps.give_up(run, "no-route")
        return
    for key, routes in joining.items():
        if routes[0].race:
            assert visit is not None
            races.arrive(run, key, routes, visit)
            continue
        met = arrive(run, key, routes, source, branches)
        if met is None:
            continue
        came = [branch for name in met for branch in run.lineage[name]]
        if not choose(run, routes, source, "given up", branches=races.go_on(run, routes, came)):
            steps.give_up(run, "no-route")
    if not own and not joining:
        steps.give_up(run, "no-route")


def choose(
    run: Run,
    routes: Sequence[Route],
    source: str,
    on_error: str,
    failure: dict[str, Json] | None = None,
    made: int = 1,
    branches: frozenset[tuple[int, str, str]] = frozenset(),
) -> bool:
    """Take the one route that matches; False if none does. A condition without a value stops everything behind it."""
    first = any(name in run.of.first for name in routes[0].sources)
    chosen: list[Route] = []
    others: list[tuple[str, str]] = []
    errors: list[Route] = []
    for route in routes:
        if route.otherwise:
            continue
        if errors or (first and chosen):
            others.append((route.id, "earlier-taken"))
            continue
        met = condition(route.when, run.reads(failure))
        if met is True:
            chosen.append(route)
        else:
            others.append((route.id, "false"))
            errors += [route] if met == NO_VALUE else []
    if errors and not (first and chosen):
        _without_value(run, errors[0], source, on_error, made, branches)
        return True
    last = [route for route in routes if route.otherwise]
    if chosen:
        others += [(route.id, "other-taken") for route in last]
    else:
        chosen = last[:1]
    if len(chosen) > 1:
        steps.give_up(run, "several-routes")
        return True
    if not chosen:
        return False
    go(run, chosen[0], source, others, failure, branches)
    return True


def _without_value(
    run: Run, erring: Route, source: str, on_error: str, made: int, branches: frozenset[tuple[int, str, str]]
) -> None:
    """No route of the group is taken. At a step its `on failure` is; anywhere else the run is given up."""
    run.note("no value", run.called(source), run.called(erring.id))
    at_step = on_error == "no-value" and source != "start"
    rescue = failing(run, source, "failure") if at_step else []
    failed: dict[str, Json] = {"step": source, "kind": "no-value", "message": "no value", "attempts": made}
    if not rescue:
        steps.give_up(run, "no-value")
    elif not choose(run, rescue, source, "given up", failed, branches=branches):
        steps.give_up(run, "no-route")


def go(
    run: Run,
    route: Route,
    source: str,
    others: list[tuple[str, str]],
    failure: dict[str, Json] | None,
    branches: frozenset[tuple[int, str, str]] = frozenset(),
) -> None:
    """Follow a route, or the way out of one that is used up: tell whoever is to be told, enter its targets."""
    way: Way | None = way_of(route)
    if route.bound is not None:
        taken = run.taken.get(route.id, 0)
        if taken < route.bound.times:
            run.taken[route.id] = taken + 1
        else:
            way = way_out(route)
    if way is None:
        steps.give_up(run, "bound-reached")
        return
    key = frozenset(route.sources), route.merge, route.race
    alone = [run.last[source]] if source != "start" else []
    way = replace(way, failure=failure, causes=tuple(run.decided[key] if len(route.sources) > 1 else alone))
    run.note("route taken", run.called(way.id), frozenset(others))
    for escalation in way.escalations:
        if not escalation.on_expiry and condition(escalation.when, run.reads(failure)) is not False:
            run.tell(escalation.role, run.called(source), escalation.because or f"the run took `{way.id}`")
    if route.bound is not None and route.bound.discards and way.id == route.id:
        backtracking.follow(run, replace(way, branches=branches), route)
        return
    run.forked += len(way.targets) > 1
    for target in way.targets:
        run.later(steps.enter, run, target, replace(way, branches=branches | races.opened(run, way, target)))


# --- what is handed over


def granted(run: Run, way: Way, target: str) -> tuple[tuple[Grant, ...], frozenset[str]]:
    """Return the grants in hand at a target: what the route gives, cut by workflow, agent and principal."""
    step = run.of.steps.get(target)
    ceilings = [run.of.may, run.whole.principal.scopes, step.agent.may if isinstance(step, AgentStep) else None]
    ceilings += [] if run.parent is None else [run.parent.scopes]
    held: list[Grant] = []
    for grant in way.grants:
        scopes = grant.scopes
        for ceiling in ceilings:
            scopes = scopes if ceiling is None else scopes & ceiling
        if scopes:
            held.append(Grant(scopes, grant.where, grant.span))
    return tuple(held), frozenset().union(*(grant.scopes for grant in held))


def passed(run: Run, way: Way) -> dict[str, Json]:
    """Return the fields a route passes, nested as they are in the run; what is not there is left out."""
    if way.passed is not None:
        return dict(way.passed)
    context: dict[str, Json] = {}
    for one in way.passes:
        there = run.shown if way.failure is None else {**run.shown, "failure": way.failure}
        value: Json = cast(dict[str, Json], there)
        for name in one.path:
            if isinstance(value, list):
                if not name.isdigit() or int(name) >= len(value):
                    break
                value = value[int(name)]
                continue
            if not isinstance(value, Mapping) or name not in value:
                break
            value = value[name]
        else:
            inner = context
            for name in one.path[:-1]:
                known = inner.get(name)
                inner[name] = dict(known) if isinstance(known, dict) else {}
                inner = cast(dict[str, Json], inner[name])
            inner[one.path[-1]] = value
    return context


# --- branches meet


def arrive(run: Run, key: Key, routes: Sequence[Route], source: str, branches: Branches) -> list[str] | None:
    """Note an arrival; return who has arrived if the join goes on now."""
    if is_needless(run, key, branches):
        return None
    run.lineage[source] = branches
    run.arrived[key] = [name for name in run.arrived.get(key, []) if not is_needless(run, key, run.lineage[name])]
    arrived = run.arrived[key]
    if source not in arrived:
        arrived.append(source)
    if len(arrived) < routes[0].merge:
        return None
    missing = [name for name in routes[0].sources if name not in arrived]
    run.arrived[key] = []
    run.decided[key] = [run.last[name] for name in arrived]
    if missing:
        for visit in [one for one in run.active if one.row is None and only_leads(run, one.name, routes)]:
            inside.cancel(visit, "join-decided")
        entering = [one for one in run.whole.todo if (name := _entering(run, one)) and only_leads(run, name, routes)]
        run.whole.todo = [one for one in run.whole.todo if one not in entering]
        following.forget(run, routes)
        decide(run, key)
    return arrived


def decide(run: Run, key: Key) -> None:
    """A join is gone on from without all: whatever is under way before it is too late for it."""
    run.turn += 1
    run.rounds[key] = run.turn


def is_late(run: Run, key: Key, branches: Branches) -> bool:
    """Say whether a join was decided since what comes to it last came by it, or by a join that takes what follows."""
    came = max((turn for turn, what, join in branches if (what, join) == ("came by", _named(key))), default=0)
    return came < run.rounds.get(key, 0)


def on_time(run: Run, keys: Iterable[Key], branches: Branches) -> Branches:
    """Return the branches in which something lies that comes by some joins now."""
    by = {("came by", _named(key)) for key in keys}
    return frozenset(one for one in branches if one[1:] not in by) | {(run.turn, *one) for one in by}


def joins(run: Run) -> dict[Key, list[Route]]:
    found: dict[Key, list[Route]] = {}
    for route in run.of.routes:
        if len(route.sources) > 1 and route.trigger is None:
            found.setdefault((frozenset(route.sources), route.merge, route.race), []).append(route)
    return found


def is_needless(run: Run, key: Key, branches: Branches) -> bool:
    """Say whether what comes to a join is late, for it or for another to which alone all that follows it leads."""
    targets = [each for one in joins(run)[key] for way in (way_of(one), way_out(one)) if way for each in way.targets]
    late = {other: join for other, join in joins(run).items() if is_late(run, other, branches)}
    return key in late or any(all(only_leads(run, each, join) for each in targets) for join in late.values())


def _named(key: Key) -> str:
    sources, merge, race = key
    return f"{sorted(cast('frozenset[str]', sources))} {merge} {race}"


def passed_with(run: Run, routes: Sequence[Route]) -> list[Key]:
    """Return the joins that are come by with a join: itself, and those of which it takes what follows them."""
    sources = set(routes[0].sources)
    return [key for key, join in joins(run).items() if routes[0] in join or sources & behind(run, join)]


def _entering(run: Run, one: tuple[object, tuple[object, ...]]) -> str:
    do, about = one
    return cast(str, about[1]) if do is steps.enter and about[0] is run else ""


def reaches(run: Run, step: str, without: Iterable[Route]) -> set[str]:
    """Return all that ordinary routes lead to from a step, itself included, but for some routes."""
    skipped = list(without)
    found, waiting = {step}, [step]
    while waiting:
        name = waiting.pop()
        for route in run.of.routes:
            if name not in route.sources or route.trigger is not None or route in skipped:
                continue
            out = (route.bound.then,) if route.bound is not None and route.bound.then is not None else ()
            for target in (*route.targets, *out):
                if target not in found:
                    found.add(target)
                    waiting.append(target)
    return found


def behind(run: Run, join: Sequence[Route]) -> set[str]:
    """Return all that a join leads forward to."""
    found = {target for route in join for way in (way_of(route), way_out(route)) if way for target in way.targets}
    while more := {name for one in races.forward(run.of) if found & set(one.sources) for name in one.targets} - found:
        found |= more
    return found


def only_leads(run: Run, step: str, join: Sequence[Route]) -> bool:
    """Say whether every ordinary way on from a step goes through a join."""
    found = reaches(run, step, join)
    return any(source in found for source in join[0].sources) and not any(end in found for end in run.of.ends)


# --- a visit is over


def close(visit: Visit) -> None:
    """End a visit. What it waits for is called off, but for calls under way that change the world."""
    run = visit.run
    if visit.phase == "over":
        return
    visit.phase = "over"
    run.active.remove(visit)
    rows.cancel(visit, "rows-decided")
    run.call_off(visit)
    for ask in steps.asks_of(run, visit):
        run.call_off(ask)
    for call in visit.calls:
        calls.let_go(run, call)
