"""What the compiler says: diagnostics, as values.

A diagnostic has a registered code, one primary label and any number of others, each at a span, notes and one help line.
`codes` says how severe and how certain it is, `messages` words it, `render` prints it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from interlock_dsl.diagnostics.code import Certainty, Code, Severity
from interlock_dsl.diagnostics.codes import registered
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.diagnostics.witness import Witness


@dataclass(frozen=True, slots=True)
class Label:
    """A place and what to say under it (`text` may be empty)."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement of the text at a place; an empty place is where text is put in."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One diagnostic: a registered code, a sentence without a full stop, the places, notes, and what to do about it.

    `stated` is the certainty where it is not that of the code. `witness` shows that it happens. `edits` are the one
    right way to put it right, where there is one. Raises `UnregisteredCodeError` if the code is not in the registry.
    """

    code: str
    message: str
    labels: tuple[Label, ...]
    notes: tuple[str, ...] = ()
    help: str | None = None
    stated: Certainty | None = None
    witness: Witness | None = field(default=None, compare=False)
    edits: tuple[Edit, ...] = ()

    def __post_init__(self) -> None:
        registered(self.code)

    @property
    def severity(self) -> Severity:
        """How severe the registry says it is: only an `error` stops the compiler."""
        return registered(self.code).severity

    @property
    def certainty(self) -> Certainty:
        """How certain it is: as stated, otherwise as the registry says."""
        return self.stated or registered(self.code).certainty

    @property
    def quiet(self) -> bool:
        """Whether it is reported under `--strict` only: a finding of lint that is neither certain nor witnessed."""
        code: Code = registered(self.code)
        certain = self.certainty is Certainty.PROVED or self.witness is not None
        return code.lint and (code.strict or not certain)

    @property
    def page(self) -> str:
        """The page of the documentation that explains the code, relative to the documentation's root."""
        return registered(self.code).page

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
