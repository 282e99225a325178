"""A call or turn that was under way when its runtime stopped is decided again when the run is resumed."""

from dataclasses import replace

from interlock.run.protocol.commands import AskApproval, AskModel, CallTool
from interlock.run.protocol.events import RunCancelled, RunResumed, Usage
from interlock.run.protocol.notes import CallDecided, CallDone
from run.texts import AGENT, HEAD, PAY, TRAVEL
from run.world import World, tighten

HOUR = 3_600_000_000


def resume(world: World) -> list[object]:
    """Resume a run; return the commands of that."""
    before = len(world.commands)
    world.feed(RunResumed(world.now))
    return list(world.commands[before:])


ONCE = (
    HEAD
    + """
workflow w(id: string max 20) {
  goal "one payment, as the policy of the moment says"
  budget { steps 10  tool_calls 10  time 10h }
  step pay calls pay.issue(id: id, amount: 10)
  step look calls orders.get(id: id)
  end paid
  end unsure
  end refused
  start -> pay grant pay.write
  pay -> look grant orders.read
  pay -> unsure on failure
  pay -> refused on denied
  look -> paid
  look -> refused on denied
}
policy desk { RULE }
"""
)


def once(rule: str, **limits: int) -> World:
    text = ONCE.replace("RULE", rule)
    return World(tighten(text, **limits) if limits else text, {"id": "A1"})


def test_an_allowed_call_that_is_repeatable_is_sent_again_under_the_same_id_and_key() -> None:
    world = once("")
    sent = world.the(CallTool)
    assert resume(world) == [sent]
    assert [note.call for note in world.of(CallDecided)] == [sent.id, sent.id], "it was decided again"
    world.returns("pay.issue", {"id": "R1"})
    world.returns("orders.get", {"id": "A1", "total": 1})
    assert world.finished.end == "paid"


def test_a_call_that_is_denied_now_is_not_sent_and_may_have_happened() -> None:
    world = once('forbid pay.issue when now > timestamp("1970-01-01T01:00:00Z")')
    world.now = 2 * HOUR
    assert not [command for command in resume(world) if isinstance(command, CallTool)]
    assert world.finished.end == "unsure"
    assert "may have happened" in world.of(CallDone)[-1].message
    assert world.machine._run.root.spent.tool_calls == 1


def test_a_read_that_is_denied_now_is_denied() -> None:
    world = once('forbid orders.get when now > timestamp("1970-01-01T01:00:00Z")')
    world.returns("pay.issue", {"id": "R1"})
    world.now = 2 * HOUR
    assert not [command for command in resume(world) if isinstance(command, CallTool)]
    assert world.finished.end == "refused"


def test_its_own_charge_does_not_count_against_it() -> None:
    world = once("limit pay.issue to 1 per 24h for each run", tool_calls=1)
    sent = world.the(CallTool)
    for _ in range(3):
        assert resume(world) == [sent]
    assert world.machine._run.root.spent.tool_calls == 1
    assert world.machine._run.history.count("pay.issue") == 1


def test_what_others_used_meanwhile_does() -> None:
    world = once("limit pay.issue to 2 per 24h for each run")
    world.machine._run.history.record("pay.issue", world.now)
    assert len(resume(world)) == 1
    world.machine._run.history.record("pay.issue", world.now)
    assert not [command for command in resume(world) if isinstance(command, CallTool)]
    assert world.finished.end == "unsure"


def test_an_approval_that_is_needed_now_is_asked_for_and_the_call_is_the_same() -> None:
    world = once('require approval by boss within 1h for pay.issue when now > timestamp("1970-01-01T01:00:00Z")')
    sent = world.the(CallTool)
    world.now = 2 * HOUR
    resume(world)
    assert not world.open(CallTool)
    world.approves()
    assert world.the(CallTool) == sent
    assert world.machine._run.root.spent.tool_calls == 1


def test_an_approval_that_is_refused_now_leaves_a_call_that_may_have_happened() -> None:
    world = once('require approval by boss within 1h for pay.issue when now > timestamp("1970-01-01T01:00:00Z")')
    world.now = 2 * HOUR
    resume(world)
    world.denies()
    assert world.finished.end == "unsure"


def test_the_approval_it_was_made_with_still_covers_it() -> None:
    world = World(PAY, {"id": "A1", "amount": 600})
    world.approves()
    sent = world.the(CallTool)
    world.now = 5 * HOUR
    assert resume(world) == [sent]
    assert not world.open(AskApproval)


