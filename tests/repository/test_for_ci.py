"""What this repository offers to others' CI: the hooks for pre-commit and the action for GitHub say what works."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from click import Option

from interlock_cli.command_group import command
from interlock_cli.main import NAMES
from repository.files import ROOT
from repository.page import follow

HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
PAGE = (ROOT / "docs" / "ci.md").read_text()
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"] if "run" in step}


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_starts_a_verb_that_exists(hook: dict[str, str]) -> None:
    assert (hook["language"], hook["id"]) == ("python", hook["entry"].replace(" ", "-"))
    program, verb, *options = shlex.split(hook["entry"])
    assert program == "interlock" and verb in NAMES and not options
    for dependency in hook["additional_dependencies"]:
        extras = re.fullmatch(r"\.\[([a-z,]+)\]", dependency)
        assert extras is not None and set(extras[1].split(",")) <= EXTRAS.keys()
    assert re.search(hook["files"], "desk/refund.ilk") and not re.search(hook["files"], "refund.ilkb")
    assert f"`{hook['id']}`" in PAGE


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    done = subprocess.run([sys.executable, "-m", "interlock_cli", "new", "desk"], cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done
    return tmp_path / "desk"


def started(step: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the commands of a step of the action as GitHub does: `bash -e -o pipefail`, its inputs in the environment."""
    values = {name: ACTION["inputs"][match[1]]["default"] for name, match in inputs(step)} | env
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[step]["run"]]
    return subprocess.run(script, cwd=folder, env=os.environ | values | {"PATH": path}, capture_output=True, text=True)


def inputs(step: str) -> list[tuple[str, re.Match[str]]]:
    found = []
    for name, value in STEPS[step]["env"].items():
        match = re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", value)
        assert match is not None and match[1] in ACTION["inputs"]
        found.append((name, match))
    return found


def test_the_action_installs_what_there_is_and_puts_no_input_into_a_script() -> None:
    extras = re.search(r"\[([a-z,]+)\]", STEPS["Install"]["run"])
    assert extras is not None and set(extras[1].split(",")) <= EXTRAS.keys()
    assert all("${{" not in step["run"] for step in STEPS.values())
    for name, given in ACTION["inputs"].items():
        assert f"| `{name}` |" in PAGE and given["description"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="the action is for bash")
def test_the_steps_of_the_action_do_what_they_say(desk: Path) -> None:
    for step in ("Check", "Format", "Test"):
        done = started(step, desk)
        assert done.returncode == 0, done
    text = (desk / "desk.ilk").read_text()
    (desk / "desk.ilk").write_text(text.replace("expect never calls", "expect calls") + "\nrole nobody { reach 1 }\n")
    checked = started("Check", desk, SARIF="out.sarif", PATHS="desk.ilk\n\n", STRICT="true")
    assert checked.returncode == 1 and "::error file=desk.ilk,line=" in checked.stdout
    assert '"version": "2.1.0"' in (desk / "out.sarif").read_text()
    (desk / "desk.ilk").write_text(text.replace("  agent read", "    agent read"))
    assert started("Format", desk).returncode == 1
    (desk / "desk.ilk").write_text(text.replace("expect never calls", "expect calls"))
    tested = started("Test", desk)
    assert tested.returncode == 1 and "::error file=desk.ilk,line=" in tested.stdout
    assert started("Check", desk, PATHS="nowhere.ilk", SARIF="out.sarif").returncode == 2


def test_the_page_can_be_followed(tmp_path: Path) -> None:
    assert follow(ROOT / "docs" / "ci.md", tmp_path) >= 5


def test_the_page_names_what_there_is() -> None:
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL):
        loaded = yaml.safe_load(block)
        for repository in loaded.get("repos", []) if isinstance(loaded, dict) else []:
            assert {hook["id"] for hook in repository["hooks"]} <= {hook["id"] for hook in HOOKS}
    options = {option for each in command("check").params if isinstance(each, Option) for option in each.opts}
    assert {"--format", "--strict"} <= options
