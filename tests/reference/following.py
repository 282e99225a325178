"""What goes on only once something is undone: a race that was won, a step that is gone back to."""

from collections.abc import Sequence
from typing import cast

from interlock_dsl.program.model import Route
from reference import backtracking, races, routing, rows
from reference.state import Run, Visit


def every(run: Run) -> list[rows.Then]:
    """Return what goes on in a workflow once something is undone: a step is gone back to, a race was won."""
    moves = [cast(rows.Then, about[2]) if do is rows.undo else (do, about) for do, about in run.whole.todo]
    moves += [cast(rows.Undoing, each).then for each in run.whole.undoings]
    return [one for one in moves if one[0] in (backtracking.go_back, races.meet) and one[1][0] is run]


def leads_to(then: rows.Then) -> list[str]:
    """Return the steps that it goes on at."""
    do, about = then
    if do is backtracking.go_back:
        return [cast(str, about[3])]
    routes = cast("Sequence[Route]", about[2])
    ways = [way for route in routes for way in (routing.way_of(route), routing.way_out(route)) if way is not None]
    return [target for way in ways for target in way.targets]


def forget(run: Run, join: Sequence[Route]) -> None:
    """Have nothing go on that only leads to a join that is decided; what is being undone is undone all the same."""
    gone = [one for one in every(run) if all(routing.only_leads(run, name, join) for name in leads_to(one))]
    nothing: rows.Then = (not_needed, (run, None))
    for at, (do, about) in enumerate(run.whole.todo):
        if (do, about) in gone:
            run.whole.todo[at] = nothing
        elif do is rows.undo and about[2] in gone:
            run.whole.todo[at] = (do, (*about[:2], nothing))
    for each in run.whole.undoings:
        undoing = cast(rows.Undoing, each)
        if undoing.then in gone:
            undoing.then = (not_needed, (run, undoing.then[1][1]))


def not_needed(run: Run, _: Visit | None) -> None:
    """All is undone, and nothing goes on: a join has been decided meanwhile that needs nothing more."""
