"""Rates and breakers of tools in the machine: every attempt is let through before it is made, or it is not made."""

import pytest

from interlock.run.breakers import BreakerState, came_of
from interlock.run.ledger import releases_of
from interlock.run.protocol.commands import Admit, AskApproval, CallTool, Cancel, Report, Reserve
from interlock.run.protocol.events import Admitted, Exhausted, Json, RunCancelled, RunResumed, ToolReturned, Withheld
from interlock.run.protocol.notes import AttemptFailed, AttemptJudged
from run.texts import PAYMENT, TRAVEL
from run.world import World

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
RATE = "rate 2 per 1m"
BREAKER = "breaker opens after 2 failures within 1m for 30s"
LATE = 'when now > timestamp("1970-01-01T01:00:00Z")'
ISSUE, VOID = ("idempotent by id  retry 1 times", "idempotent by receipt  retry 1 times")


def limited(text: str, *clauses: str, at: str = ISSUE) -> str:
    assert at in text
    return text.replace(at, " ".join((*clauses, "timeout 10s", at)))


INPUT: dict[str, Json] = {"id": "A1", "amount": 10}


def one(*clauses: str, more: str = "") -> World:
    return World(limited(PAYMENT + more, *clauses), INPUT)


def reported(world: World) -> list[str]:
    return [command.came for command in world.commands if isinstance(command, Report)]


def test_a_call_without_the_clauses_asks_nothing() -> None:
    world = World(PAYMENT, INPUT)
    assert world.called == ["pay.issue"] and world.open(Admit) == []


def test_an_attempt_is_made_once_it_is_let_through_and_what_came_of_it_is_reported() -> None:
    world = one(RATE, BREAKER)
    assert world.called == [] and world.machine.status == "running"
    assert world.the(Admit).lapse == 40 * SECOND
    world.judged()
    assert world.called == ["pay.issue"]
    assert [note.granted for note in world.of(AttemptJudged)] == [True]
    world.returns("pay.issue", {"id": "R"})
    assert world.finished.end == "paid" and reported(world) == ["returned"] and world.released == []


def test_every_attempt_counts_and_one_beyond_the_rate_waits_for_room() -> None:
    world = one("rate 1 per 1m")
    world.judged()
    world.fails("pay.issue")
    world.wait(2 * SECOND)
    world.judged()
    (withheld,) = [note for note in world.of(AttemptJudged) if not note.granted]
    assert (withheld.by, withheld.again) == ("rate", MINUTE)
    assert world.finished.end == "slow", "there is no further attempt"
    text = limited(PAYMENT, "rate 1 per 1m").replace("retry 1 times backoff 1s..1s", "retry 2 times backoff 1s..1s")
    world = World(text, INPUT)
    world.judged()
    world.fails("pay.issue")
    world.wait(2 * SECOND)
    world.judged()
    assert [note.retry_at for note in world.of(AttemptFailed)] == [SECOND, MINUTE]
    world.wait(HOUR)
    world.judged()
    world.returns("pay.issue", {"id": "R"})
    assert world.called == ["pay.issue"] * 2 and world.finished.end == "paid"


@pytest.mark.parametrize("again", [None, 5, 30 * SECOND, 400 * HOUR, -9])
def test_a_wait_for_room_is_at_least_the_backoff_and_at_most_the_period(again: int | None) -> None:
    world = one(RATE)
    world.feed(Withheld(0, world.the(Admit).id, "rate", again))
    (note,) = world.of(AttemptFailed)
    assert note.retry_at == {30 * SECOND: 30 * SECOND, 400 * HOUR: MINUTE}.get(again or 0, SECOND)


def test_an_open_breaker_fails_at_once_and_is_tried_once_its_time_is_over() -> None:
    world = one(BREAKER)
    world.judged()
    world.fails("pay.issue")
    world.wait(2 * SECOND)
    world.judged()
    world.fails("pay.issue", "timeout")
    assert world.ledger.breakers.state("pay.issue").opened == 2 * SECOND
    again = one(BREAKER)
    again.ledger, again.now = world.ledger, 10 * SECOND
    again.judged()
    assert again.called == [] and again.finished.end == "slow"
    (note,) = again.of(AttemptFailed)
    assert note.message.endswith("its breaker is open, for too many calls of it have failed; try again in 22s")
    trial = one(BREAKER)
    trial.ledger, trial.now = world.ledger, 40 * SECOND
    trial.judged()
    assert [note.trial for note in trial.of(AttemptJudged)] == [True] and trial.called == ["pay.issue"]
    trial.returns("pay.issue", {"id": "R"})
    assert world.ledger.breakers.state("pay.issue").opened is None


