"""The codes that rules of lint report. Each has a module of its name in `analysis/lint`, whose docstring is its page.

What is certain, or has a witness, is reported by default; the rest, and codes marked `strict`, under `--strict`.
"""

from typing import Final

from interlock_dsl.diagnostics.code import Certainty, Code, Severity

_ERROR, _WARNING, _NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
_PROVED, _POSSIBLE, _HEURISTIC = Certainty.PROVED, Certainty.POSSIBLE, Certainty.HEURISTIC

_UPKEEP = "Lint: upkeep"
_LEADS = "Lint: routes and conditions"


def _lint(
    name: str, topic: str, severity: Severity, certainty: Certainty, summary: str, *, strict: bool = False
) -> Code:
    return Code(name, topic, severity, certainty, summary, lint=True, strict=strict)


LINT_CODES: Final = (
    _lint("non-exhaustive-routes", _LEADS, _ERROR, _PROVED, "for some values no route of a step is taken"),
    _lint("unused-definition", _UPKEEP, _WARNING, _PROVED, "something is declared and never used"),
    _lint("suppression-without-reason", _UPKEEP, _WARNING, _PROVED, "a comment allows a finding and does not say why"),
    _lint("unused-suppression", _UPKEEP, _WARNING, _PROVED, "a comment allows what is not there"),
    _lint("suppressed-finding", _UPKEEP, _NOTE, _PROVED, "what a comment allows", strict=True),
)
