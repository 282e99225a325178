"""What is said of joins whose branches race."""

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
