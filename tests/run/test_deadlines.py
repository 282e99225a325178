"""Deadlines of steps hold whatever is under way, whether their timers come on time or not."""

from interlock.run.protocol.commands import AskApproval, AskModel, CallTool, SetTimer
from interlock.run.protocol.events import ModelReplied, RunResumed, TimerFired, ToolReturned
from run.texts import AGENT, PAY
from run.world import World, ignored

MINUTE = 60_000_000
WORKS = AGENT.replace("0..1_000 } }", "0..1_000 }  within 5m }").replace("lost on failure", "lost on timeout")
PAYS = (
    PAY.replace("amount: amount)", "amount: amount) within 5m")
    .replace("end slow", "end slow gives up { because failure.message }")
    .replace("retry 1 times", "retry 3 times")
)
INPUT = {"id": "A1", "secret": "s"}


def test_a_model_that_takes_too_long() -> None:
    world = World(WORKS, INPUT)
    asked = world.the(AskModel)
    world.wait(5 * MINUTE)
    assert world.failed == [("work", "timeout")]
    assert world.finished.end == "lost"
    assert ignored(world.feed(ModelReplied(world.now, asked.id, True, {"amount": 1})))


def test_an_approval_of_an_agents_call_that_takes_too_long() -> None:
    world = World(WORKS, INPUT)
    world.asks(("pay.issue", {"id": "A1", "amount": 60}))
    assert world.open(AskApproval)
    world.wait(5 * MINUTE)
    assert not world.open(AskApproval)
    assert world.finished.end == "lost"


def test_a_wait_before_the_next_attempt_that_takes_too_long() -> None:
    world = World(WORKS.replace("turns 3", "turns 3  retry 1 times backoff 1h"), INPUT)
    world.wait(MINUTE)
    world.feed(ModelReplied(world.now, world.the(AskModel).id, True, {"amount": -1}))
    for _ in range(2):
        world.feed(ModelReplied(world.now, world.the(AskModel).id, True, {"amount": -1}))
    assert not world.open(AskModel)
    world.wait(4 * MINUTE)
    assert world.failed == [("work", "timeout")]


def test_a_call_under_way_is_waited_for_and_undone_where_the_run_is_given_up() -> None:
    world = World(PAYS, {"id": "A1", "amount": 60})
    world.wait(5 * MINUTE)
    assert world.failed == [("pay", "timeout")]
    assert world.machine.status == "running"
    world.returns("pay.issue", {"id": "R1"})
    world.returns("pay.void")
    assert (world.finished.status, world.finished.end) == ("failed", "slow")
    assert world.finished.reason == "pay.issue may have happened: `pay` was not done in time"


def test_what_arrives_behind_the_deadline_finds_the_step_failed() -> None:
    """The timer has not fired: the runtime was away, or is slower than the tool."""
    world = World(PAYS, {"id": "A1", "amount": 60})
    call, timer = world.the(CallTool), min(world.open(SetTimer), key=lambda timer: timer.at)
    world.now = 5 * MINUTE
    world.feed(ToolReturned(world.now, call.id, {"id": "R1"}))
    assert world.failed == [("pay", "timeout")]
    assert [call.tool for call in world.open(CallTool)] == ["pay.void"]
    assert ignored(world.feed(TimerFired(world.now, timer.id)))


def test_a_run_that_is_taken_up_behind_the_deadline_repeats_nothing() -> None:
    world = World(WORKS, INPUT)
    world.now = 6 * MINUTE
    world.feed(RunResumed(world.now))
    assert world.finished.end == "lost"
    assert len([command for command in world.commands if isinstance(command, AskModel)]) == 1


def test_a_run_that_is_taken_up_in_time_has_the_same_deadline() -> None:
    world = World(WORKS, INPUT)
    world.now = 4 * MINUTE
    world.feed(RunResumed(world.now))
    world.wait(MINUTE)
    assert world.failed == [("work", "timeout")]


def test_the_deadline_of_a_step_that_is_done_is_called_off() -> None:
    world = World(PAYS, {"id": "A1", "amount": 60})
    world.returns("pay.issue", {"id": "R1"})
    assert world.finished.end == "paid"
    assert not world.open(SetTimer)
