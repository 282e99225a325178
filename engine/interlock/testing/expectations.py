"""What a test expects, held against what has happened so far."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from typing import Final, NamedTuple, TypeVar

from interlock.decide import NotifyRole, Reason, RedactFields
from interlock.run.machine import Machine
from interlock.run.protocol.commands import AskApproval, SetTimer
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

_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class _Happened:
    """What has happened so far; `sent` are the arguments of the calls that were made, by their ids."""

    machine: Machine | SessionMachine
    notes: Sequence[Note]
    sent: Mapping[str, Mapping[str, Json]]

    def of(self, kind: type[_Kind]) -> list[_Kind]:
        return [note for note in self.notes if isinstance(note, kind)]

    def decided(self, tool: str) -> list[CallDecided]:
        return [note for note in self.of(CallDecided) if note.tool == tool]


class _Judged(NamedTuple):
    """Whether an expectation is met, what it was, and what happened instead (empty: how the run stands says it)."""

    met: bool
    expected: str
    instead: str = ""


def unmet(
    act: Act, machine: Machine | SessionMachine, notes: Sequence[Note], sent: Mapping[str, Mapping[str, Json]]
) -> str:
    """Return what is wrong with one expectation, as `expected ... but ...`; empty if it is met.

    `sent` are the arguments of the calls that were made, by their ids: notes do not show what a `redact` hides. Raises
    ValueError for an act that expects nothing.
    """
    judge = _JUDGES.get(act.kind)
    if judge is None:
        raise ValueError(f"`{act.kind}` is not an expectation")
    judged = judge(act, _Happened(machine, notes, sent))
    if judged.met:
        return ""
    return f"expected {judged.expected}, but {judged.instead or _standing(machine, notes)}"


# --- calls ---


def _calls(act: Act, happened: _Happened) -> _Judged:
    calls = [note for note in happened.decided(act.name) if note.call]
    held = [happened.sent.get(note.call, note.args) for note in calls]
    met = any(_part_of(act.value, args) for args in held) is (act.kind == "calls")
    expected = f"{'a call' if act.kind == 'calls' else 'no call'} of {act.name}{_shown(act.value)}"
    made = "; ".join(_shown(note.args).strip() for note in calls)
    return _Judged(met, expected, f"it was called with {made}" if calls else "")


def _denied(act: Act, happened: _Happened) -> _Judged:
    decisions = [note.decision for note in happened.decided(act.name)]
    reasons = [reason for decision in decisions if decision.answer == "deny" for reason in decision.reasons]
    met = any(_is_why(act, reason) for reason in reasons)
    instead = ""
    if any(decision.answer == "deny" for decision in decisions):
        instead = f"it was denied for another reason: {_reasons(reasons)}"
    elif decisions:
        instead = f"it was decided: {', '.join(decision.answer for decision in decisions)}"
    return _Judged(met, f"a call of {act.name} to be denied{_why(act)}", instead)


def _withheld(act: Act, happened: _Happened) -> _Judged:
    withheld = [note.by for note in happened.of(AttemptJudged) if note.tool == act.name and not note.granted]
    met = any(act.rule in (None, by) for by in withheld)
    decisions = happened.decided(act.name)
    denied = [reason for note in decisions if note.decision.answer == "deny" for reason in note.decision.reasons]
    if withheld:
        instead = f"it was by {' and '.join(dict.fromkeys(withheld))}"
    elif denied:
        instead = f"it was denied: {_reasons(denied)}"
    elif any(note.call for note in decisions):
        instead = "it was made"
    else:
        instead = "there was none" if isinstance(happened.machine, SessionMachine) else ""
    return _Judged(met, f"an attempt at {act.name} to be withheld{_why(act)}", instead)


def _redacts(act: Act, happened: _Happened) -> _Judged:
    """Judge what is hidden: all of the fields by one decision, or (never) nothing of any by none."""
    hidden = [_hidden(note) for note in happened.decided(act.name)]
    named, every = act.fields, sorted(set().union(*hidden))
    instead = f"{' and '.join(every)} {'are' if len(every) > 1 else 'is'}" if every else ""
    if act.kind == "redacts":
        met = any(all(any(_holds(whole, field) for whole in each) for field in named) for each in hidden)
        return _Judged(met, f"{' and '.join(named)} of {act.name} to be redacted", instead and f"only {instead}")
    met = not any(_holds(one, field) or _holds(field, one) for one in every for field in named)
    return _Judged(met, f"no {' and no '.join(named)} of {act.name} to be redacted", instead)


def _answers(act: Act, happened: _Happened) -> _Judged:
    """Judge the decision on the last call, of which a test of policies expects an answer."""
    last = happened.of(CallDecided)[-1]
    decision = last.decision
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
    return _Judged(met, f"the call of {last.tool} to be {words[act.kind]}", f"{given}: {_reasons(decision.reasons)}")


# --- people ---


def _waits(act: Act, happened: _Happened) -> _Judged:
    waiting = [ask.role for ask in happened.machine.waiting_for if isinstance(ask, AskApproval)]
    return _Judged(act.name in waiting, f"the run to wait for approval by {act.name}")


def _awaits(act: Act, happened: _Happened) -> _Judged:
    return _Judged(act.name in _awaited(happened.machine), f"the run to wait for the event `{act.name}`")


def _escalates(act: Act, happened: _Happened) -> _Judged:
    return _Judged(act.name in {note.role for note in happened.of(Escalated)}, f"an escalation to {act.name}")


def _notifies(act: Act, happened: _Happened) -> _Judged:
    told = [note.role for note in happened.of(RoleNotified)]
    told += [role for note in happened.notes for role in sorted(_told(note))]
    if act.kind == "never notifies":
        return _Judged(act.name not in told, f"{act.name} not to be notified", f"{act.name} was")
    instead = f"only {', '.join(dict.fromkeys(told))} was" if told else ""
    return _Judged(act.name in told, f"{act.name} to be notified", instead)


# --- the way of the run ---


def _visits(act: Act, happened: _Happened) -> _Judged:
    began = happened.of(StepBegan)
    entered = dict.fromkeys(_entered(note.step, note.visit) for note in began)
    found = any(act.name in spoken(numbered(note.step, note.visit)) for note in began)
    expected = f"step `{act.name}` {'' if act.kind == 'visits' else 'not '}to be entered"
    instead = "it was" if found else f"only {', '.join(f'`{name}`' for name in entered) or 'none'} was"
    return _Judged(found is (act.kind == "visits"), expected, instead)


def _backtracks(act: Act, happened: _Happened) -> _Judged:
    gone_back = dict.fromkeys(written(note.step) for note in happened.of(Backtracked))
    instead = f"only to {', '.join(f'`{name}`' for name in gone_back)}" if gone_back else ""
    return _Judged(act.name in gone_back, f"the run to backtrack to `{act.name}`", instead)


def _ends(act: Act, happened: _Happened) -> _Judged:
    over = _ended(happened.notes)
    met = over is not None and over.end == act.name and _part_of(act.value, over.output)
    return _Judged(met, f"the run to end at `{act.name}`{_shown(act.value)}")


def _fails(act: Act, happened: _Happened) -> _Judged:
    over = _ended(happened.notes)
    broken = [note.promise for note in happened.of(PromiseBroken)]
    met = over is not None and over.status == "failed" and (act.rule is None or act.rule in broken)
    return _Judged(met, f"the run to fail{_why(act)}")


_JUDGES: Final[Mapping[str, Callable[[Act, _Happened], _Judged]]] = {
    "calls": _calls,
    "never calls": _calls,
    "denied": _denied,
    "withheld": _withheld,
    "redacts": _redacts,
    "never redacts": _redacts,
    "allows": _answers,
    "denies": _answers,
    "asks": _answers,
    "waits": _waits,
    "awaits": _awaits,
    "escalates": _escalates,
    "notifies": _notifies,
    "never notifies": _notifies,
    "visits": _visits,
    "never visits": _visits,
    "backtracks": _backtracks,
    "ends": _ends,
    "fails": _fails,
}
"""How each kind of expectation is judged."""


def _entered(path: str, visit: int) -> str:
    """Return how a visit is told: with its number where there is more than one."""
    return path if visit == 1 else f"{path}#{visit}"


def _awaited(machine: Machine | SessionMachine) -> list[str]:
    return [each.event for each in machine.awaiting] if isinstance(machine, Machine) else []


def _told(note: Note) -> set[str]:
    """Return the roles that are told of a call because of the decision on it."""
    if not isinstance(note, CallDecided) or not note.call:
        return set()
    return {each.role for each in note.decision.obligations if isinstance(each, NotifyRole)}


def _hidden(note: CallDecided) -> set[str]:
    """Return the fields that the decision on a call hides."""
    hiding = (each for each in note.decision.obligations if isinstance(each, RedactFields))
    return {field for each in hiding for field in each.fields}


def _holds(whole: str, field: str) -> bool:
    """Whether a field is another one, or lies within it."""
    return field == whole or field.startswith(f"{whole}.")


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


def _reasons(reasons: Iterable[Reason]) -> str:
    return "; ".join(dict.fromkeys(_reason(reason) for reason in reasons))


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
    times = _times(machine)
    if not waiting and not times:
        return f"it is {machine.status}"
    return f"it waits for {' and '.join(waiting + times)}{': write `then DURATION pass`' if times else ''}"


def _times(machine: Machine | SessionMachine) -> list[str]:
    """Return what only waits for time to pass."""
    if not isinstance(machine, Machine):
        return []
    again = any(isinstance(command, SetTimer) and command.purpose == "retry" for command in machine.pending())
    return [f"the time of `{written(path)}`" for path in machine.pauses] + ["another attempt"] * again


def _shown(value: object) -> str:
    return "" if value is None else " " + dumps(encode(DYN, value), ensure_ascii=False)
