"""What watches promises from outside: it complains of a call that comes first, had the machine let it be made."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from interlock.decide import Decision
from interlock.run.protocol.commands import AskPerson
from interlock.run.protocol.events import PersonAnswered
from interlock.run.protocol.notes import CallDecided, Note
from reference.kept import Watch
from run.test_backtracking import voids
from run.test_backtracking_promises import LATE, PROMISED
from run.texts import HEAD
from run.world import World

INSIDE = (
    HEAD
    + """
workflow w(id: string max 20) {
  step part runs paid(id: id, n: 1) ROWS
  step tell calls mail.send(text: "sent")
  end done
  end failed
  start -> part grant pay.write
  part -> tell grant mail.send
  part -> tell on failure grant mail.send
  tell -> done
  tell -> failed on denied
  never mail.send before pay.issue
}
workflow paid(id: string max 20, n: int in 0..1) {
  step pay calls pay.issue(id: id, amount: 10)
  step ask asks boss { question "good?"  returns { ok: bool } }
  end kept
  end taken gives up { because "it is not" }
  start -> pay when n == 1 grant pay.write
  start -> ask otherwise
  pay -> ask
  ask -> kept when ask.ok
  ask -> taken otherwise
}
"""
)


def discarded() -> World:
    world = World(PROMISED, {"id": "a"})
    world.person({"pay": True})
    world.returns("pay.issue", {"id": "RA"})
    world.person({"ok": False})
    voids(world)
    world.person({"pay": False})
    return world


def discarded_under_way() -> World:
    world = World(LATE, {"id": "a"})
    world.person({"pay": True})
    world.person({"ok": False})
    world.returns("pay.issue", {"id": "RA"})
    voids(world)
    world.person({"pay": False})
    return world


def given_up() -> World:
    world = World(INSIDE.replace("ROWS", ""), {"id": "a"})
    world.returns("pay.issue", {"id": "RA"})
    world.person({"ok": False})
    voids(world)
    return world


def unneeded() -> World:
    rows = INSIDE.replace("n: 1) ROWS", "n: n) for each n in [0, 1] max 2 merge any")
    world = World(rows, {"id": "a"})
    world.returns("pay.issue", {"id": "RA"})
    asked = next(each for each in world.open(AskPerson) if each.step == "part[0]/ask")
    world.feed(PersonAnswered(0, asked.id, "bob", asked.role, {"ok": True}))
    voids(world)
    return world


def said(world: World) -> list[str]:
    """Return what is said of a run had its last call been made."""
    watch, notes = Watch(world.program, 0), list[Note](world.notes)
    decided = max(index for index, note in enumerate(notes) if isinstance(note, CallDecided))
    denied = notes[decided]
    assert isinstance(denied, CallDecided) and denied.tool == "mail.send" and denied.decision.answer == "deny"
    notes[decided] = replace(denied, decision=Decision("allow", ()), call="forged")
    return [complaint for note in notes for complaint in watch.told(note)]


@pytest.mark.parametrize("happened", [discarded, discarded_under_way, given_up, unneeded])
def test_a_call_that_was_taken_back_comes_before_nothing(happened: Callable[[], World]) -> None:
    assert said(happened()) == ["w/never mail.send#1: mail.send is called first"]


def test_what_was_not_taken_back_comes_before() -> None:
    world = World(INSIDE.replace("ROWS", ""), {"id": "a"})
    world.returns("pay.issue", {"id": "RA"})
    world.person({"ok": True})
    assert world.called[-1] == "mail.send"
    watch = Watch(world.program, 0)
    assert [complaint for note in world.notes for complaint in watch.told(note)] == []
