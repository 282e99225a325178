"""What is proved of a workflow with others inside: composed bounds, promises kept inside, and else nothing."""

import pytest

from checker.examining import examined
from interlock_dsl import check_text
from interlock_dsl.analysis.knowledge.bounds import Bounds, bounds
from interlock_dsl.analysis.promises import State
from interlock_dsl.analysis.promises.judgement import Judgement
from interlock_dsl.analysis.reasoning.reasoner import Reasoner
from prove.test_promises import judgements

HEAD = """
tool pay.issue(n: int in 1..100) -> { id: string } {
  needs pay.write  effect write  idempotent by n  timeout 5s  cost 0.10 usd  undo pay.void(id: result.id)
}
tool pay.void(id: string) { needs pay.write  effect write  idempotent by id  timeout 2s }
tool look.up(n: int in 1..100) -> { ok: bool } { needs pay.read  effect read  timeout 1s }
role boss { reach "b" }
"""
INNER = """
workflow buy(n: int in 1..100) {{
  step send calls pay.issue(n: n)
  end bought {{ id: send.id }}
  start -> send grant pay.write {approval}
  send -> bought
  {promise}
}}
"""
OUTER = """
workflow w(n: int in 1..100) {{
  {budget}
  step first calls look.up(n: n)
  step s runs buy(n: n)
  end done {{ how: s.end }}
  start -> first grant pay.read
  first -> s grant pay.write
  s -> done
  {promise}
}}
"""
APPROVED = "after approval by boss within 1h"
NEVER = "never pay.issue before approval by boss"


def text(promise: str = "", budget: str = "", inner: str = "", approval: str = "") -> str:
    return HEAD + OUTER.format(promise=promise, budget=budget) + INNER.format(promise=inner, approval=approval)


def bounded(whole: str) -> Bounds:
    """Return what a run of `w` uses at the most and at the least, and each visit of its steps."""
    facts = examined(whole).facts
    return bounds(facts.workflows["w"], facts)


def judged(whole: str) -> Judgement:
    """Return what is known of the one promise of `w`."""
    (found,) = [each for each in judgements(whole, Reasoner()) if each.workflow == "w"]
    return found


def state(promise: str, **parts: str) -> State:
    return judged(text(promise, **parts)).state


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        (NEVER, State.PROVED),
        ("never pay.* before approval by boss", State.PROVED),
        ("", State.UNKNOWN),
        ("never pay.issue where args.n > 3 before approval by boss", State.UNKNOWN),
        ("never look.up before approval", State.UNKNOWN),
    ],
)
def test_a_promise_about_calls_is_proved_where_the_workflow_inside_promises_as_much(
    inner: str, expected: State
) -> None:
    assert state(NEVER, inner=inner, approval=APPROVED) is expected


def test_what_has_to_come_first_may_have_come_around() -> None:
    assert state("never pay.issue before look.up") is State.PROVED
    assert state("never pay.* before pay.void") is State.UNKNOWN


@pytest.mark.parametrize(
    ("promise", "expected"),
    [
        ("ends within 3 steps", State.PROVED),
        ("ends within 2 steps", State.UNKNOWN),
        ("cost <= 0.10 usd", State.PROVED),
        ("cost <= 0.09 usd", State.UNKNOWN),
        ("ends within 8s", State.PROVED),
        ("ends within 7s", State.UNKNOWN),
        ("reaches done", State.UNKNOWN),
        ('always !has(s.end) || s.end == "bought"', State.PROVED),
    ],
)
def test_bounds_are_composed_and_what_would_need_a_run_inside_is_unknown(promise: str, expected: State) -> None:
    assert state(promise) is expected


def test_the_worst_of_a_step_that_runs_a_workflow_is_all_of_it_done_and_undone() -> None:
    found = bounded(text())
    assert (found.visit["s"].steps, found.visit["s"].calls, found.visit["s"].cost) == (2, 2, 100_000)
    assert found.visit["s"].time == 7_000_000
    assert (found.least.steps, found.least.calls) == (3, 2)
    assert not found.exact


def test_every_row_of_a_fan_out_inside_may_be_undone() -> None:
    whole = text().replace("calls pay.issue(n: n)\n", "calls pay.issue(n: n) for each each_n in [1, 2, 3] max 3\n")
    assert bounded(whole.replace("end bought { id: send.id }", "end bought")).visit["s"].calls == 6


