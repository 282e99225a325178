"""A run killed at a random point, as often as you like, always ends as an unkilled one would.

Every command that touches the run is killed with SIGKILL at a random call, anywhere between two effects, and the next
one goes on. `INTERLOCK_KILLS` sets how often; 100 is the default for the run with an approval.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from repository.files import ROOT
from repository.page import environment

KILLS = int(os.environ.get("INTERLOCK_KILLS", "100"))


@pytest.mark.parametrize(
    ("example", "kills"),
    [("refund", KILLS), ("order_exception", KILLS // 5), ("incident", KILLS // 20), ("pipeline", KILLS // 20)],
)
def test_a_run_killed_again_and_again_ends_as_an_unkilled_one_would(example: str, kills: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "examples.killed", example, str(tmp_path), str(kills), "20260101"]
    tests = {"PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(command, env=environment() | tests, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    unkilled, *killed = json.loads(done.stdout.splitlines()[-1])
    assert sum(len(fate["kills"]) for fate in killed) == kills
    for fate in killed:
        assert fate | {"kills": [], "detail": undoubted(fate["detail"])} == unkilled
        assert fate["same"] and fate["holds"] and fate["runs"] == 1
    places = {entries for fate in killed for entries in fate["kills"]}
    assert len(places) >= min(4, kills // 5), f"the kills fell on {sorted(places)} entries only"


def undoubted(detail: str) -> str:
    """What is said of an end, without the doubt: a call that was cut short and failed when it was made again may have
    happened the first time, and a run says so."""
    said = re.sub(r"[;:] may have happened: .*", "", detail)
    return re.sub(r"(\S+) may have happened: ", r"\1 failed: ", said)
