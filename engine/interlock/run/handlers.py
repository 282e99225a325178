"""Who handles what: events in the phases in which they mean something, and the moves that handlers leave behind.

An event is about one thing: the one that waits for it, or the run. It is accepted only in a phase for which the table
of transitions lists it; everything else is ignored. `MOVES` says who carries on with what handlers put on the agenda.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias, TypeVar, cast

from interlock.run.lifecycle import backtracking, finish, interruption, start, undoing
from interlock.run.moves import (
    Abandon,
    Approved,
    Arrive,
    Backtrack,
    Begin,
    CallEnded,
    Complete,
    Enter,
    Fail,
    Forgo,
    GoBack,
    Meet,
    Move,
    NotApproved,
    Start,
    StopRows,
    Undo,
    UndoNext,
    Unwind,
)
from interlock.run.parts import Approval, Call, Owner, Phase, Visit
from interlock.run.protocol.commands import (
    Admit,
    AskApproval,
    AskModel,
    AskPerson,
    AwaitEvent,
    CallTool,
    Command,
    Reserve,
    SetTimer,
)
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
from interlock.run.routing import following, routes
from interlock.run.state import Run
from interlock.run.steps import agents, approvals, calls, deadlines, entry, people, rows, waits
from interlock.run.transitions import Kind

Handler: TypeAlias = Callable[[Run, Owner, Event], None]

_Event = TypeVar("_Event", bound=Event)
_Owner = TypeVar("_Owner", Visit, Call, Approval, None)
_Move = TypeVar("_Move", bound=Move)


def _on(handler: Callable[[Run, _Owner, _Event], None]) -> Handler:
    return cast(Handler, handler)


HANDLERS: Final[Mapping[tuple[Kind, Phase, type[Event]], Handler]] = {
    ("run", "new", RunStarted): _on(start.started),
    ("run", "running", TimerFired): _on(interruption.deadline_passed),
    ("run", "running", RunCancelled): _on(interruption.cancelled),
    ("run", "running", SignalReceived): _on(waits.signalled),
    ("run", "running", RunResumed): _on(interruption.resumed),
    ("run", "ending", RunResumed): _on(interruption.resumed),
    ("run", "undoing", RunResumed): _on(interruption.resumed),
    ("visit", "asking model", ModelReplied): _on(agents.replied),
    ("visit", "asking model", ModelFailed): _on(agents.failed),
    ("visit", "asking model", TimerFired): _on(deadlines.fired),
    ("visit", "acting", TimerFired): _on(deadlines.fired),
    ("visit", "retrying", TimerFired): _on(deadlines.fired),
    ("visit", "calling", TimerFired): _on(deadlines.fired),
    ("visit", "asking person", PersonAnswered): _on(people.answered),
    ("visit", "asking person", TimerFired): _on(people.expired),
    ("visit", "awaiting event", TimerFired): _on(waits.expired),
    ("visit", "awaiting time", TimerFired): _on(waits.over),
    ("visit", "running", TimerFired): _on(deadlines.inner_fired),
    ("call", "reserving", Reserved): _on(calls.ledger_answered),
    ("call", "reserving", Exhausted): _on(calls.ledger_answered),
    ("call", "reserving", Admitted): _on(calls.admitted),
    ("call", "reserving", Withheld): _on(calls.withheld),
    ("call", "in flight", ToolReturned): _on(calls.returned),
    ("call", "in flight", ToolFailed): _on(calls.failed),
    ("call", "retrying", TimerFired): _on(calls.retry_due),
    ("approval", "open", ApprovalGiven): _on(approvals.given),
    ("approval", "open", ApprovalDenied): _on(approvals.denied),
    ("approval", "open", TimerFired): _on(approvals.expired),
}
"""Who handles an event about a thing of a kind in a phase; the same keys as the table of transitions has."""

ANSWERS: Final[Mapping[type[Event], type[Command]]] = {
    ModelReplied: AskModel,
    ModelFailed: AskModel,
    Reserved: Reserve,
    Exhausted: Reserve,
    Admitted: Admit,
    Withheld: Admit,
    ToolReturned: CallTool,
    ToolFailed: CallTool,
    PersonAnswered: AskPerson,
    ApprovalGiven: AskApproval,
    ApprovalDenied: AskApproval,
    TimerFired: SetTimer,
}
"""What each event is the answer to. An answer is accepted once, people's only if it is acceptable."""

WHAT: Final[Mapping[type[Command], str]] = {
    AskModel: "a request to a model",
    CallTool: "a call of a tool",
    Reserve: "a reservation",
    Admit: "a question whether an attempt may be made",
    AskPerson: "a question",
    AwaitEvent: "a wait for an event",
    AskApproval: "an approval",
    SetTimer: "a timer",
}
"""What is open, in words."""

SETTLES: Final = frozenset(
    {ModelReplied, ModelFailed, Reserved, Exhausted, Admitted, Withheld, ToolReturned, ToolFailed, TimerFired}
)
"""The answers after which nothing is open under their id any more, whatever they say."""


def _moves(handler: Callable[[Run, _Move], None]) -> Callable[[Run, Move], None]:
    return cast(Callable[[Run, Move], None], handler)


def _approved(run: Run, move: Approved) -> None:
    if isinstance(move.owner, Call):
        calls.approved(run, move.owner)
    else:
        entry.approved(run, move.owner)


def _not_approved(run: Run, move: NotApproved) -> None:
    if isinstance(move.owner, Call):
        calls.not_approved(run, move.owner, move.trigger, move.message)
    else:
        entry.not_approved(run, move.owner, move.trigger, move.message)


def _call_ended(run: Run, move: CallEnded) -> None:
    call = move.call
    if call.orphan:
        undoing.orphan_ended(run, move)
    elif call.purpose == "undo":
        undoing.undo_ended(run, move)
    elif call.purpose == "agent":
        agents.call_ended(run, move)
    elif call.visit is not None:
        run.agenda.append(
            Fail(call.visit, move.trigger, move.message, move.shown)
            if move.trigger is not None
            else Complete(call.visit, move.value, move.result)
        )


def _complete(run: Run, move: Complete) -> None:
    if move.visit.row is not None:
        rows.completed(run, move)
    else:
        routes.complete(run, move)


def _fail(run: Run, move: Fail) -> None:
    if move.visit.row is not None:
        rows.failed(run, move)
    else:
        routes.fail(run, move)


MOVES: Final[Mapping[type[Move], Callable[[Run, Move], None]]] = {
    Enter: _moves(entry.enter),
    Start: _moves(start.begin_inner),
    Begin: _moves(entry.begin),
    Arrive: _moves(finish.arrive),
    Complete: _moves(_complete),
    Fail: _moves(_fail),
    Approved: _moves(_approved),
    NotApproved: _moves(_not_approved),
    CallEnded: _moves(_call_ended),
    Abandon: _moves(finish.abandon),
    Meet: _moves(routes.meet),
    Unwind: _moves(finish.unwind),
    Undo: _moves(undoing.undo),
    UndoNext: _moves(undoing.undo_next),
    StopRows: _moves(rows.stop),
    Backtrack: _moves(backtracking.backtrack),
    GoBack: _moves(backtracking.go_back),
    Forgo: _moves(following.forgo),
}
