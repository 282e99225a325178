"""A workflow that a step runs: what it may do there, what it uses up, what holds inside, and how it ends."""

import pytest

from interlock.decide import Principal
from interlock.run.protocol.codes import WhyCancelled
from interlock.run.protocol.commands import AskApproval, AskModel, AskPerson, CallTool
from interlock.run.protocol.events import PersonAnswered, RunCancelled
from interlock.run.protocol.notes import CallDecided, RouteTaken, StepBegan, StepCancelled, StepDone
from run.texts import HEAD, NESTED
from run.world import World

HOUR = 3_600_000_000

OUTER = """
workflow w(id: string max 20) {{
  budget {{ {budget} }}
  step one runs buy(id: id)
  step two runs buy(id: id)
  end done {{ how: two.end }}
  end stopped
  start -> one grant pay.write {where}
  one -> two grant pay.write
  two -> done
  one -> stopped on failure
  two -> stopped on failure
  {on_over_budget}
  {rules}
}}
"""
INNER = """
workflow buy(id: string max 20) {{
  budget {{ {inner} }}
  step ask by clerk {{ task "how much?" returns {{ amount: int in 1..1_000 }} }}
  step send calls pay.issue(id: id, amount: ask.amount)
  step look asks boss {{ question "is it right?" returns {{ ok: bool }} }}
  end bought {{ amount: ask.amount }}
  start -> ask pass id
  ask -> send grant pay.write
  send -> look
  look -> bought
  {inner_rules}
}}
"""


def nested(
    budget: str = "steps 20", inner: str = "steps 9", where: str = "", rules: str = "", inner_rules: str = "",
    on_over_budget: str = "",
) -> str:  # fmt: skip
    names = {
        "budget": budget, "inner": inner, "where": where, "rules": rules, "inner_rules": inner_rules,
        "on_over_budget": on_over_budget,
    }  # fmt: skip
    return HEAD + OUTER.format(**names) + INNER.format(**names)


def began(text: str, principal: Principal | None = None) -> World:
    return World(text, {"id": "A1"}, principal)


def pays(world: World) -> None:
    """Let the step that runs find a price, and its call return."""
    world.answers({"amount": 4})
    world.returns("pay.issue", {"id": "R"})


def paid_inside(text: str) -> World:
    """Begin a run of a workflow in a workflow in a workflow, which has paid and asks whether that has come."""
    world = World(text, {"id": "A1"})
    world.returns("orders.note")
    world.answers({"ok": True})
    world.returns("pay.issue", {"id": "R"})
    return world


def denials(world: World) -> list[str]:
    decided = [note.decision for note in world.notes if isinstance(note, CallDecided)]
    return [reason.cause for decision in decided if decision.answer == "deny" for reason in decision.reasons]


def test_steps_inside_are_named_by_their_path_in_notes_and_commands() -> None:
    world = began(nested())
    assert world.the(AskModel).step == "one/ask"
    world.answers({"amount": 5})
    assert world.the(CallTool).step == "one/send"
    world.returns("pay.issue", {"id": "R"})
    assert world.the(AskPerson).step == "one/look"
    world.person({"ok": True})
    assert [note.step for note in world.notes if isinstance(note, StepBegan)] == [
        "one", "one/ask", "one/send", "one/look", "two", "two/ask",
    ]  # fmt: skip
    assert "one/ask->send#1" in [note.route for note in world.notes if isinstance(note, RouteTaken)]
    done = next(note for note in world.notes if isinstance(note, StepDone) and note.step == "one")
    assert done.output == {"end": "bought", "amount": 5}


def test_a_second_visit_has_a_path_of_its_own() -> None:
    text = nested().replace("  one -> two grant pay.write\n", (
        '  one -> one when one.amount > 5 at most 1 times, then -> stopped grant pay.write\n'
        "  one -> two otherwise grant pay.write\n"
    ))  # fmt: skip
    world = began(text)
    world.answers({"amount": 6})
    world.returns("pay.issue", {"id": "R"})
    world.person({"ok": True})
    assert world.the(AskModel).step == "one#2/ask"
    assert [(note.step, note.visit) for note in world.notes if isinstance(note, StepBegan)][-2:] == [
        ("one", 2), ("one#2/ask", 1),
    ]  # fmt: skip


def test_the_grant_into_the_step_holds_for_every_call_inside() -> None:
    world = began(nested(where="where args.amount <= 10"))
    world.answers({"amount": 11})
    assert denials(world) == ["missing-scope"]
    assert world.finished.end == "stopped"
    allowed = began(nested(where="where args.amount <= 10"))
    allowed.answers({"amount": 10})
    assert allowed.the(CallTool).args["amount"] == 10


def test_nothing_inside_holds_what_the_principal_does_not() -> None:
    world = began(nested(), Principal("ann", scopes=frozenset()))
    world.answers({"amount": 1})
    assert denials(world)[0] == "missing-scope"
    assert not world.open(CallTool)


@pytest.mark.parametrize("where", ["rules", "inner_rules"])
def test_rules_of_both_workflows_hold_for_a_call_inside(where: str) -> None:
    rule = 'forbid pay.issue when args.amount > 3 because "too much"'
    world = began(nested(rules=rule) if where == "rules" else nested(inner_rules=rule))
    world.answers({"amount": 4})
    assert denials(world) == ["forbid"]
    world = began(nested(rules=rule) if where == "rules" else nested(inner_rules=rule))
    world.answers({"amount": 3})
    assert world.the(CallTool)


