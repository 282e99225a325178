"""Constants: what a `let` cannot be, and where its value does not fit."""

from collections.abc import Sequence

from interlock_dsl.diagnostics.diagnostic import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Span


def recursive(cycle: Sequence[str], span: Span) -> Diagnostic:
    """A constant that needs its own value."""
    return diagnose(
        "invalid-constant",
        f"the constant `{cycle[0]}` needs its own value: {' -> '.join(f'`{name}`' for name in cycle)}",
        span,
        help="write the value of one of them",
    )


def no_value(name: str, message: str, span: Span) -> Diagnostic:
    """A constant whose expression cannot be computed."""
    return diagnose("invalid-constant", f"the constant `{name}` has no value: {message}", span)


def no_literal(name: str, span: Span) -> Diagnostic:
    """A constant whose value is none that can be written."""
    help = "a constant is a number, a text, a truth value, a moment, a duration, or a list or map of these"
    return diagnose("invalid-constant", f"the value of `{name}` is none that a constant can have", span, help=help)


def no_number(name: str, span: Span, value: Span) -> Diagnostic:
    """The name of a constant that is no number where a number stands."""
    return diagnose("invalid-constant", f"`{name}` is no number", span, "a number is needed", Label(value, "its value"))


def no_duration(name: str, span: Span, value: Span) -> Diagnostic:
    """The name of a constant that is no length of time where one stands."""
    return diagnose(
        "invalid-constant",
        f"`{name}` is no duration",
        span,
        "a duration is needed",
        Label(value, "its value"),
        help=f"write it with its unit, as in `let {name} = 4h`",
    )
