"""Waiting: what becomes of an event that comes early, late, twice, for nobody or with what does not fit; and time."""

import pytest

from interlock.run import Machine
from interlock.run.protocol.codes import WhyIgnored
from interlock.run.protocol.commands import AwaitEvent, SetTimer
from interlock.run.protocol.events import Json, RunCancelled, RunResumed, SignalReceived, TimerFired
from interlock.run.protocol.notes import (
    Ignored,
    Note,
    SignalKept,
    SignalTaken,
    SignalUnused,
    StepBegan,
    StepDone,
    StepFailed,
)
from interlock.run.state import LATEST
from interlock.run.steps.waits import MOST_KEPT
from run.world import World

MINUTE = 60_000_000
DAY = 24 * 60 * MINUTE

PAID = """
workflow ship(order: string) {
  budget { time 9d }
  step paid waits for event "paid" -> { order: string  cents: int in 0..100  note?: string } where event.order == order
    within 2d
  end shipped { cents: paid.cents }
  end released

  start -> paid
  paid -> shipped
  paid -> released on expiry
}
"""
QUIET = """
workflow ship(order: string) {
  step pause waits for 10m
  step told waits for event "told"
  end done

  start -> pause
  pause -> told
  told -> done
}
"""
TWO = """
workflow race(n: int) {
  step one waits for event "x" -> { n: int in 0..9 } where event.n != 3 within 1d
  step other waits for event "x" -> { n: int in 0..99 } within 1d
  end done { one: one.n, other: other.n }
  end late

  start -> one, other
  one, other -> done merge all
  one -> late on expiry
  other -> late on expiry
}
"""
UNTIL = """
workflow wake(at: timestamp, rest: int in 0..9) {
  budget { time 5d }
  step quiet waits until at + duration(string(100 / rest) + "s")
  end done
  end never
  end late

  start -> quiet
  quiet -> done
  quiet -> never on failure
  quiet -> late on over budget
}
"""
AGAIN = """
workflow often(n: int) {
  step tick waits for event "tick" -> { n: int } where event.n > n
  end done { n: tick.n }

  start -> tick
  tick -> tick when tick.n < 10 at most 5 times, then -> done
  tick -> done otherwise
}
"""
ORDER: Json = {"order": "A1", "cents": 5}


def signal(world: World, name: str = "paid", data: Json = None, key: str = "") -> tuple[Note, ...]:
    return world.feed(SignalReceived(world.now, name, data, key))


def ignored(notes: tuple[Note, ...]) -> WhyIgnored | None:
    return notes[0].code if len(notes) == 1 and isinstance(notes[0], Ignored) else None


def test_an_event_that_is_waited_for_is_taken() -> None:
    world = World(PAID, {"order": "A1"})
    asked = world.the(AwaitEvent)
    assert (asked.step, asked.event, asked.expires) == ("paid", "paid", 2 * DAY)
    assert world.machine.status == "waiting" and world.machine.awaiting == (asked,)
    notes = signal(world, data=ORDER, key="k")
    assert notes[0] == SignalTaken(1, "paid", "k", "paid", 1)
    assert world.of(StepDone)[-1].output == ORDER
    assert (world.finished.end, world.finished.output) == ("shipped", {"cents": 5})


def test_an_event_that_comes_early_is_kept_and_taken_by_the_step_that_comes_to_wait() -> None:
    world = World(QUIET, {"order": "A1"})
    assert signal(world, "told") == (SignalKept(1, "told", ""),)
    world.wait(10 * MINUTE)
    assert world.of(SignalTaken) == [SignalTaken(1, "told", "", "told", 1)]
    assert world.finished.end == "done"
    assert not world.of(SignalUnused)


def test_an_event_that_no_where_takes_is_kept_and_named_when_the_run_is_over() -> None:
    world = World(PAID, {"order": "A1"})
    assert signal(world, data={"order": "B2", "cents": 1}, key="k") == (SignalKept(1, "paid", "k"),)
    world.wait(2 * DAY)
    assert world.of(StepFailed)[-1].trigger == "expiry" and world.finished.end == "released"
    assert world.of(SignalUnused) == [SignalUnused(1, "paid", "k")]


def test_an_event_that_comes_twice_is_one() -> None:
    world = World(PAID, {"order": "A1"})
    signal(world, data={"order": "B2", "cents": 1}, key="k")
    before = world.machine.digest()
    assert ignored(signal(world, data=ORDER, key="k")) is WhyIgnored.SIGNALLED_BEFORE
    assert world.machine.digest() == before
    assert ignored(signal(world, data=ORDER)) is None and world.finished.end == "shipped"


def test_without_a_key_every_signal_is_an_event() -> None:
    world = World(QUIET, {"order": "A1"})
    assert [ignored(signal(world, "told")) for _ in range(2)] == [None, None]


