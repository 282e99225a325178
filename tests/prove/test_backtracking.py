"""What is proved of workflows that go back: bounds count what is undone, promises what was discarded."""

from checker.examining import examined
from interlock_dsl import check_text
from interlock_dsl.analysis.knowledge.bounds import bounds
from interlock_dsl.analysis.promises import State
from interlock_dsl.analysis.reasoning.reasoner import Reasoner
from prove.test_promises import judgements
from run.test_backtracking_promises import PROMISED

TEXT = """
tool stock.take(item: string) -> { id: string } {
  needs stock.write  effect write  cost 0.10 usd  undo stock.put(id: result.id)
}
tool stock.put(id: string) { needs stock.write  effect write  cost 0.05 usd }
agent tester { model "small"  cost 0.01 usd }

workflow take(item: string) {
  step choose sets { item: item }
  step get calls stock.take(item: choose.item)
  step judge by tester { task "fine?"  returns { ok: bool } }
  end done
  end failed
  start -> choose
  choose -> get grant stock.write
  get -> judge pass choose.item
  judge -> done when judge.ok
  judge -> choose when !judge.ok backtrack at most 2 times, then -> failed
}
"""


def worst(text: str) -> tuple[object, object, object]:
    made = examined(text)
    (workflow,) = made.facts.workflows.values()
    found = bounds(workflow, made.facts).worst
    return found.steps, found.calls, found.cost


def test_bounds_count_what_is_done_in_every_round_and_undone() -> None:
    assert worst(TEXT) == (9, 3 + 3, 3 * 110_000 + 3 * 50_000)
    assert worst(TEXT.replace("backtrack at most", "at most")) == (9, 3, 3 * 110_000)


def test_an_output_is_absent_after_going_back() -> None:
    read = TEXT.replace("sets { item: item }", "sets { item: has(get.id) ? get.id : item }")
    _, found = check_text(read)
    assert {each.code for each in found if each.severity.name == "ERROR"} == {"read-before-write"}
    _, plain = check_text(read.replace("backtrack at most", "at most"))
    assert not [each for each in plain if each.severity.name == "ERROR"]


def shown(text: str) -> list[State]:
    return [judged.state for judged in judgements(text, Reasoner())]


def test_a_promise_is_proved_by_a_call_on_every_way_and_not_by_one_that_was_undone() -> None:
    assert shown(PROMISED) != [State.PROVED]
    always = PROMISED.replace("plan -> pay when plan.pay", "plan -> pay")
    always = always.replace("  plan -> tell otherwise grant mail.send\n", "")
    assert shown(always) == [State.PROVED]


def test_no_run_is_told_that_would_have_to_undo_something() -> None:
    assert State.REFUTED not in shown(TEXT.replace("  end failed\n", "  end failed\n  ends within 5 steps\n"))
