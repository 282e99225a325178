"""Calls under one idempotency key are one call: made once, standing as long as one of them does, new once undone."""

from interlock.run.protocol.commands import AskPerson, CallTool
from interlock.run.protocol.events import PersonAnswered
from interlock.run.protocol.notes import StepFailed
from run.texts import HEAD
from run.world import World

BESIDE = (
    HEAD
    + """
workflow w(id: string max 20) {
  step begin sets { n: 1 }
  step plan asks deputy { question "what?"  returns { ok: bool } }
  step pay calls pay.issue(id: id, amount: 10)
  step check asks deputy { question "good?"  returns { ok: bool } }
  step ready asks boss { question "now?"  returns { ok: bool } }
  step other calls pay.issue(id: id, amount: 10)
  step last sets { n: 1 }
  end done
  end refused
  start -> begin
  begin -> plan, ready
  plan -> pay grant pay.write
  pay -> check
  check -> plan when !check.ok backtrack at most 1 times
  ready -> other grant pay.write after approval by boss within 1h
  other -> refused on denied
  check, other -> last merge all when check.ok
  last -> done
}
"""
)
"""Two branches make the same call; one of them goes back over it."""


def answered(world: World, step: str, ok: bool = True) -> None:
    asked = next(one for one in world.open(AskPerson) if one.step == step)
    world.feed(PersonAnswered(world.now, asked.id, "bob", asked.role, {"ok": ok}))


def under_way(world: World) -> list[tuple[str, str]]:
    return [(call.step, call.key) for call in world.open(CallTool)]


def paid() -> World:
    """The one branch has paid, the other waits for an approval of the same call."""
    world = World(BESIDE, {"id": "a"})
    answered(world, "plan")
    answered(world, "ready")
    world.returns("pay.issue", {"id": "R1"})
    return world


def test_a_call_that_waited_while_its_like_was_undone_is_made_under_another_key() -> None:
    world = paid()
    answered(world, "check", ok=False)
    world.returns("pay.void")
    world.approves()
    assert under_way(world) == [("other", "pay.issue~2:a")]


def test_a_call_that_was_under_way_while_its_like_was_undone_may_not_have_happened() -> None:
    for back_first in (True, False):
        world = paid()
        world.approves()
        assert under_way(world) == [("other", "pay.issue:a")]
        answered(world, "check", ok=False)
        if back_first:
            world.returns("pay.void")
        world.returns("pay.issue", {"id": "R1"})
        (failed,) = world.of(StepFailed)
        said = "pay.issue may have happened: a call under its idempotency key was undone meanwhile"
        assert (failed.step, failed.message) == ("other", said)


def test_what_stands_by_another_call_under_its_key_is_not_undone() -> None:
    world = paid()
    world.approves()
    world.returns("pay.issue", {"id": "R1"})
    answered(world, "check", ok=False)
    assert not world.open(CallTool)
    answered(world, "plan")
    world.returns("pay.issue", {"id": "R1"})
    answered(world, "check")
    assert world.finished.status == "ended"
    assert "pay.void" not in world.called


TWICE = (
    HEAD
    + """
workflow w(id: string max 20) {
  step pay calls pay.issue(id: id, amount: 10)
  step again calls pay.issue(id: id, amount: 10)
  step other calls pay.issue(id: id + "b", amount: 10)
  step check asks deputy { question "good?"  returns { ok: bool } }
  end done
  end lost gives up { because "it is not good" }
  start -> pay grant pay.write
  pay -> other grant pay.write
  other -> again grant pay.write
  again -> check
  check -> done when check.ok
  check -> lost otherwise
}
"""
)
"""Two calls under one key, one under another between them; then the run is given up."""


def test_a_run_that_is_given_up_undoes_calls_under_one_key_once_as_late_as_the_first_of_them() -> None:
    world = World(TWICE, {"id": "a"})
    for receipt in ("Ra", "Rb", "Ra"):
        world.returns("pay.issue", {"id": receipt})
    answered(world, "check", ok=False)
    undone = []
    while world.open(CallTool):
        undone.append(world.open(CallTool)[0].args["receipt"])
        world.returns("pay.void")
    assert undone == ["Rb", "Ra"]
    assert world.finished.reason == "it is not good"
