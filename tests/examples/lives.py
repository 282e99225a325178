"""Commands in child processes that are killed with SIGKILL at a chosen point: no handler runs, nothing is flushed.

The point is a number of calls, into Python or C, made by the engine or the project's tools: so it falls anywhere in
the machine, the runtime, the journal, a tool, between a tool's commit and its return, and needs no timing. Calls are
counted from the beginning or from where effects begin; compiling, most of a command and without effect, is left out.
Children are forked from a process that has everything imported already.
"""

import json
import os
import signal
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Literal, NoReturn, TypeAlias

import interlock
from examples.stories import tidy
from interlock_cli.main import run

Part: TypeAlias = Literal["all", "effects"]
ENGINE = str(Path(interlock.__file__).parent) + os.sep
WHERE_EFFECTS_BEGIN = "drive"


def live(arguments: list[str], folder: Path, kill: tuple[Part, int] | None = None) -> dict[Part, int] | None:
    """Run one command line in a folder, in a child; `kill` is the call at which it is killed, counted in a part of it.

    Returns how many calls each part of it had, None if it was killed. Raises `FileNotFoundError` if it broke.
    """
    report = folder / "calls.json"
    report.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        _child(arguments, folder, kill, report)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return None
    calls: dict[Part, int] = json.loads(report.read_text())
    return calls


def warm(arguments: list[str], folder: Path) -> None:
    """Run a command line in this very process, so that children find everything imported but the project itself."""
    here = Path.cwd()
    os.chdir(folder)
    try:
        with tidy(folder):
            run(arguments)
    finally:
        os.chdir(here)


def _child(arguments: list[str], folder: Path, kill: tuple[Part, int] | None, report: Path) -> NoReturn:
    code = 70
    try:
        silence = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(silence, descriptor)
        os.chdir(folder)
        calls: Counter[Part] = Counter()
        counted = (ENGINE, str(folder) + os.sep)
        process = os.getpid()

        def tick(frame: FrameType, event: str, argument: object) -> None:
            if event not in ("call", "c_call") or not frame.f_code.co_filename.startswith(counted):
                return
            calls["all"] += 1
            if calls["effects"] or frame.f_code.co_name == WHERE_EFFECTS_BEGIN:
                calls["effects"] += 1
            if kill is not None and calls[kill[0]] == kill[1]:
                os.kill(process, signal.SIGKILL)

        threading.setprofile(tick)
        sys.setprofile(tick)
        code = run(arguments)
        sys.setprofile(None)
        report.write_text(json.dumps(calls))
    finally:
        os._exit(code)