@pytest.mark.parametrize(
    "data", [None, {"order": "A1"}, {"order": "A1", "cents": 101}, {"order": 1, "cents": 1}, [], "A1"]
)
def test_data_that_fits_no_step_is_refused(data: Json) -> None:
    world = World(PAID, {"order": "A1"})
    before = world.machine.digest()
    assert ignored(signal(world, data=data)) is WhyIgnored.INVALID_DATA
    assert world.machine.digest() == before


def test_an_event_without_a_type_has_no_data() -> None:
    world = World(QUIET, {"order": "A1"})
    assert ignored(signal(world, "told", {})) is WhyIgnored.INVALID_DATA
    assert ignored(signal(world, "told")) is None


def test_an_event_for_nobody_is_refused() -> None:
    world = World(PAID, {"order": "A1"})
    assert ignored(signal(world, "payed", ORDER)) is WhyIgnored.UNKNOWN_EVENT


def test_an_event_that_comes_when_the_run_is_over_is_refused() -> None:
    world = World(PAID, {"order": "A1"})
    signal(world, data=ORDER)
    assert ignored(signal(world, data=ORDER)) is WhyIgnored.WRONG_PHASE


def test_a_run_keeps_so_many_events_and_no_more() -> None:
    world = World(PAID, {"order": "A1"})
    for number in range(MOST_KEPT):
        assert ignored(signal(world, data={"order": "B2", "cents": 1}, key=f"k{number}")) is None
    assert ignored(signal(world, data={"order": "B2", "cents": 1})) is WhyIgnored.TOO_MANY_KEPT
    assert ignored(signal(world, data={"order": "B2", "cents": 1}, key="k1")) is WhyIgnored.SIGNALLED_BEFORE


def test_an_event_that_is_waited_for_is_taken_whatever_is_kept() -> None:
    world = World(PAID, {"order": "A1"})
    for _ in range(MOST_KEPT):
        assert ignored(signal(world, data={"order": "B2", "cents": 1})) is None
    assert ignored(signal(world, data=ORDER)) is None and world.finished.end == "shipped"


def test_a_run_keeps_no_more_than_it_may_hold() -> None:
    world = World(PAID, {"order": "A1"})
    large: Json = {"order": "B2", "cents": 1, "note": "x" * 900_000}
    assert ignored(signal(world, data=large)) is None
    assert ignored(signal(world, data=large)) is WhyIgnored.TOO_LARGE
    assert ignored(signal(world, data=ORDER)) is None and world.finished.end == "shipped"


def test_what_is_taken_is_not_held_any_more() -> None:
    text = AGAIN.replace("{ n: int }", "{ n: int  note?: string }").replace("at most 5", "at most 50")
    world = World(
        text.replace("start -> tick", "step pause waits for 10m\n  start -> pause\n  pause -> tick"), {"n": 2}
    )
    large: Json = {"n": 3, "note": "x" * 900_000}
    assert ignored(signal(world, "tick", large)) is None
    assert ignored(signal(world, "tick", large)) is WhyIgnored.TOO_LARGE
    world.wait(10 * MINUTE)
    assert len(world.of(SignalTaken)) == 1
    signal(world, "tick", {"n": 4})  # in the place of the large one
    assert world.machine._run.held < 10 and ignored(signal(world, "tick", large)) is None


def test_a_where_without_a_value_takes_nothing() -> None:
    world = World(PAID.replace("event.order == order", "10 / event.cents == 2"), {"order": "A1"})
    assert signal(world, data={"order": "A1", "cents": 0}) == (SignalKept(1, "paid", ""),)
    assert signal(world, data={"order": "A1", "cents": 1}) == (SignalKept(2, "paid", ""),)
    signal(world, data=ORDER)
    assert world.finished.end == "shipped"


def test_an_event_is_taken_by_the_step_that_has_waited_longest_and_once() -> None:
    world = World(TWO, {"n": 1})
    first = signal(world, "x", {"n": 3})
    assert [note.step for note in first if isinstance(note, SignalTaken)] == ["other"]
    assert signal(world, "x", {"n": 50}) == (SignalKept(2, "x", ""),)
    second = signal(world, "x", {"n": 4})
    assert [note.step for note in second if isinstance(note, SignalTaken)] == ["one"]
    assert world.finished.output == {"one": 4, "other": 3}
    assert world.of(SignalUnused) == [SignalUnused(2, "x", "")]


def test_a_step_whose_time_is_over_takes_nothing() -> None:
    world = World(PAID, {"order": "A1"})
    world.now = 2 * DAY  # its timer has not fired
    assert signal(world, data=ORDER) == (SignalKept(1, "paid", ""),)
    world.wait(0)
    assert world.finished.end == "released"


