"""A step that makes one call: retries, approvals on the way, what happens when nobody knows."""

from dataclasses import replace

import pytest

from interlock.decide import Principal
from interlock.run.protocol.commands import AskApproval, CallTool, Notify
from interlock.run.protocol.events import RunCancelled, RunResumed, ToolFailed
from interlock.run.protocol.notes import AttemptFailed, CallDecided, CallDone, StepFailed
from interlock_dsl.program.model import Program, RetryPlan
from run.texts import HEAD, PAY, TRAVEL
from run.world import HOUR, SECOND, World, ignored, pay, program, tighten, travel


def test_a_call_that_is_allowed_is_made_under_its_key() -> None:
    run = pay(50)
    call = run.the(CallTool)
    assert (call.tool, call.args, call.key, call.attempt) == (
        "pay.issue",
        {"id": "A1", "amount": 50},
        "pay.issue:A1",
        1,
    )
    run.returns("pay.issue", {"id": "R1"})
    assert (run.finished.end, run.finished.output) == ("paid", {"receipt": "R1"})


def test_a_call_without_an_idempotency_key_is_only_like_itself() -> None:
    run = World(TRAVEL, {"id": "A1"})
    run.returns("pay.issue", {"id": "R1"})
    run.returns("pay.issue", {"id": "R2"})
    call = run.the(CallTool)
    assert call.key == f"r1:{call.id}"


def test_arguments_that_do_not_fit_fail_the_step() -> None:
    run = pay(0)
    assert run.failed == [("pay", "failure")]
    assert not run.called
    assert run.finished.status == "failed"


def test_a_principal_without_the_scope_is_denied() -> None:
    run = pay(50, principal=Principal("ann", (), frozenset()))
    assert run.failed == [("pay", "denied")]
    assert run.finished.end == "refused"


def test_a_result_that_does_not_fit_fails_the_step_though_the_call_was_made() -> None:
    run = pay(50)
    run.returns("pay.issue", {"nope": 1})
    assert run.failed == [("pay", "failure")]
    assert "pay.issue" in run.finished.reason


def test_a_repeatable_call_is_made_again_under_the_same_key_then_given_up() -> None:
    run = pay(50)
    first = run.the(CallTool)
    run.fails("pay.issue", "timeout", jitter=0)
    assert run.of(AttemptFailed)[-1].retry_at == SECOND // 2
    run.wait(SECOND)
    second = run.the(CallTool)
    assert (second.key, second.attempt) == (first.key, 2)
    assert second.id != first.id
    run.fails("pay.issue", "timeout")
    assert run.failed == [("pay", "timeout")]
    assert run.finished.end == "slow"


READS = (
    HEAD
    + """
workflow w(id: string max 20) {
  budget { steps 9  tool_calls 9 }
  step look calls orders.get(id: id)
  end done
  start -> look grant orders.read
  look -> done
}
"""
)


def test_every_attempt_is_decided_again_and_costs_a_call() -> None:
    run = pay(50, tighten(PAY, tool_calls=1))
    run.fails("pay.issue")
    run.wait(SECOND)
    assert run.called == ["pay.issue"]
    assert run.of(CallDecided)[-1].decision.reasons[0].cause == "budget"


@pytest.mark.parametrize("kind", ["error", "timeout", "uncertain"])
def test_a_call_that_may_have_happened_and_is_not_repeatable_is_never_repeated(kind: str) -> None:
    # The compiler refuses such a retry; the machine does not rely on it.
    whole = program(TRAVEL)
    retried = replace(whole.tools["mail.send"], retry=RetryPlan(3, SECOND, SECOND))
    run = World(replace(whole, tools={**whole.tools, "mail.send": retried}), {"id": "A1"})
    run.returns("pay.issue", {"id": "R1"})
    run.returns("pay.issue", {"id": "R2"})
    run.fails("mail.send", kind)
    run.wait(HOUR)
    assert run.called.count("mail.send") == 1
    run.returns("pay.void")
    run.returns("pay.void")
    assert ("may have happened: mail.send" in run.finished.reason) is (kind != "error")


def test_a_doubt_outlives_a_later_attempt_that_failed_plainly() -> None:
    run = World(TRAVEL, {"id": "A1"})
    run.fails("pay.issue", "timeout")
    run.wait(SECOND)
    run.fails("pay.issue", "error")
    assert "may have happened: pay.issue" in run.finished.reason


