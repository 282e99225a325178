"""Promises of a workflow."""

from typing import Final

from interlock_dsl.diagnostics.diagnostic import Diagnostic
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Span

INVALID: Final = "invalid-promise"
VACUOUS: Final = "vacuous-policy"


def no_tool_matches(pattern: str, span: Span) -> Diagnostic:
    """A family of tools that has none."""
    return diagnose(VACUOUS, f"no tool matches `{pattern}`", span, "this promise is about no call")


def nothing_irreversible(span: Span) -> Diagnostic:
    """`never irreversible` where no tool is."""
    return diagnose(VACUOUS, "no tool is irreversible", span, "this promise is about no call")


def nothing_first(pattern: str, span: Span) -> Diagnostic:
    """`before` a family of tools that has none."""
    return diagnose(
        INVALID,
        f"no tool matches `{pattern}`, so no call can come first",
        span,
        "nothing to wait for",
        help="write the name or the family of the tools that come first",
    )


def waits_for_itself(tools: str, first: str, span: Span) -> Diagnostic:
    """`never x before x`: no call could ever be the first one."""
    return diagnose(
        INVALID,
        f"every call of `{tools}` is one of `{first}`, so nothing is left that has to wait",
        span,
        "waits for itself",
        help="write two different tools or families",
    )


def too_few_people(count: int, of: int, span: Span) -> Diagnostic:
    """An approval by more people than there are."""
    return diagnose(
        INVALID, f"{count} of {of} people can never approve", span, help=f"write a number from 1 to {of} before `of`"
    )


def not_of_the_run(name: str, span: Span) -> Diagnostic:
    """`always` that reads what is neither an input nor an output."""
    return diagnose(
        INVALID,
        f"`always` cannot read `{name}`: it is judged when an output changes, and reads inputs and outputs",
        span,
        "neither an input nor an output",
        help="compare what the steps of the workflow give, or write a rule of a policy",
    )


def reads_nothing(span: Span) -> Diagnostic:
    """`always` with a condition that no run can change."""
    return diagnose(
        INVALID,
        "this condition reads no input and no output, so no run can change it",
        span,
        "the same in every run",
        help="name an input or the output of a step",
    )
