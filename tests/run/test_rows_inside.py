"""A workflow for each row of a list: each in a frame of its own, that is given up alone, and merged with the others."""

from interlock.run.protocol.commands import AskApproval, AskModel, AskPerson, CallTool, FinishRun
from interlock.run.protocol.events import ModelReplied, PersonAnswered, RunResumed
from interlock.run.protocol.notes import StepBegan, StepCancelled, StepDone, StepFailed
from run.texts_of_rows import each
from run.world import HOUR, World

IDS = {"ids": ["a", "b", "c"]}


def began(text: str) -> World:
    return World(text, {"ids": ["a", "b", "c"]})


def at(world: World, kind: type[AskModel] | type[AskPerson] | type[CallTool]) -> list[str]:
    return [command.step for command in world.open(kind)]


def bought(world: World, row: int, *, well: bool = True) -> None:
    """Have a row buy, and be told whether that was right."""
    world.answers({"ok": True}, step=f"all[{row}]/think")
    world.returns("pay.issue", {"id": f"R{row}"})
    asked = next(command for command in world.open(AskPerson) if command.step == f"all[{row}]/check")
    world.feed(PersonAnswered(world.now, asked.id, "bob", "boss", {"ok": well}))


def over(world: World) -> FinishRun:
    return next(command for command in world.commands if isinstance(command, FinishRun))


def test_every_row_runs_in_a_frame_of_its_own_and_gives_an_end_with_its_fields() -> None:
    world = began(each(""))
    assert at(world, AskModel) == ["all[0]/think", "all[1]/think", "all[2]/think"]
    for row in (2, 0, 1):
        bought(world, row)
    (done,) = [note for note in world.of(StepDone) if note.step == "all"]
    assert done.output == [{"end": "bought", "id": id, "receipt": f"R{n}"} for n, id in enumerate(IDS["ids"])]
    assert over(world).end == "done"


def test_a_row_is_a_step_around_and_what_is_used_inside_counts_in_both() -> None:
    world = began(each("width 1"))
    bought(world, 0)
    run = world.machine._run
    assert (run.root.spent.steps, run.root.spent.tool_calls) == (2 + 3 + 1, 1)
    (visit,) = (row for fan_out in run.root.active.values() if fan_out.rows for row in fan_out.rows.under_way.values())
    assert visit.inner is not None
    assert (visit.inner.path, visit.inner.spent.steps) == ("all[1]", 1)


def test_a_budget_around_that_is_used_up_inside_a_row_undoes_that_row() -> None:
    world = began(each("width 1", budget="steps 4  tool_calls 9"))
    bought(world, 0)
    assert "all[1]" not in [note.step for note in world.of(StepBegan) if note.step.endswith("/think")]
    (failed,) = [note for note in world.of(StepFailed) if note.step == "all"]
    assert failed.trigger == "over budget"


def test_a_width_holds_rows_back_until_one_is_over() -> None:
    world = began(each("width 2"))
    assert at(world, AskModel) == ["all[0]/think", "all[1]/think"]
    world.answers({"ok": False}, step="all[1]/think")
    assert at(world, AskModel) == ["all[0]/think", "all[2]/think"]


def test_a_row_that_is_given_up_undoes_what_it_did_and_then_fails_the_step() -> None:
    world = began(each(""))
    bought(world, 0)
    bought(world, 1, well=False)
    assert at(world, CallTool) == ["all[1]/pay"]
    assert not [note for note in world.of(StepFailed) if note.step == "all"]
    world.returns("pay.void")
    assert [note.step for note in world.of(StepFailed)] == ["all[1]", "all"]
    assert [note.step for note in world.of(StepCancelled)] == ["all[2]/think", "all[2]"]
    assert over(world).output == {
        "kind": "failure", "why": "row 1 failed: `buy` was given up: dropped b",
    }  # fmt: skip
    assert [command.args for command in world.commands if isinstance(command, CallTool)][-1] == {"receipt": "R1"}


def test_failures_that_are_collected_are_those_of_rows_that_are_given_up() -> None:
    world = began(each("collect failures"))
    bought(world, 0, well=False)
    world.returns("pay.void")
    bought(world, 1)
    world.answers({"ok": False}, step="all[2]/think")
    assert over(world).output == {
        "all": [
            {"ok": False, "failure": "`buy` was given up: dropped a"},
            {"ok": True, "value": {"end": "bought", "id": "b", "receipt": "R1"}},
            {"ok": True, "value": {"end": "unwanted", "id": "c"}},
        ]
    }


