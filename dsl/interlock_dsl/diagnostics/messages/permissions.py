"""Scopes, grants, calls and their arguments, effects."""

from collections.abc import Iterable

from interlock_dsl.diagnostics.diagnostic import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose, instead, listed
from interlock_dsl.diagnostics.source import Span


def widening_agent(scope: str, agent: str, span: Span, declared: Span) -> Diagnostic:
    """A grant of what the agent at the target may never hold."""
    return diagnose(
        "widening-handoff",
        f"`{scope}` is granted, but `{agent}` may never hold it",
        span,
        "wider than the agent",
        Label(declared, f"`{agent}` is declared here"),
        help=f"let the agent hold it: `may {scope}`, or remove it from the grant",
    )


def widening_targets(scope: str, span: Span) -> Diagnostic:
    """A grant that none of several targets can use."""
    return diagnose(
        "widening-handoff",
        f"`{scope}` is granted, but no target of this route may use it",
        span,
        "neither an agent that may hold it nor a call that needs it",
        help="grant it on the route into the step that uses it, or remove it",
    )


def widening_workflow(scope: str, workflow: str, span: Span, ceiling: Span) -> Diagnostic:
    """A grant beyond what the workflow may grant."""
    return diagnose(
        "widening-handoff",
        f"`{scope}` is more than the workflow `{workflow}` may grant",
        span,
        "",
        Label(ceiling, "the ceiling is set here"),
        help=f"add `{scope}` to the workflow's `may`, or remove it from the grant",
    )


def missing_scope(step: str, tool: str, scopes: Iterable[str], span: Span, route: Span | None) -> Diagnostic:
    """A call that would always be denied."""
    names = sorted(scopes)
    more = [] if route is None else [Label(route, "this route does not grant it")]
    arrives = "no route grants it" if route is None else "not granted on every route"
    return diagnose(
        "missing-scope",
        f"`{step}` calls `{tool}`, which needs {listed(names)}",
        span,
        arrives,
        *more,
        help=f"add `grant {', '.join(names)}` to the route",
    )


def unknown_argument(tool: str, name: str, span: Span, parameters: Iterable[str]) -> Diagnostic:
    """An argument that the tool does not take."""
    known = list(parameters)
    return diagnose(
        "undefined-reference",
        f"`{tool}` takes no argument `{name}`",
        span,
        "",
        help=instead(name, known) or (f"it takes {listed(known)}" if known else "it takes none"),
    )


def missing_argument(tool: str, name: str, type: object, span: Span, declared: Span) -> Diagnostic:
    """An argument that the tool needs."""
    return diagnose(
        "missing-argument",
        f"`{tool}` needs the argument `{name}`",
        span,
        "",
        Label(declared, "declared here"),
        help=f"add `{name}: ...`, {type_words(type)}",
    )


def type_words(type: object) -> str:
    """Say which type is meant."""
    return f"of type `{type}`"


def enum_mismatch(offered: object, wanted: object, span: Span) -> Diagnostic:
    """Text that is not known to be one of an enum's values."""
    return diagnose("type-mismatch", f"expected `{wanted}`, found `{offered}`", span, f"this is `{offered}`")


def tool_out_of_reach(tool: str, agent: str, scopes: Iterable[str], span: Span, declared: Span) -> Diagnostic:
    """A tool shown to an agent that may never call it."""
    names = sorted(scopes)
    return diagnose(
        "missing-scope",
        f"`{agent}` may never call `{tool}`: it needs {listed(names)}",
        span,
        "",
        Label(declared, f"`{agent}` is declared here"),
        help=f"let the agent hold it: `may {', '.join(names)}`, or remove the tool",
    )


def tool_never_shown(tool: str, step: str, scopes: Iterable[str], span: Span) -> Diagnostic:
    """A tool of an agent's step whose scopes no route into the step grants."""
    names = sorted(scopes)
    return diagnose(
        "missing-scope",
        f"`{tool}` is never shown at `{step}`: it needs {listed(names)}",
        span,
        "no route into the step grants it",
        help=f"add `grant {', '.join(names)}` to a route into `{step}`, or remove the tool",
    )


def undeclared_effect(tool: str, span: Span) -> Diagnostic:
    """A tool that does not say what it does to the world."""
    return diagnose(
        "undeclared-effect",
        f"`{tool}` does not say what it does to the world",
        span,
        "taken as irreversible",
        help="write `effect read`, `effect write` or `effect irreversible`",
    )


def unknown_effect(name: str, span: Span) -> Diagnostic:
    """An effect that does not exist."""
    effects = ("read", "write", "irreversible")
    return diagnose(
        "undefined-reference",
        f"there is no effect `{name}`",
        span,
        help=instead(name, effects) or "it is read, write or irreversible",
    )


def calls_argument(span: Span, tools: Iterable[str]) -> Diagnostic:
    """`calls(...)` of something that is no name."""
    return diagnose(
        "type-mismatch",
        "`calls` takes the name of one tool",
        span,
        help=f"such as `calls({next(iter(sorted(tools)), 'orders.get')})`",
    )


def sum_form(span: Span) -> Diagnostic:
    """`sum` of calls that is not written as a name and what is added up."""
    return diagnose(
        "type-mismatch",
        "`sum` takes a name for each call, and what is added up",
        span,
        help="such as `calls(money.send).sum(c, c.args.cents)`",
    )


def bad_period(message: str, span: Span) -> Diagnostic:
    """A period that cannot be read."""
    return diagnose("type-mismatch", message, span, help='write a duration such as `"1h"` or `"30m"`')


def unreadable(function: str, message: str, span: Span) -> Diagnostic:
    """A pattern, an instant or a duration that can never be read."""
    return diagnose("invalid-pattern" if function == "matches" else "type-mismatch", message, span, "cannot be read")


def unnormalised_name(name: str, compared: str, problem: str, span: Span) -> Diagnostic:
    """The principal's name compared with a text that no principal's name ever is."""
    return diagnose(
        "unnormalised-name",
        f'a principal is never called "{name}": {problem or "names are compared in their normalised form"}',
        span,
        "this comparison never holds",
        help=f'write "{compared}"' if compared else "write the name without what cannot be seen",
    )


def no_such_argument(name: str, patterns: Iterable[str], span: Span, known: Iterable[str]) -> Diagnostic:
    """An argument that none of several tools takes."""
    names = sorted(set(known))
    return diagnose(
        "unavailable-field",
        f"no tool of {listed(list(patterns))} takes an argument `{name}`",
        span,
        "not declared",
        help=instead(name, names) or (f"there is {listed(names)}" if names else None),
    )


def no_agent_matches(pattern: str, span: Span) -> Diagnostic:
    """`by` with a pattern that no agent has."""
    return diagnose(
        "undefined-reference", f"no agent matches `{pattern}`", span, help="name one agent, or write `by *` for any"
    )
