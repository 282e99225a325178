"""Generated programs and their runs come out the same under another hash seed, and under another Python."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
PACKAGES = os.pathsep.join(str(ROOT / folder) for folder in ("dsl", "engine"))
LIVES = Path(__file__).with_name("lives.py")


@cache
def lived(python: str, seed: str) -> str:
    done = subprocess.run(
        [python, str(LIVES), str(TESTS), "0", "16"],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": PACKAGES}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def test_another_hash_seed_changes_nothing() -> None:
    first = lived(sys.executable, "1")
    assert first.count("\n") > 60
    assert first == lived(sys.executable, "2")


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_another_python_changes_nothing(version: str) -> None:
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        pytest.skip(f"Python {version} is the one that runs this")
    beside = ROOT / f".venv{version}" / "bin" / "python"
    python = str(beside) if beside.exists() else shutil.which(f"python{version}")
    if python is None:
        pytest.skip(f"no Python {version} was found, nor a .venv{version}")
    needed = [python, "-c", "import hypothesis, lark, networkx, pydantic, re2"]
    if subprocess.run(needed, capture_output=True, check=False).returncode != 0:
        pytest.skip(f"Python {version} has not got what interlock and its tests need")
    assert lived(python, "3") == lived(sys.executable, "1")
