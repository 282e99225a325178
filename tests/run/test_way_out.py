"""The way out of a bound has all that its route hands over and asks: every clause, into every kind of step."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.run.protocol.commands import AskApproval, AskModel, AskPerson
from interlock.run.protocol.notes import Escalated, StepBegan
from interlock_dsl.formatter.format import format
from interlock_dsl.program.model import Route
from interlock_dsl.syntax.parser import parse
from run.world import World, program

TEXT = """
tool t.do(n: int in 0..9) {{ needs t.do  effect write }}
agent worker {{ may t.do }}
role boss {{ reach "boss" }}
role lead {{ reach "lead" }}
workflow w(n: int in 0..9) {{
  goal "go back once, then out"
  step draft by worker {{ task "draft"  returns {{ ok: bool }} }}
  step work by worker {{ task "work"  returns {{ ok: bool }} }}
  step pay calls t.do(n: n)
  step query asks boss {{ question "well?"  returns {{ ok: bool }} }}
  step note sets {{ n: n }}
  end out
  end done
  start -> draft grant t.do pass n
  draft -> draft when !draft.ok at most 1 times, then -> {target} {own}
    {route}
  draft -> work when n == 1 && draft.ok
  draft -> pay when n == 2 && draft.ok grant t.do
  draft -> query when n == 3 && draft.ok
  draft -> note when n == 4 && draft.ok
  draft -> out when n == 5 && draft.ok
  draft -> done when n > 5 && draft.ok
  draft -> done otherwise
  work -> done
  pay -> done
  query -> done
  note -> done
}}
"""
CLAUSES = {
    "grant": "grant t.do where args.n < 7",
    "pass": "pass n",
    "approval": "after approval by lead within 1h",
    "expiry": 'escalate to boss on expiry because "late"',
    "escalate": 'escalate to lead when n >= 0 because "again"',
}
HOUR = 3_600_000_000


def written(chosen: frozenset[str]) -> str:
    return " ".join(text for word, text in CLAUSES.items() if word in chosen)


def some(words: tuple[str, ...], needed: frozenset[str] = frozenset()) -> st.SearchStrategy[frozenset[str]]:
    """Clauses that may stand together: an escalation on expiry is that of an approval."""
    chosen = st.frozensets(st.sampled_from(words)).map(lambda found: found | needed)
    return chosen.map(lambda found: found if "approval" in found else found - {"expiry"})


def used_up(target: str, route: str, own: str) -> tuple[World, Route]:
    """Go back once, giving what is asked for on the way, and then out."""
    world = World(program(TEXT.format(target=target, route=route, own=own)), {"n": 0})
    world.answers({"ok": False}, step="draft")
    while world.open(AskApproval):
        world.approves()
    world.notes.clear()
    world.answers({"ok": False}, step="draft")
    (back,) = [route for route in world.program.workflows["w"].routes if route.bound is not None]
    assert back.out is not None
    return world, back.out


def agrees(world: World, out: Route, target: str, chosen: frozenset[str], late: bool) -> None:
    """Whoever looks at the run from outside sees each clause at work, and no other."""
    assert world.routes[0] == out.id == f"draft->draft#1, then->{target}"
    told = [(note.role, note.reason) for note in world.of(Escalated)]
    assert told == ([("lead", "again")] if "escalate" in chosen else [])
    context = {"n": 0} if "pass" in chosen else {}
    scopes = ("t.do",) if "grant" in chosen else ()
    assert bool(world.open(AskApproval)) == ("approval" in chosen)
    if "approval" in chosen:
        ask = world.the(AskApproval)
        assert (ask.role, ask.expires) == ("lead", world.now + HOUR)
        if target != "pay":
            assert (ask.subject["context"], ask.subject["scopes"]) == (context, list(scopes))
        if late:
            world.wait(HOUR)
            told = [(note.role, note.reason) for note in world.of(Escalated)][len(told) :]
            assert told == ([("boss", "late")] if "expiry" in chosen else [])
            return
        world.approves()
    if target == "out":
        assert world.finished.end == "out"
        return
    began = world.of(StepBegan)[0]
    assert (began.step, began.scopes) == (target, scopes)
    if target in ("work", "query"):
        (asked,) = world.open(AskModel if target == "work" else AskPerson)
        assert asked.context == context
    elif target == "pay":
        assert world.called == ["t.do"]
        held = out.grants[0].where
        assert held is not None
        assert (held.evaluate({"args": {"n": 6}}), held.evaluate({"args": {"n": 7}})) == (True, False)
    else:
        assert world.finished.end == "done"


@pytest.mark.parametrize("target", ["work", "pay", "query", "note", "out"])
@given(st.data())
@settings(max_examples=30, deadline=None)
def test_a_way_out_takes_over_the_clauses_of_its_route(target: str, data: st.DataObject) -> None:
    chosen = data.draw(some(tuple(CLAUSES), frozenset({"grant"} if target == "pay" else ())))
    world, out = used_up(target, written(chosen), "")
    used = chosen
    if target == "out":  # nobody sees what is passed to an end but who approves it, and it calls nothing
        used = chosen - {"grant"} if "approval" in chosen else chosen - {"grant", "pass"}
    agrees(world, out, target, used, data.draw(st.booleans()))


@pytest.mark.parametrize("target", ["work", "pay", "query", "note", "out"])
@given(st.data())
@settings(max_examples=30, deadline=None)
def test_a_way_out_with_a_block_has_its_clauses_and_no_others(target: str, data: st.DataObject) -> None:
    words = {"approval", "expiry", "escalate"} | ({"grant"} if target in ("work", "pay") else set())
    own = data.draw(some(tuple(sorted(words)), frozenset({"grant"} if target == "pay" else ())))
    if target in ("work", "query") or ("approval" in own and target != "pay"):
        own |= data.draw(st.sampled_from([frozenset[str](), frozenset({"pass"})]))
    route = data.draw(some(tuple(CLAUSES)))
    world, out = used_up(target, written(route), f"{{ {written(own)} }}")
    agrees(world, out, target, own, data.draw(st.booleans()))


@given(some(tuple(CLAUSES)), st.none() | some(tuple(CLAUSES)))
@settings(deadline=None)
def test_formatting_keeps_the_clauses_of_a_way_out(route: frozenset[str], own: frozenset[str] | None) -> None:
    block = "" if own is None else f"{{ {written(own)} }}"
    tree = parse(TEXT.format(target="work", route=written(route), own=block), "w.ilk")
    once = format(tree)
    assert parse(once, "w.ilk") == tree
    assert format(parse(once, "w.ilk")) == once
