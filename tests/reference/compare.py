"""Product and naive machine, side by side: the same events in, and after each the same notes, commands and state.

Sentences for people are not compared, nor the order of what follows from one event: what is decided, what is asked of
the world and what a person is shown are. Ids of commands may differ; a command of the one is paired with a command of
the other that says the same, and later events are addressed accordingly.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import cast

from interlock.decide import NotifyRole, RedactFields
from interlock.run import Machine
from interlock.run.audit.digests import rows_under_way
from interlock.run.parts import Frame
from interlock.run.protocol import commands as ask
from interlock.run.protocol import notes as told
from interlock.run.protocol.commands import Command
from interlock.run.protocol.events import (
    ApprovalDenied,
    ApprovalGiven,
    Event,
    RunCancelled,
    RunResumed,
    RunStarted,
    SignalReceived,
)
from interlock.run.protocol.notes import Note
from interlock_dsl.program.model import Program, fan_out
from interlock_dsl.program.paths import step_at
from reference.machine import Reference
from reference.state import Run as Naive

Told = tuple[object, ...]


class Difference(AssertionError):
    """The two machines do not agree."""


@dataclass
class Pair:
    """Two machines for one run."""

    program: Program
    machine: Machine = field(init=False)
    reference: Reference = field(init=False)
    ids: dict[str, str] = field(default_factory=dict)
    """The naive machine's id for each of the product's."""

    def __post_init__(self) -> None:
        self.machine, self.reference = Machine(self.program), Reference(self.program)

    def feed(self, event: Event) -> tuple[Note, ...]:
        """Feed both; raises `Difference`."""
        notes = self.machine.feed(event)
        commands = self.machine.commands()
        self.reference.run.whole.words = self._words(notes)
        expected_notes, expected_commands = self.reference.feed(self.addressed(event))
        self._commands(commands, expected_commands)
        self._compare("notes", [self.note(one) for one in notes], expected_notes)
        self._state()
        return notes

    def addressed(self, event: Event) -> Event:
        """Return an event for the naive machine."""
        match event:
            case RunStarted() | RunCancelled() | RunResumed() | SignalReceived():
                return event
            case ApprovalGiven() | ApprovalDenied():
                return replace(event, approval=self.ids.get(event.approval, event.approval))
            case _:
                return replace(event, command=self.ids.get(event.command, event.command))

    def _words(self, notes: tuple[Note, ...]) -> dict[tuple[str, int], str]:
        """Return what is said of the rows that have failed: as programs read it where they may, else as it is told.

        The words are the product's own; which rows have failed, and where their failures are read, is not taken over.
        """
        words = {(note.step, note.visit): note.message for note in notes if isinstance(note, told.StepFailed)}
        read = dict[tuple[str, int], str]()
        for note in notes:
            if isinstance(note, told.StepDone) and _collects(self.program, note.step):
                for index, given in enumerate(cast("list[dict[str, str]]", note.output)):
                    if "failure" in given:
                        read[f"{note.step}[{index}]", note.visit] = given["failure"]
        for frame in _frames(self.machine._run.root).values() if self.machine.status != "new" else ():
            for visit in frame.active.values():
                for index, said in {} if visit.rows is None else visit.rows.failed.items():
                    read[f"{visit.path}[{index}]", visit.number] = said
        if "" in read.values():
            raise Difference(f"nothing is said of rows that have failed: {read}")
        return words | read

    # --- commands

    def _commands(self, commands: Iterable[Command], expected: list[Told]) -> None:
        """Pair commands that say the same, those that can be answered first."""
        left = list(expected)
        given = sorted(commands, key=lambda one: isinstance(one, ask.Cancel | ask.Release | ask.Report))
        for command in given:
            same = next((one for one in left if self._same(command, one)), None)
            if same is None:
                raise Difference(f"command {command}\nnot expected; expected are {left}")
            left.remove(same)
            if len(same) > 1 and isinstance(same[1], str):
                self.ids.setdefault(command.id, same[1])
        if left:
            raise Difference(f"commands expected and not given: {left}")

    def _same(self, command: Command, one: Told) -> bool:
        """Say whether a command is the one expected: whether its id is already known, or not yet anybody's."""
        match command:
            case ask.Cancel(command=of):
                return one == ("cancel", self.ids.get(of, of))
            case ask.Release(reservation=of):
                return one == ("release", self.ids.get(of, of))
            case ask.Report():
                return one == ("report", command.tool, self.ids.get(command.admission), command.came)
            case ask.Notify():
                because, _, _ = command.reason.partition(" (its condition has no value: ")
                exactly = one == ("notify", command.role, command.step, because)
                return exactly or one == ("notify", command.role, command.step, "")
            case ask.FinishRun():
                return one[0] == "finish" and one[1:5] == (
                    command.status, command.end, command.output, command.code or ""
                ) and _mentions(command.reason, one)  # fmt: skip
            case _:
                kind, *about = _asked(command)
                known = self.ids.get(command.id)
                if one[0] != kind or (known is not None and known != one[1]):
                    return False
                if kind == "call tool":
                    about[3] = self._key(cast(ask.CallTool, command), cast(str, one[1]))
                return _equal(about, list(one[2:]))

    def _key(self, command: ask.CallTool, id: str) -> str:
        """Return the key of a call: where it is the id of the first attempt, that of the naive machine."""
        run, _, first = command.key.partition(":")
        ids = {**self.ids, command.id: id}
        return f"{run}:{ids[first]}" if run == self.reference.run.whole.id and first in ids else command.key

    # --- notes

    def note(self, note: Note) -> Told:
        """Return a note as the naive machine tells it."""
        id = self.ids.get
        if note.__class__.__name__ == "NoValue":
            return "no value", note.source, note.route
        if note.__class__.__name__ == "ApprovalCounted":
            return "approval counted", id(note.approval, note.approval), note.by, note.role, note.given, note.count
        match note:
            case told.StepBegan():
                return "step began", note.step, note.visit, note.route, note.scopes
            case told.StepDone():
                return "step done", note.step, note.visit, note.output
            case told.StepFailed():
                return "step failed", note.step, note.visit, note.trigger
            case told.StepCancelled():
                return "step cancelled", note.step, note.visit, str(note.code)
            case told.AttemptFailed():
                return "attempt failed", note.step, note.attempt, note.retry_at
            case told.RouteTaken():
                return "route taken", note.route, frozenset((one.route, str(one.code)) for one in note.others)
            case told.Backtracked():
                return "backtracked", note.route, note.step, frozenset(note.discarded)
            case told.RaceWon():
                return "race won", note.step, note.visit, note.rivals
            case told.LeftRace():
                return "left race", note.step, note.visit, note.sources
            case told.PromiseBroken():
                return "promise broken", note.promise, str(note.code)
            case told.CallDecided():
                decision = note.decision
                return (
                    "call decided", note.step, note.agent, note.tool, note.args, note.digest, decision.answer,
                    frozenset((reason.cause, reason.rule) for reason in decision.reasons),
                    frozenset((need.role, need.count, need.within) for need in decision.needs),
                    id(note.call, note.call), tuple(id(one, one) for one in note.approvals),
                    frozenset((KINDS[one.__class__], one.rule) for one in decision.obligations),
                )  # fmt: skip
            case told.RoleNotified():
                return "role notified", note.role, note.step, note.tool, note.rule
            case told.LedgerAnswered():
                return (
                    "ledger answered", note.step, note.tool, id(note.reservation, note.reservation), note.claims,
                    note.standings, note.granted, note.forced, note.unavailable,
                )  # fmt: skip
            case told.AttemptJudged():
                return (
                    "attempt judged", note.step, note.tool, id(note.admission, note.admission), note.granted,
                    note.trial, note.by, note.again, note.forced, note.unavailable,
                )  # fmt: skip
            case told.CallDone():
                return "call done", note.step, note.tool, id(note.call, note.call), note.ok, note.result, note.purpose
            case told.ApprovalAsked():
                return (
                    "approval asked", id(note.approval, note.approval), note.step, note.role, note.count, note.subject,
                    note.digest, note.expires,
                )  # fmt: skip
            case told.ApprovalSettled():
                return "approval settled", id(note.approval, note.approval), note.outcome, note.by
            case told.SignalTaken():
                return "signal taken", note.signal, note.event, note.key, note.step, note.visit
            case told.SignalKept():
                return "signal kept", note.signal, note.event, note.key
            case told.SignalUnused():
                return "signal unused", note.signal, note.event, note.key
            case told.Escalated():
                return "escalated", note.role, note.step, note.reason
            case told.Ignored():
                return "ignored", str(note.code)
            case told.RunEnded():
                return "run ended", note.status, note.end, note.output, str(note.code or "")

    def _compare(self, what: str, found: list[Told], expected: list[Told]) -> None:
        one, other = Counter(map(_key, found)), Counter(map(_key, expected))
        if one != other:
            raise Difference(
                f"{what} differ\n  only the product:   {list((one - other).elements())}"
                f"\n  only the reference: {list((other - one).elements())}"
            )

    # --- state

    def _state(self) -> None:
        run, other = self.machine._run, self.reference.run.whole
        if other.phase == "new":
            found: Told = (run.phase, run.now)
            expected: Told = ("new", other.now)
        else:
            found = (
                run.phase, run.now, {path: _frame(frame) for path, frame in _frames(run.root).items()},
                [signal.number for signal in run.kept],
                sorted((str(self.ids.get(id)), waiting[1].__class__.__name__) for id, waiting in run.open.items()),
            )  # fmt: skip
            live = [frame for frame in other.frames if not frame.over]
            expected = (
                other.phase, other.now, {frame.path: _naive(frame) for frame in live},
                [came.number for came in other.kept],
                sorted((id, _CLASSES[waiting.kind]) for id, waiting in other.open.items()),
            )  # fmt: skip
        if not _equal(list(found), list(expected)):
            raise Difference(f"states differ\n  the product:   {found}\n  the reference: {expected}")


