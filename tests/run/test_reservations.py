"""Limits beyond one run in the machine: when a call reserves, what it may do then, and what it gives back."""

import pytest

from interlock.decide import Principal
from interlock.run.ledger import releases_of, settled
from interlock.run.machine import Machine
from interlock.run.protocol.commands import AskApproval, CallTool, Cancel, Reserve
from interlock.run.protocol.events import Exhausted, Reserved, RunCancelled, RunResumed, ToolReturned
from interlock.run.protocol.notes import CallDecided, LedgerAnswered
from run.texts import HEAD, PAYMENT, TRAVEL
from run.world import World

HOUR = 3_600_000_000
LIMITS = """
policy bank {
  limit pay.issue of args.amount to 100 per 24h for each args.id because "the day's sum"
  limit pay.* to 3 per 1h for each principal
}
"""
BOSS = "policy desk { require approval by boss within 1h for pay.issue }"
INPUT = {"id": "A1", "amount": 60}


def paying(*more: str, text: str = PAYMENT, amount: int = 60) -> World:
    return World("\n".join((text, LIMITS, *more)), {"id": "A1", "amount": amount})


def test_a_call_reserves_all_it_needs_at_once_and_is_made_when_it_is_held() -> None:
    world = paying()
    asked = world.the(Reserve)
    assert [(claim.rule, claim.key, claim.amount, claim.most) for claim in asked.claims] == [
        ("bank/limit#1", '["A1"]', 60, 100),
        ("bank/limit#2", '["ann"]', 1, 3),
    ]
    assert world.called == [] and world.decided == [] and world.machine.status == "running"
    world.reserves(40, 2)
    assert world.called == ["pay.issue"] and world.decided == [("pay.issue", "allow")]
    (note,) = world.of(LedgerAnswered)
    assert note.granted and note.standings == (40, 2)
    world.returns("pay.issue", {"id": "R"})
    assert world.finished.end == "paid" and world.released == []


def test_nothing_is_held_while_people_think() -> None:
    world = paying(BOSS)
    assert world.open(Reserve) == [] and len(world.open(AskApproval)) == 1
    world.approves()
    assert world.the(Reserve) and world.called == []
    world.reserves()
    assert world.called == ["pay.issue"]


def test_what_the_ledger_refuses_is_denied_and_says_what_was_used() -> None:
    world = paying()
    world.reserves(41, 3)
    assert world.finished.end == "refused" and world.called == []
    (decided,) = world.of(CallDecided)
    assert [(reason.cause, reason.rule) for reason in decided.decision.reasons] == [
        ("limit", "bank/limit#1"), ("limit", "bank/limit#2")
    ]  # fmt: skip
    assert decided.decision.reasons[0].text == "the day's sum: 41 of 100 used, and it takes 60"
    assert world.released == []


def test_a_ledger_that_does_not_answer_denies_in_words() -> None:
    world = paying()
    world.feed(Exhausted(0, world.the(Reserve).id, unavailable="the disk is gone"))
    assert world.finished.end == "refused"
    (decided,) = world.of(CallDecided)
    assert all("does not answer (the disk is gone)" in reason.text for reason in decided.decision.reasons)


@pytest.mark.parametrize("standings", [(41, 0), (0, 3), (-1, 0), (0,), (), (0, 0, 0)])
def test_a_grant_that_contradicts_itself_is_none_and_is_given_back(standings: tuple[int, ...]) -> None:
    world = paying()
    asked = world.the(Reserve)
    world.feed(Reserved(0, asked.id, standings))
    assert world.finished.end == "refused" and world.called == [] and world.released == [asked.id]


def test_a_call_that_errs_gives_back_what_was_reserved_for_all_its_attempts() -> None:
    world = paying()
    asked = world.the(Reserve)
    world.reserves()
    world.fails("pay.issue")
    assert world.released == []
    world.wait(2_000_000)
    assert world.called == ["pay.issue"] * 2 and world.open(Reserve) == []
    world.fails("pay.issue")
    assert world.finished.end == "slow" and world.released == [asked.id]


@pytest.mark.parametrize("kinds", [("timeout", "error"), ("error", "uncertain"), ("uncertain", "error")])
def test_a_call_that_may_have_happened_stays_counted(kinds: tuple[str, str]) -> None:
    world = paying()
    world.reserves()
    for kind in kinds:
        world.fails("pay.issue", kind)
        world.wait(2_000_000)
    assert world.finished.end == "slow" and world.released == []


def test_a_result_that_does_not_fit_was_a_call_all_the_same() -> None:
    world = paying()
    world.reserves()
    world.returns("pay.issue", {"wrong": 1})
    assert world.finished.end == "slow" and world.released == []


def test_a_call_is_decided_again_when_the_ledger_has_answered() -> None:
    """Two calls fit the budget one at a time: the second finds it used up by the first, and gives back."""
    text = (
        HEAD
        + """
workflow w(id: string max 20, amount: int in 1..1_000) {
  budget { steps 10  tool_calls 2 }
  step one calls pay.issue(id: id, amount: amount)
  step two calls mail.send(text: "x")
  end done
  end over
  start -> one, two grant pay.write, mail.send
  one, two -> done merge all
  one -> over on over budget
  two -> over on over budget
}
policy more { limit mail.send to 3 per 1h overall }
"""
    )
    world = World(text + LIMITS, dict(INPUT))
    first, second = world.open(Reserve)
    world.machine._run.root.spent.tool_calls = 1
    world.feed(settled(first, 0, (0, 0)))
    world.feed(settled(second, 0, (0,)))
    assert world.called == ["pay.issue"] and world.released == [second.id]


