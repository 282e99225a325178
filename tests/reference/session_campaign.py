"""Many sessions in both machines: generated policies, and events that follow them or come out of the blue.

`examine` does one program; the tests take some hundreds, `fuzz/sessions.py` takes as many as it is told.
"""

import traceback
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from generated.constructs import constructs
from generated.dice import Dice
from generated.sessions import SessionWorld, session_program
from interlock.journal.codec import decode, encode
from interlock.run.protocol.commands import (
    Admit,
    AskApproval,
    CallTool,
    Cancel,
    Command,
    FinishRun,
    Release,
    Report,
    Reserve,
)
from interlock.run.protocol.events import Event
from interlock.run.protocol.notes import (
    ApprovalAsked,
    ApprovalCounted,
    ApprovalSettled,
    AttemptJudged,
    CallDecided,
    CallDone,
    Ignored,
    LedgerAnswered,
    Note,
    RunEnded,
)
from interlock.run.session import SessionMachine
from interlock_dsl.program.model import Program
from reference.compare import KINDS
from reference.session import Naive, Said, text

SHOWN = frozenset(
    ["context", "expression: context", "let", "tool: rate", "tool: breaker"]
    + [f"policy: {kind}" for kind in ("forbid", "require", "limit", "redact", "redact result", "notify")]
)


@dataclass
class SessionTally:
    """What a campaign has seen."""

    cases: int = 0
    events: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    attempts: Counter[str] = field(default_factory=Counter)
    """How the ledger answered where a tool has a rate or a breaker."""
    said: Counter[str] = field(default_factory=Counter)
    constructs: Counter[str] = field(default_factory=Counter)
    """How many programs hold what."""
    programs: int = 0
    findings: list[str] = field(default_factory=list)

    def add(self, other: "SessionTally") -> None:
        self.cases += other.cases
        self.events += other.events
        self.programs += other.programs
        for name in ("answers", "causes", "attempts", "said", "constructs"):
            getattr(self, name).update(getattr(other, name))
        self.findings += other.findings


def examine(seed: int, sequences: int, length: int = 20) -> SessionTally:
    """Take the program of a seed through some sequences of events."""
    tally = SessionTally()
    source, program = session_program(Dice(Random(seed)))
    tally.programs = 1
    tally.constructs.update(constructs(program, source) & SHOWN)
    for number in range(sequences):
        world = SessionWorld(Dice(Random(seed * 1_000 + number)), program)
        found = happen(tally, program, world, length)
        if found:
            tally.findings.append(f"seed {seed}, sequence {number}\n{found}\n{source}")
    return tally


def happen(tally: SessionTally, program: Program, world: SessionWorld, length: int) -> str:
    """Let one session happen in both machines; return the first thing that is wrong with it."""
    machine, naive, events = SessionMachine(program), Naive(program), list[Event]()
    tally.cases += 1
    try:
        for number in range(length):
            event = world.start() if number == 0 else world.next(machine)
            events.append(decode(encode(event)))
            problem = step(tally, machine, naive, event)
            if problem:
                return f"{problem}\n" + "\n".join(map(repr, events))
        again = SessionMachine.replay(program, events)
        if again.digest() != machine.digest() or again.outcome != machine.outcome:
            return "a replay reaches another state\n" + "\n".join(map(repr, events))
    except Exception:
        return traceback.format_exc() + "\n".join(map(repr, events))
    return ""


def step(tally: SessionTally, machine: SessionMachine, naive: Naive, event: Event) -> str:
    expected = naive.feed(event)
    before = machine.digest() if expected[:1] and expected[0][0] == "ignored" else ""
    notes, commands = machine.feed(event), machine.commands()
    found = said(notes, commands)
    tally.events += 1
    for each in expected:
        tally.said[str(each[0])] += 1
        if each[0] == "judged":
            tally.attempts["trial" if each[4] else "let through" if each[3] else f"withheld by {each[5]}"] += 1
        elif each[0] == "decided":
            tally.answers[str(each[4])] += 1
            tally.causes.update(cause for cause, _ in each[5])  # type: ignore[attr-defined]
    if Counter(found) != Counter(expected):
        return f"on {event}\nthe machine says {found}\nexpected is       {expected}"
    if standing(machine) != naive.standing():
        return f"on {event}\nthe machine stands {standing(machine)}\nexpected is {naive.standing()}"
    if before and machine.digest() != before:
        return f"{event} was not accepted, and changed the state"
    return ""


