"""What a test expects, held against what has happened so far."""

from collections.abc import Mapping, Sequence
from json import dumps

from interlock.decide import NotifyRole, Reason, RedactFields
from interlock.run.machine import Machine
from interlock.run.protocol.commands import AskApproval
from interlock.run.protocol.events import Json
from interlock.run.protocol.notes import (
    AttemptJudged,
    Backtracked,
    CallDecided,
    Escalated,
    Note,
    PromiseBroken,
    RoleNotified,
    RunEnded,
    StepBegan,
)
from interlock.run.session import SessionMachine
from interlock_dsl.cel.types import DYN
from interlock_dsl.cel.values import equal
from interlock_dsl.program.cases import Act
from interlock_dsl.program.paths import numbered, spoken, written
from interlock_dsl.schema import encode


def unmet(
    act: Act, machine: Machine | SessionMachine, notes: Sequence[Note], sent: Mapping[str, Mapping[str, Json]]
) -> str:
    """Return what is wrong with one expectation, as `expected ... but ...`; empty if it is met.

    `sent` are the arguments of the calls that were made, by their ids: notes do not show what a `redact` hides.
    """
    match act.kind:
        case "waits":
            waiting = [ask.role for ask in machine.waiting_for if isinstance(ask, AskApproval)]
            met = act.name in waiting
            expected = f"the run to wait for approval by {act.name}"
        case "awaits":
            met = act.name in _awaited(machine)
            expected = f"the run to wait for the event `{act.name}`"
        case "calls" | "never calls":
            calls = [note for note in notes if isinstance(note, CallDecided) and note.call and note.tool == act.name]
            held = [sent.get(note.call, note.args) for note in calls]
            met = any(_part_of(act.value, args) for args in held) is (act.kind == "calls")
            expected = f"{'a call' if act.kind == 'calls' else 'no call'} of {act.name}{_shown(act.value)}"
            if calls:
                made = "; ".join(_shown(note.args).strip() for note in calls)
                return "" if met else f"expected {expected}, but it was called with {made}"
        case "denied":
            decided = [note for note in notes if isinstance(note, CallDecided) and note.tool == act.name]
            denied = [note.decision for note in decided if note.decision.answer == "deny"]
            met = any(_is_why(act, reason) for decision in denied for reason in decision.reasons)
            expected = f"a call of {act.name} to be denied{_why(act)}"
            if denied and not met:
                reasons = [reason for decision in denied for reason in decision.reasons]
                given = "; ".join(dict.fromkeys(_reason(reason) for reason in reasons))
                return f"expected {expected}, but it was denied for another reason: {given}"
            if decided and not met:
                return f"expected {expected}, but it was decided: {', '.join(note.decision.answer for note in decided)}"
        case "withheld":
            judged = [note for note in notes if isinstance(note, AttemptJudged) and note.tool == act.name]
            withheld = [note.by for note in judged if not note.granted]
            met = any(act.rule in (None, by) for by in withheld)
            expected = f"an attempt at {act.name} to be withheld{_why(act)}"
            if withheld and not met:
                return f"expected {expected}, but it was by {' and '.join(dict.fromkeys(withheld))}"
        case "escalates":
            told = [note.role for note in notes if isinstance(note, Escalated)]
            met = act.name in told
            expected = f"an escalation to {act.name}"
        case "notifies":
            told = [note.role for note in notes if isinstance(note, RoleNotified)]
            met = act.name in told or any(act.name in _told(note) for note in notes)
            expected = f"{act.name} to be notified"
            others = dict.fromkeys((*told, *(role for note in notes for role in sorted(_told(note)))))
            if others and not met:
                return f"expected {expected}, but only {', '.join(others)} was"
        case "redacts":
            decided = [note for note in notes if isinstance(note, CallDecided) and note.tool == act.name]
            met = any(set(act.fields) <= _hidden(note) for note in decided)
            expected = f"{' and '.join(act.fields)} of {act.name} to be redacted"
        case "visits" | "never visits":
            began = [note for note in notes if isinstance(note, StepBegan)]
            entered = list(dict.fromkeys(_entered(note.step, note.visit) for note in began))
            found = any(act.name in spoken(numbered(note.step, note.visit)) for note in began)
            met = found is (act.kind == "visits")
            expected = f"step `{act.name}` {'' if act.kind == 'visits' else 'not '}to be entered"
            if not met and found:
                return f"expected {expected}, but it was"
            if not met:
                return f"expected {expected}, but only {', '.join(f'`{name}`' for name in entered) or 'none'} was"
        case "backtracks":
            gone_back = [written(note.step) for note in notes if isinstance(note, Backtracked)]
            met = act.name in gone_back
            expected = f"the run to backtrack to `{act.name}`"
            if gone_back and not met:
                return f"expected {expected}, but only to {', '.join(f'`{n}`' for n in dict.fromkeys(gone_back))}"
        case "ends":
            over = _ended(notes)
            met = over is not None and over.end == act.name and _part_of(act.value, over.output)
            expected = f"the run to end at `{act.name}`{_shown(act.value)}"
        case "fails":
            over = _ended(notes)
            broken = [note.promise for note in notes if isinstance(note, PromiseBroken)]
            met = over is not None and over.status == "failed" and (act.rule is None or act.rule in broken)
            expected = f"the run to fail{_why(act)}"
        case "allows" | "denies" | "asks":
            return _undecided(act, notes)
        case _:
            raise ValueError(f"`{act.kind}` is not an expectation")
    return "" if met else f"expected {expected}, but {_standing(machine, notes)}"


