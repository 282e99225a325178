"""What workflows inside workflows did is undone in one reverse order, though one of them is being undone already."""

import pytest

from interlock.run.protocol.commands import CallTool, FinishRun
from interlock.run.protocol.events import RunResumed, SignalReceived
from interlock.run.protocol.notes import StepFailed
from run.world import World

TEXT = """
tool things.put(key: string) -> { id: string } {
  needs things.write  effect write  idempotent by key  undo things.remove(id: result.id)
}
tool things.remove(id: string) { needs things.write  effect write  idempotent by id }

workflow outer() {
  step first calls things.put(key: "first")
  step part runs middle()
  step beside waits for event "beside"
  step late calls things.put(key: "late")
  step last waits for event "last" -> { well: bool }
  end done
  end failed
  end abandoned gives up { because "enough" }
  start -> first grant things.write
  first -> part, beside grant things.write
  part -> done
  part -> failed on failure
  beside -> late grant things.write
  late -> last
  last -> abandoned when !last.well
  last -> done otherwise
}

workflow middle() {
  step one calls things.put(key: "one")
  step inside runs inner()
  step stop waits for event "middle"
  end done
  end abandoned gives up { because "middle" }
  start -> one grant things.write
  one -> inside, stop grant things.write
  inside -> done
  stop -> abandoned
}

workflow inner() {
  step two calls things.put(key: "two")
  step three calls things.put(key: "three")
  step stop waits for event "inner" -> { well: bool }
  end done
  end abandoned gives up { because "inner" }
  start -> two grant things.write
  two -> three grant things.write
  three -> stop
  stop -> done when stop.well
  stop -> abandoned otherwise
}
"""


@pytest.fixture
def world() -> World:
    begun = World(TEXT, {})
    for key in ("first", "one", "two", "three"):
        begun.returns("things.put", {"id": key})
    signal(begun, "inner", well=False)
    return begun


def signal(world: World, event: str, **data: bool) -> None:
    world.feed(SignalReceived(world.now, event, dict(data) or None))


def undone(world: World) -> list[object]:
    """Let every undo that is asked for succeed, one by one, and return what was undone, in the order it was asked."""
    while asked := world.open(CallTool):
        assert len(asked) == 1, "one after the other"
        world.returns("things.remove")
    calls = [command for command in world.commands if isinstance(command, CallTool)]
    return [call.args["id"] for call in calls if call.purpose == "undo"]


def test_a_part_takes_over_what_is_left_of_a_part_inside_it(world: World) -> None:
    signal(world, "middle")
    assert not world.of(StepFailed), "a step fails when all inside it is undone"
    assert undone(world) == ["three", "two", "one"]
    assert [note.step for note in world.of(StepFailed)] == ["part"]
    assert world.finished.end == "failed"


def test_a_run_that_ends_meanwhile_finishes_both(world: World) -> None:
    signal(world, "middle")
    signal(world, "beside")
    world.returns("things.put", {"id": "late"})
    signal(world, "last", well=True)
    assert undone(world) == ["three", "two", "one"]
    assert world.finished.end == "done"


def test_a_run_that_an_end_gives_up_undoes_all_in_one_order(world: World) -> None:
    signal(world, "beside")
    world.returns("things.put", {"id": "late"})
    signal(world, "last", well=False)
    assert undone(world) == ["three", "late", "two", "one", "first"]
    assert world.finished.status == "failed"


def test_so_it_is_when_a_runtime_takes_it_up_in_between(world: World) -> None:
    signal(world, "middle")
    world.feed(RunResumed(world.now))
    assert undone(world)[-3:] == ["three", "two", "one"]
    assert world.finished.end == "failed"


LEFT = """
tool things.put(key: string) -> { id: string } {
  needs things.write  effect write  idempotent by key  undo things.remove(id: result.id)
}
tool things.remove(id: string) { needs things.write  effect write  idempotent by id }
tool things.mark(key: string) { needs things.write  effect write }
tool things.send(key: string) { needs things.write  effect irreversible }

workflow outer(keys: list<string> max 3) {
  step rows runs inner(key: each_key) for each each_key in keys max 3 collect failures
  end done { failures: rows.filter(row, !row.ok).map(row, row.failure) }
  start -> rows grant things.write
  rows -> done
}

workflow inner(key: string) {
  step put calls things.put(key: key)
  step mark calls things.mark(key: key)
  step send calls things.send(key: key)
  end done
  start -> put grant things.write
  put -> mark grant things.write
  mark -> send grant things.write
  send -> done
}
"""


def test_a_step_whose_workflow_is_given_up_says_what_is_left_of_it() -> None:
    world = World(LEFT, {"keys": ["a", "b"]})
    for _ in range(2):
        world.returns("things.put", {"id": "1"})
    for _ in range(2):
        world.returns("things.mark")
    world.fails("things.send", "uncertain")
    world.returns("things.send")
    world.fails("things.remove")
    finish = next(command for command in world.commands if isinstance(command, FinishRun))
    left = "not undone: things.mark, things.put; may have happened: things.send"
    assert finish.output == {
        "failures": [
            "`inner` was given up: step `send` failed (failure): things.send may have happened: it broke; " + left
        ]
    }
    assert finish.status == "ended"
    assert "not undone: things.mark (it has no undo), things.put (things.remove failed: it broke)" in finish.reason
    assert finish.reason.endswith("may have happened: things.send")


def test_what_another_row_left_is_not_said_of_this_one() -> None:
    world = World(LEFT, {"keys": ["a", "b"]})
    for _ in range(2):
        world.returns("things.put", {"id": "1"})
    world.fails("things.mark")
    world.fails("things.remove")
    world.fails("things.mark")
    world.returns("things.remove")
    (first, second) = (note.message for note in world.notes if isinstance(note, StepFailed) and note.step[-1] == "]")
    assert first.endswith("; not undone: things.put")
    assert "not undone" not in second
