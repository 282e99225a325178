"""A run goes back to a step as if nothing had been done since: what was is discarded and undone first."""

from dataclasses import replace

import pytest

from interlock.run.protocol.commands import AskModel, AskPerson, CallTool, Notify
from interlock.run.protocol.events import Json, PersonAnswered, RunCancelled, RunResumed, ToolReturned
from interlock.run.protocol.notes import Backtracked, RunEnded, StepCancelled
from run.test_agents import SECOND
from run.texts_of_backtracking import BACK, BESIDE
from run.world import World

RECEIPTS = {"a": "RA", "b": "RB", "x": "RX", "y": "RY", "z": "RZ"}


def pays(world: World) -> None:
    """Let the calls that pay come back, one after the other."""
    while calls := [call for call in world.open(CallTool) if call.tool == "pay.issue"]:
        world.feed(ToolReturned(world.now, calls[0].id, {"id": RECEIPTS[str(calls[0].args["id"])]}))


def to_check(world: World, amount: int = 5) -> None:
    world.answers({"amount": amount})
    world.approves()
    pays(world)


def planned(*ids: str, text: str = BACK) -> World:
    world = World(text, {"ids": list(ids)})
    world.returns("orders.note")
    to_check(world)
    return world


def paid(text: str) -> World:
    """Begin a run whose first payment is done, and whose next is under way."""
    world = World(text, {"ids": ["x"]})
    world.returns("orders.note")
    world.answers({"amount": 5})
    world.approves()
    world.returns("pay.issue", {"id": "RA"})
    return world


def undone(world: World) -> list[object]:
    return [call.args["receipt"] for call in world.commands if isinstance(call, CallTool) and call.purpose == "undo"]


def voids(world: World) -> None:
    while any(call.tool == "pay.void" for call in world.open(CallTool)):
        world.returns("pay.void")


def goes_back_twice(world: World) -> None:
    for _ in range(2):
        world.person(NOT)
        voids(world)
        to_check(world)


NOT: Json = {"ok": False, "why": "too dear"}


def test_what_was_done_since_is_undone_in_reverse_rows_and_workflows_inside_too() -> None:
    world = planned("x", "y")
    world.person(NOT)
    voids(world)
    assert undone(world) == ["RB", "RY", "RX", "RA"]


def test_the_step_is_entered_only_once_all_is_undone() -> None:
    world = planned("x")
    world.person(NOT)
    for _ in range(3):
        assert not world.open(AskModel)
        world.returns("pay.void")
    assert world.the(AskModel).step == "plan"


def test_what_steps_gave_is_gone_and_what_came_before_stays() -> None:
    world = planned("x")
    world.person(NOT)
    assert set(world.machine._run.root.shown) == {"ids", "note"}
    assert world.machine._run.root.values.keys() >= {"ids", "note"}
    gone = ("plan", "pay", "each", "shop", "check")
    assert not any(world.machine._run.root.values.get(name) for name in gone), "records are there, and have no fields"
    assert [note.discarded for note in world.of(Backtracked)] == [("plan", "pay", "each", "shop", "check")]


def test_what_the_route_passes_was_read_before_it_was_discarded() -> None:
    world = planned("x")
    world.person(NOT)
    voids(world)
    assert world.the(AskModel).context == {"check": {"why": "too dear"}}
    to_check(world)
    assert world.the(AskPerson).context == {"plan": {"amount": 5}}, "a later visit reads what is there then"


def test_an_approval_is_asked_for_again() -> None:
    world = planned("x")
    world.person(NOT)
    voids(world)
    world.answers({"amount": 6})
    assert not world.open(CallTool)
    world.approves()
    assert world.call("pay.issue").args["amount"] == 6


def test_a_call_that_is_made_again_after_it_was_undone_has_another_key_and_so_has_its_undo() -> None:
    world = planned("x")
    goes_back_twice(world)
    keys = [call.key for call in world.commands if isinstance(call, CallTool)]
    assert len(keys) == len(set(keys)) == 1 + 3 * 3 + 2 * 3


def test_when_it_was_gone_back_often_enough_the_way_out_is_taken_and_nothing_is_undone() -> None:
    world = planned("x")
    goes_back_twice(world)
    before = undone(world)
    world.person(NOT)
    assert world.finished.end == "failed"
    assert undone(world) == before
    assert len(world.of(Backtracked)) == 2


def test_what_was_used_up_stays_so() -> None:
    world = planned("x")
    spent = world.machine._run.root.spent
    before = spent.steps, spent.tool_calls
    world.person(NOT)
    voids(world)
    assert (spent.steps, spent.tool_calls) == (before[0] + 1, before[1] + 3)
    assert {tool: len(calls) for tool, calls in world.machine._run.history.performed().items()} == {
        "orders.note": 1, "pay.issue": 3, "pay.void": 3,
    }  # fmt: skip


def test_an_undo_that_fails_gives_the_run_up_and_says_what_is_left_over() -> None:
    world = planned("x")
    world.person(NOT)
    world.returns("pay.void")
    world.fails("pay.void")
    world.wait(SECOND)
    world.fails("pay.void")
    voids(world)
    assert not [note for note in world.entered if note == "plan"][1:]
    assert world.finished.status == "failed"
    assert (world.finished.code, "not undone: pay.issue" in world.finished.reason) == ("not-undone", True)
    assert undone(world) == ["RB", "RX", "RX", "RA"]


def test_an_undo_that_is_refused_gives_the_run_up() -> None:
    text = BACK + 'policy desk { forbid pay.void when args.receipt == "RX" because "never" }'
    world = planned("x", text=text)
    world.person(NOT)
    voids(world)
    assert world.finished.code == "not-undone"
    assert undone(world) == ["RB", "RA"]


def test_what_cannot_be_undone_gives_the_run_up() -> None:
    text = BACK.replace("undo pay.void(receipt: result.id)", "")
    world = planned("x", text=text)
    world.person(NOT)
    assert world.finished.code == "not-undone"
    assert not undone(world)


def test_what_may_have_happened_gives_the_run_up() -> None:
    text = BACK.replace(
        "each -> shop", "each -> plan on failure backtrack at most 1 times, then -> failed  each -> shop"
    )
    text = text.replace("idempotent by id  retry 1 times backoff 1s..1s  undo", "undo", 1)
    world = paid(text)
    world.fails("pay.issue", "timeout")
    voids(world)
    assert (world.finished.code, undone(world)) == ("not-undone", ["RA"])
    assert "may have happened" in world.finished.reason


def test_it_goes_back_on_a_failure() -> None:
    text = BACK.replace(
        "each -> shop",
        "each -> plan on failure backtrack at most 1 times, then -> failed pass failure.message  each -> shop",
    )
    world = paid(text)
    world.fails("pay.issue")
    world.wait(SECOND)
    world.fails("pay.issue")
    assert undone(world) == ["RA"]
    voids(world)
    assert world.the(AskModel).context == {"failure": {"message": "row 0 failed: pay.issue failed: it broke"}}


def test_cancelled_while_it_undoes_the_rest_is_undone_once() -> None:
    world = planned("x", "y")
    world.person(NOT)
    world.returns("pay.void")
    world.feed(RunCancelled(world.now, "ann"))
    voids(world)
    assert undone(world) == ["RB", "RY", "RX", "RA"]
    assert world.finished.status == "cancelled"


def test_behind_its_deadline_while_it_undoes_the_rest_is_undone_once() -> None:
    world = planned("x", "y")
    world.person(NOT)
    world.wait(10 * 3600 * SECOND)
    voids(world)
    assert undone(world) == ["RB", "RY", "RX", "RA"]
    assert world.finished.status == "failed"


def test_stopped_while_it_undoes_the_same_undo_is_made_again() -> None:
    world = planned("x")
    world.person(NOT)
    world.feed(RunResumed(world.now))
    voids(world)
    assert undone(world) == ["RB", "RB", "RX", "RA"]
    assert world.the(AskModel).step == "plan"


# --- branches beside ---


def beside(text: str = BESIDE) -> World:
    world = World(text, {"id": "a"})
    world.feed(ToolReturned(world.now, next(c.id for c in world.open(CallTool) if c.args["id"] == "ax"), {"id": "RO"}))
    ask(world, "plan", {"n": 1})
    world.returns("pay.issue", {"id": "RA"})
    return world


def ask(world: World, step: str, answer: Json) -> None:
    asked = next(each for each in world.open(AskPerson) if each.step == step)
    world.feed(PersonAnswered(world.now, asked.id, "bob", asked.role, answer))


def test_what_runs_beside_stays() -> None:
    world = beside()
    ask(world, "check", {"ok": False})
    voids(world)
    assert undone(world) == ["RA"]
    assert {each.step for each in world.open(AskPerson)} == {"plan", "more"}
    assert "other" in world.machine._run.root.shown


