"""`interlock approve`: agree to exactly what a run asks for."""

from typing import TYPE_CHECKING

import click

from interlock_cli.options import drives, role, run_id, which, who
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
@click.option("--digest", default="", metavar="SHA256", help="Agree only if this is the digest of what is asked.")
@drives
def verb(*, run: str, which: str, name: str, role: str, digest: str, options: RunOptions) -> int:
    """Agree to exactly what a run or a session asks for, and let it go on.

    An approval is for these arguments, in this run, at this step; it can be used once, and nobody can approve what
    they asked for themselves. In a session, the call is allowed when the agent proposes it again.
    """
    from interlock_cli.requests import approval, on_run

    async def act(runtime: "Runtime", recorded: "RecordedRun") -> None:
        asked = approval(recorded, which, role)
        await runtime.approve(recorded.summary.run, asked.id, by=name, role=role or asked.role, digest=digest)

    def in_session(session: "Session", recorded: "RecordedRun") -> str:
        asked = approval(recorded, which, role)
        session.approve(asked, by=name, role=role or asked.role, digest=digest)
        said = f"{asked.subject['tool']}: {asked.id} is approved by {name}"
        if any(each.id == asked.id for each in session.approvals):
            return f"{said}, and waits for {asked.count} of {asked.role}"
        return f"{said} ({asked.role}), for the same call, proposed again, once"

    return on_run(run, options, act, in_session=in_session)
