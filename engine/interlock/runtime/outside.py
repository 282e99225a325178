"""What people decide about a run and what is signalled to it, as events: checked first, made when they are recorded."""

from collections.abc import Callable
from typing import TypeAlias

from interlock.run.protocol.commands import AskApproval
from interlock.run.protocol.events import (
    ApprovalDenied,
    ApprovalGiven,
    Event,
    PersonAnswered,
    RunCancelled,
    SignalReceived,
)
from interlock.runtime.incoming import recorded_answer, recorded_name
from interlock.runtime.loop import Drive

Decided: TypeAlias = Callable[[Drive], Event]
"""Makes the event for a run as it stands when the event is recorded."""


def given(approval: str, by: str, role: str, digest: str) -> Decided:
    """Return that someone of a role agrees; without a `digest` to what is asked. Raises `Refused`."""
    name, typed = recorded_name(by, approval, role, digest)

    def event(drive: Drive) -> Event:
        wanted = digest or _digest_asked(drive, approval)
        return ApprovalGiven(drive.setting.now(), approval, name, role, wanted, typed)

    return event


def denied(approval: str, by: str, role: str, reason: str) -> Decided:
    """Return that someone of a role refuses. Raises `Refused`."""
    name, typed = recorded_name(by, approval, role, reason)
    return lambda drive: ApprovalDenied(drive.setting.now(), approval, name, role, reason, typed)


def answered(question: str, answer: object, by: str, role: str) -> Decided:
    """Return that someone of a role answers a question. Raises `Refused`."""
    value = recorded_answer(answer)
    name, typed = recorded_name(by, question, role)
    return lambda drive: PersonAnswered(drive.setting.now(), question, name, role, value, typed)


def signalled(event: str, data: object, key: str, by: str) -> Decided:
    """Return that an event is signalled. Raises `Refused`."""
    value = recorded_answer(data, "the data of the event")
    name, typed = recorded_name(by, event, key)
    return lambda drive: SignalReceived(drive.setting.now(), event, value, key, name, typed)


def cancelled(by: str, reason: str) -> Decided:
    """Return that someone calls the run off. Raises `Refused`."""
    name, typed = recorded_name(by, reason)
    return lambda drive: RunCancelled(drive.setting.now(), name, reason, typed)


def _digest_asked(drive: Drive, id: str) -> str:
    """Return the digest of what was asked for under an id; nothing for an id that is not open."""
    for waiting in drive.machine.waiting_for:
        if waiting.id == id and isinstance(waiting, AskApproval):
            return waiting.digest
    return ""
