"""Rules of lint: what is suspicious in a program that is well-formed. One rule is one module, named after its code.

The docstring of a rule is its page: what it finds and why that is wrong, an example that fails, one that holds, how it
is found, and whether findings are certain. Its function `check(program: Examined) -> Iterator[Diagnostic]` yields them;
their messages stand where they are found, so that a rule is read in one place.
"""

from collections.abc import Iterator
from importlib import import_module
from inspect import cleandoc
from typing import Protocol, cast

from interlock_dsl.analysis.examined import Examined
from interlock_dsl.diagnostics import CODES, Diagnostic

RULES = tuple(name for name, code in CODES.items() if code.lint)
"""The codes of the rules, in the order in which they are run."""


class _Rule(Protocol):
    __doc__: str | None

    def check(self, program: Examined) -> Iterator[Diagnostic]: ...


def lint(program: Examined, *, strict: bool = False, only: frozenset[str] | None = None) -> Iterator[Diagnostic]:
    """Yield the findings of the rules (`only` those, or all): what is certain or has a witness, with `strict` all."""
    for code in RULES if only is None else [code for code in RULES if code in only]:
        for found in _rule(code).check(program):
            if strict or not found.quiet:
                yield found


def page_of(code: str) -> str:
    """Return the page of a rule."""
    return cleandoc(_rule(code).__doc__ or "") + "\n"


def _rule(code: str) -> _Rule:
    return cast(_Rule, import_module(f"{__name__}.{code.replace('-', '_')}"))
