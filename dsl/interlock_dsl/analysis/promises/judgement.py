"""What is found of a promise: it is kept by every run, some run breaks it, or neither was shown."""

from dataclasses import dataclass
from enum import StrEnum

from interlock_dsl.analysis.facts import PromiseFacts, RunStepFacts, WorkflowFacts
from interlock_dsl.analysis.knowledge.arrivals import Arrival
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.diagnostics.witness import Witness


class State(StrEnum):
    """What was shown of a promise."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was shown of one promise of a workflow, and why.

    `reason` is why it is refuted or unknown; `place` is where a run breaks it, and `witness` that run.
    """

    workflow: str
    promise: PromiseFacts
    state: State
    reason: str = ""
    place: Span | None = None
    witness: Witness | None = None

    @property
    def id(self) -> str:
        """The id of the promise, unique in the program."""
        return self.promise.id

    @property
    def stated(self) -> str:
        """The promise as it is written, in one line."""
        return " ".join(self.promise.decl.span.text.split())


@dataclass(frozen=True, slots=True)
class Finding:
    """A way to break a promise that was found, or (`witness` None) could not be ruled out."""

    reason: str
    place: Span
    witness: Witness | None = None


def is_known(workflow: WorkflowFacts, arrival: Arrival) -> bool:
    """Whether the way of an arrival is known exactly: what a workflow inside may give is not, but for its type."""
    return arrival.exact and not any(isinstance(workflow.steps.get(name), RunStepFacts) for name in arrival.written)


def evidence(witness: Witness | None, *, exact: bool) -> Witness | None:
    """Return a witness if it shows something: a run that was told, or values at a place whose way is known exactly."""
    return witness if witness is not None and (witness.rehearsed or exact) else None


def judged(workflow: str, promise: PromiseFacts, findings: list[Finding]) -> Judgement:
    """Return what findings come to: without any, the promise is proved; a witness refutes it."""
    if not findings:
        return Judgement(workflow, promise, State.PROVED)
    told = sorted(findings, key=lambda each: (each.witness is None, not (each.witness and each.witness.rehearsed)))
    first = told[0]
    state = State.UNKNOWN if first.witness is None else State.REFUTED
    return Judgement(workflow, promise, state, first.reason, first.place, first.witness)
