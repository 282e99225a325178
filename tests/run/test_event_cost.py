"""All that is evaluated about one event costs no more than one limit, and what a run holds has a size."""

import time

import pytest

from interlock import Authorizer, History, compile_text
from interlock.decide import evaluator
from interlock.run.audit.digests import digest_of
from interlock.run.protocol.notes import CallDecided, NoValue, StepFailed
from interlock.run.values import MOST_HELD
from interlock_dsl.cel import EVENT_UNITS
from run.world import World

SLOWEST = 1.0
"""Seconds. On a quiet machine these events take some 50 ms; without a limit for the event, several seconds."""

DEAR = "xs.map(a, xs.filter(b, a * b + {0} < 0).size()).exists(d, d > 0)"
"""A condition over 70 numbers that costs a little less than one evaluation may."""

XS = [1] * 70


def routes(count: int) -> str:
    written = [f"  start -> e when {DEAR.format(number)}" for number in range(count)]
    head = ['workflow w(xs: list<int in 0..100> max 100) {\n  goal "choose"', "  end e", "  end f"]
    return "\n".join([*head, *written, "  start -> f otherwise", "}"])


def doubling(steps: int, start: str = "[1, 2]", way: str = "{0} + {0}") -> str:
    first = ['workflow w(xs: list<int in 0..100> max 100) {\n  goal "double"', f"  step s0 sets {{ l: {start} }}"]
    more = [f"  step s{number} sets {{ l: {way.format(f's{number - 1}.l')} }}" for number in range(1, steps)]
    ways = [f"  s{number - 1} -> s{number}" for number in range(1, steps)]
    failures = [f"  s{number} -> large on failure" for number in range(steps)]
    last = ["  end done", "  end large", "  start -> s0", *ways, *failures, f"  s{steps - 1} -> done", "}"]
    return "\n".join([*first, *more, *last])


def timed(text: str) -> tuple[World, float]:
    begun = time.perf_counter()
    world = World(text, {"xs": XS})
    digest_of(world.machine._run)
    return world, time.perf_counter() - begun


def test_conditions_each_below_the_limit_of_an_evaluation_share_one() -> None:
    few = World(routes(2), {"xs": XS})
    assert few.finished.end == "f", "two of them are within the limit of the event"
    many, took = timed(routes(100))
    (note,) = many.of(NoValue)
    assert f"{EVENT_UNITS} units together" in note.message
    assert many.finished.status == "failed"
    assert took < SLOWEST


def test_the_next_event_begins_anew() -> None:
    way = "\n".join(f"  {{0}} -> e when {DEAR.format(number)}" for number in range(2))
    text = f"""
role boss {{ reach "x" }}
workflow w(xs: list<int in 0..100> max 100) {{
  goal "ask in between"
  step s asks boss {{ question "?"  returns {{ ok: bool }} }}
  end e
  end f
{way.replace("{0}", "start")}
  start -> s otherwise
{way.replace("{0}", "s")}
  s -> f otherwise
}}
"""
    world = World(text, {"xs": XS})
    world.person({"ok": True})
    assert world.finished.end == "f"
    assert World(routes(8), {"xs": XS}).finished.status == "failed", "in one event they would have cost too much"


@pytest.mark.parametrize(
    ("start", "way"),
    [
        ("[1, 2]", "{0} + {0}"),
        ("[1, 2]", "[{0}, {0}]"),
        ('"ab"', "{0} + {0}"),
        ('{{"a": 1}}', '{{"a": {0}, "b": {0}}}'),
    ],
)
def test_a_value_that_doubles_reaches_the_size_that_a_run_may_hold(start: str, way: str) -> None:
    fits = World(doubling(4, start.format(), way), {"xs": XS})
    assert fits.finished.end == "done"
    world, took = timed(doubling(24, start.format(), way))
    assert world.finished.end == "large"
    assert world.machine._run.held <= MOST_HELD
    (failed,) = world.of(StepFailed)
    assert str(MOST_HELD) in failed.message or str(EVENT_UNITS) in failed.message
    assert took < SLOWEST


RULES = """
type T { n: int in 0..9 }
tool t.go(xs: list<int in 0..100> max 100) -> T { needs t.go  effect read }
agent a { model "m"  may t.go }
policy p {
  PERMIT
RULES
}
"""


def policy(rules: str, permit: str = "") -> str:
    return RULES.replace("PERMIT", permit).replace("RULES", rules)


@pytest.mark.parametrize("rule", ["forbid t.go when", "require approval by boss for t.go when"])
def test_a_decision_on_rules_that_cost_too_much_together_is_deny(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluator, "COMPILE_AFTER", 2)

    def decided(count: int) -> str:
        dear = "\n".join(f"  {rule} {DEAR.format(number).replace('xs', 'args.xs')}" for number in range(count))
        text = 'role boss { reach "x" }\n' + policy(dear, "permit t.go when size(args.xs) > 3")
        authorizer = Authorizer(compile_text(text, "p.ilk"))
        answers = set()
        for _ in range(4):
            history = History("s", started=0)
            begun = time.perf_counter()
            found = authorizer.decide("t.go", {"xs": XS}, agent="a", principal=None, now=0, history=history)
            assert time.perf_counter() - begun < SLOWEST
            answers.add(found.answer)
        (answer,) = answers
        return answer

    assert decided(2) == "allow"
    assert decided(60) == "deny"


def test_in_a_run_it_is_denied_with_the_rules_that_have_no_value() -> None:
    dear = "\n".join(f"  forbid t.go when {DEAR.format(number).replace('xs', 'args.xs')}" for number in range(60))
    text = policy(dear) + (
        'workflow w(xs: list<int in 0..100> max 100) {\n  goal "go"\n  step s calls t.go(xs: xs)\n'
        "  end e\n  end f\n  start -> s grant t.go\n  s -> e\n  s -> f on denied\n}"
    )
    world = World(text, {"xs": XS})
    (note,) = world.of(CallDecided)
    assert note.decision.answer == "deny"
    assert len(note.decision.reasons) == 60, "none of the conditions of a decision that costs too much has a value"
    assert world.finished.end == "f"
