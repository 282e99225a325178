"""Commands in child processes that are killed with SIGKILL at a chosen point: no handler runs, nothing is flushed.

The point is a number of Python and C calls, counted by a profile function in every thread of the child, so it falls
anywhere (in the compiler, the machine, the journal, a tool, between a tool's commit and its return) without any timing.
Children are forked from a process that has everything imported already.
"""

import itertools
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from interlock_cli.main import run

NEVER = sys.maxsize


def live(arguments: list[str], folder: Path, kill_at: int = NEVER, calls: Path | None = None) -> int | None:
    """Run one command line in a folder, in a child that is killed at its `kill_at`-th call.

    Returns the exit code, None if it was killed. The file `calls` gets the number of calls when it was not.
    """
    child = os.fork()
    if child == 0:
        _child(arguments, folder, kill_at, calls)
    _, status = os.waitpid(child, 0)
    return None if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)


def warm(arguments: list[str], folder: Path) -> None:
    """Run a command line in this very process, so that children find everything imported but the project itself."""
    before, path, here = set(sys.modules), list(sys.path), Path.cwd()
    os.chdir(folder)
    try:
        run(arguments)
    finally:
        os.chdir(here)
        sys.path[:] = path
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file is not None and Path(file).is_relative_to(folder):
                del sys.modules[name]


def _child(arguments: list[str], folder: Path, kill_at: int, report: Path | None) -> None:
    code = 70
    try:
        silence = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(silence, descriptor)
        os.chdir(folder)
        calls, process = itertools.count(1), os.getpid()

        def tick(frame: FrameType, event: str, argument: object) -> None:
            if event in ("call", "c_call") and next(calls) == kill_at:
                os.kill(process, signal.SIGKILL)

        threading.setprofile(tick)
        sys.setprofile(tick)
        code = run(arguments)
        sys.setprofile(None)
        if report is not None:
            report.write_text(str(next(calls)))
    finally:
        os._exit(code)
