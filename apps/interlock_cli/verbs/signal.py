"""`interlock signal`: tell a run that an event has come for which it waits, or may come to wait."""

from typing import TYPE_CHECKING

import click

from interlock_cli.errors import CommandError, did_you_mean
from interlock_cli.options import drives, run_id
from interlock_cli.run_options import RunOptions

if TYPE_CHECKING:
    from interlock.runtime.runtime import Received, Runtime
    from interlock_cli.recorded_run import RecordedRun

SAID: "dict[Received, str]" = {
    "taken": "a step takes `{}`",
    "kept": "no step takes `{}` now: it is kept for one that comes to wait for it",
    "known": "`{}` was signalled before under this key: nothing has changed",
}
"""What is said of a signal, by what became of it."""


@click.command()
@run_id
@click.argument("event", metavar="EVENT", help="The name of the event.")
@click.argument("data", default="", metavar="[DATA]", help="What it says: JSON, `@file` or `-`. Default: nothing.")
@click.option("--key", default="", metavar="KEY", help="The sender's own name for it: twice under one key is once.")
@click.option(
    "--as", "name", default="", metavar="NAME", envvar="INTERLOCK_AS", show_envvar=True, help="Who signals it."
)
@drives
def verb(*, run: str, event: str, data: str, key: str, name: str, options: RunOptions) -> int:
    """Tell a run that an event has come, and let it go on.

    A step that waits for the event takes it. One that comes before a step waits for it is kept.
    """
    from interlock_cli.inputs import data_given
    from interlock_cli.present.messages import remark
    from interlock_cli.requests import on_run

    given = data_given(data) if data else None

    async def act(runtime: "Runtime", recorded: "RecordedRun") -> None:
        _refuse(recorded, event)
        received = await runtime.signal(recorded.summary.run, event, given, key=key, by=name)
        remark(SAID[received].format(event))

    return on_run(run, options, act)


def _refuse(recorded: "RecordedRun", event: str) -> None:
    from interlock.run.plan import plan_of

    run, status = recorded.summary.run, recorded.machine.status
    if recorded.is_session:
        raise CommandError(f"{run} is a session: it waits for no event", "only runs of workflows are signalled")
    if status in ("ended", "failed", "cancelled"):
        raise CommandError(f"run {run} is over: it is {status}", f"`interlock show {run}` tells why")
    events = list(plan_of(recorded.program).workflows[recorded.workflow.name].events)
    if event not in events:
        help = did_you_mean(event, events) if events else "no step of it `waits for event`"
        raise CommandError(f"no step of `{recorded.workflow.name}` waits for the event `{event}`", help)
