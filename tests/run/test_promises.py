"""A promise is kept: a call that would break it is denied, everything else that would gives the run up."""

import pytest

from interlock.run import Machine
from interlock.run.protocol.codes import WhyBroken, WhyGivenUp
from interlock.run.protocol.commands import AskModel, CallTool, Cancel, FinishRun
from interlock.run.protocol.events import RunResumed, Usage
from interlock.run.protocol.notes import CallDecided, PromiseBroken, RouteTaken, StepCancelled
from run.texts import HEAD
from run.world import World

HOUR = 3_600_000_000

FLOW = (
    HEAD
    + """
workflow w(id: string max 20, amount: int in 1..1_000) {
  BUDGET
  step work by clerk { task "work"  returns { amount: int in 0..1_000 }  tools orders.get, pay.issue }
  step look calls orders.get(id: id)
  step pay calls pay.issue(id: id, amount: amount)
  step tell calls mail.send(text: id)
  end done
  end over
  end lost
  start -> work grant orders.read, pay.write pass id
  work -> look grant orders.read
  look -> pay grant pay.write
  pay -> tell grant mail.send
  tell -> done
  work -> over on over budget
  look -> over on over budget
  pay -> over on over budget
  work -> lost on failure
  look -> lost on failure
  pay -> lost on failure
  tell -> lost on denied
  PROMISES
}
"""
)


def flow(promises: str, budget: str = "", amount: int = 10) -> World:
    return World(
        FLOW.replace("PROMISES", promises).replace("BUDGET", f"budget {{ tokens 90_000 {budget} }}"),
        {"id": "A1", "amount": amount},
    )


def causes(run: World) -> list[tuple[str, str]]:
    return [(reason.cause, reason.rule) for reason in run.of(CallDecided)[-1].decision.reasons]


def broken(run: World) -> list[tuple[str, WhyBroken]]:
    return [(note.promise, note.code) for note in run.of(PromiseBroken)]


def looked(run: World, total: int = 5) -> World:
    run.answers({"amount": 1})
    run.returns("orders.get", {"id": "A1", "total": total})
    return run


# --- never before


def test_a_call_waits_for_what_comes_first_whoever_makes_it() -> None:
    run = flow("never pay.issue before orders.get")
    run.asks(("orders.get", {"id": "A1"}), ("pay.issue", {"id": "A1", "amount": 5}))
    assert causes(run) == [("never", "w/never pay.issue#1")], "made, but it has not returned"
    run.returns("orders.get", {"id": "A1", "total": 1})
    run.asks(("pay.issue", {"id": "A1", "amount": 5}))
    assert run.called == ["orders.get", "pay.issue"]


def test_a_result_that_does_not_fit_has_not_returned() -> None:
    run = flow("never pay.* before orders.get")
    run.asks(("orders.get", {"id": "A1"}))
    run.returns("orders.get", {"id": 5})
    run.asks(("pay.issue", {"id": "A1", "amount": 5}))
    assert causes(run) == [("never", "w/never pay.*#1")]


def test_what_comes_first_does_not_wait_for_itself_and_is_known_after_a_resume() -> None:
    run = flow("never * before orders.get")
    looked(run)
    assert run.called == ["orders.get", "pay.issue"]
    again = Machine.replay(run.program, [*run.events, RunResumed(run.now)])
    assert [command.tool for command in again.pending() if isinstance(command, CallTool)] == ["pay.issue"]
    assert again.digest() != ""


def test_the_condition_decides_which_calls_wait_and_without_a_value_they_do() -> None:
    assert flow("never mail.send where size(args.text) > 5 before pay.void").machine.status == "running"
    run = looked(flow("never mail.send where 10 / (amount - 10) > 5 before pay.void"))
    run.returns("pay.issue", {"id": "R1"})
    assert causes(run) == [("never", "w/never mail.send#1")]


def test_an_undo_waits_for_nothing_but_its_approval() -> None:
    def undone(promise: str) -> World:
        run = looked(flow(promise + "\n  always !has(pay.id)"))
        run.returns("pay.issue", {"id": "R1"})
        return run

    run = undone("never pay.void before mail.send")
    assert run.called[-1] == "pay.void"
    run = undone("never pay.void before approval by boss")
    assert run.called[-1] == "pay.issue"
    assert causes(run) == [("never", "w/never pay.void#1")]
    assert "not undone: pay.issue" in run.finished.reason


# --- never before approval

