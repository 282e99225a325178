"""The table of transitions of a session, and the one function that changes a phase.

Three kinds of things have phases: the session, a call that was proposed, an approval. A call is not there before it is
proposed, so what a proposal leads to is a consequence of an event about the session.

# INVARIANT: nothing outside this module assigns a phase.
"""

from collections.abc import Mapping
from typing import Final, Literal, NoReturn, TypeAlias

from interlock.run.protocol.events import (
    Admitted,
    ApprovalDenied,
    ApprovalGiven,
    CallProposed,
    Exhausted,
    Reserved,
    RunCancelled,
    RunResumed,
    SessionStarted,
    ToolFailed,
    ToolReturned,
    Withheld,
)
from interlock.run.session.state import Approval, Call, Owner, Phase, SessionState
from interlock.run.transitions import CONSEQUENCE, Cause, UndefinedTransition

Kind: TypeAlias = Literal["session", "call", "approval"]

FIRST: Final[Mapping[Kind, Phase]] = {"session": "new", "call": "deciding", "approval": "open"}
"""The phase in which a thing of each kind begins."""

TRANSITIONS: Final[Mapping[tuple[Kind, Phase, Cause], tuple[Phase, ...]]] = {
    ("session", "new", SessionStarted): ("open",),
    ("session", "open", CallProposed): ("open",),
    ("session", "open", RunResumed): ("open",),
    ("session", "open", RunCancelled): ("over",),
    ("call", "deciding", CONSEQUENCE): ("in approval", "reserving", "in flight"),
    ("call", "in approval", CONSEQUENCE): ("in approval", "reserving", "in flight", "over"),
    ("call", "reserving", Reserved): ("in approval", "reserving", "in flight", "over"),
    ("call", "reserving", Exhausted): ("in approval", "over"),
    ("call", "reserving", Admitted): ("in approval", "reserving", "in flight", "over"),
    ("call", "reserving", Withheld): ("in approval", "in flight", "over"),
    ("call", "reserving", CONSEQUENCE): ("in flight", "over"),
    ("call", "in flight", CONSEQUENCE): ("in flight", "reserving"),
    ("call", "in flight", ToolReturned): ("over",),
    ("call", "in flight", ToolFailed): ("over",),
    ("approval", "open", ApprovalGiven): ("open", "over"),
    ("approval", "open", ApprovalDenied): ("over",),
    ("approval", "open", CONSEQUENCE): ("over",),
}
"""Where a thing in a phase can go, for each cause. An event that is not listed for a phase means nothing in it."""

_DEFINED: Final = frozenset(
    (kind, phase, cause, to) for (kind, phase, cause), targets in TRANSITIONS.items() for to in targets
)

_KINDS: Final[Mapping[type, Kind]] = {Call: "call", Approval: "approval", type(None): "session"}


def kind_of(thing: Owner) -> Kind:
    """Return what a thing is; None stands for the session itself."""
    return _KINDS[thing.__class__]


def phase_of(state: SessionState, thing: Owner) -> Phase:
    """Return the phase of a thing; None stands for the session itself."""
    return state.phase if thing is None else thing.phase


def change(state: SessionState, thing: Owner, to: Phase) -> None:
    """Change the phase of a thing (None: of the session itself). Raises `UndefinedTransition` if the table lacks that.

    The first change of the thing that the event at hand is about is caused by the event; every other is a consequence.
    """
    cause: Cause = CONSEQUENCE
    if state.subject is thing and state.cause is not None:
        cause, state.cause = state.cause, None
    phase = state.phase if thing is None else thing.phase
    if (_KINDS[thing.__class__], phase, cause, to) not in _DEFINED:
        _refuse(kind_of(thing), phase, cause, to)
    if thing is None:
        state.phase = to
    else:
        thing.phase = to


def settle(state: SessionState) -> None:
    """Conclude the event at hand: if it left its thing where it was, the table must say that it may."""
    cause, state.cause = state.cause, None
    if cause is not None:
        thing = state.subject
        phase = state.phase if thing is None else thing.phase
        if (_KINDS[thing.__class__], phase, cause, phase) not in _DEFINED:
            _refuse(kind_of(thing), phase, cause, phase)


def _refuse(kind: Kind, phase: Phase, cause: Cause, to: Phase) -> NoReturn:
    name = cause if isinstance(cause, str) else cause.__name__
    raise UndefinedTransition(f"a {kind} that is `{phase}` cannot be `{to}` by {name}")
