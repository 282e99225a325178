"""A part of what a run did is undone while the run goes on."""

from collections.abc import Callable

from interlock.run.moves import Fail, Undo
from interlock.run.parts import Frame
from interlock.run.protocol.commands import CallTool
from interlock.run.protocol.events import RunCancelled, RunResumed, ToolReturned
from interlock.run.protocol.notes import RunEnded
from run.world import SECOND, World, travel


def begin(world: World, *steps: str) -> None:
    """Undo what some steps did; the step that is under way fails after it."""
    run = world.machine._run
    run.notes, run.commands = [], []
    (visit,) = run.root.active.values()
    run.agenda.append(Undo(visit.frame, visits_of(*steps), Fail(visit, "failure", "what came before it is undone")))
    world.machine._work()
    world.commands += run.commands
    world.notes += run.notes


def visits_of(*steps: str) -> Callable[[Frame, str, int], bool]:
    return lambda frame, path, number: path in steps


def receipts(world: World) -> list[object]:
    calls = [command for command in world.commands if isinstance(command, CallTool)]
    return [call.args["receipt"] for call in calls if call.purpose == "undo"]


def first_and_second(world: World) -> tuple[str, str]:
    one, other, *_ = dict.fromkeys(world.entered)
    return one, other


def test_only_the_part_is_undone_then_the_run_goes_on() -> None:
    world = travel()
    begin(world, first_and_second(world)[0])
    assert receipts(world) == ["R1"]
    assert world.open(CallTool)[0].purpose == "step", "the step that is under way goes on meanwhile"
    assert not world.failed
    world.returns("pay.void")
    assert world.failed, "the move that comes after it"


def test_a_part_is_undone_the_last_first() -> None:
    world = travel()
    begin(world, *first_and_second(world))
    assert receipts(world) == ["R2"]
    world.returns("pay.void")
    assert receipts(world) == ["R2", "R1"]


def test_nothing_to_undo_is_no_reason_to_wait() -> None:
    world = travel()
    begin(world)
    assert world.failed


def ends_while_undoing() -> World:
    world = travel()
    begin(world, *first_and_second(world))
    world.feed(ToolReturned(0, world.call("mail.send").id, None))
    return world


def test_a_run_that_reaches_an_end_first_finishes_what_is_being_undone() -> None:
    world = ends_while_undoing()
    assert not world.of(RunEnded)
    world.returns("pay.void")
    assert receipts(world) == ["R2", "R1"]
    world.returns("pay.void")
    assert world.finished.status == "ended"


def resumed_while_undoing() -> None:
    world = ends_while_undoing()
    world.feed(RunResumed(5))
    assert receipts(world) == ["R2", "R2"], "the same call again, under the same key"
    world.returns("pay.void")
    assert receipts(world) == ["R2", "R2", "R1"]
    world.returns("pay.void")
    assert world.finished.status == "ended"


def test_an_undo_under_way_is_made_again_after_a_stop() -> None:
    resumed_while_undoing()


def test_what_a_run_that_is_given_up_was_undoing_is_undone_once_and_in_order() -> None:
    world = travel()
    begin(world, *first_and_second(world))
    world.feed(RunCancelled(0, "ann"))
    world.fails("mail.send")
    assert receipts(world) == ["R2"], "it is under way already"
    world.returns("pay.void")
    assert receipts(world) == ["R2", "R1"]
    world.returns("pay.void")
    assert world.finished.status == "cancelled"
    assert receipts(world) == ["R2", "R1"]


def test_an_undo_that_fails_is_left_over_and_the_rest_is_undone() -> None:
    world = travel()
    begin(world, *first_and_second(world))
    world.fails("pay.void")
    world.wait(SECOND)
    world.fails("pay.void")
    assert receipts(world) == ["R2", "R2", "R1"]
    world.returns("pay.void")
    world.fails("mail.send")
    assert "not undone: pay.issue" in world.finished.reason
