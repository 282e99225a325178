"""What promises to end in time is given up at that moment, whatever its budget lets go on: a run, or a part of one."""

import pytest

from interlock.run.protocol.codes import WhyGivenUp
from interlock.run.protocol.commands import AskApproval, SetTimer
from interlock.run.protocol.events import RunResumed
from interlock.run.protocol.notes import PromiseBroken, StepFailed
from run.texts import HEAD
from run.world import World

HOUR = 3_600_000_000
"""In microseconds."""

LATE = (
    HEAD
    + """
workflow w(id: string max 20) {
  step work runs inner(id: id)
  end done { end: work.end }
  end failed
  start -> work
  work -> done
  work -> failed on failure
  work -> failed on over budget
  budget { time OUTER }
  PROMISED
}
workflow inner(id: string max 20) {
  budget { INNER }
  step ask by clerk { task "work"  returns { ok: bool } }
  step more by clerk { task "more"  returns { ok: bool } }
  end good
  end late
  start -> ask pass id
  ask -> good when ask.ok
  ask -> more otherwise pass id
  ask -> LATE
  more -> good
  more -> late on over budget
  PROMISES
}
"""
)
SIGNED = "late on over budget after approval by boss within 9h"


def begun(
    promises: str, inner: str, late: str = SIGNED, outer: str = "20h", promised: str = "", alone: bool = True
) -> World:
    """Begin the workflow inside on its own, or by a step."""
    text = LATE.replace("PROMISES", promises).replace("INNER", inner).replace("LATE", late)
    text = text.replace("OUTER", outer).replace("PROMISED", promised)
    if alone:
        text = HEAD + text[text.index("workflow inner") :]
    return World(text, {"id": "A1"})


def broken(world: World) -> list[str]:
    return [note.promise for note in world.of(PromiseBroken)]


@pytest.mark.parametrize("late", ["late on over budget", "more on over budget pass id", SIGNED])
def test_under_a_budget_as_tight_no_route_is_taken(late: str) -> None:
    world = begun("ends within 2h", "time 2h", late)
    world.wait(2 * HOUR)
    assert broken(world) == ["inner/ends within"]
    assert world.finished.code == WhyGivenUp.PROMISE_BROKEN
    assert world.of(StepFailed) == []


def test_a_tighter_budget_is_over_first() -> None:
    world = begun("ends within 3h", "time 2h", "late on over budget")
    world.wait(2 * HOUR)
    assert (world.finished.end, broken(world)) == ("late", [])


def test_what_is_noticed_so_late_that_both_are_over_breaks_the_promise() -> None:
    world = begun("ends within 3h", "time 2h", "late on over budget")
    world.now = 3 * HOUR
    world.wait(0)
    assert (world.finished.end, broken(world)) == ("", ["inner/ends within"])


def test_what_still_waits_behind_the_budget_is_given_up_at_the_promised_moment() -> None:
    world = begun("ends within 3h", "time 2h")
    world.wait(2 * HOUR)
    assert world.open(AskApproval) != []
    assert sorted(timer.at for timer in world.open(SetTimer)) == [3 * HOUR, 11 * HOUR]
    world.wait(HOUR - 1)
    assert broken(world) == []
    world.wait(1)
    assert broken(world) == ["inner/ends within"]
    assert (world.finished.end, world.open(SetTimer)) == ("", [])


def test_the_timer_for_the_promised_moment_is_set_once_though_the_budgets_timer_is_late() -> None:
    world = begun("ends within 3h", "time 2h")
    world.now = 2 * HOUR
    world.feed(RunResumed(world.now))
    assert sorted(timer.at for timer in world.open(SetTimer)) == [3 * HOUR, 11 * HOUR]
    ids = [timer.id for timer in world.open(SetTimer)]
    world.wait(HOUR // 2)
    assert [timer.id for timer in world.open(SetTimer)] == ids


def test_inside_it_is_given_up_alike_and_the_step_fails() -> None:
    for inner, hours in (("time 2h", 2), ("time 1h", 2)):
        world = begun("ends within 2h", inner, alone=False)
        world.wait(hours * HOUR - 1)
        assert broken(world) == []
        world.wait(1)
        assert broken(world) == ["inner/ends within"]
        assert [(note.step, note.trigger) for note in world.of(StepFailed)][-1] == ("work", "failure")
        assert world.finished.end == "failed"


def test_a_promise_around_gives_the_run_up_though_a_budget_inside_is_as_tight() -> None:
    world = begun("", "time 2h", promised="ends within 2h", alone=False)
    world.wait(2 * HOUR)
    assert broken(world) == ["w/ends within"]
    assert world.of(StepFailed) == []


def test_a_budget_around_that_is_as_tight_gives_up_what_promises_inside() -> None:
    world = begun("ends within 2h", "steps 9", outer="2h", alone=False)
    world.wait(2 * HOUR)
    assert [(note.step, note.trigger) for note in world.of(StepFailed)] == [("work", "over budget")]
    assert (world.finished.end, broken(world)) == ("failed", [])


def test_a_runtime_that_takes_over_finds_what_is_late_inside_though_no_timer_is_left() -> None:
    world = begun("", "time 2h", alone=False)
    world.wait(2 * HOUR)
    assert [ask.step for ask in world.open(AskApproval)] == ["work/late"]
    world.feed(RunResumed(world.now))
    assert [(note.step, note.trigger) for note in world.of(StepFailed)] == [
        ("work/ask", "over budget"),
        ("work/late", "over budget"),
        ("work", "failure"),
    ]
