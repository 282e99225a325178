"""The wheel, installed outside the repository, is complete: it checks, tests and runs an example."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

from repository.files import ROOT, committed


def test_the_wheel_runs_an_example(tmp_path: Path) -> None:
    site, python = tmp_path / "site", tmp_path / "venv" / "bin" / "python"
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path), cwd=ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    options = ("--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--target", str(site))
    run(sys.executable, "-m", "pip", "install", *options, str(wheel), cwd=tmp_path)
    venv.create(tmp_path / "venv", with_pip=False)
    # The dependencies are the test environment's; as a plain path it does not bring in the repository's own packages.
    path = os.pathsep.join([str(site), sysconfig.get_path("purelib")])
    example = shutil.copytree(ROOT / "examples" / "refund", tmp_path / "refund", ignore=shutil.ignore_patterns(".*"))

    def interlock(*args: str) -> str:
        return run(str(python), "-m", "interlock_cli", *args, cwd=example, PYTHONPATH=path)

    where = run(str(python), "-c", "import interlock, sys; print(interlock.__file__)", cwd=example, PYTHONPATH=path)
    assert Path(where.strip()).is_relative_to(site)
    assert (site / "bin" / "interlock").is_file()
    assert "nothing wrong" in interlock("check")
    assert "passed" in interlock("test")
    assert "refunded" in interlock("run", "--as", "ada", "-i", "order_id=A1", "-i", "message=it broke")
    assert "certainty: proved" in interlock("explain", "unbounded-loop")
    listed = interlock("new", "--list")
    assert 'use "interlock/four_eyes"' in listed and "procurement" in listed
    interlock("new", "mine", "--from", "procurement")
    assert "nothing wrong" in interlock("check", "mine")


def test_every_example_is_packed_and_nothing_else_of_them() -> None:
    """What the build configuration takes into the wheel; a folder that is added to the examples is taken too."""
    home = "interlock_cli/examples/"
    packed = {each.distribution_path for each in WheelBuilder(str(ROOT)).recurse_included_files()}
    expected = {str(path.relative_to("examples")) for path in committed() if path.parts[0] == "examples"}
    assert {path.removeprefix(home) for path in packed if path.startswith(home)} == expected - {"demo.py"}
    assert {path.split("/")[0] for path in packed} == {
        "interlock_dsl", "interlock", "interlock_policies", "interlock_cli",
    }  # fmt: skip


def run(*command: str, cwd: Path, **environment: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("INTERLOCK_", "PYTHON"))}
    done = subprocess.run(command, cwd=cwd, env=inherited | environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr
