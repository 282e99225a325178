"""A call that is undone while the run goes on is none that came before, for promises that one comes before another."""

from interlock.run.protocol.notes import CallDecided
from run.test_backtracking import voids
from run.texts import HEAD
from run.world import World

PROMISED = (
    HEAD
    + """
workflow w(id: string max 20) {
  goal "nothing is sent before it is paid for"
  step plan asks boss { question "what?"  returns { pay: bool } }
  step pay calls pay.issue(id: id, amount: 10)
  step check asks boss { question "good?"  returns { ok: bool } }
  step tell calls mail.send(text: "sent")
  end done
  end failed
  start -> plan
  plan -> pay when plan.pay grant pay.write
  plan -> tell otherwise grant mail.send
  pay -> check
  check -> tell when check.ok grant mail.send
  check -> plan when !check.ok backtrack at most 1 times, then -> failed
  tell -> done
  tell -> failed on denied
  never mail.send before pay.issue
}
"""
)


def test_a_call_that_was_undone_is_none_that_came_before() -> None:
    world = World(PROMISED, {"id": "a"})
    world.person({"pay": True})
    world.returns("pay.issue", {"id": "RA"})
    world.person({"ok": False})
    voids(world)
    world.person({"pay": False})
    assert [(n.tool, n.decision.answer) for n in world.of(CallDecided)][-1] == ("mail.send", "deny")
    assert world.finished.end == "failed"


def test_a_call_that_was_not_undone_is_one() -> None:
    world = World(PROMISED, {"id": "a"})
    world.person({"pay": True})
    world.returns("pay.issue", {"id": "RA"})
    world.person({"ok": True})
    world.returns("mail.send")
    assert world.finished.end == "done"


LATE = (
    PROMISED.replace("plan -> pay when plan.pay grant pay.write", "plan -> both when plan.pay")
    .replace("pay -> check", "both -> pay, quick grant pay.write  pay, quick -> check merge any")
    .replace("step check asks", "step both sets { n: 1 } step quick sets { n: 1 } step check asks")
)


def test_a_call_that_comes_back_after_it_was_discarded_is_none_that_came_before() -> None:
    world = World(LATE, {"id": "a"})
    world.person({"pay": True})
    world.person({"ok": False})
    world.returns("pay.issue", {"id": "RA"})
    voids(world)
    world.person({"pay": False})
    assert [(n.tool, n.decision.answer) for n in world.of(CallDecided)][-1] == ("mail.send", "deny")
    assert world.finished.end == "failed"


RACED = (
    HEAD
    + """
workflow w(id: string max 20) {
  step pay calls pay.issue(id: id, amount: 10)
  step sure asks boss { question "sure?"  returns { yes: bool }  within 2h }
  step pause waits for 1h
  step tell calls mail.send(text: "sent")
  end done
  end failed
  start -> pay, pause grant pay.write
  pay -> sure
  sure, pause -> tell merge first grant mail.send
  tell -> done
  tell -> failed on denied
  never mail.send before pay.issue
}
"""
)


def test_a_call_of_a_branch_that_lost_is_none_that_came_before() -> None:
    world = World(RACED, {"id": "a"})
    world.returns("pay.issue", {"id": "RA"})
    world.wait(3_600_000_000)
    voids(world)
    assert [(n.tool, n.decision.answer) for n in world.of(CallDecided)][-1] == ("mail.send", "deny")
    assert world.finished.end == "failed"


def test_a_call_of_the_branch_that_won_is_one() -> None:
    world = World(RACED, {"id": "a"})
    world.returns("pay.issue", {"id": "RA"})
    world.person({"yes": True})
    world.returns("mail.send")
    assert world.finished.end == "done"


GIVEN_UP = (
    HEAD
    + """
workflow w(id: string max 20) {
  step s runs inner(id: id)
  step tell calls mail.send(text: "sent")
  end done
  end failed
  start -> s grant pay.write
  s -> tell grant mail.send
  s -> tell on failure grant mail.send
  tell -> done
  tell -> failed on denied
  never mail.send before pay.issue
}
workflow inner(id: string max 20) {
  step pay calls pay.issue(id: id, amount: 10)
  step sure asks boss { question "sure?"  returns { yes: bool } }
  end done
  end gone gives up { because "no" }
  start -> pay grant pay.write
  pay -> sure
  sure -> done when sure.yes
  sure -> gone otherwise
}
"""
)


def test_a_call_of_a_workflow_that_was_given_up_is_none_that_came_before() -> None:
    for yes, end in ((True, "done"), (False, "failed")):
        world = World(GIVEN_UP, {"id": "a"})
        world.returns("pay.issue", {"id": "RA"})
        world.person({"yes": yes})
        if yes:
            world.returns("mail.send")
        else:
            voids(world)
        assert world.finished.end == end