def test_a_join_waits_for_the_branch_that_went_back() -> None:
    world = beside()
    ask(world, "more", {"ok": True})
    ask(world, "check", {"ok": False})
    voids(world)
    ask(world, "plan", {"n": 1})
    world.returns("pay.issue", {"id": "RA2"})
    ask(world, "check", {"ok": True})
    assert world.finished.end == "done"


def test_a_run_that_ends_beside_finishes_what_is_undone_and_goes_back_nowhere() -> None:
    text = BESIDE.replace("other -> more", "other -> more  more -> failed when !more.ok")
    world = beside(text)
    ask(world, "check", {"ok": False})
    ask(world, "more", {"ok": False})
    assert not world.of(RunEnded)
    voids(world)
    assert (world.finished.status, world.finished.end) == ("ended", "failed")
    assert world.entered.count("plan") == 1


def test_a_branch_that_is_no_longer_needed_goes_back_nowhere() -> None:
    text = BESIDE.replace("merge all", "merge any").replace(", then -> failed", "").replace("end failed", "")
    world = beside(text)
    ask(world, "check", {"ok": False})
    ask(world, "more", {"ok": True})
    voids(world)
    assert world.finished.end == "done"
    assert world.entered.count("plan") == 1


# --- inside ---

INSIDE = (
    BACK.replace("workflow w(", "workflow inner(").replace('goal "what', 'goal "inside, what')
    + """
workflow w2(ids: list<string max 20> max 5) {
  step sub runs inner(ids: ids)
  end done
  end lost
  start -> sub grant pay.write, orders.write
  sub -> done
  sub -> lost on failure
}
"""
)


def test_a_workflow_inside_that_cannot_go_back_is_given_up_and_its_step_fails() -> None:
    text = INSIDE.replace("undo pay.void(receipt: result.id)", "")
    whole = World(text, {"ids": ["x"]}).program
    order = {"w2": whole.workflows["w2"], **{n: w for n, w in whole.workflows.items() if n != "w2"}}
    world = World(replace(whole, workflows=order), {"ids": ["x"]})
    world.returns("orders.note")
    to_check(world)
    world.person(NOT)
    assert world.finished.end == "lost"
    assert [trigger for _, trigger in world.failed] == ["failure"]


def test_a_branch_that_is_late_is_cancelled_with_the_part() -> None:
    text = BESIDE.replace("begin -> plan, other", "begin -> start_here  start_here -> plan, other").replace(
        "step plan asks", "step start_here sets { n: 1 }  step plan asks"
    )
    text = text.replace("check -> plan when !check.ok backtrack at most 1 times, then -> failed", "")
    text = text.replace("merge all", "merge any").replace(
        "other -> more", "other -> more  more -> failed when !more.ok"
    )
    text = text.replace(
        "last -> done",
        "last -> ask_again  ask_again -> done when ask_again.ok  "
        "ask_again -> start_here when !ask_again.ok backtrack at most 1 times, then -> failed",
    )
    text = text.replace(
        "step last sets { n: 1 }",
        'step last sets { n: 1 } step ask_again asks boss { question "well?" returns { ok: bool } }',
    )
    world = beside(text)
    ask(world, "check", {"ok": True})
    assert {each.step for each in world.open(AskPerson)} == {"more", "ask_again"}
    ask(world, "ask_again", {"ok": False})
    assert [(note.step, note.code) for note in world.of(StepCancelled)] == [("more", "backtracked")]
    voids(world)
    assert undone(world) == ["RA", "RO"]
    ask(world, "plan", {"n": 1})
    for call in list(world.open(CallTool)):
        world.feed(ToolReturned(world.now, call.id, {"id": f"R{call.args['id']}"}))
    ask(world, "more", {"ok": True})
    assert {each.step for each in world.open(AskPerson)} == {"ask_again"}, "the join was arrived at anew"


@pytest.mark.parametrize("kind", [Notify])
def test_people_are_told_before_it_goes_back(kind: type[Notify]) -> None:
    text = BACK.replace("pass check.why", 'pass check.why escalate to deputy because "once more"')
    world = planned("x", text=text)
    world.person(NOT)
    assert world.commands.index(next(c for c in world.commands if isinstance(c, kind))) < world.commands.index(
        next(c for c in world.commands if isinstance(c, CallTool) and c.purpose == "undo")
    )
