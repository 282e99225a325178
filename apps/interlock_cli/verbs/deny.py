"""`interlock deny`: refuse what a run asks for."""

from typing import TYPE_CHECKING

import click

from interlock_cli.options import drives, reason, role, run_id, which, who
from interlock_cli.run_options import RunOptions

if TYPE_CHECKING:
    from interlock.guard import Session
    from interlock.runtime.runtime import Runtime
    from interlock_cli.recorded_run import RecordedRun


@click.command()
@run_id
@which
@who
@role
@reason
@drives
def verb(*, run: str, which: str, name: str, role: str, reason: str, options: RunOptions) -> int:
    """Refuse what a run asks for, and let it go on by the route it has for that, if it has one."""
    from interlock_cli.requests import approval, on_run

    async def act(runtime: "Runtime", recorded: "RecordedRun") -> None:
        asked = approval(recorded, which, role)
        await runtime.deny(recorded.summary.run, asked.id, by=name, role=role or asked.role, reason=reason)

    def in_session(session: "Session", recorded: "RecordedRun") -> str:
        asked = approval(recorded, which, role)
        session.deny(asked, by=name, role=role or asked.role, reason=reason)
        said = f"{asked.subject['tool']}: {asked.id} is denied by {name}"
        return f"{said} ({asked.role}), as is the same call from now on"

    return on_run(run, options, act, in_session=in_session)