def _collects(program: Program, path: str) -> bool:
    step = None if path.endswith("]") else step_at(program, "w", path)
    rows = None if step is None else fan_out(step)
    return rows is not None and rows.collects


def _frames(frame: Frame) -> dict[str, Frame]:
    """Return a workflow under way and those inside it, by their paths."""
    found = {frame.path: frame}
    for visit in frame.active.values():
        for one in (visit, *rows_under_way(visit)):
            found |= {} if one.inner is None or one.inner.over else _frames(one.inner)
    return found


def _frame(frame: Frame) -> Told:
    spent, active = frame.spent, [one for visit in frame.active.values() for one in (visit, *rows_under_way(visit))]
    return (
        frame.shown, spent.steps, spent.tool_calls, spent.tokens, spent.cost, spent.reserved_tokens,
        spent.reserved_cost, sorted((visit.path, visit.number, _OLD.get(visit.phase, visit.phase)) for visit in active),
    )  # fmt: skip


def _naive(frame: Naive) -> Told:
    return (
        frame.shown, frame.steps, frame.calls, frame.tokens, frame.cost, frame.held_tokens(), frame.held_cost(),
        sorted((visit.path, visit.number, visit.phase) for visit in frame.active),
    )  # fmt: skip


KINDS: dict[type, str] = {RedactFields: "redact", NotifyRole: "notify"}
_OLD = {"gated": "in approval", "asking": "asking model", "pausing": "retrying", "questioning": "asking person"}
_CLASSES = {
    "ask model": "AskModel",
    "call tool": "CallTool",
    "reserve": "Reserve",
    "admit": "Admit",
    "ask person": "AskPerson",
    "await event": "AwaitEvent",
    "ask approval": "AskApproval",
    "timer": "SetTimer",
}


