"""Going back: what came about by the last visit of a step is taken back. Every visit knows what it came about by."""

from dataclasses import replace
from typing import cast

from interlock_dsl.program.model import Route
from reference import inside, promised, routing, rows, steps
from reference.state import Run, Visit, Way


def follow(run: Run, way: Way, route: Route) -> None:
    """Take back what came about by the last visit of a route's target, then go there."""
    target = route.targets[0]
    part = since(run, run.last[target])
    way = way.with_passed(routing.passed(run, way))
    names = {visit.step.name for visit in part}
    run.note("backtracked", run.called(route.id), run.called(target), frozenset(map(run.called, names)))
    for visit in [one for one in run.active if one.row is None and one in part]:
        inside.cancel(visit, "backtracked")
    todo = run.whole.todo
    run.whole.todo = [(do, about) for do, about in todo if not (do is steps.enter and _because(run, about, part))]
    run.whole.todo = [(do, about) for do, about in run.whole.todo if not (do is go_back and about[1] in part)]
    forgotten = [name for name in run.of.steps if name in names and name in run.shown]
    for name in forgotten:
        run.forget(name)
    for key, arrived in run.arrived.items():
        run.arrived[key] = [name for name in arrived if name not in names]
        if run.decided.get(key) and all(one in part for one in run.decided[key]):
            way = replace(way, branches=routing.on_time(run, [key], way.branches))
    every = [each for visit in part for each in (visit, *entered_rows(visit))]
    if all(promised.holds(run, name) for name in forgotten):
        rows.undo(run, every, (go_back, (run, way.causes[0], every, target, way)))


def since(run: Run, first: Visit) -> list[Visit]:
    """Return a visit and those that were entered because of it, and of nothing else."""
    part = [first]
    for visit in run.entered[run.entered.index(first) + 1 :]:
        if visit.way.causes and all(one in part for one in visit.way.causes):
            part.append(visit)
    return part


def entered_rows(visit: Visit) -> list[Visit]:
    return [] if visit.rows is None else rows.of(visit).entered


def _because(run: Run, about: tuple[object, ...], part: list[Visit]) -> bool:
    causes = cast(Way, about[2]).causes
    return about[0] is run and bool(causes) and all(one in part for one in causes)


def go_back(run: Run, _: Visit, part: list[Visit], target: str, way: Way) -> None:
    """Enter the step once all is undone; where something is left, the workflow is given up."""
    if run.over or way.branches & run.beaten:
        return
    if any(rows.within(call.visit, part) for call in run.whole.stuck):
        steps.give_up(run, "not-undone")
    else:
        steps.enter(run, target, way)