def rows(clauses: str, inner: str = "") -> str:
    """Return a program whose step runs its workflow for each of at most three rows."""
    whole = text(inner=inner).replace("runs buy(n: n)", f"runs buy(n: m) for each m in [1, n] max 3 {clauses}")
    return whole.replace("end done { how: s.end }", "end done { how: size(s) }")


@pytest.mark.parametrize(
    ("clauses", "seconds", "least"), [("", 5 + 6, 0), ("width 2", 10 + 6, 0), ("width 1 merge 2", 15 + 6, 2)]
)
def test_every_row_may_be_done_and_undone(clauses: str, seconds: int, least: int) -> None:
    found = bounded(rows(clauses))
    worst = found.visit["s"]
    assert (worst.steps, worst.calls, worst.cost) == (6, 6, 300_000)
    assert worst.time == seconds * 1_000_000
    assert (found.least.steps, found.least.calls) == (1 + 2 * least, 1 + least)
    assert not found.exact


def test_a_deadline_bounds_what_runs_inside_but_for_what_is_waited_for_and_undone() -> None:
    approved = text(approval="after approval by boss")
    assert bounded(approved).visit["s"].time is None
    late = approved.replace("runs buy(n: n)", "runs buy(n: n) within 20s")
    assert bounded(late).visit["s"].time == (20 + 5 + 2) * 1_000_000


def test_a_budget_inside_bounds_what_is_done_and_no_more_is_undone() -> None:
    loop = "send -> bought when n > 5\n  send -> send otherwise at most 50 times, then -> bought grant pay.write"
    whole = (
        text()
        .replace("  send -> bought", "  " + loop)
        .replace("int in 1..100) {\n  step send", "int in 1..100) { budget { tool_calls 4 }\n  step send")
    )
    assert bounded(whole).visit["s"].calls == 8


def test_of_branches_that_exclude_each_other_one_is_undone() -> None:
    choice = """step other calls pay.issue(n: n)
      end bought { id: string(n) }
      start -> other otherwise grant pay.write
      other -> bought
    """
    whole = text().replace("end bought { id: send.id }", choice).replace("start -> send", "start -> send when n > 5")
    assert bounded(whole).visit["s"].calls == 2


@pytest.mark.parametrize(
    ("promise", "expected"),
    [
        (NEVER, State.PROVED),
        ("ends within 7 steps", State.PROVED),
        ("ends within 6 steps", State.UNKNOWN),
        ("cost <= 0.30 usd", State.PROVED),
        ("cost <= 0.29 usd", State.UNKNOWN),
        ("reaches done", State.UNKNOWN),
        ('always s.all(each, each.end == "bought")', State.PROVED),
        ('always s.exists(each, each.end == "bought")', State.PROVED),
        ('always s.exists(each, each.id == "")', State.UNKNOWN),
        ("always size(s) <= 3", State.PROVED),
        ("never pay.* before look.up", State.PROVED),
    ],
)
def test_promises_over_rows_are_proved_by_types_and_bounds_or_left_open(promise: str, expected: State) -> None:
    whole = rows("", inner=NEVER).replace("s -> done\n", f"s -> done\n  {promise}\n")
    assert judged(whole).state is expected


def test_a_workflow_that_many_run_is_looked_at_once() -> None:
    depth = 40
    chain = [
        f"workflow w{at}(n: int) {{ step a runs w{at + 1}(n: n)  step b runs w{at + 1}(n: n)  end done"
        "  start -> a  a -> b  b -> done }"
        for at in range(depth)
    ]
    whole = "\n".join([*chain, f"workflow w{depth}(n: int) {{ end done  start -> done }}"])
    assert [each for each in check_text(whole)[1] if each.severity == "error"] == []


def test_a_value_that_a_workflow_inside_never_gives_refutes_nothing() -> None:
    whole = """
    tool shop.get(id: string) -> { n: int in 0..100 } { needs shop.read  effect read }
    workflow w(n: int in 0..10) {
      step s runs least(n: n)
      end done { n: s.n }
      start -> s grant shop.read
      s -> done
      always s.n <= 10
    }
    workflow least(n: int in 0..10) {
      step got calls shop.get(id: "a")
      end given { n: n }
      end found { n: got.n }
      start -> got grant shop.read
      got -> given when got.n > 3
      got -> found otherwise
    }
    """
    found = judged(whole)
    assert found.state is State.UNKNOWN and found.witness is None
