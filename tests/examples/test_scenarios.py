"""Every example through the command line: its checks, its tests, its scenarios, and deciding all of it again."""

import json
import shlex
import subprocess
from pathlib import Path
from typing import TypedDict

import pytest
import yaml

from examples.stories import EXAMPLES, NAMES, copy, rows
from repository.page import environment

REFUSED = 2


class Effect(TypedDict):
    query: str
    rows: list[list[object]]


class Scenario(TypedDict):
    title: str
    example: str
    commands: list[str]
    stands: list[dict[str, object] | str]
    effects: list[Effect]


SCENARIOS: list[Scenario] = yaml.safe_load(Path(__file__).with_name("scenarios.yaml").read_text())


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["title"])
def test_a_scenario_ends_as_said(scenario: Scenario, tmp_path: Path) -> None:
    folder = copy(scenario["example"], tmp_path)
    for command, stands in zip(scenario["commands"], scenario["stands"], strict=True):
        done = interlock(folder, f"{command} --format json")
        if stands == "refused":
            assert done.returncode in (1, REFUSED) and done.stderr.startswith("error: "), done
            continue
        assert isinstance(stands, dict)
        report = json.loads(done.stdout)
        assert {name: report[name] for name in stands} == stands, (done.stdout, done.stderr)
        assert done.returncode == (1 if stands["status"] == "failed" else 0)
    for effect in scenario["effects"]:
        assert rows(folder, effect["query"]) == effect["rows"], effect["query"]
    assert interlock(folder, "replay --all").returncode == 0
    assert interlock(folder, "verify").returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_clean(name: str, tmp_path: Path) -> None:
    folder = copy(name, tmp_path)
    for command in ("check", "fmt --check", "test"):
        done = interlock(folder, command)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_every_scripted_answer_is_in_a_scenario(name: str) -> None:
    scripts = {path.name for path in (EXAMPLES / name / "answers").glob("*.yaml")}
    used = " ".join(each for scenario in SCENARIOS if scenario["example"] == name for each in scenario["commands"])
    assert {script for script in scripts if f"answers/{script}" not in used} == set()


def interlock(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    arguments = ["interlock", *shlex.split(command)]
    done = subprocess.run(
        arguments, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    assert "Traceback (most" not in done.stderr and "internal error" not in done.stderr, done.stderr
    return done