def _asked(command: Command) -> tuple[object, ...]:
    """Return a command that will be answered, without its id, as the naive machine gives it."""
    match command:
        case ask.AskModel():
            return (
                "ask model", command.step, command.agent, command.model, command.task, command.context, command.tools,
                tuple(_turn(turn) for turn in command.turns), command.tokens, command.timeout,
            )  # fmt: skip
        case ask.CallTool():
            return (
                "call tool", command.step, command.tool, command.args, command.key, command.attempt, command.timeout,
                command.purpose,
            )  # fmt: skip
        case ask.Reserve():
            return "reserve", command.step, command.claims, command.forced
        case ask.Admit():
            rate = None if command.rate is None else (command.rate.most, command.rate.period)
            breaker = command.breaker and (command.breaker.failures, command.breaker.within, command.breaker.pause)
            return "admit", command.step, command.tool, rate, breaker, command.lapse, command.forced
        case ask.AskPerson():
            return "ask person", command.step, command.role, command.question, command.context, command.expires
        case ask.AwaitEvent():
            return "await event", command.step, command.event, command.expires
        case ask.AskApproval():
            return (
                "ask approval", command.step, command.role, command.count, command.subject, command.digest,
                command.expires,
            )  # fmt: skip
        case ask.SetTimer():
            return "timer", command.at, command.purpose
        case _:
            raise TypeError(f"nobody answers a {command.__class__.__name__}")


def _turn(turn: ask.Turn) -> Told:
    if turn.calls or turn.outcomes:
        return "calls", turn.calls, tuple(_outcome(one) for one in turn.outcomes)
    return "refused", turn.raw, turn.refused_output


def _outcome(one: ask.CallOutcome) -> Told:
    return one.key, one.tool, one.ok, one.result, one.error.partition(":")[0]


def _mentions(reason: str, finish: Told) -> bool:
    """Say whether a reason names exactly the calls that were not undone and those that may have happened."""
    left, doubts = cast(tuple[str, ...], finish[5]), cast(tuple[str, ...], finish[6])
    # What a workflow inside said when it was given up may stand before, in the same words.
    doubted = f"; may have happened: {', '.join(doubts)}" if doubts else ""
    if not f"; {reason}".endswith(doubted):
        return False
    said = f"; {reason}".removesuffix(doubted)
    kept = said.rpartition("; not undone: ")[2] if left else ""
    return all(name in kept for name in left) and bool(kept) == bool(left)


def _key(value: object) -> object:
    """Return a hashable form in which NaN equals NaN, and true is not one."""
    match value:
        case dict():
            return frozenset((name, _key(item)) for name, item in value.items())
        case list() | tuple():
            return tuple(_key(item) for item in value)
        case bool() | float():
            return repr(value)
        case int() | str() | None | frozenset():
            return value
        case _:
            return repr(value)


def _equal(one: object, other: object) -> bool:
    return _key(one) == _key(other)
