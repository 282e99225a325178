"""Limits of a guard that hold beyond one session."""

from pathlib import Path

import pytest

from guard.conftest import MINUTE, causes, send
from interlock import (
    Guard,
    ManualClock,
    MemoryJournal,
    Principal,
    SqliteJournal,
    compile_text,
    history,
    replay,
    verify,
)

SUMS = """
agent teller { may money.move }
role controller
tool money.send(account: string, cents: int in 1..100_000_000) -> { receipt: string } {
  needs money.move
  effect irreversible
}
policy bank {
  permit money.* by teller
  limit money.send of args.cents to 1_000 per 24h for each args.account
  limit money.send to 3 per 24h for each principal
  require approval by controller for money.send when args.cents > 500
}
"""


@pytest.fixture(params=["memory", "sqlite"])
def sums(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Guard:
    journal = MemoryJournal() if request.param == "memory" else SqliteJournal(tmp_path / "sums.db")
    return Guard(compile_text(SUMS, "sums.ilk"), journal=journal, clock=clock)


def test_sums_hold_across_sessions(sums: Guard) -> None:
    ann, bob = Principal("ann"), Principal("bob")
    assert send(sums.session(principal=ann), {"account": "a", "cents": 500})
    second = sums.session(principal=bob)
    assert causes(send(second, {"account": "a", "cents": 501})) == ["require"]
    assert send(sums.session(principal=ann), {"account": "a", "cents": 500})
    over = send(second, {"account": "a", "cents": 1})
    assert causes(over) == ["limit"]
    assert "1000 of 1000 used" in str(over)
    assert send(second, {"account": "b", "cents": 1})
    third = sums.session(principal=ann)
    assert [bool(send(third, {"account": "c", "cents": 1})) for _ in range(2)] == [True, False]
    for each in (second, third):
        assert replay(sums.journal, each.id).same


def test_what_certainly_failed_is_given_back(sums: Guard) -> None:
    session, other = sums.session(principal=Principal("ann")), sums.session(principal=Principal("bob"))
    large = {"account": "a", "cents": 500}
    first, second = send(session, large), send(session, large)
    session.failed(first, "no")
    assert send(other, large)
    session.failed(second, kind="timeout")
    assert not send(other, large)
    assert replay(sums.journal, session.id).same


def test_an_approval_is_not_spent_on_a_call_for_which_nothing_is_left(sums: Guard, clock: ManualClock) -> None:
    session = sums.session(principal=Principal("ann"))
    large = {"account": "a", "cents": 600}
    session.approve(send(session, large).approvals[0], by="maria", role="controller")
    assert send(sums.session(principal=Principal("bob")), {"account": "a", "cents": 500})
    assert causes(send(session, large)) == ["limit"]
    clock.advance(24 * 60 * MINUTE)
    assert send(session, large)
    assert send(session, large).answer == "ask"
    assert replay(sums.journal, session.id).same


def test_the_same_call_again_reserves_nothing_more(sums: Guard) -> None:
    session = sums.session(principal=Principal("ann"))
    sent = {"account": "a", "cents": 400}
    first = send(session, sent, "k")
    session.failed(first, "no")
    again = send(session, sent, "k")
    assert again.call != first.call
    assert send(session, {"account": "a", "cents": 500})
    assert not send(session, {"account": "a", "cents": 200})


REPEATABLE = SUMS.replace("  effect irreversible", "  effect write  idempotent by account")


def test_a_plain_failure_of_a_call_that_was_allowed_again_gives_nothing_back(tmp_path: Path) -> None:
    """The process ended after the call was made, and another one made it again, in vain."""
    sums = Guard(compile_text(REPEATABLE, "sums.ilk"), journal=SqliteJournal(tmp_path / "sums.db"))
    begun = sums.session(principal=Principal("ann"), id="s1")
    most = {"account": "a", "cents": 500}
    first = send(begun, most, "k")
    session = Guard(compile_text(REPEATABLE, "sums.ilk"), journal=SqliteJournal(tmp_path / "sums.db")).resume("s1")
    again = send(session, most, "k")
    assert again.call == first.call
    session.failed(again, "not now")
    assert len(sums.journal.held()) == 2, "the first sending may have happened"
    assert "may have happened" in str([notes for *_, notes in history(sums.journal, "s1")][-1])
    third = send(session, most, "k")
    assert third and third.call != first.call, "it may be repeated, as a further call"
    session.failed(third, "not now")
    assert len(sums.journal.held()) == 2, "the third was sent once, and failed"
    assert replay(sums.journal, "s1").same and verify(sums.journal).holds
