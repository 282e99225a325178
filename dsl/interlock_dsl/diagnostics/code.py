"""What is registered of a diagnostic code: its severity, its certainty, and what it means in one line."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What a diagnostic does to a compilation: an `error` stops it, a `warning` and a `note` do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Certainty(StrEnum):
    """How certain the compiler is that the program is wrong.

    `proved`: it is wrong as it stands. `possible`: there is a path on which it is wrong, which a run may never take.
    `heuristic`: the pattern is usually a mistake. `unknown`: it was neither proved nor refuted.
    """

    PROVED = "proved"
    POSSIBLE = "possible"
    HEURISTIC = "heuristic"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of the registry."""

    name: str
    topic: str
    """The heading under which the index of diagnostics lists it."""
    severity: Severity
    certainty: Certainty
    summary: str
    """One line, lower case, no full stop."""
    lint: bool = False
    """Whether a rule of lint reports it: then it does not keep a program from running."""
    strict: bool = False
    """Whether it is reported under `--strict` only, however certain it is."""

    @property
    def page(self) -> str:
        """Where the documentation explains it, relative to the root of the documentation."""
        return f"diagnostics/{self.name}.md"
