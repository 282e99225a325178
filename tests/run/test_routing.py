"""Exactly one route is taken, or the run stops and says which two (or none) it was."""

from dataclasses import replace

import pytest

from interlock.run.protocol.commands import AskPerson
from interlock.run.protocol.events import PersonAnswered
from interlock.run.protocol.notes import NoValue, RouteTaken, StepCancelled
from interlock_dsl.program.graph import build, kinds
from run.texts import LOOP, MEETING
from run.world import HOUR, World, ignored, program

CHOICE = """
workflow w(n: int in 0..100, m: int in 0..100) {
  goal "choose"
  step look sets { n: n }
  end low { n: look.n }
  end high
  end other
  start -> look
  look -> low when 100 / m > n
  look -> high when n > 50
  look -> other otherwise
}
"""


def choose(n: int, m: int, text: str = CHOICE) -> World:
    return World(text, {"n": n, "m": m})


def test_the_route_that_matches_is_taken_and_the_others_are_named() -> None:
    world = choose(1, 1)
    assert (world.finished.status, world.finished.end, world.finished.output) == ("ended", "low", {"n": 1})
    taken = world.of(RouteTaken)[-1]
    assert taken.route == "look->low#1"
    assert {other.route for other in taken.others} == {"look->high#1", "look->other#1"}


def test_otherwise_is_for_what_matches_nothing() -> None:
    assert choose(40, 50).finished.end == "other"


def test_a_condition_that_errors_selects_nothing() -> None:
    """Not even another that is true, and `otherwise` least of all."""
    for n in (60, 1):
        world = choose(n, 0)
        assert world.finished.status == "failed"
        assert (
            "the condition of `look->low#1` (<text>:9:3) has no value: <text>:9:24: division by zero"
            in world.finished.reason
        )
        assert [(note.source, note.route) for note in world.of(NoValue)] == [("look", "look->low#1")]
        assert [note.route for note in world.of(RouteTaken)] == ["start->look#1"]


def test_two_that_match_stop_the_run_and_both_places_are_named() -> None:
    finished = choose(60, 1).finished
    assert finished.status == "failed"
    assert "look->low#1" in finished.reason
    assert "look->high#1" in finished.reason
    assert ":9:" in finished.reason
    assert ":10:" in finished.reason


def test_first_takes_the_first_in_the_order_written() -> None:
    assert choose(60, 1, CHOICE.replace("start -> look", "routes look first\n  start -> look")).finished.end == "low"


def test_none_that_matches_stops_the_run() -> None:
    finished = choose(40, 50, CHOICE.replace("look -> other otherwise", "look -> other when n == 99")).finished
    assert finished.status == "failed"
    assert "no route from `look`" in finished.reason


def test_a_route_back_is_taken_as_often_as_it_may_be_then_the_way_out() -> None:
    world = World(LOOP, {"n": 0})
    for _ in range(3):
        world.person({"ok": False})
    assert world.entered == ["draft", "draft", "draft", "editor"]
    world.person({"ok": True})
    assert world.finished.end == "done"


def test_a_route_back_without_a_way_out_fails_the_run() -> None:
    text = LOOP.replace("at most 2 times, then -> editor", "at most 1 times")
    text = "\n".join(line for line in text.splitlines() if "editor" not in line)
    world = World(text, {"n": 0})
    world.person({"ok": False})
    world.person({"ok": False})
    assert world.finished.status == "failed"
    assert "draft->draft#1" in world.finished.reason


def answer(world: World, step: str) -> None:
    ask = next(ask for ask in world.open(AskPerson) if ask.step == step)
    world.feed(PersonAnswered(world.now, ask.id, "bob", "boss", {"ok": True}))


def test_enough_branches_are_enough_and_the_rest_is_cancelled() -> None:
    world = World(MEETING, {"n": 0})
    answer(world, "b")
    assert world.entered == ["a", "b", "c"]
    late = world.machine.pending()[1].id
    answer(world, "a")
    assert world.entered == ["a", "b", "c", "after"]
    assert [note.step for note in world.of(StepCancelled)] == ["c"]
    assert "nothing waits" in ignored(world.feed(PersonAnswered(world.now, late, "bob", "boss", {"ok": True})))
    answer(world, "after")
    assert world.finished.end == "done"


def test_a_branch_that_can_lead_elsewhere_goes_on_and_is_not_counted_twice() -> None:
    text = (
        MEETING.replace("  after -> done", "  c -> alone when c.ok\n  after -> done")
        .replace(
            "  end done", '  step alone asks boss { question "alone?" returns { ok: bool } }\n  end done\n  end lonely'
        )
        .replace("after -> done", "alone -> lonely\n  after -> done")
    )
    world = World(text, {"n": 0})
    answer(world, "a")
    answer(world, "b")
    assert not world.of(StepCancelled)
    answer(world, "c")
    assert world.entered == ["a", "b", "c", "after", "alone"]
    answer(world, "after")
    assert world.finished.end == "done"


def test_a_join_that_went_on_does_not_go_on_again_for_a_late_arrival() -> None:
    text = (
        MEETING.replace("merge 2 of 3", "merge any")
        .replace("  after -> done", "  c -> gone when !c.ok\n  after -> done")
        .replace("  end done", "  end done\n  end gone")
    )
    world = World(text, {"n": 0})
    answer(world, "a")
    assert [note.step for note in world.of(StepCancelled)] == ["b"]
    answer(world, "c")
    assert world.entered.count("after") == 1
    answer(world, "after")
    assert world.finished.end == "done"


