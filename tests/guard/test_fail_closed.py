"""Nothing is allowed where something went wrong."""

from typing import Any

import pytest

from guard.conftest import LARGE, SMALL, send
from interlock import (
    Conflict,
    Guard,
    InvalidInput,
    JournalUnavailable,
    MemoryJournal,
    Principal,
    Program,
    Refused,
    UnknownRun,
    history,
    verify,
)
from interlock.decide import Reason


class Failing(MemoryJournal):
    """A journal that cannot be written while `down`."""

    down = False

    def append(self, *args: Any) -> bytes:
        if self.down:
            raise JournalUnavailable("the disk is full")
        return super().append(*args)


def test_nothing_is_allowed_that_cannot_be_recorded(program: Program) -> None:
    journal = Failing()
    session = Guard(program, journal=journal).session()
    assert send(session, SMALL)
    journal.down = True
    for _ in range(5):
        with pytest.raises(JournalUnavailable):
            send(session, SMALL)
    journal.down = False
    assert [send(session, SMALL).answer for _ in range(3)] == ["allow", "allow", "deny"]


def test_an_error_in_deciding_allows_nothing(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    session = guard.session()

    def broken(*_: object) -> Reason:
        raise RuntimeError("a defect")

    monkeypatch.setattr("interlock.run.session.calls._decision", broken)
    with pytest.raises(RuntimeError):
        send(session, SMALL)
    monkeypatch.undo()
    assert send(session, SMALL)
    assert len(list(history(guard.journal, session.id))) == 2


@pytest.mark.parametrize("tool", [None, 7, b"money.send", "\ud800"])
def test_a_tool_that_is_no_text_is_the_callers_mistake(guard: Guard, tool: Any) -> None:
    with pytest.raises((TypeError, InvalidInput)):
        guard.session().decide(tool, {})


@pytest.mark.parametrize("wrong", [7, None, b"x", "\ud800"])
def test_what_is_no_text_is_never_recorded(guard: Guard, wrong: Any) -> None:
    """An entry that cannot be read back would make the session, and the check of the journal, useless."""
    session = guard.session()
    asked = send(session, LARGE).approvals[0]
    for do in (
        lambda: session.approve(asked, by="maria", role=wrong),
        lambda: session.approve(wrong, by="maria", role="controller"),
        lambda: session.approve(asked, by=wrong, role="controller"),
        lambda: session.deny(asked, by="maria", role=wrong),
        lambda: session.deny(asked, by="maria", role="controller", reason=wrong),
        lambda: session.observe(wrong, {}),
        lambda: session.close(by="maria", reason=wrong),
        lambda: guard.session(principal=Principal("ann", ("\ud800",))),
        lambda: guard.session(principal=Principal("ann", scopes=frozenset({"\ud800"}))),
    ):
        with pytest.raises((TypeError, InvalidInput, Refused)):
            do()
    assert verify(guard.journal).holds
    assert send(session, LARGE).approvals == (asked,)


def test_a_closed_session_decides_nothing(guard: Guard) -> None:
    session = guard.session()
    decision, asked = send(session, SMALL), send(session, LARGE)
    session.close(by="maria", reason="the customer left")
    with pytest.raises(Refused):
        send(session, SMALL)
    with pytest.raises(Refused):
        session.approve(asked.approvals[0], by="maria", role="controller")
    session.observe(decision, {"receipt": "late"})
    assert session.status == "cancelled"


def test_an_id_is_used_once(guard: Guard) -> None:
    guard.session(id="chat-1")
    with pytest.raises(Conflict, match="resume"):
        guard.session(id="chat-1")
    with pytest.raises(UnknownRun):
        guard.resume("chat-2")
    with pytest.raises(InvalidInput):
        guard.session(id="")
