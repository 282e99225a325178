"""Approvals that promises demand, in `interlock diff`."""

import json
from pathlib import Path

import pytest

from cli.test_diff import MARKS, diff


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("promise", "marks"),
    [
        ("never irreversible before approval by 2 of editor", "~~"),
        ("never press.print before approval by 3 of editor", "~~"),
        ("never irreversible before approval by editor", "+-"),
        ("never irreversible before approval by 2 of boss", "+-"),
        ('never press.print where args.id == "a" before approval by 2 of editor', "+-"),
        ("never press.stop before approval by 2 of editor", "+-"),
    ],
)
def test_an_approval_that_a_promise_demands_permits_nothing_by_its_absence(promise: str, marks: str) -> None:
    two = f"""tool press.print(id: string) {{ needs press.print  effect irreversible  idempotent by id }}
tool press.stop(id: string) {{ needs press.stop  effect write  idempotent by id }}
role editor {{ reach "editors" }}
role boss {{ reach "boss" }}
workflow article(id: string) {{
  step print calls press.print(id: id)
  end printed
  start -> print
    grant press.print
    after approval by 2 of editor within 4h
  print -> printed
  {promise}
}}
"""
    none = two.replace("    after approval by 2 of editor within 4h\n", "")
    for (old, new), mark in zip(((two, none), (none, two)), marks, strict=True):
        (found,) = json.loads(diff(old, new, "--format", "json").out)["differences"]
        assert (MARKS[found["direction"]], promise in found["text"]) == (mark, mark == "~"), found
