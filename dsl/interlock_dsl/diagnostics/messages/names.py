"""Files and names: what is not there, and what is there twice."""

from collections.abc import Iterable

from interlock_dsl.diagnostics.diagnostic import Diagnostic, Edit, Label
from interlock_dsl.diagnostics.edits import respelt
from interlock_dsl.diagnostics.report import article, diagnose, instead, listed
from interlock_dsl.diagnostics.source import Span


def missing_file(path: str, reason: str, span: Span) -> Diagnostic:
    """`use` of a file that cannot be read."""
    return diagnose(
        "missing-file",
        f"cannot read `{path}`: {reason}",
        span,
        "used here",
        help="paths are relative to the file that uses them",
    )


def absolute_path(path: str, span: Span) -> Diagnostic:
    """`use` of a path that means something else on another machine."""
    return diagnose(
        "missing-file",
        f"`{path}` is not a relative path",
        span,
        help="write the path from this file, such as `../common.ilk`",
    )


def undefined(
    kind: str, name: str, span: Span, candidates: Iterable[str], others: Iterable[tuple[str, Span]] = ()
) -> Diagnostic:
    """A name that nothing of the wanted kind has. `others` are things of other kinds that have it."""
    known, others = sorted(candidates), list(others)
    elsewhere = [Label(place, f"`{name}` is {article(other)}, not {article(kind)}") for other, place in others]
    usual = _USUAL.get(name.casefold()) if kind == "type" else None
    unit = _UNITS.get(name.casefold().removesuffix("s")) if kind == "constant" else None
    help = f"it is called `{usual}` here" if usual else instead(name, known)
    if unit and name not in known:
        help = f"a time is written as a number with its unit: `1{unit}`"
    if kind == "constant" and not unit and span.source.text[: span.start].endswith("waits for "):
        help = "a moment is waited for with `waits until`"
    verb = next((f"{article(other)} stands behind `{_BEHIND[other]}`" for other, _ in others if other in _BEHIND), None)
    if help is None and elsewhere and kind in _BEHIND:
        help = verb
    if help is None and not elsewhere:
        help = (
            f"there is {listed(known)}"
            if known
            else f"declare it: `{_EXAMPLE[kind].format(name)}`"
            if kind in _EXAMPLE
            else None
        )
    edits = (Edit(span, usual),) if usual and span.text == name else () if elsewhere else respelt(name, known, span)
    message = f"there is no {kind} `{name}`"
    return diagnose("undefined-reference", message, span, "not found", *elsewhere, help=help, edits=edits)


_BEHIND = {"workflow": "runs", "tool": "calls", "table": "decides", "agent": "by", "role": "asks"}
_UNITS = {"second": "s", "minute": "m", "hour": "h", "day": "d"}
_USUAL = {
    "float": "double",
    "number": "double",
    "decimal": "double",
    "integer": "int",
    "str": "string",
    "text": "string",
    "boolean": "bool",
    "date": "timestamp",
    "datetime": "timestamp",
    "timedelta": "duration",
    "array": "list",
    "dict": "map",
}
"""What other languages call a built-in type."""

_EXAMPLE = {
    "agent": 'agent {} {{ model "small" }}',
    "role": 'role {} {{ reach "..." }}',
    "end": "end {}",
    "type": "type {} {{ ... }}",
    "constant": "let {} = ...",
}


def unknown_scope(scope: str, span: Span, scopes: Iterable[str]) -> Diagnostic:
    """A scope that no tool needs."""
    known = sorted(scopes)
    return diagnose(
        "undefined-reference",
        f"no tool needs the scope `{scope}`",
        span,
        "not found",
        help=instead(scope, known) or (f"tools need {listed(known)}" if known else f"let a tool say `needs {scope}`"),
        edits=respelt(scope, known, span),
    )


def no_tool_matches(pattern: str, span: Span) -> Diagnostic:
    """A pattern of a rule that no tool matches."""
    return diagnose("vacuous-policy", f"no tool matches `{pattern}`", span, "this rule applies to nothing")


def duplicate(kind: str, name: str, span: Span, first: Span) -> Diagnostic:
    """A name declared twice."""
    return diagnose(
        "duplicate-definition",
        f"{article(kind)} `{name}` is declared twice",
        span,
        "again here",
        Label(first, "first here"),
        help="rename one of them or remove it",
    )


def context_twice(span: Span, first: Span) -> Diagnostic:
    """A second declaration of the context."""
    return diagnose(
        "duplicate-definition",
        "the context is declared twice",
        span,
        "again here",
        Label(first, "first here"),
        help="write all its fields in one declaration",
    )


def clash(kind: str, name: str, span: Span, other: str, first: Span) -> Diagnostic:
    """A name that stands for two things in one workflow."""
    return diagnose(
        "duplicate-definition",
        f"`{name}` is both {article(other)} and {article(kind)}",
        span,
        f"{article(kind)}",
        Label(first, f"{article(other)}"),
        help="conditions and routes could not tell them apart: rename one",
    )


def reserved(kind: str, name: str, span: Span, taken: Iterable[str]) -> Diagnostic:
    """A name that every condition already knows; `taken` are all such names."""
    return diagnose(
        "duplicate-definition",
        f"{article(kind)} cannot be called `{name}`",
        span,
        f"`{name}` already means something in every workflow",
        help=f"call it otherwise: {', '.join(f'`{each}`' for each in sorted(taken))} are taken",
    )


def nameless_event(step: str, span: Span) -> Diagnostic:
    """A step that waits for an event without a name."""
    return diagnose(
        "undefined-reference",
        f"`{step}` waits for an event without a name",
        span,
        help='write the name by which it is signalled, such as `"payment.received"`',
    )


def repeated(what: str, name: str, span: Span, first: Span) -> Diagnostic:
    """Something listed twice where once is enough."""
    return diagnose(
        "duplicate-definition", f"{what} `{name}` is given twice", span, "again here", Label(first, "first here")
    )