def test_kept_events_are_tried_in_the_order_in_which_they_came() -> None:
    world = World(AGAIN, {"n": 2})
    signal(world, "tick", {"n": 1})
    for n in (5, 6, 12):
        signal(world, "tick", {"n": n})
    taken = [note.signal for note in world.of(SignalTaken)]
    assert taken == [2, 3, 4] and world.finished.output == {"n": 12}


def test_a_loop_takes_what_was_kept_for_it() -> None:
    text = AGAIN.replace("start -> tick", "step pause waits for 10m\n  start -> pause\n  pause -> tick")
    world = World(text, {"n": 2})
    for n in (5, 1, 6, 12):
        assert isinstance(signal(world, "tick", {"n": n})[0], SignalKept)
    world.wait(10 * MINUTE)
    assert [note.signal for note in world.of(SignalTaken)] == [1, 3, 4]
    assert world.of(SignalUnused) == [SignalUnused(2, "tick", "")]


def test_a_cancelled_run_names_what_it_kept() -> None:
    world = World(QUIET, {"order": "A1"})
    signal(world, "told")
    world.feed(RunCancelled(world.now, "bob"))
    assert world.finished.status == "cancelled" and world.of(SignalUnused) == [SignalUnused(1, "told", "")]


def test_the_time_of_the_run_ends_a_wait() -> None:
    text = PAID.replace("within 2d", "").replace("paid -> released on expiry", "paid -> released on over budget")
    world = World(text, {"order": "A1"})
    world.wait(9 * DAY)
    assert world.finished.end == "released"


def test_time_passes() -> None:
    world = World(QUIET, {"order": "A1"})
    timer = world.the(SetTimer)
    assert (timer.at, timer.purpose) == (10 * MINUTE, "wait")
    world.wait(10 * MINUTE - 1)
    assert [note.step for note in world.of(StepBegan)] == ["pause"]
    world.wait(1)
    assert [note.step for note in world.of(StepBegan)] == ["pause", "told"]
    assert world.of(StepDone)[-1].output is None


@pytest.mark.parametrize(
    ("at", "rest", "end", "micros"),
    [
        ("1970-01-01T00:00:00Z", 5, "done", 20_000_000),
        ("1969-12-31T00:00:00Z", 5, "done", 0),
        ("1970-01-01T00:00:00.0000001Z", 5, "done", 20_000_001),
        ("1970-01-01T00:00:00Z", 0, "never", 0),
        ("9999-12-31T23:59:39.9999999Z", 5, "late", 5 * DAY),
    ],
)
def test_a_moment_is_waited_for_unless_it_is_past_or_has_no_value(at: str, rest: int, end: str, micros: int) -> None:
    world = World(UNTIL, {"at": at, "rest": rest})
    if micros:
        world.wait(micros - 1)
        assert world.machine.status == "waiting"
        world.wait(1)
    assert world.finished.end == end


def test_the_time_of_a_run_ends_with_the_year_9999() -> None:
    text = UNTIL.replace("budget { time 5d }", "").replace("quiet -> late on over budget", "").replace("end late", "")
    world = World(text, {"at": "9999-12-31T23:59:39.9999999Z", "rest": 5})
    timer = world.the(SetTimer)
    assert timer.at == LATEST
    world.feed(TimerFired(2 * timer.at, timer.id))
    assert world.finished.end == "done"


def test_resuming_leaves_waits_as_they_are() -> None:
    world = World(PAID, {"order": "A1"})
    signal(world, data={"order": "B2", "cents": 1})
    before = world.machine.pending()
    world.feed(RunResumed(world.now))
    assert world.machine.pending() == before
    signal(world, data=ORDER)
    assert world.finished.end == "shipped"


def test_a_replay_reaches_the_same_state_after_every_event() -> None:
    world = World(TWO, {"n": 1})
    for n in (3, 50, 50, 4):
        signal(world, "x", {"n": n}, key=f"k{n}")
        replayed = Machine.replay(world.program, world.events)
        assert (replayed.digest(), replayed.outcome) == (world.machine.digest(), world.machine.outcome)


def test_each_of_many_steps_that_wait_is_asked_whatever_the_others_cost() -> None:
    text = """
workflow w(ids: list<string max 20> max 1_500) {
  step all runs one(id: r) for each r in ids max 1_500
  end done
  start -> all
  all -> done
}
workflow one(id: string max 20) {
  step paid waits for event "paid" -> { id: string max 20 } where event.id.matches("^i[0-9]+$") && event.id == id
  end done { id: paid.id }
  start -> paid
  paid -> done
}
"""
    world = World(text, {"ids": [f"i{number}" for number in range(1_500)]})
    notes = world.feed(SignalReceived(1, "paid", {"id": "i1499"}, "", "bank"))
    assert [note.step for note in notes if isinstance(note, StepDone)] == ["all[1499]/paid", "all[1499]"]
