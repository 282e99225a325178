"""What a model is shown, what it may ask for, what it is told; and what its turns may use up."""

import pytest

from interlock.decide import Principal
from interlock.run.protocol.commands import AskApproval, AskModel, CallTool, SetTimer
from interlock.run.protocol.events import Json, ModelCall, ModelFailed, ModelReplied, TimerFired, Usage
from interlock.run.protocol.notes import AttemptFailed, CallDecided
from interlock_dsl.program.model import Program
from run.texts import AGENT, HEAD
from run.world import World, ignored, tighten

GIVEN: dict[str, Json] = {"id": "A1", "secret": "xyz"}
SECOND = 1_000_000


def world(text: str | Program = AGENT, principal: Principal | None = None) -> World:
    return World(text, dict(GIVEN), principal)


def told(world: World) -> list[str]:
    return [outcome.error or "ok" for outcome in world.the(AskModel).turns[-1].outcomes]


def test_it_sees_what_the_route_passes_and_nothing_else() -> None:
    ask = world().the(AskModel)
    assert ask.context == {"id": "A1"}
    assert ask.tools == ("orders.get", "pay.issue", "pay.void")
    assert (ask.task, ask.model, ask.tokens) == ("work", "small", 1_000)


def test_the_principal_cuts_the_scopes_and_the_tools_shown() -> None:
    ask = world(principal=Principal("ann", (), frozenset({"orders.read"}))).the(AskModel)
    assert ask.tools == ("orders.get",)


def test_an_allowed_call_is_made_and_its_result_told() -> None:
    run = world()
    run.asks(("orders.get", {"id": "A1"}))
    assert run.call("orders.get").args == {"id": "A1"}
    run.returns("orders.get", {"id": "A1", "total": 5})
    (turn,) = run.the(AskModel).turns
    assert turn.outcomes[0].result == {"id": "A1", "total": 5}
    run.answers({"amount": 5})
    assert run.finished.output == {"amount": 5}


@pytest.mark.parametrize(
    ("tool", "args", "cause"),
    [
        ("orders.gett", {"id": "A1"}, "unknown-tool"),
        ("mail.send", {"text": "hi"}, "not-shown"),
        ("orders.note", "whatever", "not-shown"),
        ("orders.get", {"id": 5}, "arguments"),
        ("orders.get", "A1", "arguments"),
        ("orders.get", {"id": "A1", "all": True}, "arguments"),
        ("pay.issue", {"id": "A1", "amount": 101}, "missing-scope"),
        ("pay.issue", {"id": "A1", "amount": 13}, "forbid"),
    ],
)
def test_a_call_that_may_not_be_made_is_denied_and_told(tool: str, args: Json, cause: str) -> None:
    run = world()
    run.asks((tool, args))
    (note,) = run.of(CallDecided)
    assert note.decision.answer == "deny"
    assert note.args == (args if isinstance(args, dict) else {})
    assert [reason.cause for reason in note.decision.reasons] == [cause]
    assert not run.called
    assert told(run)[0].startswith("denied: ")


def test_a_key_that_is_used_twice_in_a_turn_is_denied_the_second_time() -> None:
    run = world()
    calls = tuple(ModelCall("k", "orders.get", {"id": name}) for name in "AB")
    run.feed(ModelReplied(0, run.the(AskModel).id, False, calls=calls))
    assert run.called == ["orders.get"]
    run.returns("orders.get", {"id": "A", "total": 1})
    assert [outcome.ok for outcome in run.the(AskModel).turns[0].outcomes] == [True, False]


def test_it_goes_on_when_all_its_calls_are_back_in_the_order_it_asked() -> None:
    run = world()
    run.asks(("orders.get", {"id": "A"}), ("nope", {}), ("pay.issue", {"id": "A", "amount": 5}))
    run.returns("pay.issue", {"id": "R1"})
    assert not run.open(AskModel)
    run.returns("orders.get", {"id": "A", "total": 1})
    outcomes = run.the(AskModel).turns[0].outcomes
    assert [outcome.tool for outcome in outcomes] == ["orders.get", "nope", "pay.issue"]
    assert [outcome.ok for outcome in outcomes] == [True, False, True]


def test_a_call_that_needs_approval_waits_while_the_others_go_on() -> None:
    run = world()
    run.asks(("pay.issue", {"id": "A", "amount": 60}), ("orders.get", {"id": "A"}))
    assert [command.tool for command in run.open(CallTool)] == ["orders.get"]
    run.returns("orders.get", {"id": "A", "total": 1})
    assert run.machine.status == "waiting"
    run.approves()
    run.returns("pay.issue", {"id": "R1"})
    assert told(run) == ["ok", "ok"]


def test_an_approval_that_is_denied_is_told_and_the_agent_goes_on() -> None:
    run = world()
    run.asks(("pay.issue", {"id": "A", "amount": 60}))
    run.denies(reason="too much")
    assert told(run) == ["denied: bob (boss) did not approve: too much"]
    run.answers({"amount": 0})
    assert run.finished.end == "done"


