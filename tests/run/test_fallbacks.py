"""What stands in for a tool that has failed: called once, decided like any other call, and answered as the first."""

from interlock.run.protocol.commands import AskApproval, AskModel
from interlock.run.protocol.notes import CallDone
from run.world import World

TOOLS = """
tool orders.get(id: string max 20) -> { total: int in 0..1_000 } {
  needs orders.read  effect read  retry 1 times  timeout 5s
  fallback replica.get(order: id)
}
tool replica.get(order: string max 20) -> { total: int in 0..1_000 } { needs orders.read  effect read }
agent clerk { model "small"  may orders.read }
role boss { reach "boss" }
"""
STEP = (
    TOOLS
    + """
workflow w(id: string max 20) {
  step order calls orders.get(id: id)
  end done { total: order.total }
  end lost gives up { because failure.kind + " after " + string(failure.attempts) }
  start -> order
    grant orders.read
  order -> done
  order -> lost on failure
  order -> lost on denied
}
"""
)
AGENT = (
    TOOLS
    + """
workflow w(id: string max 20) {
  step order by clerk { task "look it up"  returns { total: int in 0..1_000 } }
  end done { total: order.total }
  start -> order
    grant orders.read
    pass id
  order -> done
}
"""
)


def fails_twice(world: World, kind: str = "error") -> None:
    world.fails("orders.get", kind)
    world.wait(0)
    world.fails("orders.get", kind)


def test_a_step_goes_on_with_what_the_other_tool_gives() -> None:
    world = World(STEP, {"id": "A1"})
    fails_twice(world, "timeout")
    assert world.call("replica.get").args == {"order": "A1"}
    world.returns("replica.get", {"total": 7})
    assert (world.finished.end, world.finished.output) == ("done", {"total": 7})
    assert [(note.tool, note.ok) for note in world.of(CallDone)] == [("orders.get", False), ("replica.get", True)]


def test_the_step_fails_where_both_do_and_all_attempts_count() -> None:
    world = World(STEP, {"id": "A1"})
    fails_twice(world)
    world.fails("replica.get")
    assert world.finished.output == {"because": "failure after 3"}


def test_an_agent_is_told_under_the_name_it_asked_for() -> None:
    world = World(AGENT, {"id": "A1"})
    world.asks(("orders.get", {"id": "A1"}))
    fails_twice(world)
    world.returns("replica.get", {"total": 7})
    (outcome,) = world.the(AskModel).turns[-1].outcomes
    assert (outcome.tool, outcome.ok, outcome.result) == ("orders.get", True, {"total": 7})


LISTED = AGENT.replace('"look it up"', '"look it up"  tools orders.get')


def test_an_agents_step_need_not_list_the_other_tool() -> None:
    world = World(LISTED, {"id": "A1"})
    assert world.the(AskModel).tools == ("orders.get",)
    world.asks(("orders.get", {"id": "A1"}))
    fails_twice(world)
    assert world.call("replica.get").args == {"order": "A1"}


def test_an_agent_cannot_ask_for_what_is_only_a_fallback() -> None:
    world = World(LISTED, {"id": "A1"})
    world.asks(("replica.get", {"order": "A1"}))
    assert world.called == []


def test_rules_decide_on_what_is_not_listed() -> None:
    world = World(LISTED + "policy p { forbid replica.get }", {"id": "A1"})
    world.asks(("orders.get", {"id": "A1"}))
    fails_twice(world)
    assert world.called == ["orders.get", "orders.get"]


def test_it_is_decided_as_a_call_of_its_own() -> None:
    denied = World(STEP + 'policy p { forbid replica.get because "old" }', {"id": "A1"})
    fails_twice(denied)
    assert denied.failed == [("order", "denied")]
    asked = World(STEP + "policy p { require approval by boss within 1h for replica.get }", {"id": "A1"})
    fails_twice(asked)
    assert asked.the(AskApproval).subject["tool"] == "replica.get"
    asked.approves()
    asked.returns("replica.get", {"total": 1})
    assert asked.finished.end == "done"


def test_a_call_that_is_denied_has_no_fallback() -> None:
    world = World(STEP + "policy p { forbid orders.get }", {"id": "A1"})
    assert world.called == []
    assert world.failed == [("order", "denied")]


def test_what_is_hidden_of_the_one_is_hidden_of_the_other() -> None:
    world = World(STEP + "policy p { redact result.total for orders.get }", {"id": "A1"})
    fails_twice(world)
    world.returns("replica.get", {"total": 7})
    assert "7" not in str(world.of(CallDone))