APPROVED = (
    HEAD
    + """
workflow w(id: string max 20) {
  step pay calls pay.issue(id: id, amount: 10)
  step tell calls mail.send(text: id)
  end done
  end refused
  start -> pay grant pay.write after approval by WHO within 1h
  pay -> tell grant mail.send
  tell -> done
  pay -> refused on denied
  tell -> refused on denied
  PROMISE
}
policy desk { REQUIRE }
"""
)


def approved(who: str, promise: str, require: str = "") -> World:
    text = APPROVED.replace("WHO", who).replace("PROMISE", promise).replace("REQUIRE", require)
    return World(text, {"id": "A1"})


def test_several_must_have_approved() -> None:
    assert causes(approved("boss", "never pay.issue before approval by 2 of boss")) == [
        ("never", "w/never pay.issue#1")
    ]
    run = approved("2 of boss", "never pay.issue before approval by 2 of boss")
    run.approves("bob")
    assert run.called == []
    run.approves("eva")
    assert run.called == ["pay.issue"]


def test_anybody_may_have_approved() -> None:
    for who, called in (("deputy", ["pay.issue"]), ("boss", ["pay.issue"])):
        run = approved(who, "never pay.issue before approval")
        run.approves("bob")
        assert run.called == called


def test_irreversible_is_every_tool_that_is() -> None:
    run = approved("boss", "never irreversible before approval")
    run.approves("bob")
    run.returns("pay.issue", {"id": "R1"})
    assert causes(run) == [("never", "w/never irreversible#1")], "its own approval, not that of the call before"
    assert run.finished.end == "refused"
    asked = approved("boss", "never irreversible before approval", "require approval by deputy within 1h for mail.send")
    asked.approves("bob")
    asked.returns("pay.issue", {"id": "R1"})
    asked.approves("eva")
    assert asked.called == ["pay.issue", "mail.send"]


# --- always


def test_an_output_that_breaks_it_gives_the_run_up_before_anything_else() -> None:
    run = looked(flow("always look.total >= amount"), total=5)
    assert broken(run) == [("w/always#1", WhyBroken.FALSE)]
    assert run.called == ["orders.get"]
    assert [note.route for note in run.of(RouteTaken)] == ["start->work#1", "work->look#1"], "not `on failure` either"
    assert (run.finished.status, run.finished.code) == ("failed", WhyGivenUp.PROMISE_BROKEN)
    assert "`w/always#1` (<text>:" in run.finished.reason
    assert looked(flow("always look.total >= amount"), total=10).called == ["orders.get", "pay.issue"]


def test_without_a_value_it_is_broken() -> None:
    assert broken(looked(flow("always 10 / look.total > 0"), total=0)) == [("w/always#1", WhyBroken.NO_VALUE)]


def test_it_is_judged_at_the_beginning_where_it_reads_inputs_only() -> None:
    run = flow("always amount < 10")
    assert broken(run) == [("w/always#1", WhyBroken.FALSE)]
    assert run.commands == [run.finished]


def test_it_waits_for_what_it_reads_without_a_guard() -> None:
    run = flow("always work.amount + look.total < 5  always has(pay.id) || look.total != 3")
    run.answers({"amount": 4})
    assert broken(run) == []
    run.returns("orders.get", {"id": "A1", "total": 1})
    assert broken(run) == [("w/always#1", WhyBroken.FALSE)]
    assert broken(looked(flow("always has(pay.id) || look.total != 3"), total=3)) == [("w/always#1", WhyBroken.FALSE)]


def test_what_a_guard_covers_is_judged_while_it_is_absent() -> None:
    run = flow("always has(look.total) && look.total > 0")
    assert broken(run) == [("w/always#1", WhyBroken.FALSE)]
    assert broken(looked(flow("always !has(pay.id) || look.total > 5"), total=3)) == []


BESIDE = (
    HEAD
    + """
workflow w(id: string max 20) {
  step one by clerk { task "one"  returns { n: int in 0..9 } }
  step two by clerk { task "two"  returns { n: int in 0..9 } }
  step pay calls pay.issue(id: id, amount: 10)
  end done
  start -> one, two, pay grant pay.write
  one, two, pay -> done merge all
  always one.n <= two.n
}
"""
)


def test_branches_beside_it_are_cancelled_and_what_they_did_is_undone() -> None:
    run = World(BESIDE, {"id": "A1"})
    run.answers({"n": 5}, step="one")
    before = len(run.commands)
    run.answers({"n": 4}, step="two")
    assert broken(run) == [("w/always#1", WhyBroken.FALSE)]
    assert [note.step for note in run.of(StepCancelled)] == ["pay"]
    assert all(isinstance(command, Cancel) for command in run.commands[before:]), "the call under way comes back"
    run.returns("pay.issue", {"id": "R1"})
    run.returns("pay.void")
    assert run.finished.code == WhyGivenUp.PROMISE_BROKEN


