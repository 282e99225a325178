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


def live(arguments: list[str], kill_at: int = NEVER, report: Path | None = None) -> int | None:
    """Run one command line in a child and kill it at its `kill_at`-th call; return its exit code, None if killed.

    `report` gets the number of calls when the child ends by itself.
    """
    child = os.fork()
    if child == 0:
        _child(arguments, kill_at, report)
    _, status = os.waitpid(child, 0)
    return None if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)


def _child(arguments: list[str], kill_at: int, report: Path | None) -> None:
    code = 70
    try:
        silence = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(silence, descriptor)
        calls = itertools.count(1)
        process = os.getpid()

        def tick(frame: FrameType, event: str, argument: object) -> None:
            if event != "return" and event != "c_return" and next(calls) == kill_at:
                os.kill(process, signal.SIGKILL)

        threading.setprofile(tick)
        sys.setprofile(tick)
        code = run(arguments)
        sys.setprofile(None)
        if report is not None:
            report.write_text(str(next(calls)))
    finally:
        os._exit(code)
