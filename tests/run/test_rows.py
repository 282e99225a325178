"""A step that is taken for each row of a list."""

import pytest

from interlock.run.protocol.commands import AskApproval, AskModel, AskPerson, CallTool
from interlock.run.protocol.events import Json, PersonAnswered, RunCancelled, ToolFailed, ToolReturned
from interlock.run.protocol.notes import StepBegan, StepCancelled, StepDone, StepFailed
from run.texts import HEAD
from run.texts_of_rows import ROWS, SOME
from run.world import HOUR, World, tighten

ABC: dict[str, Json] = {"ids": ["a", "b", "c"]}


def workflow(step: str, *, end: str = "n: size(s)", routes: str = "", budget: str = "steps 40  tool_calls 40") -> str:
    return f"""{HEAD}
workflow w(ids: list<string max 20> max 5) {{
  goal "rows"
  budget {{ {budget} }}
  step s {step}
  end done {{ {end} }}
  {"end other" if routes else ""}
  start -> s grant pay.write
  s -> done
  {routes}
}}
"""


def paying(clauses: str, **parts: str) -> World:
    return World(workflow(f"calls pay.issue(id: r, amount: 10) for each r in ids max 5 {clauses}", **parts), ABC)


def under_way(world: World) -> list[str]:
    return [str(call.args["id"]) for call in world.open(CallTool) if call.tool == "pay.issue"]


def settle(world: World, id: str, *, fails: bool = False) -> None:
    call = next(call for call in world.open(CallTool) if call.args == {"id": id, "amount": 10})
    event = ToolFailed(world.now, call.id, "error", "it broke") if fails else None
    world.feed(event or ToolReturned(world.now, call.id, {"id": f"R{id}"}))


def fail(world: World, id: str) -> None:
    """Let a row's call fail for good: it is tried twice."""
    settle(world, id, fails=True)
    world.wait(1_000_000)
    settle(world, id, fails=True)


def test_all_rows_are_under_way_at_once_without_a_width() -> None:
    assert under_way(paying("")) == ["a", "b", "c"]


def test_a_width_holds_rows_back_until_one_is_done() -> None:
    world = paying("width 2")
    assert under_way(world) == ["a", "b"]
    settle(world, "b")
    assert under_way(world) == ["a", "c"]
    assert [note.step for note in world.of(StepBegan)] == ["s", "s[0]", "s[1]", "s[2]"]


def test_the_output_is_in_the_order_of_the_list_whatever_came_first() -> None:
    world = paying("", end="ids: s.map(r, r.id)")
    for id in ("c", "a", "b"):
        settle(world, id)
    assert world.finished.output == {"ids": ["Ra", "Rb", "Rc"]}


def test_each_row_is_charged_as_a_step_and_the_fan_out_is_none() -> None:
    world = paying("width 1")
    assert world.machine._run.root.spent.steps == 1
    for id in ("a", "b", "c"):
        settle(world, id)
    assert world.machine._run.root.spent.steps == 3


def test_no_row_gives_an_empty_list_at_once() -> None:
    world = World(workflow("calls pay.issue(id: r, amount: 10) for each r in ids max 5"), {"ids": []})
    assert world.finished.output == {"n": 0}


def test_a_row_that_fails_fails_the_step_and_the_others_are_cancelled() -> None:
    world = paying("width 2", routes="s -> other on failure")
    fail(world, "a")
    assert world.failed == [("s[0]", "failure"), ("s", "failure")]
    assert [note.step for note in world.of(StepCancelled)] == ["s[1]"]
    assert "s[2]" not in world.entered
    settle(world, "b")
    assert world.finished.end == "other"
    assert "pay.void" not in world.called, "what other rows did stays, for the run goes on"


def test_what_rows_did_is_undone_with_all_else_when_the_run_is_given_up() -> None:
    world = paying("")
    settle(world, "b")
    settle(world, "a")
    world.feed(RunCancelled(0, "ann"))
    settle(world, "c")
    undone = []
    while calls := world.open(CallTool):
        undone.append(calls[0].args["receipt"])
        world.returns("pay.void")
    assert undone == ["Rc", "Ra", "Rb"]


def test_failures_that_are_collected_say_so_in_their_place() -> None:
    world = paying("collect failures", end='ok: s.map(r, r.ok), why: s.map(r, r.?failure.orValue(""))')
    settle(world, "c")
    fail(world, "b")
    settle(world, "a")
    output = world.finished.output
    assert output["ok"] == [True, False, True]
    assert output["why"] == ["", "pay.issue failed: it broke", ""]


def test_as_many_as_are_needed_are_enough_and_what_the_others_did_is_undone() -> None:
    world = World(workflow("calls pay.issue(id: r, amount: 10) for each r in ids max 5 merge any"), ABC)
    settle(world, "b")
    assert [note.step for note in world.of(StepCancelled)] == ["s[0]", "s[2]"]
    assert not world.of(StepDone) or world.of(StepDone)[-1].step == "s[1]", "the calls under way are waited for"
    settle(world, "a")
    settle(world, "c")
    assert world.the(CallTool).args == {"receipt": "Rc"}
    world.returns("pay.void")
    assert world.the(CallTool).args == {"receipt": "Ra"}
    world.returns("pay.void")
    assert world.finished.output == {"n": 1}
    assert "not undone" not in world.finished.reason


def test_rows_that_fail_are_left_out_as_long_as_enough_are_left() -> None:
    world = World(SOME, ABC)
    fail(world, "a")
    settle(world, "c")
    settle(world, "b")
    assert world.finished.output == {"paid": 2}