@pytest.mark.parametrize(
    "rule",
    [
        "limit pay.issue to 1 per 1h for each run",
        "forbid pay.issue when calls(pay.issue).count() >= 1",
        "require approval by boss within 1h for pay.issue when calls(pay.issue).count() >= 1",
    ],
)
@pytest.mark.parametrize("way", ["refused", "called off"])
def test_a_doubt_outlives_a_further_attempt_that_is_not_allowed(rule: str, way: str) -> None:
    run = World(TRAVEL + "policy slow { " + rule + " }", {"id": "A1"})
    run.fails("pay.issue", "timeout")
    run.wait(SECOND)
    if way == "called off" and run.open(AskApproval):
        run.feed(RunCancelled(run.now, "bob"))
    elif run.open(AskApproval):
        run.wait(HOUR)
    assert run.called == ["pay.issue"]
    assert "may have happened: pay.issue" in run.finished.reason


def test_there_is_no_doubt_about_reading() -> None:
    run = World(READS, {"id": "A1"})
    run.fails("orders.get", "timeout")
    run.feed(RunCancelled(run.now, "bob"))
    assert "may have happened" not in run.finished.reason


# --- undoing ----------------------------------------------------------------------------------------------------------


def test_what_was_done_is_undone_the_last_first_one_after_the_other() -> None:
    run = travel()
    run.fails("mail.send")
    assert run.the(CallTool).args == {"receipt": "R2"}
    assert run.the(CallTool).purpose == "undo"
    run.returns("pay.void")
    assert run.the(CallTool).args == {"receipt": "R1"}
    run.returns("pay.void")
    assert run.finished.status == "failed"
    assert "not undone" not in run.finished.reason


def test_what_cannot_be_undone_is_named_and_the_rest_is_undone() -> None:
    run = travel()
    run.fails("mail.send")
    run.fails("pay.void")
    run.wait(SECOND)
    run.fails("pay.void")
    assert run.the(CallTool).args == {"receipt": "R1"}
    run.returns("pay.void")
    assert "not undone: pay.issue (pay.void failed: it broke)" in run.finished.reason


def test_an_undo_that_is_forbidden_is_not_made() -> None:
    run = World(TRAVEL + "policy p { forbid pay.void }", {"id": "A1"})
    run.returns("pay.issue", {"id": "R1"})
    run.fails("pay.issue")
    run.wait(SECOND)
    run.fails("pay.issue")
    assert "pay.void" not in run.called
    assert "forbids" in run.finished.reason


def test_an_undo_may_go_beyond_the_budget_for_calls() -> None:
    run = World(tighten(TRAVEL, tool_calls=2), {"id": "A1"})
    run.returns("pay.issue", {"id": "R1"})
    run.returns("pay.issue", {"id": "R2"})
    assert run.failed == [("tell", "over budget")]
    run.returns("pay.void")
    run.returns("pay.void")
    assert run.called == ["pay.issue", "pay.issue", "pay.void", "pay.void"]


def test_a_run_that_is_called_off_waits_for_writes_under_way_and_undoes_them_too() -> None:
    run = World(TRAVEL, {"id": "A1"})
    run.returns("pay.issue", {"id": "R1"})
    run.feed(RunCancelled(0, "ann", "changed my mind"))
    assert [call.tool for call in run.open(CallTool)] == ["pay.issue"]
    run.returns("pay.issue", {"id": "R2"})
    assert run.the(CallTool).args == {"receipt": "R2"}
    run.returns("pay.void")
    run.returns("pay.void")
    assert run.finished.status == "cancelled"
    assert "changed my mind" in run.finished.reason


def test_an_orphan_that_failed_is_not_made_again() -> None:
    run = World(TRAVEL, {"id": "A1"})
    run.feed(RunCancelled(0, "ann"))
    run.fails("pay.issue", "uncertain")
    assert run.finished.status == "cancelled"
    assert "may have happened: pay.issue" in run.finished.reason


# --- after a stop -----------------------------------------------------------------------------------------------------


