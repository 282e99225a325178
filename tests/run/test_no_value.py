"""Where a condition has no value, none of the routes it competes with is taken."""

import pytest

from interlock.run.protocol.commands import CallTool
from interlock.run.protocol.notes import NoValue, RouteTaken, StepFailed
from run.texts import HEAD
from run.world import World

GATE = (
    HEAD
    + """
workflow w(id: string max 20, n: int in 0..9) {
  goal "pay, or ask first"
  budget { steps 10  tool_calls 4 }
  step work by clerk { task "work"  returns { amount: int in 0..1_000  parts: int in 0..10 } }
  step pay calls pay.issue(id: id, amount: work.amount)
  end done
  end stuck
  start -> work
  work -> pay when work.amount / work.parts > 100 grant pay.write after approval by boss within 1h
  work -> pay otherwise grant pay.write
  work -> stuck on failure
  pay -> done
}
"""
)


def test_a_model_cannot_reach_otherwise_by_an_answer_without_a_value() -> None:
    world = World(GATE, {"id": "A1", "n": 0})
    world.answers({"amount": 900, "parts": 0})
    assert not world.called
    assert not world.of(StepFailed), "the step is done; only the way on is not known"
    (note,) = world.of(NoValue)
    assert (note.source, note.route) == ("work", "work->pay#1")
    assert (world.finished.status, world.finished.end) == ("ended", "stuck")


def test_without_a_route_on_failure_the_run_is_given_up_with_the_place() -> None:
    world = World(GATE.replace("  work -> stuck on failure\n", "").replace("  end stuck\n", ""), {"id": "A1", "n": 0})
    world.answers({"amount": 900, "parts": 0})
    assert not world.called
    assert world.finished.status == "failed"
    assert world.finished.reason.count("<text>:") == 2


def test_in_a_route_on_failure_it_gives_the_run_up_with_both_places() -> None:
    text = GATE.replace(
        "work -> stuck on failure",
        "work -> stuck on failure when 1 / n > 0\n  work -> lost on failure otherwise",
    ).replace("end stuck", "end stuck\n  end lost")
    world = World(text, {"id": "A1", "n": 0})
    world.answers({"amount": 900, "parts": 0})
    assert world.finished.status == "failed"
    assert [note.route for note in world.of(NoValue)] == ["work->pay#1", "work->stuck#1"]
    assert "`work->pay#1`" in world.finished.reason
    assert "`work->stuck#1`" in world.finished.reason


def test_a_condition_without_a_value_on_a_route_on_denied_gives_the_run_up() -> None:
    text = (
        GATE.replace(
            "pay -> done",
            "pay -> done\n  pay -> lost on denied when 1 / n > 0\n  pay -> stuck on denied otherwise",
        )
        .replace("work.amount / work.parts > 100", "work.amount > 100")
        .replace("end stuck", "end stuck\n  end lost")
    )
    world = World(text, {"id": "A1", "n": 0})
    world.answers({"amount": 900, "parts": 0})
    world.denies()
    assert world.finished.status == "failed"
    assert "pay->lost#1" in world.finished.reason
    assert "did not approve" in world.finished.reason


START = """
workflow w(n: int in 0..9) {
  goal "choose at once"
  end low
  end high
  start -> low when 10 / n > 5
  start -> high otherwise
}
"""


def test_at_start_it_gives_the_run_up() -> None:
    assert World(START, {"n": 1}).finished.end == "low"
    world = World(START, {"n": 0})
    assert world.finished.status == "failed"
    assert "start->low#1" in world.finished.reason


JOIN = """
role boss { reach "boss" }
workflow w(n: int in 0..9) {
  goal "two branches meet"
  step a sets { n: n }
  step b sets { n: n }
  step c sets { n: n }
  end done
  end other
  end stuck
  start -> a, b
  a, b -> c when 10 / n > 5
  a, b -> done otherwise
  a -> stuck on failure
  b -> stuck on failure
  c -> other
}
"""


