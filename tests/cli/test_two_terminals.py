"""Two people at two terminals, one run: a call that must not happen twice happens once, and the run ends."""

import subprocess
import sys
import time
from pathlib import Path

PROGRAM = """
tool credits.give(ticket: string max 10) { needs credits.write  effect irreversible }
role lead { reach "leads" }
workflow desk(ticket: string max 10) {
  step give calls credits.give(ticket: ticket)
  end done
  start -> give grant credits.write after approval by lead within 1d
  give -> done
}
"""
TOOLS = """
import time
from pathlib import Path
from interlock import Toolbox

toolbox = Toolbox()

@toolbox.tool("credits.give")
def give(ticket: str) -> None:
    with Path("given.log").open("a") as log:
        log.write(ticket + "\\n")
    while not Path("go_on").exists():
        time.sleep(0.01)
"""


def begin(folder: Path, *words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "interlock_cli", *words]
    return subprocess.Popen(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def interlock(folder: Path, *words: str) -> tuple[int, str]:
    process = begin(folder, *words)
    said = process.communicate(timeout=60)[0]
    return process.returncode, said


def test_a_run_that_is_driven_is_taken_over_by_nobody(tmp_path: Path) -> None:
    (tmp_path / "desk.ilk").write_text(PROGRAM)
    (tmp_path / "tools.py").write_text(TOOLS)
    (tmp_path / "interlock.toml").write_text('files = ["desk.ilk"]\ntools = "tools.py"\n')
    assert interlock(tmp_path, "run", "--as", "ann", "-i", "ticket=T1")[0] == 0
    maria = begin(tmp_path, "approve", "last", "--as", "maria", "--role", "lead")
    try:
        while not (tmp_path / "given.log").exists():
            assert maria.poll() is None, maria.communicate()[0]
            time.sleep(0.01)
        code, said = interlock(tmp_path, "resume", "last")
        assert (code, "another process is working on" in said) == (1, True), said
        assert interlock(tmp_path, "approve", "last", "--as", "nora", "--role", "lead")[0] != 0
    finally:
        (tmp_path / "go_on").touch()
        said = maria.communicate(timeout=60)[0]
    assert (maria.returncode, "done" in said) == (0, True), said
    assert (tmp_path / "given.log").read_text() == "T1\n"
    assert interlock(tmp_path, "replay", "--all")[0] == 0
