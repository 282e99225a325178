"""No run consumes more than the worst case, and none in which nothing fails less than the least."""

from random import Random

import pytest

from generated.dice import Dice
from generated.programs import clean_program
from generated.world import World
from interlock.run import Machine
from interlock.run.protocol.notes import StepCancelled, StepFailed
from interlock_dsl.analysis.knowledge.bounds import Bounds, bounds
from interlock_dsl.compiler.compile import compilation

MINUTE = 60_000_000
HEAD = """
tool a.read(n: int) -> { n: int } { needs a.read  effect read  timeout 10s
  cost 0.01 usd  retry 2 times backoff 1s..1s }
tool a.write(n: int) { needs a.write  effect write  timeout 20s  cost 0.10 usd }
agent helper { model "m"  tokens 1_000  turns 2  cost 0.05 usd  timeout 30s }
role boss { reach "boss" }
"""


def of(workflow: str) -> Bounds:
    unit = compilation(("x",), {"x": HEAD + workflow}.__getitem__)
    assert unit.facts is not None, unit.report.ordered()
    return bounds(unit.facts.workflows["w"], unit.facts)


def test_the_dearest_way_counts_with_its_retries() -> None:
    found = of("""workflow w(n: int) {
      step look calls a.read(n: n)
      step think by helper { task "t"  returns { ok: bool } }
      step write calls a.write(n: n)
      end done
      start -> look grant a.read
      look -> think when n > 3 pass n
      look -> done otherwise
      think -> write grant a.write after approval by boss within 5m
      write -> done
      write -> done on expiry
    }""")
    assert (found.worst.steps, found.worst.calls, found.worst.tokens) == (3, 4, 1_000)
    assert found.worst.cost == 3 * 10_000 + 50_000 + 100_000
    assert found.worst.time == (3 * 10 + 2 + 60 + 20) * 1_000_000 + 5 * MINUTE
    assert (found.least.steps, found.least.calls, found.least.cost) == (1, 1, 10_000)
    assert found.exact


def test_each_row_is_counted_and_a_width_lets_them_wait() -> None:
    found = of("""workflow w(ns: list<int> max 10) {
      step look calls a.read(n: n) for each n in ns max 10
      step slow calls a.read(n: n) for each n in ns max 10 width 4
      step book calls a.book(n: n) for each n in ns max 10 merge 2
      end done
      start -> look grant a.read
      look -> slow grant a.read
      slow -> book grant a.write
      book -> done
    }
    tool a.book(n: int) { needs a.write  effect write  timeout 20s  cost 0.10 usd  undo a.free(n: n) }
    tool a.free(n: int) { needs a.write  effect write  timeout 7s  cost 0.01 usd }
    """)
    look = 3 * 10 + 2
    assert (found.worst.steps, found.worst.calls) == (30, 10 * 3 + 10 * 3 + 10 + 10)
    assert found.worst.time == (look + 3 * look + 20 + 10 * 7) * 1_000_000
    assert (found.least.steps, found.least.calls, found.least.cost) == (2, 2, 200_000)
    assert not found.exact, "a list may have fewer rows"


def test_branches_add_up_and_run_at_once() -> None:
    found = of("""workflow w(n: int) {
      step one calls a.read(n: n)
      step two calls a.write(n: n)
      step after sets { m: n }
      end done
      start -> one, two grant a.read, a.write
      one, two -> after merge all
      after -> done
    }""")
    assert (found.worst.steps, found.worst.calls, found.least.steps, found.least.calls) == (3, 4, 3, 2)
    assert found.worst.time == 32_000_000


def test_a_loop_counts_as_often_as_its_bound_allows() -> None:
    found = of("""workflow w(n: int) {
      step before sets { m: n }
      step write calls a.read(n: n)
      step review asks boss { question "good?"  returns { ok: bool }  within 1m }
      step late sets { m: n }
      end done
      start -> before
      before -> write grant a.read
      write -> review
      review -> write when !review.ok at most 3 times, then -> late grant a.read
      review -> late otherwise
      review -> late on expiry
      late -> done
    }""")
    assert found.worst.steps == 2 + 4 * 2
    assert found.visits == {"before": 1, "write": 4, "review": 4, "late": 1}
    assert found.least.steps == 4


def test_what_has_no_bound_says_so() -> None:
    found = of("""workflow w(n: int) {
      step ask asks boss { question "good?"  returns { ok: bool } }
      end done
      start -> ask
      ask -> done
    }""")
    assert found.worst.time is None and found.worst.steps == 1


def test_what_follows_a_join_is_not_certain_where_a_branch_may_end_the_run() -> None:
    found = of("""workflow w(n: int) {
      step a sets { m: n }
      step b sets { m: n }
      step c sets { m: n }
      step d sets { m: n }
      end done
      end early
      start -> a, b
      a -> early when a.m > 5
      a, b -> c merge all
      c -> d
      d -> done
    }""")
    assert (found.least.steps, found.worst.steps) == (2, 4)