def test_at_a_join_it_gives_the_run_up() -> None:
    assert World(JOIN, {"n": 1}).finished.end == "other"
    world = World(JOIN, {"n": 0})
    assert world.finished.status == "failed"
    assert len(world.of(NoValue)) == 1


FIRST = """
workflow w(n: int in 0..9, m: int in 0..9) {
  goal "in the order written"
  step look sets { n: n }
  end early
  end middle
  end late
  end stuck
  routes look first
  start -> look
  look -> early when n > 5
  look -> middle when 10 / m > 5
  look -> late when n > 3
  look -> late otherwise
  look -> stuck on failure
}
"""


@pytest.mark.parametrize(("n", "m", "end"), [(6, 0, "early"), (4, 1, "middle"), (4, 5, "late"), (4, 0, "stuck")])
def test_under_first_the_routes_before_count_and_none_behind(n: int, m: int, end: str) -> None:
    assert World(FIRST, {"n": n, "m": m}).finished.end == end


TABLE = """
table grade(n: int in 0..9, m: int in 0..9) -> { word: string max 10 } {
  hit HIT
  when > 5 | - then "high"
  when - | < 10 / m then "middle"
  OTHERWISE
}
workflow w(n: int in 0..9, m: int in 0..9) {
  goal "look up"
  step look decides grade(n: n, m: m)
  end done
  end stuck
  start -> look
  look -> done
  look -> stuck on failure
}
"""


@pytest.mark.parametrize(("hit", "n", "m", "end"), [
    ("first", 6, 0, "done"), ("first", 4, 0, "stuck"), ("first", 4, 9, "done"),
    ("unique", 6, 0, "stuck"), ("unique", 4, 0, "stuck"), ("unique", 4, 9, "done"),
    ("collect", 6, 0, "stuck"), ("collect", 6, 9, "done"),
])  # fmt: skip
def test_rows_of_tables_follow_the_same_rule(hit: str, n: int, m: int, end: str) -> None:
    text = TABLE.replace("HIT", hit).replace("OTHERWISE", "" if hit == "collect" else 'otherwise then "low"')
    assert World(text, {"n": n, "m": m}).finished.end == end


WHERE = (
    HEAD
    + """
workflow w(id: string max 20, n: int in 0..9) {
  goal "a grant with a condition"
  budget { steps 5  tool_calls 4 }
  step pay calls pay.issue(id: id, amount: 10)
  end done
  end refused
  start -> pay grant pay.write where args.amount / n < 100
  pay -> done
  pay -> refused on denied
}
"""
)


def test_a_grant_whose_condition_has_no_value_is_not_granted() -> None:
    world = World(WHERE, {"id": "A1", "n": 0})
    assert not world.open(CallTool)
    assert world.finished.end == "refused"
    assert World(WHERE, {"id": "A1", "n": 1}).called == ["pay.issue"]


def test_the_route_taken_instead_is_noted() -> None:
    world = World(FIRST, {"n": 4, "m": 0})
    assert [note.route for note in world.of(RouteTaken)] == ["start->look#1", "look->stuck#1"]


INFINITE = (
    HEAD
    + """
workflow w(id: string max 20, n: int in 0..9) {
  goal "count"
  budget { steps 10 }
  step big sets { most: 1.7976931348623157e308 * double(n) }
  end done { most: big.most * 10.0 }
  end stuck
  start -> big
  big -> done
  big -> stuck on failure
}
"""
)


@pytest.mark.parametrize(("n", "status", "end"), [(0, "ended", "done"), (1, "failed", ""), (2, "ended", "stuck")])
def test_what_is_infinite_is_no_value_of_a_step_and_none_of_an_end(n: int, status: str, end: str) -> None:
    """The largest double itself is a value."""
    finished = World(INFINITE, {"id": "A1", "n": n}).finished
    assert (finished.status, finished.end or "") == (status, end)
    if status == "failed":
        assert "`done`" in finished.reason and "`most` is not a finite number" in finished.reason