def test_it_does_not_where_the_late_branch_comes_to_it_on_a_trigger() -> None:
    text = (
        MEETING.replace("merge 2 of 3", "merge any")
        .replace('"c?" returns { ok: bool } }', '"c?" returns { ok: bool } within 1h }\n  step d sets { n: n }')
        .replace("a, b, c ->", "c -> gone\n  c -> d on expiry\n  a, b, d ->")
        .replace("  end done", "  end done\n  end gone")
    )
    world = World(text, {"n": 0})
    answer(world, "a")
    world.wait(HOUR)
    assert world.entered == ["a", "b", "c", "after", "d"]
    answer(world, "after")
    assert world.finished.end == "done"


def test_all_must_arrive_when_all_are_waited_for() -> None:
    world = World(MEETING.replace("merge 2 of 3", "merge all"), {"n": 0})
    for step in "cab":
        assert "after" not in world.entered
        answer(world, step)
    assert world.entered[-1] == "after"


def test_one_is_enough_when_any_will_do() -> None:
    world = World(MEETING.replace("merge 2 of 3", "merge any"), {"n": 0})
    answer(world, "c")
    assert world.entered[-1] == "after"
    assert [note.step for note in world.of(StepCancelled)] == ["a", "b"]


def test_a_run_with_nothing_left_to_do_stops_and_says_who_is_waited_for() -> None:
    whole = program(MEETING)
    workflow = whole.workflows["w"]
    four = [replace(route, merge=4) if len(route.sources) > 1 else route for route in workflow.routes]
    broken = replace(workflow, network=build(kinds(workflow.network), four))
    world = World(replace(whole, workflows={"w": broken}), {"n": 0})
    for step in "abc":
        answer(world, step)
    assert world.finished.status == "failed"
    assert "a, b, c waits for the others" in world.finished.reason


AGAIN = """
role boss { reach "boss" }
workflow w(n: int in 0..10) {
  goal "the first is enough, in every round"
  budget { steps 40 }
  step begin sets { n: n }
  step a asks boss { question "a?" returns { ok: bool } }
  step b asks boss { question "b?" returns { ok: bool } within 1h }
  step yes sets { n: n }
  step side asks boss { question "side?" returns { ok: bool } }
  step after asks boss { question "after?" returns { ok: bool } }
  end done
  end gone
  start -> begin
  begin -> a, b
  b -> yes when b.ok
  b -> side otherwise
  b -> side on expiry
  side -> gone
  a, yes -> after merge any
  after -> begin when !after.ok at most 3 times, then -> done
  after -> done otherwise
}
"""
"""A join that the first decides, in a loop: `b` goes on after that, for it can lead elsewhere."""


def say(world: World, step: str, *, ok: bool = True, which: int = -1) -> None:
    asked = [command for command in world.open(AskPerson) if command.step == step][which]
    world.feed(PersonAnswered(world.now, asked.id, "bob", "boss", {"ok": ok}))


@pytest.mark.parametrize("how", ["route", "trigger"])
def test_who_comes_late_and_leaves_elsewhere_takes_nothing_from_the_next_round(how: str) -> None:
    world = World(AGAIN, {"n": 0})
    say(world, "a")
    if how == "route":
        say(world, "b", ok=False)
    else:
        world.wait(HOUR)
    say(world, "after", ok=False)
    assert [asked.step for asked in world.open(AskPerson)] == ["side", "a", "b"]
    say(world, "b")
    assert world.entered.count("after") == 2


@pytest.mark.parametrize("first", [0, 1])
def test_whose_round_is_over_is_late_and_who_is_of_this_round_is_not(first: int) -> None:
    """However many of one step are under way at once, and whoever of them comes first."""
    world = World(AGAIN, {"n": 0})
    say(world, "a")
    say(world, "after", ok=False)
    assert [asked.step for asked in world.open(AskPerson)] == ["b", "a", "b"]
    say(world, "b", which=first)
    assert world.entered.count("after") == 1 + first
    say(world, "b")
    assert world.entered.count("after") == 2


def test_who_was_late_in_one_round_is_late_in_all_that_follow() -> None:
    world = World(AGAIN, {"n": 0})
    say(world, "a")
    say(world, "after", ok=False)
    say(world, "b")
    say(world, "after", ok=False)
    assert next(iter(world.open(AskPerson))).step == "b"
    say(world, "b", which=0)
    assert world.entered.count("after") == 2
    say(world, "a")
    assert world.entered.count("after") == 3


def test_what_a_join_inside_a_branch_waited_with_is_gone_once_the_branch_is_not_needed() -> None:
    text = (
        AGAIN.replace("begin -> a, b\n", "begin -> a, fork\n  fork -> b, side\n  b, side -> yes merge all\n")
        .replace("  b -> yes when b.ok\n  b -> side otherwise\n  b -> side on expiry\n  side -> gone\n", "")
        .replace("  end gone\n", "")
        .replace("  step side", "  step fork sets { n: n }\n  step side")
    )
    world = World(text, {"n": 0})
    say(world, "b")
    say(world, "a")
    say(world, "after", ok=False)
    say(world, "side")
    assert sorted(asked.step for asked in world.open(AskPerson)) == ["a", "b"]
    say(world, "b")
    assert world.entered[-2:] == ["yes", "after"]
