"""Limits of policies: whose they are."""

from interlock_dsl.diagnostics.diagnostic import Diagnostic, Edit
from interlock_dsl.diagnostics.edits import respelt
from interlock_dsl.diagnostics.report import diagnose, instead
from interlock_dsl.diagnostics.source import Span


def limit_without_owner(rule: Span, period: Span) -> Diagnostic:
    """A `limit` that does not say for whom it counts."""
    after = Span(period.source, period.end, period.end)
    return diagnose(
        "limit-without-owner",
        "this limit does not say for whom it counts",
        rule,
        "for each run, for each of something, or overall?",
        help="write `for each run` (each run or session by itself), `for each principal`, `for each agent`, "
        "`for each args.account` (what an argument says), or `overall` (all runs and sessions together)",
        edits=(Edit(after, " for each run"),),
    )


def run_among_others(span: Span) -> Diagnostic:
    """`run` beside other things that a limit is for each of."""
    return diagnose(
        "limit-without-owner",
        "`for each run` stands alone",
        span,
        "a run counts by itself",
        help="write `for each run`, or leave `run` out: the limit then holds over all runs",
    )


def no_owner(name: str, span: Span, *, alone: bool) -> Diagnostic:
    """A word after `for each` that says nobody whose a limit can be."""
    known = ("principal", "agent", "args", *(("run",) if alone else ()))
    return diagnose(
        "undefined-reference",
        f"a limit cannot be for each `{name}`",
        span,
        "not found",
        help=instead(name, known) or "write `principal`, `agent`, or an argument such as `args.account`",
        edits=respelt(name, known, span),
    )


def no_key(type: object, span: Span) -> Diagnostic:
    """Something of a type whose values are not told apart exactly, which a limit cannot be for each of."""
    return diagnose(
        "type-mismatch",
        f"a limit is for each text, whole number or truth value, and this is `{type}`",
        span,
        "cannot tell whose the limit is",
        help="write `principal`, `agent`, or an argument such as `args.account`",
    )
