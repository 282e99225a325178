"""Workflows that steps of others run."""

from collections.abc import Iterable, Sequence

from interlock_dsl.diagnostics.diagnostic import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose, listed, path
from interlock_dsl.diagnostics.source import Span


def runs_itself(cycle: Sequence[str], span: Span) -> Diagnostic:
    """A workflow that a step of its own runs, directly or by way of others."""
    return diagnose(
        "recursive-workflow",
        f"`{cycle[0]}` runs itself",
        span,
        "here it begins again",
        note=path(cycle),
        help="go back by a route with `at most`, so that the run has a bound",
    )


def end_is_taken(workflow: str, end: str, span: Span, declared: Span) -> Diagnostic:
    """An end of a workflow has a field with the name under which a step gives the end itself."""
    return diagnose(
        "type-mismatch",
        f"`{workflow}` cannot be run by a step: its end `{end}` has a field `end`",
        span,
        "`end` is the name of the end that is reached",
        Label(declared, "this end gives the field"),
        help="give the field another name",
    )


def no_way_on(workflow: str, span: Span) -> Diagnostic:
    """Every end of a workflow gives it up, so that a step that runs it always fails."""
    return diagnose(
        "type-mismatch",
        f"`{workflow}` has no end that a step could go on from",
        span,
        "every end of it gives up",
        help="give it an end without `gives up`",
    )


def ends_disagree(field: str, workflow: str, span: Span, one: Span, other: Span) -> Diagnostic:
    """Two ends of a workflow give one field in types that have nothing in common."""
    return diagnose(
        "type-mismatch",
        f"the ends of `{workflow}` give `{field}` in different types",
        span,
        "what the step gives has one type for each field",
        Label(one, "one end"),
        Label(other, "another"),
        help="give the field one type at every end, or another name",
    )


def not_handed(step: str, workflow: str, scopes: Iterable[str], span: Span, route: Span | None) -> Diagnostic:
    """A route into a step does not grant what the workflow that the step runs grants inside."""
    names = sorted(scopes)
    more = [] if route is None else [Label(route, "this route does not grant it")]
    return diagnose(
        "missing-scope",
        f"`{step}` runs `{workflow}`, which grants {listed(names)} inside",
        span,
        "no route grants it" if route is None else "not granted on every route",
        *more,
        help=f"add `grant {', '.join(names)}` to the route: nothing inside goes beyond it",
    )
