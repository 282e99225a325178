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