def test_a_result_that_does_not_fit_is_a_failure_and_a_denial_is_none() -> None:
    world = one(BREAKER)
    world.judged()
    world.returns("pay.issue", {"wrong": 1})
    assert reported(world) == ["failed"]
    world = one(BREAKER, more="policy p { forbid pay.issue }")
    assert world.finished.end == "refused" and not world.of(AttemptJudged) and reported(world) == []


def test_an_attempt_that_was_let_through_and_is_not_sent_is_given_back() -> None:
    world = one(RATE, BREAKER, more=f"policy p {{ forbid pay.issue {LATE} }}")
    asked, world.now = world.the(Admit), 2 * HOUR
    world.judged()
    assert world.called == [] and world.finished.end == "refused"
    assert world.released == [asked.id] and reported(world) == ["unknown"] and list(world.ledger.held()) == []
    world = one(RATE, more=f"policy p {{ require approval by boss within 1h for pay.issue {LATE} }}")
    world.now = 2 * HOUR
    world.judged()
    assert len(world.open(AskApproval)) == 1 and list(world.ledger.held()) == []
    world.approves()
    world.judged()
    assert world.called == ["pay.issue"]


def test_limits_are_reserved_before_the_attempt_is_let_through() -> None:
    limits = f"policy p {{ limit pay.issue to 9 per 1h overall  limit pay.issue to 8 per 1h overall {LATE} }}"
    world = one(RATE, more=limits)
    world.reserves()
    world.now = 2 * HOUR
    world.judged()
    assert len(world.the(Reserve).claims) == 1 and world.called == []
    world.reserves()
    assert world.called == ["pay.issue"] and len(list(world.ledger.held())) == 1


def test_a_ledger_that_does_not_answer_denies() -> None:
    world = one(RATE, BREAKER)
    world.feed(Withheld(0, world.the(Admit).id, "ledger", unavailable="the disk is gone"))
    assert world.called == [] and world.finished.end == "refused"
    assert "does not answer (the disk is gone)" in world.of(AttemptFailed)[0].message


def test_what_is_let_through_too_late_is_given_back() -> None:
    """The run's time is over when the ledger answers: the attempt is called off on the event that lets it through."""
    world = one(RATE, BREAKER)
    asked, before = world.the(Admit), len(world.commands)
    event = Admitted(11 * HOUR, asked.id)
    world.feed(event)
    assert world.called == [] and world.finished.status == "failed"
    assert releases_of("r1", event, world.commands[before:]) == (f"r1:{asked.id}",)
    assert [each.came for each in came_of("r1", event, world.commands[before:])] == ["unknown"]


def test_nothing_is_asked_for_a_run_that_was_called_off() -> None:
    world = one(RATE)
    asked = world.the(Admit)
    world.feed(RunCancelled(0, "eve"))
    assert world.finished.status == "cancelled" and world.open(Admit) == []
    assert [command.command for command in world.commands if isinstance(command, Cancel)].count(asked.id) == 1


def test_a_call_that_was_under_way_is_let_through_again_before_it_is_sent_again() -> None:
    world = one(RATE, BREAKER)
    world.judged()
    (sent,) = world.open(CallTool)
    world.feed(RunResumed(5))
    assert reported(world) == ["unknown"] and world.open(CallTool) == []
    world.judged()
    assert world.the(CallTool).id == sent.id and len(list(world.ledger.held())) == 2
    world.feed(RunResumed(6))
    world.judged()
    (failed,) = world.of(AttemptFailed)
    assert "rate of 2 per 1m is used up" in failed.message and failed.retry_at == MINUTE
    world.wait(HOUR)
    world.judged()
    world.fails("pay.issue")
    assert world.finished.reason == "may have happened: pay.issue"


