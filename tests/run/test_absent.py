"""What a step would have written, had it run, is absent where it did not: never an error where it is guarded."""

import pytest

from interlock.run.protocol.commands import CallTool
from interlock.run.protocol.events import PersonAnswered
from run.texts import HEAD
from run.world import World, program

WORKFLOW = (
    HEAD
    + """
workflow w(id: string max 20, n: int in 0..10) {
  goal "one of two, then everything that may read them"
  budget { steps 20  tool_calls 10 }
  step even sets { c: n + 1 }
  step odd asks boss { question "?"  returns { c: int in 0..100 } }
  step look calls orders.get(id: id)
  step grade decides size(n: n)
  step after sets { seen: has(even.c)  other: odd.?c.orValue(7)  which: has(even.c) ? even.?c.orValue(0) : 2 }
  step pay calls pay.issue(id: id, amount: has(even.c) ? 10 : odd.?c.orValue(3) + 1)
  end done {
    seen: after.seen  other: after.other  which: after.which  looked: has(look.total)
    name: grade.?name.orValue("none")
  }
  end none
  start -> even when n % 2 == 0
  start -> odd when n % 2 == 1 && n < 9
  start -> look when n == 9 grant orders.read
  start -> grade otherwise
  even -> after
  odd -> after
  look -> after
  grade -> after
  after -> pay when has(even.c) || has(odd.c) || !has(look.id) grant pay.write where !has(look.total)
  after -> none otherwise
  pay -> done
}
table size(n: int in 0..10) -> { name: string max 10 } {
  when > 5 then "large"
  otherwise then "small"
}
"""
)


@pytest.mark.parametrize(("n", "paid", "seen", "other", "which"), [(2, 10, True, 7, 3), (3, 41, False, 40, 2)])
def test_a_guard_on_a_step_that_did_not_run_is_false(n: int, paid: int, seen: bool, other: int, which: int) -> None:
    world = World(WORKFLOW, {"id": "A1", "n": n})
    if n == 3:
        world.person({"c": 40})
    assert world.the(CallTool).args["amount"] == paid
    world.returns("pay.issue", {"id": "R1"})
    expected = {"seen": seen, "other": other, "which": which, "looked": False}
    assert {name: world.finished.output[name] for name in expected} == expected


def test_a_step_that_ran_is_there() -> None:
    world = World(WORKFLOW, {"id": "A1", "n": 9})
    world.returns("orders.get", {"id": "A1", "total": 5})
    assert world.finished.end == "none"


ANY = """
role boss { reach "boss" }
workflow w(n: int in 0..10) {
  goal "the first of two is enough"
  step a asks boss { question "a?" returns { c: int in 0..10 } }
  step b asks boss { question "b?" returns { c: int in 0..10 } }
  step after sets { which: has(a.c) ? "a" : "b"  value: a.?c.orValue(b.?c.orValue(-1)) }
  end done { which: after.which  value: after.value }
  end high
  start -> a, b
  a, b -> after merge any
  after -> high when a.?c.orValue(0) > 5 || has(b.c) && b.c > 5
  after -> done otherwise
}
"""


@pytest.mark.parametrize(("step", "c", "end"), [("a", 1, "done"), ("b", 2, "done"), ("a", 9, "high"), ("b", 9, "high")])
def test_after_merge_any_the_one_that_did_not_arrive_is_absent(step: str, c: int, end: str) -> None:
    world = World(program(ANY), {"n": 0})
    asked = next(command for command in world.machine.waiting_for if command.step == step)
    world.feed(PersonAnswered(0, asked.id, "bob", "boss", {"c": c}))
    assert world.finished.end == end
    if end == "done":
        assert world.finished.output == {"which": step, "value": c}
