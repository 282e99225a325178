"""Clauses of a workflow that could never have an effect."""

from interlock_dsl.diagnostics.diagnostic import Diagnostic
from interlock_dsl.diagnostics.messages.tools import INEFFECTIVE
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Span


def pass_unseen(target: str, is_end: bool, span: Span, taken_back: bool) -> Diagnostic:
    """Fields passed where neither a model nor a person is shown anything."""
    reads = "an end" if is_end else "a step without a model or a person"
    return diagnose(
        INEFFECTIVE,
        f"what is passed to `{target}` is shown to nobody: it is {reads}",
        span,
        "has no effect",
        help="remove `pass`: only an agent or a person can be told what is taken back"
        if taken_back
        else "remove `pass`: expressions read the values of the run as they are",
    )


def impossible_trigger(step: str, kind: str, trigger: str, span: Span, help: str | None) -> Diagnostic:
    """A route on something that never happens to its step."""
    return diagnose(
        INEFFECTIVE,
        f"`on {trigger}` never happens at `{step}`: it is {kind}{_lacking(trigger)}",
        span,
        "is never taken",
        help=help or "remove the route, or write `on failure`",
    )


def _lacking(trigger: str) -> str:
    match trigger:
        case "denied":
            return " and no route into it asks for an approval"
        case "expiry":
            return ", and nothing that people are asked for it has a deadline"
        case "over budget":
            return " in a workflow without a budget"
        case _:
            return ""


def nothing_to_order(step: str, span: Span) -> Diagnostic:
    """`routes x first` where no routes compete."""
    return diagnose(
        INEFFECTIVE,
        f"there is nothing to order at `{step}`: no two of its routes compete",
        span,
        "has no effect",
        help="remove it",
    )