def test_a_plain_failure_after_it_was_sent_again_says_nothing_about_the_first_sending() -> None:
    world = once("")
    resume(world)
    world.fails("pay.issue")
    world.wait(2_000_000)
    world.fails("pay.issue")
    assert world.finished.end == "unsure"
    assert world.finished.reason == "may have happened: pay.issue"
    plain = once("")
    plain.fails("pay.issue")
    plain.wait(2_000_000)
    plain.fails("pay.issue")
    assert plain.finished.reason == ""


def test_one_that_is_denied_after_its_second_sending_failed_takes_on_failure() -> None:
    world = once('forbid pay.issue when now > timestamp("1970-01-01T01:00:00Z")')
    resume(world)
    world.now = 2 * HOUR
    world.fails("pay.issue")
    world.wait(2_000_000)
    assert world.called == ["pay.issue"] * 2
    assert world.finished.end == "unsure"
    assert world.finished.reason == "may have happened: pay.issue"


def test_a_result_of_the_second_sending_leaves_no_doubt() -> None:
    world = once("")
    resume(world)
    world.fails("pay.issue")
    world.wait(2_000_000)
    world.returns("pay.issue", {"id": "R1"})
    world.returns("orders.get", {"id": "A1", "total": 1})
    assert (world.finished.end, world.finished.reason) == ("paid", "")


def test_giving_up_undoes_what_was_done_and_names_what_was_sent_again() -> None:
    world = World(TRAVEL, {"id": "A1"})
    world.returns("pay.issue", {"id": "R1"})
    resume(world)
    for _ in range(2):
        world.fails("pay.issue")
        world.wait(2_000_000)
    assert world.the(CallTool).tool == "pay.void"
    world.returns("pay.void")
    assert world.finished.status == "failed"
    assert world.finished.reason.endswith("may have happened: pay.issue")


def test_an_undo_that_was_sent_again_and_failed_may_have_happened() -> None:
    world = World(TRAVEL, {"id": "A1"})
    world.returns("pay.issue", {"id": "R1"})
    world.feed(RunCancelled(0, "ann"))
    world.fails("pay.issue")
    resume(world)
    for _ in range(2):
        world.fails("pay.void")
        world.wait(2_000_000)
    assert "not undone: pay.issue (pay.void may have happened" in world.finished.reason


def test_a_call_that_must_not_be_repeated_is_not() -> None:
    world = World(TRAVEL, {"id": "A1"})
    world.returns("pay.issue", {"id": "R1"})
    world.returns("pay.issue", {"id": "R2"})
    world.the(CallTool)
    resume(world)
    assert world.called.count("mail.send") == 1
    assert [note.tool for note in world.of(CallDone) if not note.ok] == ["mail.send"]


def test_a_cancelled_run_repeats_nothing() -> None:
    world = once("")
    world.feed(RunCancelled(0, "ann"))
    assert not [command for command in resume(world) if isinstance(command, CallTool)]
    assert world.finished.status == "cancelled"
    assert "may have happened: pay.issue" in world.finished.reason


def test_an_overdue_run_repeats_nothing() -> None:
    world = once("")
    world.now = 11 * HOUR
    assert not [command for command in resume(world) if isinstance(command, CallTool)]
    assert "may have happened: pay.issue" in world.finished.reason


def test_an_undo_that_was_under_way_is_made_again() -> None:
    world = World(TRAVEL, {"id": "A1"})
    world.returns("pay.issue", {"id": "R1"})
    world.feed(RunCancelled(0, "ann"))
    world.returns("pay.issue", {"id": "R2"})
    sent = world.the(CallTool)
    assert sent.purpose == "undo"
    assert resume(world) == [sent]


def undoing(text: str) -> World:
    """A run that was cancelled, whose undo is under way; the payment behind it has an undo too."""
    world = World(text, {"id": "A1"})
    world.returns("pay.issue", {"id": "R1"})
    world.feed(RunCancelled(0, "ann"))
    world.returns("pay.issue", {"id": "R2"})
    return world


def test_an_undo_that_may_not_be_repeated_is_not_and_the_next_one_follows() -> None:
    old = "  needs pay.write  effect write  idempotent by receipt  retry 1 times backoff 1s..1s\n"
    assert old in TRAVEL
    world = undoing(TRAVEL.replace(old, "  needs pay.write  effect write\n"))
    lost = world.the(CallTool)
    assert resume(world)
    assert world.the(CallTool).args == {"receipt": "R1"}, "the undo of the first payment; that of the second was lost"
    assert lost.args == {"receipt": "R2"}
    world.returns("pay.void")
    assert world.finished.status == "cancelled"
    assert "not undone: pay.issue (pay.void may have happened" in world.finished.reason


