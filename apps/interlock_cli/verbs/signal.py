"""`interlock signal`: tell a run that an event has come for which it waits, or may come to wait."""

from typing import TYPE_CHECKING

import click

from interlock_cli.errors import CommandError, did_you_mean
from interlock_cli.exit_codes import ExitCode
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
        waiting = [each.step for each in (await runtime.report(recorded.summary.run)).awaiting if each.event == event]
        if received == "kept" and waiting:
            remark(_not_taken(recorded, event, waiting))
        else:
            remark(SAID[received].format(event))

    return on_run(run, options, act)


def _not_taken(recorded: "RecordedRun", event: str, waiting: "list[str]") -> str:
    """Say why an event was kept though steps wait for such events: what each of them takes."""
    from interlock_cli.present.outcome import awaited
    from interlock_dsl.program.model import EventStep
    from interlock_dsl.program.paths import step_at

    steps = {path: step_at(recorded.program, recorded.workflow.name, path) for path in waiting}
    wanted = {path: awaited(step) for path, step in steps.items() if isinstance(step, EventStep)}
    taking = [
        f"`{path}` takes only `{said}`" if said else f"the time of `{path}` is over" for path, said in wanted.items()
    ]
    who = ", ".join(f"`{path}`" for path in waiting)
    waits = "waits" if len(waiting) == 1 else "wait"
    return (
        f"{who} {waits} for `{event}`, but not for this one: {', '.join(taking)}. It is kept for a step that takes it"
    )


def _refuse(recorded: "RecordedRun", event: str) -> None:
    """Raise CommandError for what the run refuses whatever the event says: like every refusal, a finding."""
    from interlock.run.plan import plan_of

    run, status = recorded.summary.run, recorded.machine.status
    if recorded.is_session:
        raise _refusal(f"{run} is a session: it waits for no event", "only runs of workflows are signalled")
    if status in ("ended", "failed", "cancelled"):
        raise _refusal(f"run {run} is over: it is {status}", f"`interlock show {run}{recorded.where}` tells why")
    events = list(plan_of(recorded.program).workflows[recorded.workflow.name].events)
    if event not in events:
        help = did_you_mean(event, events) if events else "no step of it `waits for event`"
        raise _refusal(f"no step of `{recorded.workflow.name}` waits for the event `{event}`", help)


def _refusal(message: str, help: str) -> CommandError:
    return CommandError(message, help, ExitCode.FINDINGS)
