"""Every example through the command line: its checks, its tests, its scenarios, and deciding all of it again."""

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypedDict

import pytest
import yaml

from examples.stories import EXAMPLES, NAMES, copy, rows, tidy
from interlock_cli.main import run


class Effect(TypedDict):
    query: str
    rows: list[list[object]]


class Scenario(TypedDict):
    title: str
    example: str
    commands: list[str]
    stands: list[dict[str, object] | str]
    effects: list[Effect]


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


Typed: TypeAlias = Callable[[Path, str], Done]

SCENARIOS: list[Scenario] = yaml.safe_load(Path(__file__).with_name("scenarios.yaml").read_text())


@pytest.fixture
def interlock(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Type a command in a folder, in this process: what is to be tested is not how fast Python starts."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")

    def typed(folder: Path, command: str) -> Done:
        monkeypatch.chdir(folder)
        with tidy(folder):
            code = run(shlex.split(command))
        said = capsys.readouterr()
        assert "internal error" not in said.err, said.err
        return Done(code, said.out, said.err)

    return typed


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["title"])
def test_a_scenario_ends_as_said(scenario: Scenario, tmp_path: Path, interlock: Typed) -> None:
    folder = copy(scenario["example"], tmp_path)
    for command, stands in zip(scenario["commands"], scenario["stands"], strict=True):
        done = interlock(folder, f"{command} --format json")
        if stands == "refused":
            assert done.code != 0 and done.err.startswith("error: "), done
            continue
        assert isinstance(stands, dict)
        report = json.loads(done.out)
        assert {name: report[name] for name in stands} == stands, done
        assert done.code == (1 if stands["status"] == "failed" else 0)
    for effect in scenario["effects"]:
        assert rows(folder, effect["query"]) == effect["rows"], effect["query"]
    assert interlock(folder, "replay --all").code == 0
    assert interlock(folder, "verify").code == 0


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_clean(name: str, tmp_path: Path, interlock: Typed) -> None:
    folder = copy(name, tmp_path)
    for command in ("check --strict", "fmt --check", "test"):
        done = interlock(folder, command)
        assert done.code == 0, done


@pytest.mark.parametrize("name", NAMES)
def test_every_scripted_answer_is_in_a_scenario(name: str) -> None:
    scripts = {path.name for path in (EXAMPLES / name / "answers").glob("*.yaml")}
    used = " ".join(each for scenario in SCENARIOS if scenario["example"] == name for each in scenario["commands"])
    assert {script for script in scripts if f"answers/{script}" not in used} == set()