def test_too_few_rows_that_can_still_succeed_fail_the_step() -> None:
    world = World(SOME, ABC)
    fail(world, "a")
    fail(world, "b")
    settle(world, "c")
    assert world.finished.end == "short"
    few = World(SOME, {"ids": ["a"]})
    assert few.finished.end == "short"
    assert few.called == []


@pytest.mark.parametrize("count", [2, 3])
def test_a_list_that_is_too_long_fails_the_step_before_any_row(count: int) -> None:
    ids: list[Json] = [str(number) for number in range(count)]
    text = workflow("calls pay.issue(id: r, amount: 10) for each r in ids max 2", routes="s -> other on failure")
    world = World(text, {"ids": ids})
    assert (world.failed == [("s", "failure")]) is (count == 3)
    assert len(world.called) == (0 if count == 3 else 2)


def test_a_budget_that_is_used_up_in_the_middle_fails_the_step() -> None:
    text = workflow("calls pay.issue(id: r, amount: 10) for each r in ids max 5", routes="s -> other on over budget")
    world = World(tighten(text, steps=2), ABC)
    assert world.failed[-1] == ("s", "over budget")


def test_an_agent_and_a_person_are_shown_their_row_beside_what_is_passed() -> None:
    world = World(ROWS, ABC)
    world.approves()
    while calls := world.open(CallTool):
        world.feed(ToolReturned(0, calls[0].id, {"id": "R"}))
    assert [(ask.step, ask.context) for ask in world.open(AskModel)] == [
        ("think[0]", {"r": "a"}),
        ("think[1]", {"r": "b"}),
    ]
    while world.open(AskModel):
        world.answers({"amount": 1})
    assert [(ask.step, ask.context) for ask in world.open(AskPerson)] == [
        ("ask[0]", {"r": "a"}),
        ("ask[1]", {"r": "c"}),
    ]
    ask = world.open(AskPerson)[1]
    world.feed(PersonAnswered(0, ask.id, "bob", "boss", {"ok": True}))
    assert world.finished.output == {"paid": 3, "thought": 3, "asked": 1}


# --- approvals --------------------------------------------------------------------------------------------------------


def test_an_approval_on_the_route_is_for_the_calls_of_all_rows() -> None:
    world = World(ROWS, ABC)
    asked = world.the(AskApproval)
    assert asked.step == "pay"
    assert asked.subject["rows"] == [{"id": id, "amount": 10} for id in ("a", "b", "c")]
    assert world.called == []
    world.approves()
    assert under_way(world) == ["a", "b"]
    settle(world, "a")
    world.wait(7_200_000_000)
    settle(world, "b")
    assert "c" in under_way(world), "what was agreed to covers rows that begin late"


def test_a_refused_list_makes_no_call() -> None:
    world = World(ROWS, ABC)
    world.denies()
    assert world.called == []
    assert world.finished.end == "refused"


def test_rules_are_asked_for_each_call() -> None:
    text = workflow(
        "calls pay.issue(id: r, amount: 10) for each r in ids max 5 collect failures", end="ok: s.map(r, r.ok)"
    )
    world = World(text + 'policy p { forbid pay.issue when args.id == "b" because "not b" }', ABC)
    assert under_way(world) == ["a", "c"]
    settle(world, "a")
    settle(world, "c")
    assert world.finished.output == {"ok": [True, False, True]}


def test_what_is_hidden_of_a_call_is_hidden_of_the_list_that_is_approved() -> None:
    world = World(ROWS + "policy p { redact args.id for pay.issue }", ABC)
    shown = str(world.notes)
    assert "'amount': 10" in shown
    assert "'a'" not in shown.replace(str(world.the(AskApproval).subject), "")


def test_rows_that_are_not_needed_are_undone_before_the_step_is_over_also_when_the_time_is() -> None:
    world = World(SOME.replace("steps 40", "steps 40  time 1h"), {"ids": ["a", "b", "c"]})
    for id in ("a", "b"):
        call = next(call for call in world.open(CallTool) if call.args["id"] == id)
        world.feed(ToolReturned(world.now, call.id, {"id": f"R{id}"}))
    world.wait(HOUR)
    world.returns("pay.issue", {"id": "Rc"})
    assert [call.args for call in world.open(CallTool)] == [{"receipt": "Rc"}]
    assert not [note for note in world.notes if isinstance(note, StepDone | StepFailed) and note.step == "pay"]
    world.returns("pay.void")
    assert [note.step for note in world.of(StepDone)] == ["pay[0]", "pay[1]", "pay"]


def test_one_approval_for_many_rows_has_the_arguments_of_all_of_them() -> None:
    """Each row has a limit of its own for what it may cost, as when it begins."""
    some = workflow("calls pay.issue(id: r, amount: 10) for each r in ids max 5000")
    text = some.replace("max 20> max 5)", "max 20> max 5000)").replace("grant pay.write", GRANT) + FORBIDDEN
    world = World(text, {"ids": [f"row {number}" for number in range(5_000)]})
    [asked] = world.open(AskApproval)
    rows = asked.subject["rows"]
    assert isinstance(rows, list)
    assert len(rows) == 5_000
    assert None not in rows


GRANT = "grant pay.write after approval by boss within 1d"
FORBIDDEN = """
policy d {
  forbid pay.issue when args.amount == 13 because "unlucky"
  forbid pay.issue when args.id == "bad" && args.amount > 3 because "bad"
}
"""
