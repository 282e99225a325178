"""A run as JSON: its entries with their digests, the notes on each, and a record for every decision on a call.

A decision record can stand alone: who asked for what on whose behalf, with which arguments (and their canonical
digest), what was answered, by which rules at which place, with whose approval, under which program, after which entry.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from interlock.journal.codec import encode
from interlock.run.protocol.events import (
    Admitted,
    CallProposed,
    Event,
    Exhausted,
    ModelCall,
    ModelReplied,
    Reserved,
    RunStarted,
    SessionStarted,
    ToolReturned,
    Withheld,
)
from interlock.run.protocol.notes import ApprovalAsked, ApprovalSettled, CallDecided, Note, RunEnded
from interlock.run.redaction import HIDDEN, arguments, fields_of, hides_arguments, result
from interlock_cli.formats.jsonable import plain
from interlock_cli.present.quantity import instant
from interlock_cli.recorded_run import RecordedRun, ReplayedEntry
from interlock_dsl.program.model import Tool

if TYPE_CHECKING:
    from interlock.guard.record import ApprovalRecord, DecisionRecord
    from interlock.run.protocol.events import Json as Value

Json = dict[str, object]


def audit(recorded: RecordedRun) -> Json:
    """Return all there is to say about a run."""
    started = recorded.started
    ended = [note for moment in recorded.entries for note in moment.notes if isinstance(note, RunEnded)]
    return {
        "version": 1,
        "run": recorded.summary.run,
        "kind": recorded.summary.kind,
        "workflow": started.workflow if isinstance(started, RunStarted) else "",
        "program": started.program,
        "principal": {
            "name": started.principal,
            "roles": list(started.roles),
            "scopes": None if started.scopes is None else list(started.scopes),
        },
        "answered_by": plain(recorded.answered_by),
        "input": started.input if isinstance(started, RunStarted) else {},
        "context": started.context,
        "request": started.request if isinstance(started, SessionStarted) else "",
        "status": recorded.machine.status,
        "ended": plain(ended[-1]) if ended else None,
        "meaning_kept": recorded.meaning_kept,
        "reproduced": recorded.meaning_kept and all(moment.same for moment in recorded.entries),
        "decisions": list(decisions(recorded)),
        "entries": entries(recorded),
    }


def decisions(recorded: RecordedRun) -> "Iterator[DecisionRecord]":
    """Yield a record for each decision on a tool call, in order."""
    from interlock.guard.record import decision_record

    previous = b""
    approved: dict[str, ApprovalRecord] = {}
    for moment in recorded.entries:
        for number, note in enumerate(moment.notes, 1):
            match note:
                case ApprovalAsked(approval=approval, role=role):
                    approved[approval] = {"approval": approval, "role": role, "by": []}
                case ApprovalSettled(approval=approval, by=by):
                    approved.setdefault(approval, {"approval": approval})["by"] = list(by)
                case CallDecided():
                    yield decision_record(
                        recorded.started,
                        recorded.program.tools.get(note.tool),
                        note,
                        at=moment.event.at,
                        entry=moment.entry.sequence,
                        number=number,
                        previous=previous,
                        approvals=[approved.get(approval, {"approval": approval}) for approval in note.approvals],
                    )
                case _:
                    pass
        previous = moment.entry.digest


_ANSWERS: Final = (Reserved, Exhausted, Admitted, Withheld)
"""The answers of the ledger, on which calls are decided that were proposed before."""


def entries(recorded: RecordedRun) -> list[Json]:
    """Return the entries. Of the events, which hold all that was said, is shown what the decisions on them do not hide.

    The digests are those of the whole events, which `interlock verify` reads from the journal.
    """
    hidden: dict[str, tuple[Tool, tuple[str, ...]]] = {}
    made: list[Json] = []
    answered = _on_answers(recorded)
    for moment in recorded.entries:
        event = moment.event
        asked: dict[str, tuple[str, ...]] = {}
        for note in _redacting(moment, recorded):
            tool, fields = recorded.program.tools[note.tool], fields_of(note.decision)
            asked[note.tool] = (*asked.get(note.tool, ()), *fields)
            hidden[note.call] = tool, (*hidden.get(note.call, (tool, ()))[1], *fields)
        if isinstance(event, Reserved | Exhausted) and any(map(hides_arguments, asked.values())):
            event = replace(event, standings=())
        for name, more in answered.items():
            asked[name] = (*asked.get(name, ()), *more)
        if isinstance(event, ToolReturned) and event.command in hidden:
            event = replace(event, result=result(hidden[event.command][0], event.result, hidden[event.command][1]))
        elif isinstance(event, ModelReplied) and asked:
            event = replace(event, raw=None, calls=tuple(_shown(each, asked, recorded) for each in event.calls))
        elif isinstance(event, CallProposed) and event.tool in asked:
            event = replace(event, args=_without(recorded.program.tools[event.tool], event.args, asked[event.tool]))
        made.append(_entry(moment, event))
    return made


def _on_answers(recorded: RecordedRun) -> dict[str, tuple[str, ...]]:
    """Return what is hidden, by tool, of calls that were decided on an answer of the ledger: later than proposed."""
    found: dict[str, tuple[str, ...]] = {}
    for moment in recorded.entries:
        for note in _redacting(moment, recorded) if isinstance(moment.event, _ANSWERS) else ():
            found[note.tool] = tuple(dict.fromkeys((*found.get(note.tool, ()), *fields_of(note.decision))))
    return found


def _redacting(moment: ReplayedEntry, recorded: RecordedRun) -> Iterator[CallDecided]:
    """Yield the decisions on calls of known tools that hide something."""
    for note in moment.notes:
        if isinstance(note, CallDecided) and note.tool in recorded.program.tools and fields_of(note.decision):
            yield note


def _shown(call: ModelCall, hidden: Mapping[str, tuple[str, ...]], recorded: RecordedRun) -> ModelCall:
    if call.tool not in hidden:
        return call
    return replace(call, args=_without(recorded.program.tools[call.tool], call.args, hidden[call.tool]))


def _without(tool: Tool, given: "Value", fields: tuple[str, ...]) -> "Value":
    """Return arguments without what is hidden. Of what is no object nothing is shown, where any argument is hidden."""
    if isinstance(given, dict):
        return dict(arguments(tool, given, fields))
    return HIDDEN if hides_arguments(fields) else given


def _entry(moment: ReplayedEntry, event: Event) -> Json:
    import json

    return {
        "sequence": moment.entry.sequence,
        "at": instant(moment.event.at),
        "event": json.loads(encode(event)),
        "notes": [named(note) for note in moment.notes],
        "digest": moment.entry.digest.hex(),
        "outcome": moment.entry.outcome.hex(),
        "same": moment.same,
    }


def named(note: Note) -> Json:
    """Return a note with its kind: `{"note": "step began", ...}`."""
    kind = re.sub(r"(?<!^)(?=[A-Z])", " ", type(note).__name__).lower()
    fields = plain(note)
    named: Json = {"note": kind}
    return named | fields if isinstance(fields, dict) else named
