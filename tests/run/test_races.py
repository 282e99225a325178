"""Branches that race to a join: the first that arrives wins, and what the others did is undone before it goes on."""

import pytest

from interlock.run.protocol.commands import AskPerson, CallTool, SetTimer
from interlock.run.protocol.events import Json, PersonAnswered, RunCancelled, ToolFailed, ToolReturned
from interlock.run.protocol.notes import LeftRace, NoValue, RaceWon, RouteTaken, StepCancelled, StepDone
from run.texts import HEAD
from run.texts_of_races import RACE, RIVALS
from run.world import World, program

MINUTE = 60_000_000


def settle(world: World, id: str, *, fails: str = "", undo: bool = False) -> None:
    """Let a call come back, or fail for good."""
    wanted = {"receipt": f"R{id}"} if undo else {"id": id, "amount": 1}
    call = next(call for call in world.open(CallTool) if call.args == wanted)
    if not fails:
        world.feed(ToolReturned(world.now, call.id, None if undo else {"id": f"R{id}"}))
        return
    world.feed(ToolFailed(world.now, call.id, fails, "it broke"))
    if any(timer.purpose == "retry" for timer in world.open(SetTimer)):
        world.wait(1_000_000)
        settle(world, id, fails=fails, undo=undo)


def undone(world: World) -> list[str]:
    return [
        str(call.args["receipt"]) for call in world.commands if isinstance(call, CallTool) and call.purpose == "undo"
    ]


def ended(world: World) -> dict[str, Json]:
    assert world.finished.status == "ended", world.finished
    return dict(world.finished.output)


def test_what_the_others_did_is_undone_in_reverse_before_the_join_goes_on() -> None:
    world = World(RACE, {"n": 1})
    settle(world, "b1")
    settle(world, "a1")
    assert undone(world) == []
    world.answers({"ok": True})
    assert [(note.step, note.code) for note in world.of(StepCancelled)] == [("pause", "race-lost"), ("b2", "race-lost")]
    assert [call.args["id"] for call in world.open(CallTool)] == ["b2"], "it may happen still, and comes back first"
    assert "pick" not in world.entered
    settle(world, "b2")
    assert undone(world) == ["Rb2"]
    settle(world, "b2", undo=True)
    assert undone(world) == ["Rb2", "Rb1"]
    assert "pick" not in world.entered
    settle(world, "b1", undo=True)
    assert ended(world) == {"who": "a", "a1": True, "b1": False}
    assert [(note.step, note.rivals) for note in world.of(RaceWon)] == [("a2", ("b2", "pause"))]
    assert [note.step for note in world.of(StepDone)] == ["b1", "a1", "a2", "pick"]


def test_a_timer_wins_over_branches_that_take_too_long() -> None:
    world = World(RACE, {"n": 1})
    settle(world, "a1")
    settle(world, "b1")
    world.wait(10 * MINUTE)
    assert not world.open(SetTimer)
    settle(world, "b2", fails="timeout")
    assert undone(world) == ["Rb1"], "the last is undone first; what may have happened is told at the end"
    settle(world, "b1", undo=True)
    settle(world, "a1", undo=True)
    assert ended(world) == {"who": "nobody", "a1": False, "b1": False}
    assert "may have happened: pay.issue" in world.finished.reason


def test_the_winner_keeps_what_it_did() -> None:
    world = World(RACE, {"n": 1})
    for id in ("b1", "b2"):
        settle(world, id)
    settle(world, "a1")
    assert undone(world) == ["Ra1"]
    settle(world, "a1", undo=True)
    assert ended(world)["who"] == "b"


@pytest.mark.parametrize("first", ["a1", "b1"])
def test_a_branch_that_fails_is_out_and_the_others_go_on(first: str) -> None:
    world = World(RACE, {"n": 1})
    settle(world, first, fails="error")
    assert [(note.step, note.sources) for note in world.of(LeftRace)] == [(first, ("a2", "b2", "pause"))]
    if first == "a1":
        settle(world, "b1")
        settle(world, "b2")
        assert ended(world)["who"] == "b"
    else:
        settle(world, "a1")
        world.answers({"ok": True})
        assert ended(world)["who"] == "a"