def test_all_that_the_rows_did_which_are_not_needed_is_undone_the_last_first() -> None:
    world = began(each("merge any"))
    for row in (0, 1):
        world.answers({"ok": True}, step=f"all[{row}]/think")
        world.returns("pay.issue", {"id": f"R{row}"})
    world.answers({"ok": True}, step="all[2]/think")
    (asked,) = (command for command in world.open(AskPerson) if command.step == "all[1]/check")
    world.feed(PersonAnswered(world.now, asked.id, "bob", "boss", {"ok": True}))
    world.returns("pay.issue", {"id": "R2"})  # it was under way, and is waited for
    undone = []
    while world.open(CallTool):
        undone.append(world.the(CallTool).args)
        world.returns("pay.void")
    assert undone == [{"receipt": "R2"}, {"receipt": "R0"}]
    assert over(world).output == {"all": [{"end": "bought", "id": "b", "receipt": "R1"}]}


def test_a_row_that_is_being_undone_when_enough_others_are_done_is_undone_with_them() -> None:
    world = began(each("merge any"))
    bought(world, 0, well=False)
    bought(world, 1)
    assert not [note for note in world.of(StepDone) if note.step == "all"]
    world.returns("pay.void")
    assert over(world).end == "done"
    assert len([command for command in world.commands if isinstance(command, CallTool)]) == 3


def test_an_approval_is_for_the_inputs_of_all_rows_as_they_were_then() -> None:
    world = began(each("width 1", before="after approval by boss within 1h"))
    asked = world.the(AskApproval)
    assert asked.subject["workflow"] == "buy"
    assert asked.subject["rows"] == [{"id": "a"}, {"id": "b"}, {"id": "c"}]
    assert not world.open(AskModel)
    world.approves()
    bought(world, 0)
    bought(world, 1)
    bought(world, 2)
    assert not world.open(AskApproval)
    assert over(world).end == "done"


def test_when_the_time_around_is_over_what_rows_did_that_are_under_way_is_undone_first() -> None:
    world = began(each("collect failures", budget="time 1h"))
    bought(world, 0)
    world.answers({"ok": True}, step="all[1]/think")
    world.returns("pay.issue", {"id": "R1"})
    world.wait(HOUR)
    assert [command.args for command in world.open(CallTool)] == [{"receipt": "R1"}]
    assert not [note for note in world.of(StepFailed) if note.step == "all"]
    world.returns("pay.void")
    assert over(world).output == {"kind": "over budget", "why": "the time of the run is over"}


def test_whatever_arrives_meanwhile_the_step_fails_once_all_is_undone() -> None:
    world = began(each("collect failures", budget="time 1h"))
    for row in (0, 1, 2):
        world.answers({"ok": True}, step=f"all[{row}]/think")
        world.returns("pay.issue", {"id": f"R{row}"})
    world.wait(HOUR)
    for receipt in ("R2", "R1", "R0"):
        assert not [note for note in world.of(StepFailed) if note.step == "all"]
        assert [command.args for command in world.open(CallTool)] == [{"receipt": receipt}]
        world.returns("pay.void")
    assert over(world).output["kind"] == "over budget"


def test_each_row_has_a_deadline_of_its_own() -> None:
    world = began(each("width 1 collect failures within 1h"))
    world.wait(HOUR // 2)
    bought(world, 0)
    world.answers({"ok": True}, step="all[1]/think")
    world.returns("pay.issue", {"id": "R1"})
    world.wait(HOUR - 1)
    assert not world.open(CallTool)
    world.wait(1)
    assert [command.args for command in world.open(CallTool)] == [{"receipt": "R1"}]
    world.returns("pay.void")
    (late,) = world.of(StepFailed)
    assert (late.step, late.trigger) == ("all[1]", "timeout")
    assert at(world, AskModel) == ["all[2]/think"]


def test_what_arrives_inside_behind_the_deadline_finds_the_step_failed() -> None:
    world = began(each("within 1h"))
    asked = world.open(AskModel)[0]
    world.feed(ModelReplied(HOUR, asked.id, True, {"ok": True}))
    assert over(world).output == {
        "kind": "timeout", "why": "row 0 failed: `buy` was given up: `all[0]` was not done in time",
    }  # fmt: skip
    assert not [command for command in world.commands if isinstance(command, CallTool)]


def test_a_run_that_is_taken_up_behind_the_deadline_begins_nothing_inside() -> None:
    world = began(each("within 1h"))
    world.answers({"ok": True}, step="all[0]/think")
    world.returns("pay.issue", {"id": "R0"})
    world.now = 2 * HOUR
    world.feed(RunResumed(world.now))
    assert [command.args for command in world.open(CallTool)] == [{"receipt": "R0"}]
    world.returns("pay.void")
    assert over(world).output["kind"] == "timeout"