def said(notes: tuple[Note, ...], commands: tuple[Command, ...]) -> list[Said]:
    """Return what a machine says as the naive one does."""
    found: list[Said] = []
    for note in notes:
        match note:
            case Ignored(code=code):
                found.append(("ignored", str(code)))
            case CallDecided(tool=tool, agent=agent, args=args, decision=decision, call=call, approvals=spent):
                because = frozenset((reason.cause, reason.rule) for reason in decision.reasons)
                obliged = frozenset((KINDS[one.__class__], one.rule) for one in decision.obligations)
                found.append(("decided", tool, agent, text(args), decision.answer, because, call, spent, obliged))
            case CallDone(call=call, ok=ok, result=result):
                found.append(("done", call, ok, text(result) if ok or result is not None else _none(note)))
            case LedgerAnswered(reservation=id, granted=granted, claims=claims, standings=standings):
                found.append(("ledger", id, granted, claims, standings))
            case AttemptJudged():
                why = (note.by, note.again, note.forced, note.unavailable)
                found.append(("judged", note.tool, note.admission, note.granted, note.trial, *why))
            case ApprovalAsked(approval=id, role=role, count=count, expires=expires, subject=subject):
                found.append(("noted", id, role, count, expires, text(subject["args"])))
            case ApprovalCounted(approval=id, by=by, given=given, count=count):
                found.append(("counted", id, by, given, count))
            case ApprovalSettled(approval=id, outcome=outcome, by=by):
                found.append(("settled", id, outcome, by))
            case RunEnded(status=status):
                found.append(("ended", status))
            case _:
                pass
    return found + [_asked(command) for command in commands]


def _none(note: CallDone) -> str | None:
    """A result that does not fit is shown as none; a call that failed has none."""
    return "null" if "not one of its type" in note.message else None


def _asked(command: Command) -> Said:
    match command:
        case AskApproval(id=id, role=role, count=count, expires=expires, subject=subject):
            return "asked", id, role, count, expires, text(subject["args"])
        case CallTool(id=id, tool=tool, args=args):
            return "call", id, tool, text(args)
        case Reserve(id=id, claims=claims):
            return "reserve", id, claims
        case Admit(id=id, tool=tool, rate=rate, breaker=breaker, lapse=lapse, forced=forced):
            most = None if rate is None else (rate.most, rate.period)
            opens = None if breaker is None else (breaker.failures, breaker.within, breaker.pause)
            return "admit", id, tool, most, opens, lapse, forced
        case Report(id=id, tool=tool, admission=admission, came=came):
            return "report", id, tool, admission, came
        case Release(id=id, reservation=reservation):
            return "release", id, reservation
        case Cancel(id=id, command=cancelled):
            return "cancel", id, cancelled
        case FinishRun(id=id, status=status):
            return "finish", id, status
        case _:
            return ("unexpected", command)


def standing(machine: SessionMachine) -> Said:
    """Return what can be seen of a session from outside."""
    by = machine.approved_by
    papers = sorted((one.id, one.role, one.count, one.expires, by[one.id]) for one in machine.waiting_for)
    calls = sorted((one.id, one.tool) for one in machine.under_way)
    asked = [(one.id, "") if isinstance(one, Reserve) else ("", one.id) for one in machine.pending() if _of_ledger(one)]
    return machine.status, papers, calls, sorted(asked)


def _of_ledger(command: Command) -> bool:
    return isinstance(command, Reserve | Admit)
