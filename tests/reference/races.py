"""Branches that race: what lies in which of them, who has won, what is called off and undone.

Every way that is taken carries the branches in which its target lies: how often the workflow had forked, the route that
opened the branch, and its target.
"""

from collections.abc import Iterable, Sequence
from typing import cast

from interlock_dsl.program.model import Route, Workflow
from reference import backtracking, inside, promised, routing, rows, steps
from reference.state import Run, Visit, Way

Branches = frozenset[tuple[int, str, str]]
Place = tuple[str, str]
"""A branch of the graph: the route that opens it, and its target."""


def any_in(of: Workflow) -> bool:
    return any(route.race for route in of.routes)


def forward(of: Workflow) -> list[Route]:
    """Return the routes that lead forward, and the ways out of those that lead back."""
    return [each for route in of.routes for each in ([route] if route.bound is None else [route.out]) if each]


def lies(of: Workflow) -> dict[str, frozenset[Place]]:
    """Return for each step the branches in which it can lie."""
    found: dict[str, frozenset[Place]] = {name: frozenset() for name in ("start", *of.steps, *of.ends)}
    while True:
        # From the start each time: what a join closes is known only once all of its branches are.
        then: dict[str, frozenset[Place]] = dict.fromkeys(found, frozenset())
        for route in forward(of):
            for target in route.targets:
                opened = {(route.id, target)} if len(route.targets) > 1 else set()
                then[target] |= after(of, found, route) | opened
        if found == then:
            return found
        found = then


def after(of: Workflow, found: dict[str, frozenset[Place]], route: Route) -> frozenset[Place]:
    """Return the branches that are open once a route is taken: a join closes those that it takes all of."""
    every = frozenset[Place]().union(*(found[source] for source in route.sources))
    return frozenset(place for place in every if place[0] not in closed(of, found, route.sources))


def closed(of: Workflow, found: dict[str, frozenset[Place]], sources: Sequence[str]) -> set[str]:
    every = frozenset[Place]().union(*(found[source] for source in sources))
    forks = {route.id: route for route in forward(of)}
    return {
        fork
        for fork in {fork for fork, _ in every}
        if all((fork, target) in every for target in forks[fork].targets)
        and sum(any(place[0] == fork for place in found[source]) for source in sources) > 1
    }


def raced(found: dict[str, frozenset[Place]], sources: Sequence[str]) -> set[Place]:
    """Return the branches that compete: of forks that keep some two sources apart."""
    every = frozenset[Place]().union(*(found[source] for source in sources))
    forks = set()
    for one in sources:
        for other in sources:
            for fork in {fork for fork, _ in every}:
                left, right = ({place for place in found[name] if place[0] == fork} for name in (one, other))
                if left and right and not left & right:
                    forks.add(fork)
    return {place for place in every if place[0] in forks}


def opened(run: Run, way: Way, target: str) -> Branches:
    """Return the branch that a way opens to a target, if it is one of several."""
    return frozenset({(run.forked, way.id, target)}) if len(way.targets) > 1 else frozenset()


def go_on(run: Run, routes: Sequence[Route], branches: Iterable[tuple[int, str, str]]) -> Branches:
    """Return the branches in which what follows a join lies."""
    over = closed(run.of, lies(run.of), routes[0].sources) if any_in(run.of) else set()
    left = frozenset(branch for branch in branches if branch[1] not in over)
    return routing.on_time(run, routing.passed_with(run, routes), left)


def arrive(run: Run, key: tuple[object, ...], routes: Sequence[Route], visit: Visit) -> None:
    """A source is done: it has won the race."""
    source, sources = visit.name, routes[0].sources
    if routing.is_late(run, key, visit.way.branches):
        return
    found, won = lies(run.of), visit.way.branches
    competing = raced(found, sources)
    beaten = {
        (taken, fork, target)
        for taken, fork, _ in won
        for _, target in [place for place in competing if place[0] == fork]
        if (fork, target) not in found[source]
    }
    run.decided[key] = [visit]
    run.note("race won", visit.path, visit.number, tuple(name for name in sources if name != source))
    lost = call_off(run, beaten)
    routing.decide(run, key)
    places = {(fork, target) for _, fork, target in beaten}
    kept = found[source] & competing
    gone = [name for name in run.of.steps if found[name] & places and not found[name] & kept and name in run.shown]
    for name in gone:
        run.forget(name)
    if all(promised.holds(run, name) for name in gone):
        run.later(rows.undo, run, lost, (meet, (run, visit, routes)))


def call_off(run: Run, branches: set[tuple[int, str, str]]) -> list[Visit]:
    """Cancel what is under way in some branches; return everything that was ever entered in them."""
    run.beaten |= branches
    lost = [visit for visit in run.entered if visit.way.branches & branches]
    for visit in [visit for visit in lost if visit.phase != "over" and visit.row is None]:
        inside.cancel(visit, "race-lost")
    entering = [
        one for one in run.whole.todo if routing._entering(run, one) and cast(Way, one[1][2]).branches & branches
    ]
    run.whole.todo = [one for one in run.whole.todo if one not in entering]
    for key, arrived in run.arrived.items():
        run.arrived[key] = [name for name in arrived if not run.lineage.get(name, frozenset()) & branches]
    every = [*lost]
    for visit in lost:
        every += rows.of(visit).entered if visit.rows is not None else []
    return every


def meet(run: Run, visit: Visit, routes: Sequence[Route]) -> None:
    """The race is over, and what others did is undone."""
    if run.over or visit.way.branches & run.beaten or visit.name not in run.shown:
        return
    branches = go_on(run, routes, visit.way.branches)
    if not routing.choose(run, routes, visit.name, "given up", branches=branches):
        steps.give_up(run, "no-route")


def gives_way(run: Run, visit: Visit) -> bool:
    """A step has failed: its branch leaves the race, if others are still in it."""
    if not any_in(run.of):
        return False
    found = lies(run.of)
    for branch in sorted(visit.way.branches, reverse=True):
        for sources in dict.fromkeys(route.sources for route in run.of.routes if len(route.sources) > 1):
            race = any(route.race for route in run.of.routes if route.sources == sources)
            competing = raced(found, sources) if race else set()
            before = leading(run.of, sources)
            if (branch[1], branch[2]) not in competing or visit.name not in before:
                continue
            rivals = {(branch[0], fork, target) for fork, target in competing if fork == branch[1]} - {branch}
            if any(name in before and at & rivals for name, at in going(run)):
                run.note("left race", visit.path, visit.number, sources)
                call_off(run, {branch})
                return True
    return False


def going(run: Run) -> list[tuple[str, Branches]]:
    """Return where something is under way, or is about to be."""
    found = [(one.step.name, one.way.branches) for one in run.active]
    then = [*run.whole.todo, *(cast(rows.Undoing, each).then for each in run.whole.undoings)]
    then += [cast(rows.Then, about[2]) for do, about in run.whole.todo if do is rows.undo]
    for do, about in then:
        if do is steps.enter and about[0] is run:
            found.append((cast(str, about[1]), cast(Way, about[2]).branches))
        if do is backtracking.go_back and about[0] is run:
            found.append((cast(str, about[3]), cast(Way, about[4]).branches))
        if do is meet and about[0] is run:
            found.append((cast(Visit, about[1]).name, cast(Visit, about[1]).way.branches))
    return found


def leading(of: Workflow, sources: Sequence[str]) -> set[str]:
    """Return what leads forward to some steps, and those themselves."""
    found = set(sources)
    while True:
        more = {name for route in forward(of) for name in route.sources if set(route.targets) & found}
        if more <= found:
            return found
        found |= more
