"""What is said of joins whose branches race, or contradict each other."""

from interlock_dsl.diagnostics.diagnostic import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Span


def beside_race(name: str, span: Span, merge: Span) -> Diagnostic:
    """A step of a branch that may lose a race, and that goes on beside what follows the race."""
    return diagnose(
        "beside-race",
        f"`{name}` lies in a branch that may lose a race, and goes on beside what follows it",
        span,
        "what it did would be undone while others rely on it",
        Label(merge, "the race"),
        help=f"open the branch of `{name}` before those that race, or let it join them",
    )


def reconciles_otherwise(span: Span) -> Diagnostic:
    """`reconcile` at a route with `otherwise`."""
    return diagnose(
        "invalid-route",
        "a route with `otherwise` has no condition that could be told from that of `reconcile`",
        span,
        help="say with `when` in which case the route is taken",
    )


def reconciles_several(span: Span) -> Diagnostic:
    """`reconcile` at a route with several targets, or one that leads back."""
    return diagnose(
        "invalid-route",
        "`reconcile` stands at a route that leads forward to one target",
        span,
        help="let the route lead to one step, and that step to the others",
    )


def reconciles_itself(name: str, span: Span) -> Diagnostic:
    """The step that reconciles is a source or the target of its join."""
    return diagnose(
        "invalid-route",
        f"`{name}` takes part in this join, and cannot reconcile it",
        span,
        help="name another step, with a route of its own to the target",
    )


def leads_elsewhere(name: str, target: str, span: Span) -> Diagnostic:
    """The step that reconciles has no route to the target."""
    return diagnose(
        "invalid-route",
        f"`{name}` does not lead to `{target}`, to which the join leads without it",
        span,
        help=f"add `{name} -> {target}`",
    )
