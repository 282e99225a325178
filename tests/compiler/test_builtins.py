import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.programs import EXAMPLES
from interlock_dsl import check_text, compile_text
from interlock_dsl.cel import EvaluationError
from interlock_dsl.program.builtins import HISTORY
from interlock_dsl.program.model import Rule


class Calls:
    """A history that answers with what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int | None]] = []

    def count(self, tool: str) -> int:
        self.asked.append((tool, None))
        return 3

    def within(self, tool: str, micros: int) -> int:
        self.asked.append((tool, micros))
        return 2


def rule(condition: str) -> Rule:
    text = f"tool a.b(period: string) {{ needs a.b  effect read }} policy p {{ forbid a.b when {condition} }}"
    return compile_text(text).policies["p"].rules[0]


def decide(condition: str, history: Calls, period: str = "1h") -> object:
    when = rule(condition).when
    assert when is not None
    return when.evaluate({HISTORY: history, "args": {"period": period}})


def test_calls_ask_the_history() -> None:
    history = Calls()
    assert decide("calls(a.b).count() == 3", history) is True
    assert decide('calls(a.b).within("1h30m") >= 3', history) is False
    assert decide('[1, 2].exists(n, calls("a.b").within("1s") == n)', history) is True
    assert history.asked == [("a.b", None), ("a.b", 5_400_000_000), *[("a.b", 1_000_000)] * 2]


@given(st.text(max_size=8))
def test_a_period_computed_at_run_time_is_read_or_refused(period: str) -> None:
    history = Calls()
    try:
        decide("calls(a.b).within(args.period) > 5", history, period)
    except EvaluationError:
        assert history.asked == []
    else:
        assert history.asked[0][1] is not None
        assert history.asked[0][1] > 0


@pytest.mark.parametrize("period", ["0s", "-1h", "1", "", "1 h", "9999999h"])
def test_a_period_that_is_none_is_refused_when_compiled(period: str) -> None:
    _, (found,) = check_text(
        f'tool a.b() {{ needs a.b  effect read }} policy p {{ forbid a.b when calls(a.b).within("{period}") > 1 }}'
    )
    assert found.code == "type-mismatch"


def test_nobody_can_write_the_name_of_the_history() -> None:
    _, diagnostics = check_text("tool a.b() { needs a.b  effect read } policy p { forbid a.b when $history == 1 }")
    assert diagnostics


def test_importing_costs_nothing_and_compiling_loads_nothing_heavy() -> None:
    script = """
import sys
import interlock_dsl

def refuse(*heavy):
    found = {name for name in sys.modules if name.startswith(heavy)}
    assert not found, found

never = ("asyncio", "interlock_dsl.cel.compiled")
refuse("interlock_dsl.compiler.compile", "lark", "networkx", "pydantic", *never)
program, _ = interlock_dsl.check_text("workflow w(a: int) { end done  start -> done }")
assert program is not None
refuse("pydantic", *never)
program, _ = interlock_dsl.check_text(sys.argv[1])
assert program is not None and program.tests
refuse(*never)
assert program.workflows["refund"].graph.nodes["start"]["kind"] == "start"
"""
    done = subprocess.run(
        [sys.executable, "-c", script, EXAMPLES["refund"]], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
