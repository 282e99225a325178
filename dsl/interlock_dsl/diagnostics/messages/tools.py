"""What the clauses of tools and agents say of one another."""

from interlock_dsl.diagnostics.diagnostic import Diagnostic
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Span

INEFFECTIVE = "ineffective-clause"


def write_without_scope(tool: str, effect: str | None, span: Span) -> Diagnostic:
    """A tool that changes the world and needs no scope: no grant could withhold it."""
    family = tool.split(".")[0]
    return diagnose(
        "write-without-scope",
        f"`{tool}` changes the world and needs no scope",
        span,
        "any step could call it" if effect is not None else "taken as irreversible, and any step could call it",
        help=f"write which scope it needs, such as `needs {family}.write`; or `effect read`, if it changes nothing",
    )


def retry_without_idempotency(tool: str, span: Span) -> Diagnostic:
    """A retry of a call that is never repeated."""
    return diagnose(
        "retry-without-idempotency",
        f"`{tool}` is never called again: a call that changes something and may have happened is not repeated",
        span,
        "has no effect",
        help="write `idempotent by ...`, if the same key makes the service act once; else remove `retry`",
    )


def undo_of_read(tool: str, span: Span) -> Diagnostic:
    """An undo of a call that changes nothing."""
    return diagnose(
        INEFFECTIVE,
        f"`{tool}` only reads: there is nothing to undo",
        span,
        "has no effect",
        help="remove `undo`, or say what the tool does: `effect write`",
    )


def breaker_without_timeout(tool: str, span: Span) -> Diagnostic:
    """A breaker of a tool whose calls may take for ever."""
    return diagnose(
        "unfit-breaker",
        f"`{tool}` has a breaker and no timeout",
        span,
        "a call that hangs never counts as a failure",
        help="write how long a call may take, such as `timeout 10s`",
    )


def breaker_beyond_rate(tool: str, span: Span) -> Diagnostic:
    """A breaker that waits for more failures than the rate lets attempts through."""
    return diagnose(
        "unfit-breaker",
        f"the breaker of `{tool}` never opens: its rate lets fewer attempts through in that time",
        span,
        "more failures than there can be attempts",
        help="have it open after fewer failures, or within a longer time",
    )


def same_fallback(agent: str, span: Span) -> Diagnostic:
    """A fallback that is the model itself."""
    return diagnose(
        INEFFECTIVE,
        f"the fallback of `{agent}` is its model",
        span,
        "is no other model",
        help="name another model; for more attempts with this one, write `retry`",
    )


def unfit_fallback(problem: str, span: Span) -> Diagnostic:
    """A tool that cannot be called in place of another."""
    return diagnose(
        "unfit-fallback",
        problem,
        span,
        "cannot stand in for it",
        help="a fallback reads, gives the same type and needs no other scope; else write a route `on failure`",
    )
