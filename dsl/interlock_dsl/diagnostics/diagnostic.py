"""What the compiler says: diagnostics, as values.

A diagnostic has one primary label and any number of others, each at a span; notes and one help line.
How they are printed is `render`'s business, how they are worded is `messages`'.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from interlock_dsl.diagnostics.source import Span


class Severity(StrEnum):
    """How much a finding weighs: only an `error` stops the compiler."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Certainty(StrEnum):
    """How sure the compiler is: proved with a witness, possible, or a rule of thumb."""

    PROVED = "proved"
    POSSIBLE = "possible"
    HEURISTIC = "heuristic"


@dataclass(frozen=True, slots=True)
class Label:
    """A place and what to say under it (`text` may be empty)."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: a stable code, a sentence without a full stop, the places, and how to mend it."""

    code: str
    message: str
    labels: tuple[Label, ...]
    severity: Severity = Severity.ERROR
    notes: tuple[str, ...] = ()
    help: str | None = None
    certainty: Certainty = Certainty.PROVED

    @property
    def span(self) -> Span:
        """The primary place."""
        return self.labels[0].span

    def __str__(self) -> str:
        return f"{self.span}: {self.severity}[{self.code}]: {self.message}"


class DiagnosticError(Exception):
    """Text could not be accepted. `diagnostics` holds everything that was found, in source order."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(map(str, self.diagnostics)))
