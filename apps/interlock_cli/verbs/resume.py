"""`interlock resume`: take a run up again after it stopped."""

from typing import Annotated

import typer

from interlock_cli.manner import Manner
from interlock_cli.options import OptionalRunId, drives

Every = Annotated[bool, typer.Option("--all", help="Every run that stopped, or whose time to go on has come.")]


@drives
def verb(run: OptionalRunId = "last", every: Every = False, *, manner: Manner) -> int:
    """Take a run up again that was interrupted, or whose time to go on has come.

    What may be repeated is repeated; a call that may have happened and must not happen twice is not. A run that
    another process drives is left alone.
    """
    from interlock_cli.people import on_run

    if every:
        return _all(manner)

    return on_run(run, manner)


def _all(manner: Manner) -> int:
    """Resume every run that is due, one after the other; return the worst exit code. Trouble with one stops none."""
    from rich.text import Text

    from interlock.errors import Conflict, InterlockError
    from interlock_cli.exits import Exit
    from interlock_cli.fault import Fault
    from interlock_cli.manner import Format
    from interlock_cli.people import on_run
    from interlock_cli.present.console import out
    from interlock_cli.present.messages import complain, remark

    code = int(Exit.CLEAN)
    due = _due(manner)
    for each in due:
        if manner.format is Format.HUMAN:
            out().print(Text(each, "name"))
        try:
            code = max(code, on_run(each, manner))
        except Conflict as error:
            remark(str(error))
        except (Fault, InterlockError) as error:
            complain(f"run {each}: {error}")
            code = int(Exit.FAULT)
    if not due and manner.format is Format.HUMAN:
        out().print(Text("no run is due", "quiet"))
    return code


def _due(manner: Manner) -> list[str]:
    """Return the runs that are not over and have something to do now, the oldest first."""
    import time

    from interlock.run.protocol.commands import SetTimer
    from interlock_cli.history import load
    from interlock_cli.store import open_journal

    opened = open_journal(manner.project, manner.journal, readonly=True)
    now = time.time_ns() // 1000
    found: list[str] = []
    for summary in reversed(opened.runs()):
        if summary.status == "running":
            found.append(summary.run)
        elif summary.status == "waiting":
            timers = [each for each in load(opened, summary).machine.pending() if isinstance(each, SetTimer)]
            if any(timer.at <= now for timer in timers):
                found.append(summary.run)
    opened.close()
    return found
