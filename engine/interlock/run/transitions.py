"""The table of transitions, and the one function that changes a phase.

Four kinds of things have phases: the run, a visit to a step, a tool call, an approval. A phase changes because of an
event about that thing (the answer to what it asked for, or something that happens to the run), or as a consequence of
an event about something else (`CONSEQUENCE`): a step that reaches an end ends the run, a call that returns lets its
step go on. An event that leaves its thing where it is stands in the table as a change to the same phase.

What an event means is decided by who handles it (`handlers`); where a thing can go is decided here and nowhere else.
The diagrams in the documentation are drawn from this table.

# INVARIANT: nothing outside this module assigns a phase.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from interlock.run.parts import Approval, Call, Owner, Phase, Visit
from interlock.run.protocol.events import (
    Admitted,
    ApprovalDenied,
    ApprovalGiven,
    Event,
    Exhausted,
    ModelFailed,
    ModelReplied,
    PersonAnswered,
    Reserved,
    RunCancelled,
    RunResumed,
    RunStarted,
    SignalReceived,
    TimerFired,
    ToolFailed,
    ToolReturned,
    Withheld,
)
from interlock.run.state import Run

Kind: TypeAlias = Literal["run", "visit", "call", "approval"]
Cause: TypeAlias = type[Event] | Literal["consequence"]

CONSEQUENCE: Final = "consequence"
"""The cause of a change that follows from an event about something else."""

FIRST: Final[Mapping[Kind, Phase]] = {"run": "new", "visit": "entered", "call": "deciding", "approval": "open"}
"""The phase in which a thing of each kind begins."""

TRANSITIONS: Final[Mapping[tuple[Kind, Phase, Cause], tuple[Phase, ...]]] = {
    ("run", "new", RunStarted): ("new", "running"),
    ("run", "running", CONSEQUENCE): ("ending", "undoing"),
    ("run", "running", TimerFired): ("running", "ending", "undoing"),
    ("run", "running", RunCancelled): ("undoing",),
    ("run", "running", SignalReceived): ("running", "ending", "undoing"),
    ("run", "running", RunResumed): ("running", "ending", "undoing"),
    ("run", "ending", CONSEQUENCE): ("over",),
    ("run", "ending", RunResumed): ("ending", "over"),
    ("run", "undoing", CONSEQUENCE): ("over",),
    ("run", "undoing", RunResumed): ("undoing", "over"),
    ("visit", "entered", CONSEQUENCE): (
        "in approval",
        "asking model",
        "asking person",
        "calling",
        "awaiting event",
        "awaiting time",
        "running",
        "fanning out",
        "over",
    ),
    ("visit", "in approval", CONSEQUENCE): ("entered", "over"),
    ("visit", "asking model", ModelReplied): ("asking model", "acting", "retrying", "over"),
    ("visit", "asking model", ModelFailed): ("retrying", "over"),
    ("visit", "asking model", TimerFired): ("over",),
    ("visit", "asking model", CONSEQUENCE): ("asking model", "retrying", "over"),
    ("visit", "acting", TimerFired): ("over",),
    ("visit", "acting", CONSEQUENCE): ("asking model", "over"),
    ("visit", "retrying", TimerFired): ("asking model", "over"),
    ("visit", "retrying", CONSEQUENCE): ("over",),
    ("visit", "asking person", PersonAnswered): ("asking person", "over"),
    ("visit", "asking person", TimerFired): ("over",),
    ("visit", "asking person", CONSEQUENCE): ("over",),
    ("visit", "awaiting event", TimerFired): ("over",),
    ("visit", "awaiting event", CONSEQUENCE): ("over",),
    ("visit", "awaiting time", TimerFired): ("over",),
    ("visit", "awaiting time", CONSEQUENCE): ("over",),
    ("visit", "calling", TimerFired): ("over",),
    ("visit", "calling", CONSEQUENCE): ("over",),
    ("visit", "running", TimerFired): ("running", "undoing", "over"),
    ("visit", "running", CONSEQUENCE): ("undoing", "over"),
    ("visit", "undoing", CONSEQUENCE): ("over",),
    ("visit", "fanning out", CONSEQUENCE): ("over",),
    ("call", "deciding", CONSEQUENCE): ("in flight", "reserving", "in approval", "over"),
    ("call", "in approval", CONSEQUENCE): ("in flight", "reserving", "in approval", "over"),
    ("call", "reserving", Reserved): ("in flight", "reserving", "in approval", "over"),
    ("call", "reserving", Exhausted): ("in flight", "reserving", "over"),
    ("call", "reserving", Admitted): ("in flight", "reserving", "in approval", "over"),
    ("call", "reserving", Withheld): ("in flight", "reserving", "retrying", "over"),
    ("call", "reserving", CONSEQUENCE): ("over",),
    ("call", "in flight", ToolReturned): ("over",),
    ("call", "in flight", ToolFailed): ("retrying", "over"),
    ("call", "in flight", CONSEQUENCE): ("in flight", "reserving", "in approval", "over"),
    ("call", "retrying", TimerFired): ("in flight", "reserving", "in approval", "over"),
    ("call", "retrying", CONSEQUENCE): ("over",),
    ("approval", "open", ApprovalGiven): ("open", "over"),
    ("approval", "open", ApprovalDenied): ("open", "over"),
    ("approval", "open", TimerFired): ("over",),
    ("approval", "open", CONSEQUENCE): ("over",),
}
"""Where a thing in a phase can go, for each cause. An event that is not listed for a phase means nothing in it."""


_KINDS: Final[Mapping[type, Kind]] = {Visit: "visit", Call: "call", Approval: "approval", type(None): "run"}


class UndefinedTransition(AssertionError):
    """A change of phase that the table lacks was attempted: a defect of the machine, whatever its input was."""


def kind_of(thing: Owner) -> Kind:
    """Return what a thing is; None stands for the run itself."""
    return _KINDS[thing.__class__]


def phase_of(run: Run, thing: Owner) -> Phase:
    """Return the phase of a thing; None stands for the run itself."""
    return run.phase if thing is None else thing.phase


def change(run: Run, thing: Owner, to: Phase) -> None:
    """Change the phase of a thing (None: of the run itself). Raises `UndefinedTransition` if the table lacks that.

    The first change of the thing that the event at hand is about is caused by the event; every other is a consequence.
    """
    cause: Cause = CONSEQUENCE
    if run.cause is not None and run.subject is thing:
        cause, run.cause = run.cause, None
    require(kind_of(thing), phase_of(run, thing), cause, to)
    if thing is None:
        run.phase = to
    else:
        thing.phase = to


def settle(run: Run) -> None:
    """Conclude the event at hand: if it left its thing where it was, the table must say that it may."""
    cause, run.cause = run.cause, None
    if cause is not None:
        phase = phase_of(run, run.subject)
        require(kind_of(run.subject), phase, cause, phase)


def require(kind: Kind, phase: Phase, cause: Cause, to: Phase) -> None:
    """Raise `UndefinedTransition` unless the table has a change."""
    if to not in TRANSITIONS.get((kind, phase, cause), ()):
        name = cause if isinstance(cause, str) else cause.__name__
        raise UndefinedTransition(f"a {kind} that is `{phase}` cannot be `{to}` by {name}")
