"""Rules of lint: what is suspicious in a program that is well-formed. One rule is one module, named after its code.

The docstring of a rule is its page: what it finds and why that is wrong, an example that fails, one that holds, how it
is found, and whether findings are certain. Its function `check(program: Examined) -> Iterator[Diagnostic]` yields them;
their messages stand where they are found, so that a rule is read in one place.
"""

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from inspect import cleandoc
from typing import Protocol, cast

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.diagnostics import CODES, Diagnostic
from interlock_dsl.diagnostics.source import Span

RULES = tuple(name for name, code in CODES.items() if code.lint)
"""The codes of the rules, in the order in which they are run."""


OF_SUPPRESSIONS = ("unused-suppression", "suppressed-finding")
"""Rules that judge comments by what the other rules have found, and are run after them."""


OF_CONDITIONS = frozenset(
    {
        "always-true-condition", "condition-may-error", "grant-refuses-route", "impossible-step", "overridden-permit",
        "redundant-route", "rule-always-applies", "rule-never-applies", "shadowed-route", "shadowed-rule",
        "unreachable-otherwise", "unsatisfiable-condition", "value-may-error",
    }
)  # fmt: skip
"""Rules about whole conditions."""

OF_WORKFLOWS = frozenset(
    {
        "always-true-condition", "approval-without-way-on", "broken-promise", "child-exceeds-budget",
        "condition-may-error", "exceedable-budget", "gap-before-otherwise", "grant-refuses-route", "impossible-step",
        "irreversible-in-retry", "non-exhaustive-routes", "nothing-asked", "nothing-shown", "order-dependent-routes",
        "overlapping-routes", "question-without-deadline", "question-without-way-on", "race-keeps-effect",
        "redundant-route", "route-on-free-text", "shadowed-route", "toxic-combination", "unapproved-irreversible",
        "unproved-promise", "unreachable-otherwise", "unsatisfiable-condition", "unused-input",
    }
)  # fmt: skip
"""Rules that have nothing to say of a program without workflows: what they need is not loaded for it."""
OF_TABLES = frozenset({"impossible-row", "missing-rows", "overlapping-rows", "shadowed-row"})
"""Rules that have nothing to say of a program without tables."""

CONSEQUENCES = {
    "beyond-the-type": OF_CONDITIONS,
    "unknown-time-zone": OF_CONDITIONS,
    "shadowed-route": frozenset({"redundant-route"}),
    "unused-scope": frozenset({"unused-tool"}),
}
"""What each rule of a cause makes other rules find: that is left out where the cause stands in what it points at."""


class _Rule(Protocol):
    __doc__: str | None

    def check(self, program: Examined) -> Iterator[Diagnostic]: ...


def lint(program: Examined, *, strict: bool = False, only: frozenset[str] | None = None) -> Iterator[Diagnostic]:
    """Yield the findings of the rules (`only` those, or all): what is certain or has a witness, with `strict` all.

    What comments allow is yielded as well: whoever shows findings leaves it out.
    """
    judging = [code for code in OF_SUPPRESSIONS if only is None or code in only]
    idle = idle_rules(program).union(OF_SUPPRESSIONS)
    asked = [code for code in RULES if code not in idle and (judging or only is None or code in only)]
    found = list(_without_consequences([each for code in asked for each in _rule(code).check(program)]))
    seen = replace(program, found=(*program.found, *found))
    found.extend(each for code in judging for each in _rule(code).check(seen))
    for each in found:
        if (strict or not each.quiet) and (only is None or each.code in only):
            yield each


def idle_rules(program: Examined) -> frozenset[str]:
    """Return the rules that have nothing to say of a program, by what it declares."""
    nothing = frozenset[str]()
    workflows = nothing if program.facts.workflows else OF_WORKFLOWS
    return workflows | (nothing if program.facts.tables else OF_TABLES)


def _without_consequences(found: list[Diagnostic]) -> Iterator[Diagnostic]:
    causes = [each for each in found if each.code in CONSEQUENCES and not each.quiet]
    for each in found:
        places = [label.span for label in each.labels]
        of = [cause.span for cause in causes if each.code in CONSEQUENCES[cause.code]]
        if not any(_inside(cause, place) for cause in of for place in places):
            yield each


def _inside(inner: Span, outer: Span) -> bool:
    return inner.source is outer.source and outer.start <= inner.start and inner.end <= outer.end


def page_of(code: str) -> str:
    """Return the page of a rule."""
    return cleandoc(_rule(code).__doc__ or "") + "\n"


def _rule(code: str) -> _Rule:
    return cast(_Rule, import_module(f"{__name__}.{code.replace('-', '_')}"))