def test_what_a_branch_did_that_failed_is_undone_when_another_has_won() -> None:
    world = World(RACE, {"n": 1})
    settle(world, "b1")
    settle(world, "b2", fails="error")
    assert undone(world) == []
    settle(world, "a1")
    world.answers({"ok": True})
    assert undone(world) == ["Rb1"]
    settle(world, "b1", undo=True)
    assert ended(world)["who"] == "a"


def test_when_every_branch_has_failed_the_run_is_given_up() -> None:
    text = (
        RACE.replace("a1, b1, pause", "a1, b1")
        .replace("a2, b2, pause", "a2, b2")
        .replace("step pause waits for 10m", "")
    )
    world = World(text, {"n": 1})
    settle(world, "b1")
    settle(world, "b2", fails="error")
    assert world.machine.status == "running"
    settle(world, "a1", fails="error")
    settle(world, "b1", undo=True)
    assert world.finished.status == "failed" and "step `a1` failed" in world.finished.reason
    assert len(world.of(LeftRace)) == 1


def test_a_route_for_the_failure_is_taken_all_the_same() -> None:
    text = RACE.replace("  pick -> done", "  b1 -> gone on failure\n  pick -> done").replace(
        "  end done", "  end gone\n  end done"
    )
    world = World(text, {"n": 1})
    settle(world, "b1", fails="error")
    assert not world.of(LeftRace)
    assert "gone" in world.routes[-1]


def test_an_undo_that_fails_is_left_over_and_the_run_goes_on() -> None:
    world = World(RACE, {"n": 1})
    settle(world, "b1")
    settle(world, "a1")
    settle(world, "b2", fails="error")
    world.answers({"ok": True})
    settle(world, "b1", fails="error", undo=True)
    assert ended(world)["who"] == "a"
    assert "not undone: pay.issue" in world.finished.reason


def test_a_run_that_is_called_off_meanwhile_undoes_everything_in_one_order() -> None:
    world = World(RACE, {"n": 1})
    for id in ("a1", "b1"):
        settle(world, id)
    world.answers({"ok": True})
    settle(world, "b2")
    world.feed(RunCancelled(world.now, "eve", "no"))
    settle(world, "b2", undo=True)
    settle(world, "b1", undo=True)
    settle(world, "a1", undo=True)
    assert undone(world) == ["Rb2", "Rb1", "Ra1"]
    assert world.finished.status == "cancelled"
    assert "pick" not in world.entered


NESTED = (
    HEAD
    + """
workflow w(n: int) {
  step a by clerk { task "a"  returns { ok: bool } }
  step b by clerk { task "b"  returns { ok: bool } }
  step b1 calls pay.issue(id: "b1", amount: 1)
  step b2 by clerk { task "b2"  returns { ok: bool } }
  step b3 calls pay.issue(id: "b3", amount: 1)
  step bb calls pay.issue(id: "bb", amount: 1)
  step d calls pay.issue(id: "d", amount: 1)
  step c sets { a: has(a.ok), b: has(b.ok), b1: has(b1.id), bb: has(bb.id) }
  end done { a: c.a, b: c.b, b1: c.b1, bb: c.bb }

  start -> a, b, d grant pay.write pass n
  b -> b1, b2 grant pay.write pass n
  b2 -> b3 grant pay.write
  b1, b3 -> bb INNER grant pay.write
  a, bb -> c merge first
  c, d -> done merge all
}
"""
)


def test_a_losing_branch_is_undone_with_the_branches_inside_it_and_nothing_beside_it() -> None:
    world = World(NESTED.replace("INNER", "merge all"), {"n": 1})
    settle(world, "d")
    world.answers({"ok": True}, step="b")
    settle(world, "b1")
    world.answers({"ok": True}, step="b2")
    world.answers({"ok": True}, step="a")
    assert [note.step for note in world.of(StepCancelled)] == ["b3"]
    settle(world, "b3")
    for id in ("b3", "b1"):
        settle(world, id, undo=True)
    assert ended(world) == {"a": True, "b": False, "b1": False, "bb": False}
    assert undone(world) == ["Rb3", "Rb1"], "`d` is not in the race"


