"""What a route hands over: scopes, cut by what the principal holds, and fields. The target has nothing else."""

from collections.abc import Mapping
from typing import cast

from interlock.run.parts import Failure, Frame, Visit, with_failure
from interlock.run.plan import PlannedRoute, cut_grants
from interlock.run.protocol.events import Json
from interlock.run.state import Run
from interlock_dsl.program.model import Grant, Route


def grants_for(run: Run, frame: Frame, route: PlannedRoute, target: str) -> tuple[tuple[Grant, ...], frozenset[str]]:
    """Return the grants in hand at the target of a route, and their scopes: inside, none that the step has not."""
    grants, scopes = route.grants[target], route.scopes[target]
    outer = None if frame.parent is None else frame.parent.scopes
    for ceiling in (run.principal.scopes, outer):
        if ceiling is not None and not scopes <= ceiling:
            grants, scopes = cut_grants(grants, ceiling), scopes & ceiling
    return grants, scopes


def context_of(visit: Visit) -> dict[str, Json]:
    """Return the fields that the route to a visit passes, nested as they are there: `{"request": {"order_id": ...}}`.

    A field that is not there (an optional one, a step that has not run, an element beyond the end of a list) is left
    out. An element stands under its number, `{"split": {"parts": {"0": ...}}}`. A row of a list is there too.
    """
    route = visit.route.route
    context = passed(visit.frame, route, visit.failure) if visit.passed is None else dict(visit.passed)
    if visit.row is not None and visit.row.of.rows is not None:
        context[visit.row.name] = visit.row.of.rows.shown[visit.row.index]
    return context


def passed(frame: Frame, route: Route, failure: Failure | None) -> dict[str, Json]:
    """Return the fields that a route passes, as they are now."""
    context: dict[str, Json] = {}
    for each in route.passes:
        value: object = with_failure(frame.shown, failure)
        for name in each.path:
            if isinstance(value, Mapping) and name in value:
                value = value[name]
            elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
                value = value[int(name)]
            else:
                break
        else:
            _put(context, each.path, cast(Json, value))
    return context


def _put(context: dict[str, Json], path: tuple[str, ...], value: Json) -> None:
    for name in path[:-1]:
        inner = context.get(name)
        # What is passed as a whole and again in part must not be changed in the run's own values.
        copy = dict(inner) if isinstance(inner, dict) else {}
        context[name] = copy
        context = copy
    context[path[-1]] = value