def test_waits_take_as_long_as_they_say() -> None:
    text = """workflow w(n: int, due: timestamp) {
      step paid waits for event "paid" -> { n: int } within 2m
      step pause waits for 30s
      step quiet sets { n: n }
      end done
      start -> paid
      paid -> pause
      paid -> quiet on expiry
      pause -> quiet
      quiet -> done
    }"""
    found = of(text)
    assert (found.worst.time, found.least.time, found.worst.steps) == (150_000_000, 0, 3)
    assert of(text.replace(" within 2m", "").replace("paid -> quiet on expiry", "")).worst.time is None
    assert of(text.replace("waits for 30s", "waits until due")).worst.time is None


@pytest.mark.parametrize("seed", range(40))
def test_no_run_exceeds_its_worst_case(seed: int) -> None:
    text, program, _ = clean_program(seed)
    unit = compilation(("x",), {"x": text}.__getitem__)
    assert unit.facts is not None
    found = bounds(unit.facts.workflows["w"], unit.facts)
    for number in range(15):
        world, machine = World(Dice(Random(seed * 100 + number)), program, tame=True), Machine(program)
        event, failed = world.start(), False
        for _ in range(80):
            notes = machine.feed(event)
            failed = failed or any(isinstance(note, StepFailed | StepCancelled) for note in notes)
            if machine.status in ("ended", "failed", "cancelled"):
                break
            event = world.next(machine)
        run = machine._run
        worst, least = found.worst, found.least
        assert worst.steps is not None and run.root.spent.steps <= worst.steps, text
        for name, times in run.root.visits.items():
            assert times <= found.visits.get(name, 1), (name, text)
        if machine.status == "ended":
            assert worst.calls is None or run.root.spent.tool_calls <= worst.calls, text
            if not failed and least.steps is not None:
                assert least.steps <= run.root.spent.steps, text


def test_a_stand_in_is_waited_for_after_those_who_did_not_answer() -> None:
    found = of("""workflow w(n: int) {
      step write calls a.write(n: n)
      end done
      start -> write grant a.write after approval by boss within 5m escalate to boss on expiry
      write -> done
      write -> done on expiry
    }""")
    assert found.worst.time == 20_000_000 + 10 * MINUTE


def test_rules_that_come_to_apply_later_are_waited_for_one_after_the_other() -> None:
    workflow = """workflow w(n: int) {
      step write calls a.write(n: n)
      end done
      start -> write grant a.write
      write -> done
      write -> done on expiry
    }
    policy p {
      require approval by boss within 5m for a.write
      require approval by boss within 3m for a.* when args.n > 3
      require approval by boss within 2m for a.write when %s
    }"""
    for later in ('now.getHours("UTC") > 12', "calls(a.write).count() > 0"):
        assert of(workflow % later).worst.time == 20_000_000 + (5 + 2) * MINUTE
    assert of(workflow % "args.n > 9").worst.time == 20_000_000 + 5 * MINUTE


def test_what_stands_in_for_a_tool_or_a_model_counts() -> None:
    found = of("""
    tool b.read(n: int) -> { n: int } {
      needs a.read  effect read  timeout 10s  retry 1 times  cost 0.02 usd  fallback c.read(n: n)
    }
    tool c.read(n: int) -> { n: int } { needs a.read  effect read  timeout 7s  cost 0.03 usd }
    agent spared {
      model "m"  fallback "n"  tokens 1_000  turns 1  cost 0.05 usd  timeout 30s  retry 1 times backoff 1s..1s
    }
    workflow w(n: int) {
      step look calls b.read(n: n)
      step think by spared { task "t"  returns { ok: bool } }
      end done
      start -> look grant a.read
      look -> think pass n
      think -> done
    }""")
    assert (found.worst.calls, found.worst.tokens) == (3, 4_000)
    assert found.worst.cost == 2 * 20_000 + 30_000 + 4 * 50_000
    assert found.worst.time == (2 * 10 + 7 + 2 * (2 * 30 + 1)) * 1_000_000


def test_a_deadline_bounds_the_time_of_a_step_but_not_of_what_it_leaves_under_way() -> None:
    found = of("""workflow w(n: int) {
      step look calls a.read(n: n) within 5s
      step think by helper { task "t"  returns { ok: bool }  within 10s }
      step write calls a.write(n: n) within 5s
      end done
      start -> look grant a.read
      look -> think pass n
      think -> write grant a.write
      write -> done
    }""")
    assert {name: used.time for name, used in found.visit.items()} == {
        "look": 5_000_000, "think": 10_000_000, "write": 20_000_000,
    }  # fmt: skip
