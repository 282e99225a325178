"""One mistake, one finding: what follows from a part of a condition is not said of the whole again."""

import pytest

from interlock_dsl.compiler.compile import check
from interlock_dsl.compiler.stages import Lint

POLICY = """
tool payments.send(cents: int in 1..100) { needs payments.write  effect write }

policy desk {
  permit payments.send
  forbid payments.send
    when CONDITION
}
"""


def codes(condition: str, *only: str) -> list[str]:
    text = POLICY.replace("CONDITION", condition)
    lint = Lint(only=frozenset(only) if only else None)
    return [found.code for found in check(("p.ilk",), {"p.ilk": text}.__getitem__, lint=lint)[1]]


@pytest.mark.parametrize(
    ("condition", "cause", "consequence"),
    [
        ("args.cents > 100", "beyond-the-type", "rule-never-applies"),
        ("args.cents > 0", "beyond-the-type", "rule-always-applies"),
        ('now.getHours("Berlin") < 8', "unknown-time-zone", "rule-always-applies"),
    ],
)
def test_a_consequence_is_left_out(condition: str, cause: str, consequence: str) -> None:
    assert codes(condition) == [cause]
    assert codes(condition, consequence) == [consequence]


def test_what_has_no_such_cause_is_reported() -> None:
    assert codes("args.cents > 50 && args.cents < 10") == ["rule-never-applies"]


DESK = """tool orders.get(id: string max 40) -> { total: int in 0..1_000 } { needs orders.read  effect read }
tool orders.cancel(id: string max 40) { needs orders.write  effect write  idempotent by id }

agent clerk { model "small"  may orders.write }

workflow look(id: string max 40) {
  may orders.read, orders.write
  step find calls orders.get(id: id)
  step act by clerk { task "cancel it"  returns { done: bool } }
  end done { total: find.total }
  end other

  start -> find
    grant orders.read
  find -> act
    grant orders.write
    pass id
  act -> done
    when act.done
  act -> other
    otherwise
}
"""
TWICE = """  act -> done
    when act.done
  act -> done
    when act.done && find.total > 5
  act -> other
    otherwise
  routes act first
"""


def test_a_program_without_a_mistake_has_no_findings() -> None:
    assert found(DESK) == []


@pytest.mark.parametrize(
    ("right", "wrong", "code", "also"),
    [
        ("    grant orders.write\n", "", "unused-scope", "unused-tool"),
        (DESK[DESK.index("  act -> done") : -2], TWICE, "shadowed-route", "redundant-route"),
        ("grant orders.write", "grant orders.wirte", "undefined-reference", None),
        ("may orders.write }", "may orders.wirte }", "undefined-reference", None),
        ("grant orders.read", "grant orders.raed", "undefined-reference", None),
    ],
)
def test_one_mistake_is_one_finding(right: str, wrong: str, code: str, also: str | None) -> None:
    assert right in DESK
    assert found(DESK.replace(right, wrong)) == [code]
    if also is not None:
        assert found(DESK.replace(right, wrong), also) == [also]


def found(text: str, only: str | None = None) -> list[str]:
    lint = Lint(only=None if only is None else frozenset({only}))
    return [each.code for each in check(("desk.ilk",), lambda _: text, lint=lint)[1]]
