"""What `redact` hides."""

from collections.abc import Iterable, Sequence

from interlock_dsl.diagnostics.diagnostic import Diagnostic
from interlock_dsl.diagnostics.report import diagnose, instead, listed
from interlock_dsl.diagnostics.source import Span


def neither(path: str, span: Span) -> Diagnostic:
    """A field of neither the arguments nor the result."""
    return diagnose(
        "unavailable-field",
        f"`{path}` is a field of neither the arguments nor the result",
        span,
        help="begin with `args.` or `result.`, as in `redact result.iban for accounts.get`",
    )


def no_result(tools: Sequence[str], span: Span) -> Diagnostic:
    """A field of the result of a tool that returns nothing."""
    return diagnose("unavailable-field", f"{listed(sorted(tools))} returns nothing", span)


def no_field(path: str, tools: Sequence[str], span: Span, known: Iterable[str]) -> Diagnostic:
    """A field that no call has."""
    names = list(known)
    wanted = path.rpartition(".")[2]
    return diagnose(
        "unavailable-field",
        f"no call of {listed(sorted(tools))} has `{path}`",
        span,
        "nothing would be hidden",
        help=instead(wanted, names) or (f"there is {listed(names)}" if names else None),
    )
