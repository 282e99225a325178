"""The contracts between the layers hold, and would notice if they did not."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from repository.files import ROOT

FOLDERS = ("dsl", "engine", "policies", "apps")

WRONG = {
    "dsl/interlock_dsl/diagnostics/source.py": ("import interlock.errors", "layers: apps, engine, language"),
    "engine/interlock/decide/decision.py": ("import interlock.run.protocol.events", "layers of the engine"),
    "dsl/interlock_dsl/syntax/tree/pieces.py": ("import interlock_dsl.compiler.compile", "layers of the language"),
    "dsl/interlock_dsl/cel/tree.py": ("import interlock_dsl.syntax.tree", "conditions know nothing of workflows"),
    "apps/interlock_cli/errors.py": ("import interlock_cli.main", "no cycles between neighbours"),
    "dsl/interlock_dsl/analysis/symbols.py": ("import lark", "Lark is imported"),
    "apps/interlock_cli/verbs/check.py": ("import networkx", "networkx: the graph"),
    "engine/interlock/runtime/clock.py": ("import sqlite3", "each database driver"),
    "apps/interlock_cli/version.py": ("import pydantic_ai", "model libraries"),
    "engine/interlock/adapters/functions.py": ("import agents", "the Agents SDK only in its adapter"),
    "engine/interlock/adapters/mcp.py": ("import fastmcp", "FastMCP only in its adapter"),
    "engine/interlock/run/machine.py": ("import time", "the pure packages"),
}
"""A line that must not be added to a file, and the contract that says so."""


HOMES = {
    "lark": ("interlock_dsl.syntax", "interlock_dsl.cel.parser"),
    "networkx": ("interlock_dsl.program", "interlock_dsl.analysis", "interlock.run.plan", "interlock_cli.drawing"),
    "sqlite3": ("interlock.journal.sqlite",),
    "pydantic_ai": ("interlock.runtime.models", "interlock.runtime.conversation", "interlock.adapters.pydantic_ai"),
    "langchain": ("interlock.adapters.langchain",),
    "langchain_core": ("interlock.adapters.langchain",),
    "langgraph": ("interlock.adapters.langchain",),
    "agents": ("interlock.adapters.openai_agents",),
    "mcp": (
        "interlock.adapters.mcp",
        "interlock.adapters.mcp_tools",
    ),
    "mcp_types": ("interlock.adapters.mcp", "interlock.adapters.mcp_tools", "interlock.adapters.fastmcp"),
    "fastmcp": ("interlock.adapters.fastmcp",),
}
"""The only modules, with all in them, that may import a library: the contracts name all others."""


def test_libraries_are_imported_where_they_belong() -> None:
    found: dict[str, set[str]] = {library: set() for library in HOMES}
    for folder in FOLDERS:
        for file in (ROOT / folder).rglob("*.py"):
            module = ".".join(file.relative_to(ROOT / folder).with_suffix("").parts).removesuffix(".__init__")
            for node in ast.walk(ast.parse(file.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                for library in {name.partition(".")[0] for name in names} & HOMES.keys():
                    found[library].add(module)
    strange = {
        f"{module} -> {library}"
        for library, modules in found.items()
        for module in modules
        if not any(f"{module}.".startswith(f"{home}.") for home in HOMES[library])
    }
    assert strange == set()
    assert all(found.values())


def test_no_contract_has_an_exception() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert settings["exclude_type_checking_imports"] is False
    assert not any("ignore_imports" in contract for contract in settings["contracts"])


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
