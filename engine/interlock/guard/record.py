"""Decision records: what was decided on one call, so that it can stand alone.

The same for the decisions of runs and of sessions. Who asked for what on whose behalf, with which arguments, what was
answered, by which rules at which place, with whose approval, under which program, after which entry of the journal:
deciding on that entry again gives the same answer.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NotRequired

from typing_extensions import TypedDict

from interlock.decide import Obligation, RedactFields
from interlock.run.fold import Start
from interlock.run.protocol.events import SessionStarted
from interlock.run.protocol.notes import CallDecided
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.model import Tool
from interlock_dsl.schema.canonical import canonical
from interlock_dsl.schema.json_value import Json


class ReasonRecord(TypedDict):
    """One rule or check that determined a decision, and where it stands (`file:line:column`)."""

    cause: str
    text: str
    rule: str
    span: str | None


class NeedRecord(TypedDict):
    """An approval that is still missing; `within` is in microseconds."""

    role: str
    count: int
    within: int | None
    rule: str


class ObligationRecord(TypedDict):
    """What goes with a decision: fields that are hidden (`redact`), or a role that is told (`notify`), and why."""

    redact: NotRequired[list[str]]
    notify: NotRequired[str]
    reason: NotRequired[str]
    rule: str


class ApprovalRecord(TypedDict):
    """An approval that a call used, and who gave it."""

    approval: str
    role: NotRequired[str]
    by: NotRequired[list[str]]


class DecisionRecord(TypedDict):
    """A decision on one call of a tool. Digests are SHA-256 in hexadecimal; `decision` names it: run, entry, note.

    `arguments` are without what is redacted. `previous` is the digest of the journal's entry before, empty for the
    first. `call` is the id of the call, null unless it was allowed.
    """

    decision: str
    at: str
    run: str
    kind: Literal["workflow", "session"]
    step: str
    agent: str
    principal: str
    tool: str
    effect: str | None
    arguments: dict[str, Json]
    arguments_digest: str
    subject_digest: str
    answer: Literal["allow", "deny", "ask"]
    reasons: list[ReasonRecord]
    obligations: list[ObligationRecord]
    needs: list[NeedRecord]
    approvals: list[ApprovalRecord]
    call: str | None
    program: str
    mode: Literal["enforce"]
    entry: int
    previous: str


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def decision_record(
    started: Start,
    tool: Tool | None,
    note: CallDecided,
    *,
    at: int,
    entry: int,
    number: int,
    previous: bytes,
    approvals: Sequence[ApprovalRecord],
) -> DecisionRecord:
    """Return the record of a decision: note `number` (from 1) on entry `entry` of the run that so `started`."""
    decision = note.decision
    return {
        "decision": decision_id(started.run, entry, number),
        "at": (_EPOCH + timedelta(microseconds=at)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "run": started.run,
        "kind": "session" if isinstance(started, SessionStarted) else "workflow",
        "step": note.step,
        "agent": note.agent,
        "principal": started.principal,
        "tool": note.tool,
        "effect": None if tool is None else tool.effect,
        "arguments": dict(note.args),
        "arguments_digest": hashlib.sha256(canonical(dict(note.args))).hexdigest(),
        "subject_digest": note.digest,
        "answer": decision.answer,
        "reasons": [
            {"cause": each.cause, "text": each.text, "rule": each.rule, "span": _place(each.span)}
            for each in decision.reasons
        ],
        "obligations": [_obligation(each) for each in decision.obligations],
        "needs": [
            {"role": each.role, "count": each.count, "within": each.within, "rule": each.rule}
            for each in decision.needs
        ],
        "approvals": list(approvals),
        "call": note.call or None,
        "program": started.program,
        "mode": "enforce",
        "entry": entry,
        "previous": previous.hex(),
    }


def decision_id(run: str, entry: int, number: int) -> str:
    """Return the name of a decision: the run, the entry it was taken on, and its place among what was decided then."""
    return f"{run}/{entry}/{number}"


def _obligation(given: Obligation) -> ObligationRecord:
    if isinstance(given, RedactFields):
        return {"redact": list(given.fields), "rule": given.rule}
    return {"notify": given.role, "rule": given.rule, "reason": given.reason}


def _place(span: Span | None) -> str | None:
    return str(span) if span is not None and span.source.text else None
