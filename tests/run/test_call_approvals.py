"""Approvals of a call: who may give them, what they cover, and how long."""

import pytest

from interlock.run.protocol.commands import AskApproval, Notify
from interlock.run.protocol.events import ApprovalGiven
from interlock.run.protocol.notes import ApprovalSettled, CallDecided
from run.texts import PAY
from run.world import HOUR, SECOND, ignored, pay


def test_a_call_waits_for_its_approval_and_is_made_after_it() -> None:
    run = pay(600)
    ask = run.the(AskApproval)
    assert (ask.role, ask.count, ask.expires) == ("boss", 1, HOUR)
    assert ask.subject == {
        "run": "r1",
        "step": "pay",
        "visit": 1,
        "tool": "pay.issue",
        "args": {"id": "A1", "amount": 600},
    }
    assert run.machine.status == "waiting"
    assert not run.called
    run.approves()
    assert run.called == ["pay.issue"]
    assert run.of(CallDecided)[-1].approvals == (ask.id,)


@pytest.mark.parametrize(
    ("by", "role", "digest", "at", "why"),
    [
        ("bob", "deputy", "", 0, "of boss, not of deputy"),
        ("ann", "boss", "", 0, "started the run"),
        ("", "boss", "", 0, "a name"),
        ("bob", "boss", "0" * 64, 0, "something else"),
        ("bob", "boss", "", HOUR, "expired"),
    ],
)
def test_what_does_not_count_as_approval_changes_nothing(by: str, role: str, digest: str, at: int, why: str) -> None:
    run = pay(600)
    ask = run.the(AskApproval)
    before = run.machine.digest()
    assert why in ignored(run.feed(ApprovalGiven(at, ask.id, by, role, digest or ask.digest)))
    assert run.machine.digest() == before
    assert not run.called


def test_several_must_be_different_people() -> None:
    run = pay(600, PAY.replace("approval by boss within 1h", "approval by 2 of boss within 1h"))
    run.approves("bob")
    assert "different people" in ignored(run.approves("bob"))
    run.approves("eve")
    assert run.called == ["pay.issue"]
    assert run.of(ApprovalSettled)[-1].by == ("bob", "eve")


def test_an_approval_of_one_run_is_worth_nothing_in_another() -> None:
    one, other = pay(600), pay(601)
    assert one.the(AskApproval).digest != other.the(AskApproval).digest
    assert "something else" in ignored(other.approves(digest=one.the(AskApproval).digest))


def test_a_denied_approval_goes_where_denied_goes() -> None:
    run = pay(600)
    run.denies(reason="no")
    assert run.failed == [("pay", "denied")]
    assert run.finished.end == "refused"


def test_an_expired_approval_is_asked_of_the_stand_in_and_counts_as_asked() -> None:
    run = pay(600)
    first = run.the(AskApproval)
    run.wait(HOUR)
    ask = run.the(AskApproval)
    assert (ask.role, ask.expires, ask.digest) == ("deputy", 2 * HOUR, first.digest)
    assert [(note.role, note.reason) for note in run.commands if isinstance(note, Notify)] == [
        ("deputy", "the boss is away")
    ]
    assert "nothing waits" in ignored(run.feed(ApprovalGiven(run.now, first.id, "bob", "boss", first.digest)))
    run.approves("dan")
    assert run.called == ["pay.issue"]


def test_a_stand_in_who_does_not_answer_either_ends_it() -> None:
    run = pay(600)
    run.wait(2 * HOUR)
    assert run.failed == [("pay", "expiry")]
    assert run.finished.end == "refused"


def test_what_would_be_denied_is_not_asked() -> None:
    run = pay(950)
    assert not run.of(ApprovalSettled)
    assert run.finished.end == "refused"


def test_an_approval_covers_the_retries_of_its_call_even_after_it_expired() -> None:
    run = pay(600)
    run.approves()
    run.now = 2 * HOUR
    run.fails("pay.issue")
    run.wait(SECOND)
    assert run.called == ["pay.issue", "pay.issue"]