def test_an_undo_that_is_denied_by_now_is_not_made_again() -> None:
    late = 'policy p { forbid pay.void when now - run.started > duration("1h") because "too late" }'
    world = undoing(TRAVEL + late)
    world.now = 2 * HOUR
    assert not [command for command in resume(world) if isinstance(command, CallTool)]
    assert world.finished.status == "cancelled"
    assert "too late" in world.finished.reason


PARALLEL = (
    HEAD
    + """
workflow w(id: string max 20) {
  goal "several payments at once"
  budget { steps 20  tool_calls 10 }
  step first calls pay.issue(id: id, amount: 10)
  step second calls pay.issue(id: id + "-b", amount: 10)
  step third calls pay.issue(id: id + "-c", amount: 10)
  step fourth calls pay.issue(id: id + "-d", amount: 10)
  end done
  start -> first, second, third, fourth grant pay.write
  first, second, third, fourth -> done merge all
}
"""
)


def test_several_calls_that_nobody_waits_for_end_the_run_once_and_undo_one_by_one() -> None:
    world = World(PARALLEL, {"id": "A1"})
    for receipt in ("R1", "R2"):
        world.returns("pay.issue", {"id": receipt})
    world.feed(RunCancelled(0, "ann"))
    assert [command.tool for command in resume(world) if isinstance(command, CallTool)] == ["pay.void"]
    world.returns("pay.void")
    world.returns("pay.void")
    assert world.finished.status == "cancelled"
    assert world.finished.reason.endswith("may have happened: pay.issue, pay.issue")


# --- turns of models -------------------------------------------------------------------------------------------------


def test_a_lost_turn_is_repeated_as_a_further_one_and_charged_with_the_most_it_could_use() -> None:
    world = World(AGENT, {"id": "A1", "secret": "s"})
    sent = world.the(AskModel)
    assert resume(world) == [sent]
    spent = world.machine._run.root.spent
    assert (spent.tokens, spent.reserved_tokens) == (1_000, 1_000)
    world.answers({"amount": 1}, Usage(10, 5))
    assert (spent.tokens, spent.reserved_tokens) == (1_015, 0)
    assert world.finished.end == "done"


def test_lost_turns_count_among_the_turns_of_the_attempt() -> None:
    world = World(tighten(AGENT, tokens=1_000_000), {"id": "A1", "secret": "s"})
    assert len(resume(world)) == 1
    assert len(resume(world)) == 1
    resume(world)
    assert world.failed == [("work", "failure")]
    assert world.finished.end == "lost"


def test_lost_turns_use_up_the_budget_of_the_run() -> None:
    world = World(AGENT.replace("turns 3", "turns 9"), {"id": "A1", "secret": "s"})
    for _ in range(3):
        resume(world)
    assert world.failed == [("work", "over budget")]
    spent = world.machine._run.root.spent
    assert (spent.tokens, spent.reserved_tokens) == (3_000, 0)


def test_what_a_lost_turn_may_have_cost_is_all_that_was_left_where_its_agent_has_no_limit() -> None:
    limited = AGENT.replace("tokens 3_000 }", "tokens 3_000  cost 1.00 usd }")
    world = World(limited, {"id": "A1", "secret": "s"})
    resume(world)
    assert world.failed == [("work", "over budget")]
    assert world.machine._run.root.spent.cost == 1_000_000
    world = World(limited.replace("turns 3", "turns 3  cost 0.10 usd"), {"id": "A1", "secret": "s"})
    assert len(resume(world)) == 1
    assert (world.machine._run.root.spent.cost, world.machine._run.root.spent.reserved_cost) == (100_000, 100_000)


def test_an_allowance_that_shrinks_is_what_the_repeated_turn_is_told() -> None:
    world = World(AGENT.replace("tokens 3_000 }", "tokens 1_500 }"), {"id": "A1", "secret": "s"})
    sent = world.the(AskModel)
    assert resume(world) == [replace(sent, tokens=500)]


PAID = (
    HEAD
    + """
workflow w(id: string max 20) {
  goal "paid, then a question"
  budget { steps 10  tool_calls 10  time 2h }
  step pay calls pay.issue(id: id, amount: 10)
  step ask asks boss { question "?"  returns { ok: bool } }
  end done
  start -> pay grant pay.write
  pay -> ask
  ask -> done
}
"""
)


def test_what_resuming_itself_asks_for_is_asked_once() -> None:
    """The time is over when the run is resumed: it is given up, and the undo that this asks for was not under way."""
    world = World(PAID, {"id": "A1"})
    world.returns("pay.issue", {"id": "R1"})
    world.now = 3 * HOUR
    asked = [command for command in resume(world) if isinstance(command, CallTool)]
    assert [command.tool for command in asked] == ["pay.void"]
    world.returns("pay.void")
    assert world.finished.status == "failed"
