"""The example of a bank: its rules and their tests, its agent, and what its agent's journal says afterwards."""

import subprocess
import sys
from pathlib import Path

import pytest

from examples.stories import EXAMPLES
from interlock.testing.coverage import coverage
from interlock.testing.runner import run_test
from interlock_cli.main import run
from interlock_dsl.compiler.compile import check
from interlock_dsl.compiler.stages import Lint
from repository.page import environment

BANK = EXAMPLES / "bank"


def test_every_rule_decides_something_and_nothing_is_found() -> None:
    text = (BANK / "bank.ilk").read_text(encoding="utf-8")
    program, found = check(("bank.ilk",), {"bank.ilk": text}.__getitem__, lint=Lint(strict=True))
    assert [str(each) for each in found] == []
    assert program is not None
    results = [(test, run_test(program, test)) for test in program.tests]
    assert [result.failures for _, result in results if result.failures] == []
    assert [each.id for each in coverage(program, results) if not each.reached] == []


def test_the_agent_prints_what_its_page_shows_and_its_journal_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, str(BANK / "agent.py"), str(tmp_path / "runs.db")]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    page = (BANK / "README.md").read_text(encoding="utf-8")
    assert page.split("$ python agent.py\n")[1].split("```")[0] == done.stdout
    monkeypatch.chdir(tmp_path)
    for verb in ("replay --all", "verify", "ledger", "show ann-1", "approve bob-2 --as sam --role supervisor"):
        assert run([*verb.split(), "--journal", "runs.db"]) == 0, verb