def test_a_rule_around_reads_the_values_around() -> None:
    world = began(nested(rules='forbid pay.issue when has(one.amount) because "one is enough"'))
    pays(world)
    world.person({"ok": True})
    world.answers({"amount": 4})
    assert denials(world) == ["forbid"]


def test_an_approval_that_a_rule_around_asks_for_is_one_for_the_promise_inside() -> None:
    text = nested(
        rules="require approval by boss within 1h for pay.issue",
        inner_rules="never pay.issue before approval by boss",
    )
    world = began(text)
    world.answers({"amount": 4})
    assert world.the(AskApproval).step == "one/send"
    world.approves()
    assert world.the(CallTool).step == "one/send"


def test_a_promise_around_denies_a_call_inside() -> None:
    world = began(nested(rules="never pay.issue before approval by boss"))
    world.answers({"amount": 4})
    assert denials(world) == ["never"]


def test_what_is_used_inside_counts_around_and_the_tighter_budget_refuses() -> None:
    world = began(nested(budget="steps 20  tool_calls 1"))
    pays(world)
    world.person({"ok": True})
    world.answers({"amount": 4})
    assert denials(world) == ["budget"]
    frame = world.machine._run.root
    assert (frame.spent.steps, frame.spent.tool_calls) == (7, 1)


def test_tokens_are_held_back_in_every_budget_around_and_given_back() -> None:
    world = began(nested(budget="steps 20  tokens 700", inner="steps 9  tokens 900"))
    assert world.the(AskModel).tokens == 700
    spent = world.machine._run.root.spent
    assert spent.reserved_tokens == 700
    world.answers({"amount": 4})
    assert spent.reserved_tokens == 0


def test_when_the_time_inside_is_over_what_was_done_is_undone_and_the_step_fails() -> None:
    world = began(nested(budget="steps 20  time 9h", inner="steps 9  time 2h"))
    pays(world)
    world.wait(2 * HOUR)
    assert world.the(CallTool).tool == "pay.void"
    assert world.machine._run.phase == "running"
    world.returns("pay.void")
    assert world.failed == [("one/look", "over budget"), ("one", "failure")]
    assert world.finished.end == "stopped"


def test_when_the_time_inside_is_over_a_route_inside_may_lead_to_an_end() -> None:
    text = nested(budget="steps 20  time 9h", inner="steps 9  time 2h")
    text = text.replace("  look -> bought\n", "  look -> bought\n  look -> late on over budget\n  end late\n")
    world = began(text)
    pays(world)
    world.wait(2 * HOUR)
    assert world.machine._run.root.values["one"] == {"end": "late"}


def test_when_the_time_inside_is_over_what_runs_further_inside_is_undone_first() -> None:
    world = paid_inside(NESTED.replace("within 3h", "within 7h"))
    world.wait(6 * HOUR)
    assert world.the(CallTool).tool == "pay.void"
    world.returns("pay.void")
    assert world.failed == [("shop/paid", "over budget"), ("shop", "failure")]


def test_when_the_time_around_is_over_the_step_is_over_budget_once_it_is_undone() -> None:
    text = nested(budget="steps 20  time 1h", inner="steps 9", on_over_budget="one -> stopped on over budget")
    world = began(text)
    pays(world)
    world.wait(HOUR)
    world.returns("pay.void")
    assert world.failed == [("one", "over budget")]
    assert world.finished.end == "stopped"


def test_a_run_that_is_cancelled_while_something_inside_is_undone_undoes_all_the_rest() -> None:
    world = paid_inside(NESTED)
    world.person({"ok": False})
    assert [command.tool for command in world.open(CallTool)] == ["pay.void"]
    world.feed(RunCancelled(world.now, "ann"))
    world.returns("pay.void")
    assert world.finished.status == "cancelled"
    assert world.machine._run.done == []


def test_what_runs_inside_is_cancelled_with_the_step_and_said_so() -> None:
    world = began(
        HEAD
        + """
workflow w(id: string max 20) {
  step slow runs wait(id: id)
  step quick asks boss { question "enough?" returns { ok: bool } }
  end done
  start -> slow, quick
  slow, quick -> done merge any
}
workflow wait(id: string max 20) {
  step look asks deputy { question "well?" returns { ok: bool } }
  end seen
  start -> look
  look -> seen
}
"""
    )
    quick = next(command for command in world.open(AskPerson) if command.step == "quick")
    world.feed(PersonAnswered(world.now, quick.id, "bob", "boss", {"ok": True}))
    cancelled = [(note.step, note.code) for note in world.notes if isinstance(note, StepCancelled)]
    assert cancelled == [("slow/look", WhyCancelled.JOIN_DECIDED), ("slow", WhyCancelled.JOIN_DECIDED)]
    assert world.finished.end == "done"
    assert not world.machine.pending()


def test_an_approval_of_the_step_is_for_the_workflow_and_its_input() -> None:
    text = nested().replace(
        "start -> one grant pay.write", "start -> one grant pay.write after approval by boss within 1h"
    )
    world = began(text)
    subject = world.the(AskApproval).subject
    assert (subject["workflow"], subject["args"], subject["scopes"]) == ("buy", {"id": "A1"}, ["pay.write"])
    assert not world.open(AskModel)
    world.approves()
    assert world.the(AskModel).step == "one/ask"


def test_values_inside_are_let_go_with_the_workflow() -> None:
    world = World(NESTED, {"id": "A1"})
    world.returns("orders.note")
    run = world.machine._run
    assert run.held > sum(run.root.sizes.values())
    world.answers({"ok": False})
    assert run.root.values["shop"] == {"end": "kept"}
    assert run.held == sum(run.root.sizes.values())