def test_what_is_granted_too_late_is_not_held() -> None:
    """The run's time is over when the ledger answers: the reservation is called off on the event that grants it."""
    world = paying()
    asked, commands = world.the(Reserve), len(world.commands)
    event = Reserved(11 * HOUR, asked.id, (0, 0))
    world.feed(event)
    assert world.called == [] and world.finished.status == "failed"
    assert releases_of("r1", event, world.commands[commands:]) == (f"r1:{asked.id}",)


def test_an_approval_that_expires_while_the_ledger_is_asked_gives_back() -> None:
    world = paying(BOSS)
    world.approves()
    asked = world.the(Reserve)
    world.now = 2 * HOUR
    world.reserves()
    assert world.released == [asked.id] and len(world.open(AskApproval)) == 1
    world.approves()
    assert world.the(Reserve).id != asked.id


def test_further_limits_of_a_later_attempt_are_reserved_too() -> None:
    """A limit that did not concern the first attempt: what is held already is not reserved again."""
    more = "policy late { limit pay.issue to 9 per 1h overall when calls(pay.issue).count() > 0 }"
    world = paying(more)
    first = world.the(Reserve)
    world.reserves()
    world.fails("pay.issue")
    world.wait(2_000_000)
    second = world.the(Reserve)
    assert [claim.rule for claim in second.claims] == ["late/limit#1"]
    world.reserves(9)
    assert world.finished.end == "refused" and world.released == [first.id]


def test_what_concerns_the_call_by_the_time_of_the_answer_is_reserved_too() -> None:
    world = paying('policy late { limit pay.issue to 9 per 1h overall when now > timestamp("1970-01-01T01:00:00Z") }')
    world.now = 2 * HOUR
    world.reserves()
    assert [claim.rule for claim in world.the(Reserve).claims] == ["late/limit#1"]
    world.reserves(8)
    assert world.called == ["pay.issue"]


def test_a_call_that_was_under_way_keeps_what_it_holds_and_reserves_what_it_lacks() -> None:
    world = paying()
    world.reserves()
    (call,) = world.open(CallTool)
    world.feed(RunResumed(5))
    assert world.open(Reserve) == [] and world.the(CallTool).id == call.id
    late = paying('policy late { limit pay.issue to 9 per 1h overall when now > timestamp("1970-01-01T01:00:00Z") }')
    late.reserves()
    (call,) = late.open(CallTool)
    late.feed(RunResumed(2 * HOUR))
    assert [claim.rule for claim in late.the(Reserve).claims] == ["late/limit#1"]
    late.now = 2 * HOUR
    late.reserves()
    assert late.the(CallTool).id == call.id
    refused = paying('policy late { limit pay.issue to 9 per 1h overall when now > timestamp("1970-01-01T01:00:00Z") }')
    refused.reserves()
    refused.feed(RunResumed(2 * HOUR))
    refused.now = 2 * HOUR
    refused.reserves(9)
    assert refused.finished.end == "slow" and refused.released == [], "it may have happened, and stays counted"


def test_a_plain_failure_of_a_call_that_was_sent_again_gives_nothing_back() -> None:
    """The first sending may have happened: its runtime stopped before it could say so."""
    for plain in (0, 1):
        world = paying()
        world.reserves()
        for _ in range(plain):
            world.fails("pay.issue")
            world.wait(2_000_000)
        world.feed(RunResumed(world.now))
        while world.open(CallTool):
            world.fails("pay.issue")
            world.wait(2_000_000)
        assert world.called == ["pay.issue"] * 3 and world.finished.end == "slow"
        assert world.released == [] and world.finished.reason == "may have happened: pay.issue"


def test_what_was_asked_of_the_ledger_stays_asked_when_a_run_is_resumed() -> None:
    world = paying()
    asked = world.the(Reserve)
    again = Machine.replay(world.program, [*world.events, RunResumed(1)])
    assert asked in again.pending() and again.commands() == ()


def test_nothing_is_reserved_for_a_run_that_was_called_off() -> None:
    world = paying()
    asked = world.the(Reserve)
    world.feed(RunCancelled(0, "eve"))
    assert world.finished.status == "cancelled" and world.open(Reserve) == []
    assert [command.command for command in world.commands if isinstance(command, Cancel)].count(asked.id) == 1


def test_an_undo_is_counted_and_never_refused() -> None:
    """What was paid is paid back though the limit on payments back is used up, or the ledger does not answer."""
    limits = """
policy bank { limit pay.issue to 9 per 1h overall  limit pay.void to 1 per 1h for each principal
  limit pay.void to 1 per 1h for each run  limit mail.send to 9 per 1h overall }
"""
    world = World(TRAVEL + limits, {"id": "A1"}, Principal("ann"))
    for number in range(2):
        world.reserves(number)
        world.returns("pay.issue", {"id": f"R{number}"})
    world.reserves(9)
    asked = world.the(Reserve)
    assert asked.forced and [claim.rule for claim in asked.claims] == ["bank/limit#2"]
    world.reserves(7)
    assert world.called[-1] == "pay.void"
    world.feed(ToolReturned(0, world.call("pay.void").id, None))
    world.feed(Exhausted(0, world.the(Reserve).id, unavailable="no answer"))
    assert world.called[-2:] == ["pay.void"] * 2
    world.feed(ToolReturned(0, world.call("pay.void").id, None))
    assert world.finished.reason.endswith("[bank/limit#4]") and world.released == []
