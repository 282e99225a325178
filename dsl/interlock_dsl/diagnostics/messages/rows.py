"""Steps that are taken for each row of a list."""

from interlock_dsl.diagnostics.diagnostic import Diagnostic
from interlock_dsl.diagnostics.messages.tools import INEFFECTIVE
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Span


def over_no_list(type: object, span: Span) -> Diagnostic:
    """`for each row in` what is no list."""
    return diagnose(
        "type-mismatch",
        f"expected a list, found {type}",
        span,
        "`for each` goes over the rows of a list",
    )


def too_many_rows(most: int, span: Span) -> Diagnostic:
    """A fan-out with more rows than one may have."""
    return diagnose("limit-out-of-range", f"a fan-out has at most {most:_} rows", span, "too large")


def width_beyond(width: int, most: int, span: Span) -> Diagnostic:
    """A `width` that no list can exceed."""
    return diagnose(
        INEFFECTIVE,
        f"there are at most {most:_} rows: `width {width:_}` holds none of them back",
        span,
        "has no effect",
        help="remove it, or write a smaller one",
    )


def merge_beyond(count: int, most: int, span: Span) -> Diagnostic:
    """A `merge` that needs more rows than there can be."""
    return diagnose(
        "join-never-satisfied",
        f"{count:_} rows are needed, and there are at most {most:_}",
        span,
        "never satisfied",
        help=f"write `merge all`, or at most `merge {most:_}`",
    )


def collects_beside_merge(span: Span) -> Diagnostic:
    """`collect failures` where rows that fail are left out."""
    return diagnose(
        INEFFECTIVE,
        "a fan-out that needs only some of its rows leaves out those that fail",
        span,
        "has no effect",
        help="remove `collect failures`, or `merge`",
    )
