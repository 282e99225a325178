"""Packs of rules: what they lack where they are used, and what is no pack."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from interlock_dsl.diagnostics.diagnostic import Diagnostic, Label
from interlock_dsl.diagnostics.edits import respelt
from interlock_dsl.diagnostics.report import article, diagnose, instead, listed
from interlock_dsl.diagnostics.source import Span

_KINDS = {
    "role": ("the name of a role", "supervisor"),
    "tool": ("the name of one tool", "plans.propose"),
    "tools": ("a tool or a family of tools", "money.*"),
}


def unknown_pack(path: str, shipped: Sequence[str], span: Span) -> Diagnostic:
    """`use` of a pack that is not shipped."""
    known = [f"interlock/{name}" for name in shipped]
    help = instead(path, known) or f"there is {listed(known)}"
    return diagnose("missing-file", f"no pack is called `{path}`", span, "used here", help=help)


def no_calls(path: str, span: Span) -> Diagnostic:
    """A shipped pack that is used without saying for which calls."""
    return diagnose(
        "not-a-pack",
        f"`{path}` is a pack of rules, and this does not say for which calls",
        span,
        help=f'write the tools it is for and what it needs: `use "{path}" for FAMILY.* with {{ ... }}`',
    )


def holds_no_pack(path: str, span: Span) -> Diagnostic:
    """A file that is used as a pack, and is none."""
    return diagnose(
        "not-a-pack",
        f"`{path}` holds no pack",
        span,
        "used as one here",
        help="a file that is used `for` some tools holds one `pack` and nothing else",
    )


def not_alone(pack: str, span: Span, place: Span) -> Diagnostic:
    """A pack with something beside it."""
    return diagnose(
        "not-a-pack",
        f"a file with the pack `{pack}` holds nothing else",
        span,
        "this stands beside it",
        Label(place, "the pack"),
        help="move it to another file",
    )


def lacks(pack: str, name: str, type: str, span: Span, declared: Span) -> Diagnostic:
    """A parameter that is not given."""
    return diagnose(
        "missing-argument",
        f"the pack `{pack}` needs `{name}`, which is {article(type) if type.isalpha() else f'`{type}`'}",
        span,
        "used here without it",
        Label(declared, "declared here"),
    )


def unknown_parameter(pack: str, name: str, span: Span, known: Iterable[str]) -> Diagnostic:
    """An argument that the pack has no parameter for."""
    names = sorted(known)
    return diagnose(
        "undefined-reference",
        f"the pack `{pack}` has no parameter `{name}`",
        span,
        help=instead(name, names) or (f"there is {listed(names)}" if names else "it takes none"),
        edits=respelt(name, names, span),
    )


def not_a_name(name: str, kind: str, span: Span, declared: Span) -> Diagnostic:
    """An argument that is not a name where one is needed."""
    wanted, example = _KINDS[kind]
    return diagnose(
        "type-mismatch",
        f"`{name}` is {wanted}",
        span,
        "this is none",
        Label(declared, "declared here"),
        help=f"write it without quotes, such as `{example}`",
    )


def not_a_value(name: str, type: str, span: Span, declared: Span) -> Diagnostic:
    """A family or a time where a value is needed."""
    return diagnose(
        "type-mismatch", f"`{name}` is a value of type `{type}`", span, "this is none", Label(declared, "declared here")
    )


def not_constant(name: str, what: str, span: Span, place: Span) -> Diagnostic:
    """An argument that is not known beforehand, where the pack needs a number or a time."""
    return diagnose(
        "type-mismatch",
        f"`{name}` must be {what} that is written out: the pack counts with it",
        span,
        "this is known only when a call is made",
        Label(place, "here"),
    )


def given_twice(name: str, span: Span, first: Span) -> Diagnostic:
    """A parameter that is given twice."""
    return diagnose("duplicate-definition", f"`{name}` is given twice", span, "again here", Label(first, "first here"))


def always_given(name: str, span: Span) -> Diagnostic:
    """A parameter of a pack with a mark that means nothing there."""
    return diagnose(
        "ineffective-clause",
        f"`{name}` is always given: `?` and labels have no effect on the parameter of a pack",
        span,
        help="leave them out",
    )


def not_given(kind: str, name: str, span: Span, known: Iterable[str]) -> Diagnostic:
    """A name in a rule of a pack that is none of its parameters."""
    names = sorted(known)
    return diagnose(
        "undefined-reference",
        f"no parameter of the pack is {article(kind)} `{name}`",
        span,
        "not found",
        help=instead(name, names) or "a pack knows what it is given: add a parameter",
        edits=respelt(name, names, span),
    )


def of_parameter(name: str, declared: Span, found: Diagnostic) -> Diagnostic:
    """What is wrong with a value that a parameter is given."""
    return replace(found, labels=(*found.labels, Label(declared, f"the parameter `{name}`")))


def used_here(found: Diagnostic, use: Span) -> Diagnostic:
    """A finding in a rule of a pack, with where the pack is used."""
    return replace(found, labels=(*found.labels, Label(use, "the pack is used here")))