def test_a_race_inside_a_losing_branch_is_undone_with_it() -> None:
    world = World(NESTED.replace("INNER", "merge first"), {"n": 1})
    settle(world, "d")
    world.answers({"ok": True}, step="b")
    world.answers({"ok": True}, step="b2")
    settle(world, "b1")
    settle(world, "b3")
    assert [note.step for note in world.of(RaceWon)] == ["b1"]
    assert undone(world) == ["Rb3"]
    world.answers({"ok": True}, step="a")
    settle(world, "b3", undo=True)
    settle(world, "b1", undo=True)
    assert undone(world) == ["Rb3", "Rb1"]
    assert "bb" not in world.entered
    assert ended(world) == {"a": True, "b": False, "b1": False, "bb": False}


LOOP = (
    HEAD
    + """
workflow w(n: int) {
  step a by clerk { task "a"  returns { ok: bool } }
  step b calls pay.issue(id: has(c.again) ? "b2" : "b", amount: 1)
  step fork sets { ok: true }
  step c by clerk { task "c"  returns { again: bool } }
  end done { a: has(a.ok), b: has(b.id) }
  end stuck

  start -> fork
  fork -> a, b grant pay.write pass n
  a, b -> c merge first pass n
  c -> fork when c.again at most 2 times, then -> stuck
  c -> done when !c.again
}
"""
)


def test_each_round_of_a_loop_is_a_race_of_its_own() -> None:
    world = World(LOOP, {"n": 1})
    settle(world, "b")
    world.answers({"again": True}, step="c")
    world.answers({"ok": True}, step="a")
    settle(world, "b2")
    assert undone(world) == ["Rb2"], "what won the round before stays done"
    settle(world, "b2", undo=True)
    world.answers({"again": False}, step="c")
    assert ended(world) == {"a": True, "b": False}


def test_what_another_call_under_the_same_key_did_too_stays_done() -> None:
    world = World(LOOP.replace('has(c.again) ? "b2" : "b"', '"b"'), {"n": 1})
    settle(world, "b")
    world.answers({"again": True}, step="c")
    world.answers({"ok": True}, step="a")
    settle(world, "b")
    assert undone(world) == [], "by its key it is the call that won the round before"
    world.answers({"again": False}, step="c")
    assert ended(world) == {"a": True, "b": False}


def test_workflows_inside_and_rows_of_a_losing_branch_are_undone() -> None:
    world = World(program(RIVALS), {"n": 1})
    settle(world, "y")
    settle(world, "i")
    world.answers({"ok": True}, step="a")
    settle(world, "x")
    for id in ("x", "i", "y"):
        settle(world, id, undo=True)
    assert undone(world) == ["Rx", "Ri", "Ry"]
    assert ended(world) == {"ok": True, "ran": False}


def test_conditions_of_the_join_read_who_has_won() -> None:
    text = RACE.replace("a2, b2, pause -> pick merge first", "a2, b2, pause -> pick merge first when has(a2.ok)") + ""
    text = text.replace("  pick -> done", "  a2, b2, pause -> late merge first otherwise\n  pick -> done")
    text = text.replace("  end done", "  end late\n  end done").replace("a2.ok) ? ", "a2.ok) ? ")
    world = World(text, {"n": 1})
    settle(world, "b1")
    settle(world, "b2")
    settle(world, "a1")
    settle(world, "a1", undo=True)
    assert world.finished.end == "late"
    taken = world.of(RouteTaken)[-1]
    assert [(other.route, other.code) for other in taken.others] == [("a2,b2,pause->pick#1", "false")]


def test_a_condition_without_a_value_gives_the_run_up() -> None:
    text = RACE.replace("-> pick merge first", "-> pick merge first when 1 / (n - 1) > 0")
    text = text.replace("  pick -> done", "  a2, b2, pause -> late merge first otherwise\n  pick -> done")
    world = World(text.replace("  end done", "  end late\n  end done"), {"n": 1})
    settle(world, "b1")
    settle(world, "b2")
    settle(world, "a1", fails="error")
    assert world.of(NoValue)
    for id in ("b2", "b1"):
        settle(world, id, undo=True)
    assert world.finished.status == "failed"


