"""What the formats say of a finding beside its message, and findings that comments allow."""

from dataclasses import dataclass

from interlock_dsl.diagnostics import Certainty, Diagnostic


@dataclass(frozen=True, slots=True)
class Allowed:
    """A finding that a comment allows, and the reason it gives."""

    diagnostic: Diagnostic
    reason: str


def remarks(found: Diagnostic) -> list[str]:
    """Return what is said of a finding beside its message, a line each: notes, the witness, certainty, help."""
    said = [f"note: {note}" for note in found.notes]
    if found.witness is not None:
        first, *run = found.witness.told
        said += [f"witness: {first}".rstrip(), *(f"  {line}" for line in run)]
    said += [f"certainty: {found.certainty}"] if found.certainty is not Certainty.PROVED else []
    return [*said, *([f"help: {found.help}"] if found.help else [])]
