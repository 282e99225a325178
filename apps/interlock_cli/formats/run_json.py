"""Where a run stands, as JSON."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from interlock.run.protocol.commands import AskApproval, AskPerson, AwaitEvent
from interlock.runtime.report import RunReport
from interlock_cli.formats.jsonable import plain
from interlock_cli.present.quantity import instant

if TYPE_CHECKING:
    from interlock_cli.formats.json_models import ApprovalRequestJson, AwaitedJson, Json, QuestionJson, RunJson, Status


def run_json(report: RunReport) -> "RunJson":
    """Return where a run stands."""
    return {
        "run": report.run,
        "status": cast("Status", report.status),
        "end": report.end,
        "output": _object(report.output),
        "reason": report.reason,
        "waiting_for": [
            _approval(each, report.approved_by.get(each.id, ())) if isinstance(each, AskApproval) else _question(each)
            for each in report.waiting_for
        ],
        "awaiting": [_awaited(each) for each in report.awaiting],
        "next_timer": None if report.next_timer is None else instant(report.next_timer),
        "entries": report.entries,
    }


def _approval(asked: AskApproval, by: Sequence[str]) -> "ApprovalRequestJson":
    return {
        "kind": "approval",
        "id": asked.id,
        "step": asked.step,
        "role": asked.role,
        "count": asked.count,
        "subject": _object(asked.subject),
        "digest": asked.digest,
        "expires": asked.expires,
        "by": list(by),
    }


def _question(asked: AskPerson) -> "QuestionJson":
    return {
        "kind": "question",
        "id": asked.id,
        "step": asked.step,
        "role": asked.role,
        "question": asked.question,
        "context": _object(asked.context),
        "expires": asked.expires,
    }


def _awaited(event: AwaitEvent) -> "AwaitedJson":
    return {"id": event.id, "step": event.step, "event": event.event, "expires": event.expires}


def _object(given: Mapping[str, object]) -> "dict[str, Json]":
    return {name: plain(value) for name, value in given.items()}