# --- ends within, cost


def test_a_step_too_many_is_not_entered() -> None:
    run = looked(flow("ends within 2 steps"))
    assert broken(run) == [("w/ends within steps", WhyBroken.EXCEEDED)]
    assert run.entered == ["work", "look"]
    assert run.finished.code == WhyGivenUp.PROMISE_BROKEN, "it is not over budget"
    assert looked(flow("ends within 3 steps")).called == ["orders.get", "pay.issue"]


@pytest.mark.parametrize(("budget", "end"), [("steps 2", "over"), ("steps 1", "over"), ("steps 3", "")])
def test_a_budget_as_tight_speaks_first(budget: str, end: str) -> None:
    run = flow("ends within 2 steps", budget)
    run.answers({"amount": 1})
    if run.machine.status == "running":
        run.returns("orders.get", {"id": "A1", "total": 1})
    assert run.finished.end == end
    assert bool(broken(run)) is (end == "")


@pytest.mark.parametrize(("budget", "end"), [("", ""), ("time 2h", ""), ("time 1h", "over"), ("time 3h", "")])
def test_when_the_time_is_over_the_run_is_given_up(budget: str, end: str) -> None:
    run = flow("ends within 2h", budget)
    run.wait(2 * HOUR - 1)
    run.wait(1)
    assert run.finished.end == end
    assert broken(run) == ([("w/ends within", WhyBroken.EXCEEDED)] if end == "" else [])


def test_an_event_that_comes_too_late_gives_it_up_before_its_timer_does() -> None:
    run = flow("ends within 2h")
    run.now = 2 * HOUR
    run.feed(RunResumed(run.now))
    assert broken(run) == [("w/ends within", WhyBroken.EXCEEDED)]
    assert run.open(AskModel) == []


DEAR = FLOW.replace("needs orders.read  effect read", "needs orders.read  effect read  cost 0.40 usd").replace(
    "agent clerk {", "agent clerk { cost 1.00 usd "
)


def dear(promises: str, budget: str = "") -> World:
    text = DEAR.replace("PROMISES", promises).replace("BUDGET", f"budget {{ tokens 90_000 {budget} }}")
    return World(text, {"id": "A1", "amount": 10})


def test_a_call_that_costs_too_much_is_denied_and_one_that_costs_all_is_not() -> None:
    run = dear("cost <= 0.70 usd")
    run.answers({"amount": 1}, Usage(1, 1, 300_001))
    assert causes(run) == [("promise", "w/cost")]
    assert run.failed == [("look", "denied")]
    run = dear("cost <= 0.70 usd")
    run.answers({"amount": 1}, Usage(1, 1, 300_000))
    assert run.called == ["orders.get"]


def test_a_turn_that_cost_more_than_is_promised_gives_the_run_up() -> None:
    run = dear("cost <= 0.70 usd")
    run.answers({"amount": 1}, Usage(1, 1, 700_001))
    assert broken(run) == [("w/cost", WhyBroken.EXCEEDED)]
    assert isinstance(run.commands[-1], FinishRun)


def test_nothing_left_for_another_turn_gives_the_run_up_and_a_tighter_budget_does_not() -> None:
    run = dear("cost <= 0.70 usd")
    run.asks(("orders.get", {"id": "A1"}), usage=Usage(1, 1, 700_000))
    assert broken(run) == [("w/cost", WhyBroken.EXCEEDED)]
    run = dear("cost <= 0.70 usd", "cost 0.70 usd")
    run.asks(("orders.get", {"id": "A1"}), usage=Usage(1, 1, 700_000))
    assert (broken(run), run.finished.end) == ([], "over")


def test_a_promise_beyond_a_budget_still_holds_for_a_turn_that_costs_more_than_both() -> None:
    run = dear("cost <= 0.70 usd", "cost 0.60 usd")
    run.answers({"amount": 1}, Usage(1, 1, 700_001))
    assert broken(run) == [("w/cost", WhyBroken.EXCEEDED)]
    run = dear("cost <= 0.70 usd", "cost 0.60 usd")
    run.answers({"amount": 1}, Usage(1, 1, 700_000))
    assert broken(run) == []


def test_what_must_still_be_reached_is_for_the_proof() -> None:
    run = looked(flow("reaches done"))
    run.returns("pay.issue", {"id": "R1"})
    run.returns("mail.send")
    assert run.finished.end == "done"
