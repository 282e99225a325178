"""A step that reconciles the sources of a join: it stands for two routes, and does what they do."""

import pytest

from interlock.run.protocol.notes import NoValue
from interlock_cli.verbs.diff import _differences
from interlock_dsl.compiler.compile import compilation, compile_text
from interlock_dsl.diagnostics import DiagnosticError
from interlock_dsl.program.bundle import dump, load
from run.world import World

JOIN = """
agent judge { model "large" }
workflow w(n: int) {
  step a by judge { task "a"  returns { ok: bool  n: int } }
  step b by judge { task "b"  returns { ok: bool  n: int } }
  step arbiter by judge { task "who is right?"  returns { ok: bool } }
  step c sets { ok: has(arbiter.ok) ? arbiter.ok : has(a.ok) && a.ok }
  end done { ok: c.ok, asked: has(arbiter.ok) }
  end other
  start -> a, b pass n
  ROUTES
  arbiter -> c
  c -> other on failure
  c -> done
}
"""
PLAIN = "a, b -> c merge all reconcile by arbiter when a.ok != b.ok { pass a, b }"
TWO = "a, b -> arbiter merge all when a.ok != b.ok pass a, b   a, b -> c merge all otherwise"
AMONG = """
  a, b -> c when a.n > 0 merge all reconcile by arbiter when 1 / (a.n - 5) == b.n { pass a }
  a, b -> other merge all otherwise
"""
AMONG_TWO = """
  a, b -> arbiter merge all when a.n > 0 && 1 / (a.n - 5) == b.n pass a
  a, b -> c merge all when a.n > 0 && !(1 / (a.n - 5) == b.n)
  a, b -> other merge all otherwise
"""


@pytest.mark.parametrize(("short", "long"), [(PLAIN, TWO), (AMONG, AMONG_TWO)])
def test_it_means_what_two_routes_mean(short: str, long: str) -> None:
    one, two = (compile_text(JOIN.replace("ROUTES", text)) for text in (short, long))
    assert one.digest == two.digest
    assert load(dump(one)).digest == one.digest


@pytest.mark.parametrize(
    ("a", "b", "end", "asked"), [(6, 1, "done", True), (7, 1, "done", False), (0, 1, "other", None)]
)
def test_the_route_s_own_condition_comes_first(a: int, b: int, end: str, asked: bool | None) -> None:
    world = World(JOIN.replace("ROUTES", AMONG.replace("end done", "end done")), {"n": 1})
    world.answers({"ok": True, "n": a}, step="a")
    world.answers({"ok": True, "n": b}, step="b")
    if asked:
        world.answers({"ok": True}, step="arbiter")
    assert world.finished.end == end
    if asked is not None:
        assert world.finished.output["asked"] == asked


def test_a_condition_without_a_value_takes_neither_way() -> None:
    world = World(JOIN.replace("ROUTES", AMONG), {"n": 1})
    world.answers({"ok": True, "n": 5}, step="a")
    world.answers({"ok": True, "n": 1}, step="b")
    assert world.of(NoValue) and world.finished.status == "failed"
    assert world.entered == ["a", "b"]


@pytest.mark.parametrize(
    ("routes", "said"),
    [
        (PLAIN.replace("merge all", "merge any"), "`a` may be absent"),
        (PLAIN.replace("merge all", "merge first"), "`a` may be absent"),
        (PLAIN.replace("by arbiter", "by a"), "`a` takes part in this join"),
        (PLAIN.replace("-> c", "-> other"), "`arbiter` does not lead to `other`"),
        (PLAIN.replace("merge all", "otherwise merge all"), "a route with `otherwise` has no condition"),
        (PLAIN.replace("-> c", "-> c, arbiter"), "leads forward to one target"),
        (PLAIN.replace("by arbiter", "by nobody"), "`nobody` does not lead to `c`"),
        (PLAIN.replace("pass a, b }", "on failure }"), "on"),
        (PLAIN.replace("pass a, b }", "grant x.y }"), "x.y"),
    ],
)  # fmt: skip
def test_what_cannot_be_reconciled_is_refused(routes: str, said: str) -> None:
    with pytest.raises(DiagnosticError) as refused:
        compile_text(JOIN.replace("ROUTES", routes))
    assert said in str(refused.value)


def test_what_the_target_reads_of_the_step_may_be_absent() -> None:
    text = JOIN.replace("ROUTES", PLAIN).replace("has(arbiter.ok) ? arbiter.ok : has(a.ok) && a.ok", "arbiter.ok")
    with pytest.raises(DiagnosticError, match="`arbiter` may be absent"):
        compile_text(text)


@pytest.mark.parametrize("merge", ["any", "first"])
def test_it_goes_with_every_way_to_merge(merge: str) -> None:
    text = JOIN.replace("ROUTES", f"a, b -> c merge {merge} reconcile by arbiter when !has(a.ok) || !a.ok {{ pass n }}")
    world = World(text, {"n": 1})
    world.answers({"ok": True, "n": 1}, step="b")
    world.answers({"ok": False}, step="arbiter")
    assert world.finished.output == {"ok": False, "asked": True}


def test_a_race_that_was_none_is_a_difference() -> None:
    text = JOIN.replace("ROUTES", "a, b -> c merge any reconcile by arbiter when !has(a.ok) { pass n }")
    texts = (text, text.replace("merge any", "merge first"))
    old, new = (compilation(("x",), {"x": each}.__getitem__) for each in texts)
    found = [each.text for each in _differences(old, new, proofs=False)]
    assert "`a, b -> c` undoes what the branches did that lose" in found
    assert _differences(new, new, proofs=False) == []
