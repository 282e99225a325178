"""What a run comes to at most is said before it begins."""

import json
from pathlib import Path

import pytest

from cli.terminal import interlock
from interlock_cli.formats.schemas import printed

TEXT = """
tool feed.load(day: string) -> {{ rows: int }} {{
  needs feed.read
  effect read
  timeout 10s
  retry 2 times
  cost 0.01 eur
}}
agent clerk {{ model "small"  tokens 1_000  turns 1  cost 0.02 eur  timeout 1m  retry 1 times backoff 1s }}

workflow load(day: string) {{
  budget {{ {budget} }}
  step fetch calls feed.load(day: day)
  step read by clerk {{ task "read"  returns {{ ok: bool }} }}
  end done {{ ok: read.ok }}
  start -> fetch grant feed.read
  fetch -> read pass fetch.rows
  read -> done
}}
"""


def at_most(folder: Path, budget: str) -> str:
    (folder / "load.ilk").write_text(TEXT.format(budget=budget))
    ran = interlock("check", "--bounds", "load.ilk")
    assert ran.code == 0, ran.err
    return ran.out


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_retry_and_deadline_counts(folder: Path) -> None:
    assert at_most(folder, "cost 9.00 eur") == "load: at most 2 steps, 3 calls, 2,000 tokens, 0.07 eur, 2m 31s\n"


def test_a_budget_that_is_less_is_what_counts(folder: Path) -> None:
    said = at_most(folder, "steps 9  tool_calls 1  tokens 2_500  cost 0.05 eur  time 150s")
    assert said == "load: at most 2 steps, 1 call, 2,000 tokens, 0.05 eur, 2m 30s\n"


def test_what_has_no_bound_is_named(folder: Path) -> None:
    text = TEXT.replace("timeout 1m  ", "").replace("timeout 10s", "")
    (folder / "load.ilk").write_text(text.format(budget="cost 9.00 eur"))
    said = interlock("check", "--bounds", "load.ilk").out
    assert said == "load: at most 2 steps, 3 calls, 2,000 tokens, 0.07 eur; time without a bound\n"


def test_programs_are_told_the_same(folder: Path) -> None:
    at_most(folder, "tokens 1_500  cost 9.00 eur")
    said = json.loads(interlock("check", "--bounds", "--format", "json").out)
    printed("check").validate_python(said)
    (bounds,) = said["bounds"]
    assert bounds == {
        "workflow": "load",
        "steps": 2,
        "tool_calls": 3,
        "tokens": 1_500,
        "cost": 70_000,
        "time": bounds["time"],
        "currency": "eur",
    }
    assert "bounds" not in json.loads(interlock("check", "--format", "json").out)


def test_a_program_with_a_mistake_has_none(folder: Path) -> None:
    (folder / "load.ilk").write_text("workflow load() { end done }")
    ran = interlock("check", "--bounds")
    assert (ran.code, ran.out) == (1, "")


def test_a_run_that_is_followed_begins_with_it(desk: Path) -> None:
    said = interlock("check", "--bounds").out.strip()
    ran = interlock("run", "--progress", "--input", "@ticket.json")
    assert ran.err.splitlines()[0] == said
    assert said not in interlock("run", "--input", "@ticket.json").err
