"""What is proved of a promise holds in every run: none breaks it, and no call is denied for its sake."""

import re
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from checker.promising import broken_by, promising
from generated.dice import Dice
from generated.world import World
from interlock.run import Machine
from interlock.testing.runner import run_test
from interlock_dsl import check_text
from interlock_dsl.analysis.promises import State, judge_promises
from interlock_dsl.analysis.promises.judgement import Judgement
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.reasoning.reasoner import Reasoner
from interlock_dsl.compiler.compile import compilation

RUNS = 12


def judgements(text: str, reasoner: Reasoner) -> list[Judgement]:
    """Return what is shown of the promises of a program."""
    unit = compilation(("x",), {"x": text}.__getitem__)
    assert unit.facts is not None
    facts = unit.facts
    return list(judge_promises({name: Questions(made, facts, reasoner) for name, made in facts.workflows.items()}))


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_no_run_breaks_what_is_proved(first: int) -> None:
    states: Counter[State] = Counter()
    for seed in range(first, first + 10):
        text, program = promising(seed)
        found = judgements(text, Reasoner())
        states.update(judged.state for judged in found)
        proved = {judged.id for judged in found if judged.state is State.PROVED}
        for number in range(RUNS if proved else 0):
            world, machine = World(Dice(Random(seed * 100 + number)), program, tame=True), Machine(program)
            event = world.start()
            for _ in range(60):
                for note in machine.feed(event):
                    assert not broken_by(note) & proved, (broken_by(note), seed, number, text)
                if machine.status in ("ended", "failed", "cancelled"):
                    break
                event = world.next(machine)
    assert states[State.PROVED] and states[State.REFUTED], states


@pytest.mark.parametrize("first", range(0, 24, 12))
def test_what_refutes_a_promise_does_so_on_the_evaluator(first: int) -> None:
    replayed = 0
    for seed in range(first, first + 12):
        text, _ = promising(seed)
        for judged in judgements(text, Reasoner()):
            witness = judged.witness
            if witness is None or not (witness.rehearsed and witness.expects) or not judged.id.startswith("w/"):
                continue
            body = "\n".join(f"  {line}" for line in (*witness.story, *witness.expects))
            program, found = check_text(f'{text}\ntest "a witness" of w {{\n{body}\n}}\n')
            assert program is not None, (seed, judged.id, found, body)
            test = next(test for test in program.tests if test.title == "a witness")
            assert run_test(program, test).failures == (), (seed, judged.id, judged.reason, body)
            replayed += 1
    assert replayed


def test_an_approval_that_a_rule_may_ask_for_refutes_no_time() -> None:
    """The rule never applies to this call, so that no run waits for its approval."""
    text = """
tool pay(amount: int in 1..1_000) { needs money.write  effect write  timeout 1h }
role lead { reach "leads" }

workflow refund(amount: int in 1..100) {
  step send calls pay(amount: amount)
  end paid

  start -> send
    grant money.write
  send -> paid

  ends within 8h
}

policy desk {
  require approval by lead within 2d for pay
    when args.amount > 500
}
"""
    (found,) = judgements(text, Reasoner())
    assert found.state is State.UNKNOWN
    (longer,) = judgements(text.replace("timeout 1h", "timeout 9h"), Reasoner())
    assert longer.state is State.REFUTED and longer.reason == "a run may take 9h"


@pytest.mark.parametrize(
    ("time", "routes", "state"),
    [
        ("3h", "", State.PROVED),
        ("4h", "", State.REFUTED),
        ("3h", "ask -> late on over budget", State.PROVED),
        ("3h", "ask -> late on over budget after approval by lead within 1m", State.UNKNOWN),
        ("3h", "ask -> late on denied after approval by lead within 1m", State.PROVED),
    ],
)
def test_a_budget_proves_a_time_where_it_is_over_before_and_nobody_is_waited_for(
    time: str, routes: str, state: State
) -> None:
    text = """
role lead { reach "leads" }

workflow review(id: string) {
  budget { time TIME }
  step ask asks lead { question "what of it?"  returns { ok: bool }  within 30h }
  end done
  end late

  start -> ask
  ask -> done
  ask -> late on expiry
  ROUTES

  ends within 4h
}
"""
    (found,) = judgements(text.replace("TIME", time).replace("ROUTES", routes), Reasoner())
    assert found.state is state


def test_a_way_that_is_open_for_a_time_refutes_no_time() -> None:
    """The second call begins within 10 minutes, or not at all."""
    text = """
tool pay(amount: int in 1..1_000) { needs money.write  effect write  timeout 1h }

workflow w(n: int in 1..10) {
  step a calls pay(amount: n)
  step b calls pay(amount: n)
  end x
  end y

  start -> a
    grant money.write
  a -> b
    when now - run.started < duration("10m")
    grant money.write
  a -> y
    otherwise
  b -> x

  ends within 75m
}
"""
    (found,) = judgements(text, Reasoner())
    assert found.state is State.UNKNOWN


def test_the_guide_says_what_is_proved() -> None:
    """All promises of the second program on the page are proved; of the first, those that it says are refuted."""
    page = (Path(__file__).parents[1] / "language" / "promises.md").read_text()
    first, second = re.findall(r"^```ilk\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    refuted = [judged.id for judged in judgements(first, Reasoner()) if judged.state is not State.PROVED]
    assert refuted == ["refund/never refunds.issue#1", "refund/never irreversible#1", "refund/always#1"]
    found = judgements(second, Reasoner())
    assert len(found) == 7 and {judged.state for judged in found} == {State.PROVED}, found


SPARED = """
tool orders.get(id: string) -> { total: int } { needs orders.read  effect read  fallback replica.get(id: id) }
tool replica.get(id: string) -> { total: int } { needs orders.read  effect read }
tool money.pay(total: int) { needs money.write  effect write  idempotent by total }
workflow w(id: string) {
  step order calls orders.get(id: id)
  step pay calls money.pay(total: order.total)
  end done
  start -> order
    grant orders.read
  order -> pay
    grant money.write
  pay -> done
  PROMISE
}
"""


@pytest.mark.parametrize(
    ("promise", "state"),
    [
        ("never money.pay before orders.get", State.UNKNOWN),
        ("never replica.get before money.pay", State.UNKNOWN),
        ("never replica.get before approval", State.UNKNOWN),
    ],
)
def test_what_is_called_in_place_of_a_tool_is_not_proved_away(promise: str, state: State) -> None:
    (judged,) = judgements(SPARED.replace("PROMISE", promise), Reasoner())
    assert judged.state is state
    (without,) = judgements(SPARED.replace("PROMISE", promise).replace("fallback replica.get(id: id)", ""), Reasoner())
    assert without.state is State.PROVED