def test_an_approval_that_expires_is_told() -> None:
    run = world()
    run.asks(("pay.issue", {"id": "A", "amount": 60}))
    run.wait(3_600 * SECOND)
    assert told(run) == ["denied: nobody of boss approved in time"]


def test_no_person_is_asked_about_what_would_be_denied_anyway() -> None:
    run = world()
    run.asks(("pay.issue", {"id": "A", "amount": 500}))
    assert not run.open(AskApproval)


def test_an_answer_that_does_not_fit_is_given_back_until_the_exchanges_are_over() -> None:
    run = world()
    run.answers({"amount": 5_000})
    assert "0..1" in run.the(AskModel).turns[0].complaint
    run.answers({"amount": "5"})
    run.answers({})
    assert run.failed == [("work", "failure")]
    assert run.finished.end == "lost"


def test_an_answer_with_calls_or_with_neither_is_given_back() -> None:
    run = world()
    run.feed(ModelReplied(0, run.the(AskModel).id, True, {"amount": 1}, (ModelCall("k", "orders.get", {"id": "A"}),)))
    assert "not both" in run.the(AskModel).turns[-1].complaint
    run.feed(ModelReplied(0, run.the(AskModel).id, False))
    assert "neither" in run.the(AskModel).turns[-1].complaint
    assert not run.called


def test_calls_in_the_last_exchange_are_not_made() -> None:
    run = world()
    for _ in range(2):
        run.asks(("nope", {}))
    run.asks(("pay.issue", {"id": "A", "amount": 5}))
    assert not run.called
    assert run.finished.end == "lost"


def test_tokens_are_reserved_used_and_given_back() -> None:
    run = world()
    run.asks(("nope", {}), usage=Usage(300, 100))
    assert run.the(AskModel).tokens == 600
    run.answers({"amount": 1}, usage=Usage(100, 100))
    spent = run.machine._run.root.spent
    assert (spent.tokens, spent.reserved_tokens) == (600, 0)


def test_an_agent_that_used_up_its_own_tokens_has_failed() -> None:
    run = world()
    run.asks(("orders.get", {"id": "A"}), usage=Usage(1_000, 0))
    assert not run.called
    assert run.failed == [("work", "failure")]


def test_an_agent_that_used_up_the_tokens_of_the_run_is_over_budget() -> None:
    run = world(tighten(AGENT, tokens=500))
    assert run.the(AskModel).tokens == 500
    run.asks(("orders.get", {"id": "A"}), usage=Usage(500, 0))
    assert run.failed == [("work", "over budget")]
    assert run.finished.status == "failed"


def test_the_budget_for_calls_counts_what_was_made_not_what_was_denied() -> None:
    run = world(tighten(AGENT.replace("turns 3", "turns 9"), tool_calls=2))
    run.asks(*[("pay.issue", {"id": "A", "amount": 900})] * 5)
    run.asks(*[("pay.issue", {"id": "A", "amount": 5})] * 3)
    assert run.called == ["pay.issue", "pay.issue"]
    assert run.of(CallDecided)[-1].decision.reasons[0].cause == "budget"


def test_a_rate_limit_counts_the_calls_under_way() -> None:
    run = world(AGENT.replace("turns 3", "turns 9"))
    run.asks(*[("orders.get", {"id": "A"})] * 3)
    assert run.called == ["orders.get", "orders.get"]
    assert [reason.cause for reason in run.of(CallDecided)[-1].decision.reasons] == ["limit"]
    for _ in range(2):
        run.returns("orders.get", {"id": "A", "total": 1})
    run.now = 3_600 * SECOND + 1
    run.asks(("orders.get", {"id": "A"}))
    assert run.called == ["orders.get"] * 3


RETRIES = AGENT.replace("turns 3", "turns 3  retry 1 times backoff 2s..2s")


def test_a_model_that_fails_is_asked_again_after_a_while() -> None:
    run = world(RETRIES)
    run.feed(ModelFailed(0, run.the(AskModel).id, "error", "503", jitter=1_000))
    assert run.of(AttemptFailed)[-1].retry_at == 2 * SECOND
    assert "not due" in ignored(run.feed(_early(run)))
    run.wait(2 * SECOND)
    assert run.the(AskModel).turns == ()
    run.feed(ModelFailed(run.now, run.the(AskModel).id, "timeout", "slow"))
    assert run.failed == [("work", "timeout")]
    assert run.finished.end == "lost"


def _early(run: World) -> TimerFired:
    return TimerFired(2 * SECOND - 1, run.the(SetTimer).id)


def test_a_late_reply_is_ignored() -> None:
    run = world()
    asked = run.the(AskModel).id
    run.answers({"amount": 1})
    assert "nothing waits" in ignored(run.feed(ModelReplied(9, asked, True, {"amount": 2})))
    assert run.finished.output == {"amount": 1}


