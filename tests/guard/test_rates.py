"""Calls in sessions of tools with a rate or a breaker, which hold over all sessions of a journal."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from guard.conftest import MINUTE, causes
from interlock import Guard, ManualClock, MemoryJournal, Principal, SqliteJournal, compile_text, replay, verify
from interlock.errors import Conflict
from interlock.journal.journal import Append
from interlock.run.breakers import BreakerState
from interlock.run.protocol.commands import Cancel, Release
from interlock.run.protocol.events import Admitted, CallProposed, Reserved, RunCancelled
from interlock.run.session import SessionMachine
from interlock.run.session.lifecycle import prepare_session

SECOND = MINUTE // 60
TEXT = """
role boss
tool post.send(n: int in 0..9) { needs x  effect irreversible  rate 2 per 1m }
tool post.read(n: int in 0..9) -> { k: int in 0..3 } {
  needs x  effect read  timeout 5s  breaker opens after 2 failures within 1m for 30s
}
tool post.pay(n: int in 0..9) { needs x  effect write  rate 1 per 1m }
policy p {
  permit *
  limit post.send to 2 per 24h for each principal
  require approval by boss within 10m for post.pay
  redact args.n for post.read
}
"""
ANN = Principal("ann")


@pytest.fixture(params=["memory", "sqlite"])
def guard(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Guard:
    journal = MemoryJournal() if request.param == "memory" else SqliteJournal(tmp_path / "runs.db")
    return Guard(compile_text(TEXT, "post.ilk"), journal=journal, clock=clock)


def test_a_call_beyond_the_rate_is_denied_over_all_sessions_and_says_when(guard: Guard, clock: ManualClock) -> None:
    one, other = guard.session(principal=ANN), guard.session(principal=Principal("bob"))
    assert one.decide("post.send", {"n": 1}, key="k") and other.decide("post.send", {"n": 1})
    clock.advance(20 * SECOND)
    denied = one.decide("post.send", {"n": 1})
    assert (
        str(denied) == "post.send: denied: post.send is not called: its rate of 2 per 1m is used up; try again in 40s"
    )
    assert "to be allowed: the same call later, when the rate of post.send has room again" in denied.explain()
    assert (causes(denied), denied.record()["reasons"][0]["span"]) == (["rate"], "post.ilk:3:1")
    assert "post.send" in one.allowed_tools()
    clock.advance(40 * SECOND)
    assert one.decide("post.send", {"n": 1}), "what was withheld has used up nothing of the limit"
    assert causes(one.decide("post.send", {"n": 1})) == ["limit"]
    assert replay(guard.journal, one.id).same and verify(guard.journal).holds


@pytest.mark.parametrize("kind", ["error", "timeout", "uncertain"])
def test_a_breaker_opens_is_tried_and_closes(guard: Guard, clock: ManualClock, kind: str) -> None:
    session, other = guard.session(principal=ANN), guard.session()
    for each in (session, other):
        each.failed(each.decide("post.read", {"n": 1}), "gone", kind=kind)  # type: ignore[arg-type]
    denied = other.decide("post.read", {"n": 1})
    assert causes(denied) == ["breaker"] and "try again in 30s" in str(denied)
    assert "when the breaker of post.read lets calls through again" in denied.explain()
    assert denied.args == {"n": "[redacted]"}
    clock.advance(30 * SECOND)
    trial = other.decide("post.read", {"n": 1}, key="t")
    assert trial and causes(session.decide("post.read", {"n": 1})) == ["breaker"]
    assert Guard(guard.program, journal=guard.journal).resume(other.id).under_way == other.under_way
    other.observe(trial, {"k": 1})
    assert session.decide("post.read", {"n": 1})
    assert replay(guard.journal, other.id).same and verify(guard.journal).holds


def test_a_call_that_was_not_made_is_nothing_to_a_breaker(guard: Guard, clock: ManualClock) -> None:
    session = guard.session(principal=ANN)
    for _ in range(3):
        session.failed(session.decide("post.read", {"n": 1}), "nobody could be told", kind="unsent")
    assert not guard.journal.breakers()
    for _ in range(2):
        session.failed(session.decide("post.read", {"n": 1}))
    clock.advance(30 * SECOND)
    session.failed(session.decide("post.read", {"n": 1}), kind="unsent")
    trial = session.decide("post.read", {"n": 1})
    assert trial, "the trial was not made, so another call may be it"
    session.observe(trial, {"k": 1})
    assert replay(guard.journal, session.id).same and verify(guard.journal).holds


def test_a_call_that_was_not_made_gives_back_what_was_reserved_for_it(guard: Guard) -> None:
    session = guard.session(principal=ANN)
    first = session.decide("post.send", {"n": 1}, key="k")
    session.failed(first, kind="unsent")
    assert [each.claim.rule for each in guard.journal.held()] == ["post.send rate"]
    assert session.decide("post.send", {"n": 1}, key="k")
    assert verify(guard.journal).holds


def test_a_result_of_another_type_is_a_failure_for_the_breaker(guard: Guard) -> None:
    session = guard.session(principal=ANN)
    calls = [session.decide("post.read", {"n": 1}) for _ in range(3)]
    for call in calls:
        session.observe(call, {"k": 9})
    assert causes(session.decide("post.read", {"n": 1})) == ["breaker"]


def test_an_approval_is_not_spent_on_a_call_that_is_withheld(guard: Guard, clock: ManualClock) -> None:
    session = guard.session(principal=ANN)
    for number in (1, 2):
        session.approve(session.decide("post.pay", {"n": number}).approvals[0], by="eva", role="boss")
    assert session.decide("post.pay", {"n": 1})
    assert causes(session.decide("post.pay", {"n": 2})) == ["rate"]
    clock.advance(MINUTE)
    assert session.decide("post.pay", {"n": 2})
    assert session.decide("post.pay", {"n": 2}).answer == "ask"


class Crowded(MemoryJournal):
    """A journal to which somebody else may write just before."""

    def __init__(self) -> None:
        super().__init__()
        self.before: list[Callable[[], object]] = []

    def append_all(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        before, self.before = self.before, []
        if before:
            before.pop(0)()
        self.before = before
        return super().append_all(appends)


@pytest.mark.parametrize("key", [None, "k"])
def test_a_call_that_two_decide_on_is_counted_once_for_each(clock: ManualClock, key: str | None) -> None:
    """All that is decided on a proposal is one write: nobody comes between the limit and the rate."""
    program, journal = compile_text(TEXT), Crowded()
    mine, theirs = Guard(program, journal=journal, clock=clock), Guard(program, journal=journal, clock=clock)
    session = mine.session(principal=ANN, id="s1")
    other = theirs.resume("s1")
    journal.before = [lambda: other.decide("unknown", {}), lambda: None, lambda: other.decide("unknown", {})]
    assert session.decide("post.send", {"n": 1}, key=key)
    assert len(journal.before) == 1, "one write that came too late, and another one"
    assert sorted(each.claim.rule for each in journal.held()) == ["p/limit#1", "post.send rate"]
    assert verify(journal).holds and replay(journal, "s1").same


class Failing(MemoryJournal):
    """A journal whose process ends before the n-th write."""

    left = 10**9

    def append_all(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().append_all(appends)


def test_nothing_is_held_for_a_call_that_was_not_decided(clock: ManualClock) -> None:
    program, journal = compile_text(TEXT), Failing()
    session = Guard(program, journal=journal, clock=clock).session(principal=ANN, id="s1")
    for writes in (0, 1):
        journal.left = writes
        try:
            allowed = bool(session.decide("post.send", {"n": 1}))
        except KeyboardInterrupt:
            allowed = False
        assert len(journal.held()) == (2 if allowed else 0)
        assert session.under_way == () or allowed


def test_a_session_that_ends_while_the_rate_is_asked_gives_back_what_is_held() -> None:
    """Such entries are those of a journal that does not answer at once."""
    program = compile_text(TEXT)
    machine = SessionMachine(program)
    machine.feed(prepare_session(program, session="s1", at=0, principal=ANN))
    machine.feed(CallProposed(1, "post.send", {"n": 1}))
    machine.feed(Reserved(1, "h1", (0,)))
    machine.feed(RunCancelled(2, ""))
    asked = [command for command in machine.last_commands if isinstance(command, Cancel | Release)]
    assert [command.command for command in asked if isinstance(command, Cancel)] == ["a2"]
    assert [command.reservation for command in asked if isinstance(command, Release)] == ["h1"]
    assert machine.pending() == ()


def test_a_call_that_is_proposed_again_while_the_ledger_is_asked_is_asked_for_once() -> None:
    program = compile_text(TEXT)
    machine = SessionMachine(program)
    machine.feed(prepare_session(program, session="s1", at=0, principal=ANN))
    again = CallProposed(1, "post.read", {"n": 1}, key="k")
    for event in (again, Admitted(1, "a1", 0), again, again):
        machine.feed(event)
    assert [command.id for command in machine.pending()] == ["c2", "a5"]
    machine.feed(Admitted(1, "a5", 0))
    assert [command.id for command in machine.under_way] == ["c2"]


def test_what_a_breaker_knows_is_gone_once_the_trial_came_back(guard: Guard, clock: ManualClock) -> None:
    session = guard.session()
    for _ in range(2):
        session.failed(session.decide("post.read", {"n": 1}))
    clock.advance(30 * SECOND)
    session.observe(session.decide("post.read", {"n": 1}), {"k": 1})
    assert dict(guard.journal.breakers()) == {"post.read": BreakerState(latest=clock.now())}
