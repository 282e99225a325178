"""The table: what may happen to what, and who handles it. Everything else is ignored.

Four things have phases: the run, a visit to a step, a tool call, an approval. An event is about one of them (the one
that waits for it), and is accepted only in the phases listed. `to` are the phases that thing can be in afterwards;
the diagram in the documentation is drawn from here. `MOVES` says who carries on with what the handlers leave behind.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar, cast

from interlock.run.lifecycle import finish, interruption, start
from interlock.run.protocol.commands import AskApproval, AskModel, AskPerson, CallTool, Command, SetTimer
from interlock.run.protocol.events import (
    ApprovalDenied,
    ApprovalGiven,
    Event,
    ModelFailed,
    ModelReplied,
    PersonAnswered,
    RunCancelled,
    RunResumed,
    RunStarted,
    TimerFired,
    ToolFailed,
    ToolReturned,
)
from interlock.run.routing import routes as routing
from interlock.run.state import (
    Abandon,
    Agreed,
    Ask,
    Begin,
    Call,
    CallOver,
    Complete,
    Enter,
    Fail,
    Move,
    Owner,
    Refused,
    Run,
    Unwind,
    Visit,
)
from interlock.run.steps import agents as conversation
from interlock.run.steps import approvals as approval
from interlock.run.steps import calls
from interlock.run.steps import entry as steps
from interlock.run.steps import people as questions

Happened = TypeVar("Happened", bound=Event)
Concerned = TypeVar("Concerned", Visit, Call, Ask, None)
Step = TypeVar("Step", bound=Move)


@dataclass(frozen=True, slots=True)
class Transition:
    """Who handles an event, and in which phases it leaves what it is about."""

    handler: Callable[[Run, Owner, Event], None]
    to: tuple[str, ...]


def _by(handler: Callable[[Run, Concerned, Happened], None], to: str) -> Transition:
    return Transition(cast(Callable[[Run, Owner, Event], None], handler), tuple(part.strip() for part in to.split("|")))


TRANSITIONS: Final[Mapping[tuple[str, str, type[Event]], Transition]] = {
    ("run", "new", RunStarted): _by(start.started, "new | running | ending | undoing | over"),
    ("run", "running", TimerFired): _by(interruption.late, "running | ending | undoing | over"),
    ("run", "running", RunCancelled): _by(interruption.called_off, "undoing | over"),
    ("run", "running", RunResumed): _by(interruption.resumed, "running | ending | undoing | over"),
    ("run", "ending", RunResumed): _by(interruption.resumed, "ending | over"),
    ("run", "undoing", RunResumed): _by(interruption.resumed, "undoing | over"),
    ("visit", "asking", ModelReplied): _by(conversation.replied, "asking | acting | pausing | over"),
    ("visit", "asking", ModelFailed): _by(conversation.failed, "pausing | over"),
    ("visit", "pausing", TimerFired): _by(conversation.rested, "asking | over"),
    ("visit", "questioning", PersonAnswered): _by(questions.answered, "questioning | over"),
    ("visit", "questioning", TimerFired): _by(questions.expired, "over"),
    ("call", "in flight", ToolReturned): _by(calls.returned, "over"),
    ("call", "in flight", ToolFailed): _by(calls.failed, "resting | over"),
    ("call", "resting", TimerFired): _by(calls.rested, "in flight | in approval | over"),
    ("approval", "open", ApprovalGiven): _by(approval.given, "open | over"),
    ("approval", "open", ApprovalDenied): _by(approval.denied, "open | over"),
    ("approval", "open", TimerFired): _by(approval.expired, "over"),
}

ANSWERS: Final[Mapping[type[Event], type[Command]]] = {
    ModelReplied: AskModel,
    ModelFailed: AskModel,
    ToolReturned: CallTool,
    ToolFailed: CallTool,
    PersonAnswered: AskPerson,
    ApprovalGiven: AskApproval,
    ApprovalDenied: AskApproval,
    TimerFired: SetTimer,
}
"""What each event is the answer to. An answer is accepted once, people's only if it is acceptable."""

SETTLES: Final = frozenset({ModelReplied, ModelFailed, ToolReturned, ToolFailed, TimerFired})
"""The answers after which nothing is open under their id any more, whatever they say."""


def _moves(handler: Callable[[Run, Step], None]) -> Callable[[Run, Move], None]:
    return cast(Callable[[Run, Move], None], handler)


def _agreed(run: Run, move: Agreed) -> None:
    if isinstance(move.owner, Call):
        calls.agreed(run, move.owner)
    else:
        steps.agreed(run, move)


def _refused(run: Run, move: Refused) -> None:
    if isinstance(move.owner, Call):
        calls.refused(run, move.owner, move.trigger, move.message)
    else:
        steps.refused(run, move)


def _call_over(run: Run, move: CallOver) -> None:
    call = move.call
    if call.orphan:
        finish.orphan_over(run, move)
    elif call.purpose == "undo":
        finish.undo_over(run, move)
    elif call.purpose == "agent":
        conversation.call_over(run, move)
    elif call.visit is not None:
        run.agenda.append(
            Fail(call.visit, move.trigger, move.message)
            if move.trigger is not None
            else Complete(call.visit, move.value, move.result)
        )


MOVES: Final[Mapping[type[Move], Callable[[Run, Move], None]]] = {
    Enter: _moves(steps.enter),
    Begin: _moves(steps.begin),
    Complete: _moves(routing.complete),
    Fail: _moves(routing.fail),
    Agreed: _moves(_agreed),
    Refused: _moves(_refused),
    CallOver: _moves(_call_over),
    Abandon: _moves(finish.abandon),
    Unwind: _moves(finish.unwind),
}
