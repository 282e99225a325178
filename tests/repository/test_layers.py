"""The contracts between the layers hold, and would notice if they did not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from repository.files import ROOT

FOLDERS = ("dsl", "engine", "policies", "apps")

WRONG = {
    "dsl/interlock_dsl/diagnostics/source.py": ("import interlock.errors", "layers: apps, engine, language"),
    "engine/interlock/decide/decision.py": ("import interlock.run.protocol.events", "layers of the engine"),
    "dsl/interlock_dsl/syntax/tree.py": ("import interlock_dsl.compiler.compile", "layers of the language"),
    "dsl/interlock_dsl/cel/tree.py": ("import interlock_dsl.syntax.tree", "conditions know nothing of workflows"),
    "apps/interlock_cli/errors.py": ("import interlock_cli.main", "no cycles between neighbours"),
    "dsl/interlock_dsl/analysis/symbols.py": ("import lark", "Lark is imported"),
    "apps/interlock_cli/verbs/check.py": ("import networkx", "networkx: the graph"),
    "engine/interlock/runtime/clock.py": ("import sqlite3", "each database driver"),
    "apps/interlock_cli/version.py": ("import pydantic_ai", "model libraries"),
    "engine/interlock/run/machine.py": ("import time", "the pure packages"),
}
"""A line that must not be added to a file, and the contract that says so."""


def test_the_layers_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


def test_the_contracts_notice_what_they_are_for(tmp_path: Path) -> None:
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, (line, _) in WRONG.items():
        file = tmp_path / name
        file.write_text(f"{file.read_text()}\n{line}\n")
    report = lint(tmp_path).stdout
    broken = {line.removesuffix(" BROKEN") for line in report.splitlines() if " BROKEN" in line}
    assert [name for _, name in WRONG.values() if not any(line.startswith(name) for line in broken)] == [], report


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(str(folder / name) for name in FOLDERS), "COLUMNS": "200"}
    command = [str(program), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