def test_after_a_stop_a_repeatable_call_is_asked_again_under_the_same_id_and_key() -> None:
    run = pay(50)
    (call,) = run.open(CallTool)
    run.commands.clear()
    run.feed(RunResumed(5))
    assert run.commands == [call]
    run.returns("pay.issue", {"id": "R1"})
    assert run.finished.end == "paid"


@pytest.mark.parametrize(
    "text", [tighten(PAY, tool_calls=1), PAY + "policy slow { limit pay.issue to 1 per 1h for each run }"]
)
def test_a_call_asked_again_after_a_stop_is_not_counted_twice(text: str | Program) -> None:
    run = pay(50, text)
    (call,) = run.open(CallTool)
    run.commands.clear()
    run.feed(RunResumed(5))
    assert run.commands == [call]


def test_after_a_stop_any_other_call_may_have_happened() -> None:
    run = travel()
    run.feed(RunResumed(5))
    assert run.called.count("mail.send") == 1
    assert run.failed == [("tell", "failure")]
    assert "nothing waits" in ignored(run.feed(ToolFailed(6, "c99", "error", "late")))


def test_a_stop_while_waiting_for_people_changes_nothing() -> None:
    run = pay(600)
    pending = run.machine.pending()
    run.feed(RunResumed(5))
    assert run.machine.pending() == pending


# --- time -------------------------------------------------------------------------------------------------------------


def test_the_time_of_a_run_is_over_at_its_deadline() -> None:
    run = pay(600, tighten(PAY, time=HOUR // 2))
    run.wait(HOUR // 2)
    assert run.failed == [("pay", "over budget")]
    assert run.finished.status == "failed"


def test_the_deadline_holds_even_before_its_timer_fires() -> None:
    run = pay(600, tighten(PAY, time=HOUR // 2))
    run.now = HOUR // 2
    run.approves()
    assert not run.called
    assert run.finished.status == "failed"


def test_steps_beyond_the_budget_are_not_begun() -> None:
    run = World(tighten(TRAVEL, steps=2), {"id": "A1"})
    run.returns("pay.issue", {"id": "R1"})
    run.returns("pay.issue", {"id": "R2"})
    assert run.failed == [("tell", "over budget")]
    assert "mail.send" not in run.called


def test_what_came_back_is_no_longer_in_doubt_though_it_is_of_no_use() -> None:
    run = pay(10)
    run.fails("pay.issue", "uncertain")
    run.wait(HOUR)
    assert "may have happened" not in str(run.returns("pay.issue", {"id": 5}))
    assert run.of(CallDone)[-1].message.startswith("pay.issue gave a result")
    assert run.failed == [("pay", "failure")] and run.finished.status == "failed"


TABLE = """
table size(n: int in 0..9) -> { word: string } {
  hit unique
  when 1..4 then "small"
  when 3..8 then "large"
}
workflow w(n: int in 0..9) {
  step look decides size(n: n)
  end done { word: look.word }
  end lost
  start -> look
  look -> done
  look -> lost on failure
}
"""


@pytest.mark.parametrize(
    ("n", "end", "why"),
    [(1, "done", ""), (8, "done", ""), (3, "lost", "two rows match"), (9, "lost", "no row matches")],
)
def test_a_table_without_one_row_for_what_it_is_given_fails_the_step(n: int, end: str, why: str) -> None:
    run = World(TABLE, {"n": n})
    assert run.finished.end == end
    assert [why in note.message for note in run.of(StepFailed)] == ([True] if why else [])


def test_only_the_approval_of_the_route_goes_to_its_stand_in() -> None:
    text = PAY.replace("policy desk {", "policy desk { require approval by deputy within 30m for pay.issue")
    run = pay(600, text)
    run.approves(role="boss")
    (asked,) = run.open(AskApproval)
    assert asked.role == "deputy"
    run.wait(HOUR // 2)
    assert not [command for command in run.commands if isinstance(command, Notify)]
    assert not run.open(AskApproval) and run.failed == [("pay", "expiry")]


def test_a_failure_that_says_nothing_is_told_in_words() -> None:
    run = World(READS, {"id": "A1"})
    for _ in range(3):
        run.feed(ToolFailed(run.now, run.call("orders.get").id, "error", "", 0))
        run.wait(HOUR)
    assert run.of(StepFailed)[-1].message.endswith("it failed")
