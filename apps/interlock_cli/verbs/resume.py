"""`interlock resume`: take a run up again after it stopped."""

import click

from interlock_cli.options import drives, optional_run_id
from interlock_cli.run_options import RunOptions


@click.command()
@optional_run_id
@click.option("--all", "every", is_flag=True, help="Every run that stopped, or whose time to go on has come.")
@drives
def verb(*, run: str, every: bool, options: RunOptions) -> int:
    """Take a run up again that was interrupted, or whose time to go on has come.

    What may be repeated is repeated; a call that may have happened and must not happen twice is not. A run that
    another process drives is left alone.
    """
    from interlock_cli.requests import on_run

    if every:
        return _all(options)

    return on_run(run, options)


def _all(options: RunOptions) -> int:
    """Resume every run that is due, one after the other; return the worst exit code. Trouble with one stops none."""
    from rich.text import Text

    from interlock.errors import Conflict, InterlockError
    from interlock_cli.errors import CommandError
    from interlock_cli.exit_codes import ExitCode
    from interlock_cli.present.console import out
    from interlock_cli.present.messages import complain, remark
    from interlock_cli.requests import on_run
    from interlock_cli.run_options import Format

    code = int(ExitCode.CLEAN)
    due = _due(options)
    for each in due:
        if options.format is Format.HUMAN:
            out().print(Text(each, "name"))
        try:
            code = max(code, on_run(each, options))
        except Conflict as error:
            remark(str(error))
        except (CommandError, InterlockError) as error:
            complain(f"run {each}: {error}")
            code = int(ExitCode.ERROR)
    if not due and options.format is Format.HUMAN:
        out().print(Text("no run is due", "quiet"))
    return code


def _due(options: RunOptions) -> list[str]:
    """Return the runs that are not over and have something to do now, the oldest first."""
    import time

    from interlock.run.protocol.commands import SetTimer
    from interlock_cli.journal import open_journal
    from interlock_cli.recorded_run import load

    opened = open_journal(options.project, options.journal, readonly=True)
    now = time.time_ns() // 1000
    found: list[str] = []
    for summary in reversed(opened.runs()):
        if summary.kind == "session":
            continue  # its service goes on with it
        if summary.status == "running":
            found.append(summary.run)
        elif summary.status == "waiting":
            timers = [each for each in load(opened, summary).machine.pending() if isinstance(each, SetTimer)]
            if any(timer.at <= now for timer in timers):
                found.append(summary.run)
    opened.close()
    return found