def test_a_trial_whose_process_ended_is_nobodys_any_more() -> None:
    world = one(BREAKER)
    world.ledger.breakers.keep("pay.issue", BreakerState(opened=0))
    world.now = 30 * SECOND
    world.judged()
    assert world.ledger.breakers.state("pay.issue").trial == "r1:a2"
    world.feed(RunResumed(world.now))
    assert world.ledger.breakers.state("pay.issue").trial == ""
    world.judged()
    world.returns("pay.issue", {"id": "R"})
    assert world.ledger.breakers.state("pay.issue").opened is None


def voiding(*clauses: str, more: str = "") -> World:
    world = World(limited(TRAVEL + more, *clauses, at=VOID), {"id": "A1"})
    for number in range(2):
        world.returns("pay.issue", {"id": f"R{number}"})
    world.fails("mail.send")
    return world


def test_an_undo_is_counted_and_never_withheld() -> None:
    world = voiding("rate 1 per 1m", BREAKER)
    world.ledger.breakers.keep("pay.void", BreakerState(opened=0))
    for _ in range(2):
        assert world.the(Admit).forced
        world.judged()
        world.returns("pay.void")
    assert world.called[-2:] == ["pay.void"] * 2 and world.finished.status == "failed"
    assert len(list(world.ledger.held())) == 2 and world.ledger.breakers.state("pay.void").opened == 0


def test_an_undo_goes_on_where_the_ledger_does_not_answer() -> None:
    world = voiding(RATE, more="policy p { limit pay.void to 9 per 1h overall }")
    world.feed(Exhausted(0, world.the(Reserve).id, unavailable="no answer"))
    world.feed(Withheld(0, world.the(Admit).id, "ledger", unavailable="no answer"))
    assert world.called[-1] == "pay.void"
    world.feed(ToolReturned(0, world.call("pay.void").id, None))
    late = voiding(RATE, more=f"policy p {{ limit pay.void to 9 per 1h overall {LATE} }}")
    late.feed(Withheld(2 * HOUR, late.the(Admit).id, "ledger", unavailable="no answer"))
    assert late.the(Reserve).forced
    late.reserves()
    assert late.called[-1] == "pay.void"


READS = """
type Order { id: string max 20   total: int in 0..1_000 }
tool orders.copy(id: string max 20) -> Order { needs orders.read  effect read }
tool orders.get(id: string max 20) -> Order {
  needs orders.read  effect read  timeout 5s  CLAUSE  fallback orders.copy(id: id)
}
agent clerk { model "small"  may orders.read  tokens 1_000  turns 3 }
workflow w(id: string max 20) {
  budget { steps 10  tool_calls 10  tokens 3_000 }
  STEP
  end done
  end lost
  start -> get grant orders.read
  get -> done
  get -> lost on failure
}
"""
CALLS = "step get calls orders.get(id: id)"
AGENT = 'step get by clerk { task "look" returns { total: int in 0..1_000 } }'


@pytest.mark.parametrize("clause", ["rate 1 per 1m", "breaker opens after 1 failures within 1m for 30s"])
def test_another_tool_is_called_where_an_attempt_is_withheld(clause: str) -> None:
    for step in (CALLS, AGENT):
        world = World(READS.replace("CLAUSE", clause).replace("STEP", step), {"id": "A1"})
        if step is AGENT:
            world.asks(("orders.get", {"id": "A1"}))
        world.feed(Withheld(0, world.the(Admit).id, "rate" if "rate" in clause else "breaker", 9))
        assert world.called == ["orders.copy"]


def test_an_agent_is_told_that_a_call_is_withheld() -> None:
    text = READS.replace("CLAUSE", "rate 1 per 1m").replace("STEP", AGENT).replace("fallback orders.copy(id: id)", "")
    world = World(text, {"id": "A1"})
    world.asks(("orders.get", {"id": "A1"}))
    world.feed(Withheld(0, world.the(Admit).id, "rate", 42 * SECOND))
    notes = world.commands[-1]
    assert "rate of 1 per 1m is used up; try again in 42s" in str(notes)


def test_a_call_of_an_agent_that_is_let_go_gives_back() -> None:
    world = World(READS.replace("CLAUSE", "rate 9 per 1m  " + BREAKER).replace("STEP", AGENT), {"id": "A1"})
    world.asks(("orders.get", {"id": "A1"}))
    world.judged()
    world.feed(RunCancelled(0, "eve"))
    assert reported(world) == ["unknown"] and world.finished.status == "cancelled"