BRANCH = (
    HEAD
    + """
workflow w(id: string max 20) {
  step plan asks boss { question "what?"  returns { ok: bool } }
  step mid sets { n: 1 }
  step slow asks deputy { question "slow?"  returns { ok: bool } }
  step fast asks boss { question "fast?"  returns { ok: bool } }
  step hold calls pay.issue(id: id, amount: 1)
  step more calls pay.issue(id: id + "2", amount: 1)
  step after sets { n: 1 }
  step check asks boss { question "good?"  returns { ok: bool } }
  end done
  start -> plan
  plan -> mid, slow
  mid -> fast, hold grant pay.write
  hold -> more grant pay.write
  fast, more -> after merge first
  NEXT
  check -> plan when !check.ok backtrack at most 1 times
  check -> done otherwise
}
"""
)
"""A race in one of two branches of which the first is enough."""

TELL = """step tell calls mail.send(text: id)
  after, slow -> tell merge any grant mail.send
  tell -> check"""


def in_a_branch(following: str) -> World:
    """A race is won, what the other branch did is to be undone, and the branch beside the race is done."""
    world = World(BRANCH.replace("NEXT", following), {"id": "a"})
    world.person({"ok": True})
    world.returns("pay.issue", {"id": "Ra"})
    boss, deputy = sorted(world.open(AskPerson), key=lambda asked: asked.role)
    world.feed(PersonAnswered(world.now, boss.id, "bob", "boss", {"ok": True}))
    assert [note.step for note in world.of(RaceWon)] == ["fast"]
    world.feed(PersonAnswered(world.now, deputy.id, "bob", "deputy", {"ok": True}))
    return world


def test_a_race_in_a_branch_that_is_not_needed_any_more_is_not_gone_on_from() -> None:
    world = in_a_branch(TELL)
    world.returns("mail.send")
    settle(world, "a2")
    settle(world, "a2", undo=True)
    settle(world, "a", undo=True)
    assert world.called.count("mail.send") == 1, "the join was decided without it"
    assert "after" not in world.entered
    world.person({"ok": True})
    assert world.finished.status == "ended"


def test_what_such_a_race_undoes_is_waited_for_by_a_route_that_goes_back_over_it() -> None:
    world = in_a_branch("after, slow -> check merge any")
    world.person({"ok": False})
    assert world.entered.count("plan") == 1
    settle(world, "a2")
    settle(world, "a2", undo=True)
    assert world.entered.count("plan") == 1
    settle(world, "a", undo=True)
    assert world.entered.count("plan") == 2


ROUNDS = (
    HEAD
    + """
workflow w(id: string max 20) {
  step begin sets { n: 1 }
  step beside asks deputy { question "beside?"  returns { ok: bool } }
  step fork sets { n: 1 }
  step p asks boss { question "p?"  returns { ok: bool } }
  step q asks boss { question "q?"  returns { ok: bool } }
  step after sets { n: 1 }
  step last asks boss { question "again?"  returns { ok: bool } }
  end done
  start -> begin
  begin -> beside, fork
  fork -> p, q
  p, q -> after merge HOW
  beside, after -> last merge all
  last -> begin when !last.ok at most 2 times
  last -> done otherwise
}
"""
)
"""A join that is decided by the first, in a branch, in a loop."""


@pytest.mark.parametrize("how", ["first", "any"])
def test_who_comes_first_counts_in_every_round_however_long_a_branch_beside_it_takes(how: str) -> None:
    world = World(ROUNDS.replace("HOW", how), {"id": "a"})
    for step, ok in (("p", True), ("beside", True), ("last", False), ("q", True)):
        asked = next(one for one in world.open(AskPerson) if one.step == step)
        world.feed(PersonAnswered(world.now, asked.id, "bob", asked.role, {"ok": ok}))
    assert world.entered.count("after") == 2
    assert [asked.step for asked in world.open(AskPerson)] == ["beside"]