def _entered(path: str, visit: int) -> str:
    """Return how a visit is told: with its number where there is more than one."""
    return path if visit == 1 else f"{path}#{visit}"


def _awaited(machine: Machine | SessionMachine) -> list[str]:
    return [each.event for each in machine.awaiting] if isinstance(machine, Machine) else []


def _undecided(act: Act, notes: Sequence[Note]) -> str:
    """Return how the decision on the last call differs from what a test of policies expects of it."""
    last = next(note for note in reversed(notes) if isinstance(note, CallDecided))
    decision = last.decision
    reasons = "; ".join(dict.fromkeys(_reason(reason) for reason in decision.reasons))
    asked = ", ".join(f"{need.count} of {need.role}" if need.count > 1 else need.role for need in decision.needs)
    people = f"{act.count} of {act.name}" if act.count > 1 else act.name
    words = {"allows": "allowed", "denies": f"denied{_why(act)}", "asks": f"allowed only once {people} approved it"}
    given = {"allow": "it is allowed", "deny": "it is denied", "ask": f"{asked} is asked"}[decision.answer]
    match act.kind:
        case "allows":
            met = decision.answer == "allow"
        case "denies":
            met = decision.answer == "deny" and any(_is_why(act, reason) for reason in decision.reasons)
        case _:
            met = any(need.role == act.name and need.count == act.count for need in decision.needs)
    return "" if met else f"expected the call of {last.tool} to be {words[act.kind]}, but {given}: {reasons}"


def _told(note: Note) -> set[str]:
    """Return the roles that are told of a call because of the decision on it."""
    if not isinstance(note, CallDecided) or not note.call:
        return set()
    return {each.role for each in note.decision.obligations if isinstance(each, NotifyRole)}


def _hidden(note: CallDecided) -> set[str]:
    """Return the fields that the decision on a call hides."""
    hiding = (each for each in note.decision.obligations if isinstance(each, RedactFields))
    return {field for each in hiding for field in each.fields}


def _is_why(act: Act, reason: Reason) -> bool:
    """Whether a reason is the one that a test names: all of its text, or the rule; without either, any is."""
    if act.because is not None:
        # A rule whose condition has no value says so after its text; a limit beyond one run says what was used.
        further = ": " if reason.cause == "limit" else " (its condition has no value"
        no_value = f"{act.because} (its condition has no value"
        return reason.text == act.because or reason.text.startswith((f"{act.because}{further}", no_value))
    return act.rule is None or reason.rule == act.rule


def _why(act: Act) -> str:
    if act.because is not None:
        return f' because "{act.because}"'
    return "" if act.rule is None else f" by {act.rule}"


def _reason(reason: Reason) -> str:
    return f'"{reason.text}"' + (f" [{reason.rule}]" if reason.rule else "")


def _part_of(expected: object, actual: object) -> bool:
    """Whether a value is what was expected; of records only the fields that were named."""
    if expected is None and isinstance(actual, Mapping):
        return True
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        return all(name in actual and _part_of(value, actual[name]) for name, value in expected.items())
    return equal(encode(DYN, expected), actual)


def _ended(notes: Sequence[Note]) -> RunEnded | None:
    return next((note for note in notes if isinstance(note, RunEnded)), None)


def _standing(machine: Machine | SessionMachine, notes: Sequence[Note]) -> str:
    over = _ended(notes)
    if over is not None and over.end:
        how = "ended" if over.status == "ended" else "was given up"
        return f"it {how} at `{over.end}`{_shown(over.output or None)}"
    if over is not None:
        return f"it {'failed' if over.status == 'failed' else 'was cancelled'}: {over.reason}"
    waiting = [f"{'approval' if isinstance(c, AskApproval) else 'an answer'} by {c.role}" for c in machine.waiting_for]
    waiting += [f"the event `{event}`" for event in _awaited(machine)]
    return f"it waits for {' and '.join(waiting)}" if waiting else f"it is {machine.status}"


def _shown(value: object) -> str:
    return "" if value is None else " " + dumps(encode(DYN, value), ensure_ascii=False)