def test_a_reply_to_something_else_is_ignored() -> None:
    run = world()
    run.asks(("orders.get", {"id": "A"}))
    call = run.call("orders.get").id
    assert "is not settled like this" in ignored(run.feed(ModelReplied(9, call, True, {"amount": 2})))


def test_a_tool_without_a_scope_is_shown_only_where_a_step_names_it() -> None:
    """An agent that names no tools is shown those whose scopes it may hold; needing none is not holding them."""
    text = (
        HEAD
        + """
tool clock.read() -> { hour: int in 0..23 } { effect read }
workflow w(id: string max 20) {
  goal "an agent with the tools it may have"
  budget { steps 3  tokens 9_000 }
  step work by clerk { task "work"  returns { amount: int in 0..9 } TOOLS }
  end done
  start -> work grant orders.read
  work -> done
}
"""
    )
    assert World(text.replace("TOOLS", ""), {"id": "A1"}).the(AskModel).tools == ("orders.get",)
    named = World(text.replace("TOOLS", "tools clock.read, orders.get"), {"id": "A1"})
    assert set(named.the(AskModel).tools) == {"clock.read", "orders.get"}


def test_calls_of_a_turn_with_one_idempotency_key_and_other_arguments_are_not_taken_for_one() -> None:
    run = world(AGENT.replace("grant pay.write where args.amount <= 100", "grant pay.write"))
    same: Json = {"id": "A1", "amount": 10}
    run.asks(("pay.issue", same), ("pay.issue", {"id": "A1", "amount": 20}), ("pay.issue", same))
    assert [call.args for call in run.open(CallTool)] == [same, same]
    (_, refused, _) = run.of(CallDecided)
    assert (refused.decision.answer, refused.decision.reasons[0].cause) == ("deny", "arguments")
    for _ in range(2):
        run.returns("pay.issue", {"id": "R1"})
    assert told(run)[0] == told(run)[2] == "ok"
    assert "the same idempotency key and other arguments" in told(run)[1]


def test_in_another_turn_the_same_key_is_for_the_tool_to_judge() -> None:
    run = world()
    run.asks(("pay.issue", {"id": "A1", "amount": 10}))
    run.returns("pay.issue", {"id": "R1"})
    run.asks(("pay.issue", {"id": "A1", "amount": 20}))
    assert run.call("pay.issue").args == {"id": "A1", "amount": 20}


SHARED = """
agent left { model "small"  cost 0.40 usd  tokens 1_000  turns 5 }
agent right { model "small"  cost 0.40 usd  tokens 1_000  turns 5 }
workflow w(id: string max 20) {
  goal "two who share what there is"
  budget { steps 10  tokens 10_000  cost 0.50 usd }
  step one by left { task "one"  returns { ok: bool } }
  step two by right { task "two"  returns { ok: bool } }
  end done
  end scarce
  end own
  start -> one, two
  one, two -> done merge all
  one -> own on failure
  two -> scarce on over budget
  two -> own on failure
}
"""


def test_whose_limit_it_was_depends_on_what_was_left_and_not_on_what_is_spent() -> None:
    run = World(SHARED, {"id": "A1"})
    run.answers({"ok": 5}, Usage(10, 0, 100_000), step="two")
    assert run.failed == [("two", "over budget")], "0.10 of 0.40 was left for it"
    run = World(SHARED.replace("cost 0.50 usd", "cost 0.90 usd"), {"id": "A1"})
    run.answers({"ok": 5}, Usage(10, 0, 400_000), step="two")
    assert run.failed == [("two", "failure")], "it had all that it may use"


TURNS = """
agent clerk { model "small"  turns 1  retry 1 times backoff 2s..2s }
workflow w(id: string max 20) {
  goal "one exchange"
  budget { steps 10  tokens 10_000 }
  step one by clerk { task "one"  returns { ok: bool } }
  end done
  start -> one
  one -> done
}
"""


def test_an_attempt_without_an_answer_is_made_again_after_half_of_the_wait_at_least() -> None:
    run = World(TURNS, {"id": "A1"})
    run.answers({"ok": 5})
    assert run.the(SetTimer).at == 1_000_000


def test_further_attempts_are_made_with_the_fallback_and_the_first_of_them_at_once() -> None:
    text = AGENT.replace('model "small"', 'model "small"  fallback "spare"  retry 1 times backoff 10s..10s')
    world = World(text, {"id": "A1", "secret": "s"})
    asked: list[tuple[str, int]] = []
    while world.open(AskModel):
        asked.append((world.the(AskModel).model, world.now))
        world.feed(ModelFailed(world.now, world.the(AskModel).id, "error", "overloaded", jitter=1000))
        while world.machine.status == "waiting" and world.open(SetTimer):
            world.wait(min(timer.at for timer in world.open(SetTimer)) - world.now)
    assert asked == [("small", 0), ("small", 10_000_000), ("spare", 10_000_000), ("spare", 20_000_000)]
    assert world.failed == [("work", "failure")]
