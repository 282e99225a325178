"""The cases that break others, on the path of a workflow. (Those of a policy alone are in tests/decide.)

Told elsewhere: 3, 4, 14 and 15 by the compiler, 10 by tests/decide/test_agreement.py, 12 by the runtime.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.decide import Principal
from interlock.run.protocol.commands import AskApproval, AskModel, CallTool
from interlock.run.protocol.events import Json, ModelCall, ModelReplied, ToolFailed, Usage
from interlock.run.protocol.notes import CallDecided, Escalated
from interlock_dsl.compiler.compile import compile_text
from interlock_dsl.diagnostics import DiagnosticError
from run.texts import AGENT, FORK, HEAD, PAY, TRAVEL
from run.world import World, tighten

ONE = (
    HEAD
    + """
workflow w(id: string max 20, n: int in 0..100) {
  goal "one call"
  step pay calls pay.issue(id: id, amount: 10)
  end paid
  end refused
  start -> pay %s
  pay -> paid
  pay -> refused on denied
  %s
}
"""
)


def one(route: str, rest: str = "", n: int = 0) -> World:
    return World(ONE % (route, rest), {"id": "A1", "n": n})


def causes(run: World) -> list[str]:
    return [reason.cause for reason in run.of(CallDecided)[-1].decision.reasons]


def test_1_a_grant_whose_condition_errors_grants_nothing() -> None:
    run = one("grant pay.write where 100 / n > 5")
    assert causes(run) == ["missing-scope"]
    assert one("grant pay.write where 100 / n > 5", n=1).called == ["pay.issue"]


def test_1_a_never_whose_condition_errors_applies() -> None:
    assert causes(one("grant pay.write", "never pay.issue where 100 / n > 5 before approval by boss")) == ["never"]


def test_1_a_policy_that_errors_applies_in_a_workflow_too() -> None:
    text = ONE % ("grant pay.write", "") + "policy p { forbid pay.issue when 9223372036854775807 + args.amount > 0 }"
    assert causes(World(text, {"id": "A1", "n": 0})) == ["forbid"]


def test_1_an_escalation_whose_condition_errors_is_told() -> None:
    run = one('grant pay.write escalate to boss when 100 / n > 5 because "odd"')
    assert [note.role for note in run.of(Escalated)] == ["boss"]
    assert not one("grant pay.write escalate to boss when 100 / n > 500", n=1).of(Escalated)


def test_5_a_route_that_grants_nothing_gives_nothing() -> None:
    with pytest.raises(DiagnosticError):
        compile_text(ONE % ("", ""))
    run = World(ONE % ("grant pay.write", ""), {"id": "A1", "n": 0}, Principal("ann", (), frozenset()))
    assert causes(run) == ["missing-scope"]


def test_6_no_call_is_dispatched_while_its_decision_is_pending() -> None:
    run = World(PAY, {"id": "A1", "amount": 600})
    assert run.open(AskApproval)
    assert not run.open(CallTool)
    assert run.machine._run.root.spent.tool_calls == 0


def test_7_what_is_hidden_cannot_be_called_and_what_is_shown_can() -> None:
    run = World(AGENT, {"id": "A1", "secret": ""})
    shown = run.the(AskModel).tools
    args: dict[str, Json] = {
        "orders.get": {"id": "A"},
        "pay.issue": {"id": "A", "amount": 5},
        "orders.note": {"id": "A", "text": ""},
        "mail.send": {"text": ""},
    }
    for name, given_ in args.items():
        other = World(AGENT, {"id": "A1", "secret": ""})
        other.asks((name, given_))
        assert (other.called == [name]) is (name in shown), name


@given(st.lists(st.sampled_from([5, 60, 101, 900]), max_size=6))
def test_9_denied_calls_consume_nothing_and_reserved_ones_are_counted_at_once(amounts: list[int]) -> None:
    run = World(tighten(AGENT, tool_calls=2), {"id": "A1", "secret": ""})
    calls = tuple(
        ModelCall(f"k{n}", "pay.issue", {"id": f"A{n}", "amount": amount}) for n, amount in enumerate(amounts)
    )
    run.feed(ModelReplied(0, run.the(AskModel).id, False, calls=calls))
    assert len(run.called) == min(2, amounts.count(5)) == run.machine._run.root.spent.tool_calls


def test_9_parallel_branches_share_one_budget() -> None:
    run = World(tighten(FORK, tool_calls=1), {"id": "A1"})
    assert run.called == ["pay.issue"]
    assert run.failed == [("tell", "over budget")]


def test_9_tokens_of_parallel_agents_are_reserved_before_they_are_asked() -> None:
    text = (
        HEAD
        + """
    workflow w(id: string max 20) {
      goal "two at once"
      budget { tokens 2_000 }
      step a by clerk { task "a" returns { ok: bool } }
      step b by clerk { task "b" returns { ok: bool } }
      end done
      start -> a, b
      a, b -> done merge all
    }
    """
    )
    run = World(tighten(text, tokens=1_500), {"id": "A1"})
    assert [ask.tokens for ask in run.open(AskModel)] == [1_000, 500]
    run.answers({"ok": True}, Usage(10, 0), "a")
    spent = run.machine._run.root.spent
    assert (spent.tokens, spent.reserved_tokens) == (10, 500)


def test_13_a_tool_that_breaks_is_a_failed_step_never_an_allowed_call() -> None:
    run = World(TRAVEL, {"id": "A1"})
    run.feed(ToolFailed(0, run.the(CallTool).id, "uncertain", "the adapter raised RuntimeError"))
    assert run.entered == ["first"]
    run.wait(10_000_000)
    run.feed(ToolFailed(run.now, run.the(CallTool).id, "uncertain", "the adapter raised RuntimeError"))
    assert run.failed == [("first", "failure")]
    assert run.finished.status == "failed"
