"""`interlock cancel`: call a run off."""

from typing import TYPE_CHECKING

import click

from interlock_cli.errors import CommandError
from interlock_cli.exit_codes import ExitCode
from interlock_cli.options import drives, reason, run_id, who
from interlock_cli.run_options import RunOptions

if TYPE_CHECKING:
    from interlock.guard import Session
    from interlock.runtime.runtime import Runtime
    from interlock_cli.recorded_run import RecordedRun


@click.command()
@run_id
@who
@reason
@drives
def verb(*, run: str, name: str, reason: str, options: RunOptions) -> int:
    """Call a run off. What it did and can be undone is undone, the last first; the rest is named.

    A session is closed: nothing is decided in it any more, and nothing undone.
    """
    from interlock_cli.requests import on_run

    async def act(runtime: "Runtime", recorded: "RecordedRun") -> None:
        status = recorded.machine.status
        if status in ("ended", "failed", "cancelled"):
            raise CommandError(f"run {recorded.summary.run} is over: it is {status}", "there is nothing to call off")
        await runtime.cancel(recorded.summary.run, by=name, reason=reason)

    def in_session(session: "Session", recorded: "RecordedRun") -> str:
        if recorded.machine.status in ("ended", "cancelled"):
            raise CommandError(f"session {session.id} is closed already", "there is nothing to call off")
        session.close(by=name, reason=reason)
        return ""

    code = on_run(run, options, act, to_cancel=True, in_session=in_session)
    return ExitCode.CLEAN if code == ExitCode.FINDINGS else code
