"""`interlock answer`: answer a question that a run puts to a person."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from interlock_cli.options import drives, role, run_id, which, who
from interlock_cli.run_options import RunOptions

if TYPE_CHECKING:
    from interlock.run.protocol.commands import AskPerson
    from interlock.runtime.runtime import Runtime
    from interlock_cli.recorded_run import RecordedRun


@click.command()
@run_id
@which
@who
@role
@click.option("--value", multiple=True, metavar="VALUE", help="`field=value`, JSON, `@file` or `-`; may be repeated.")
@drives
def verb(*, run: str, which: str, name: str, role: str, value: tuple[str, ...], options: RunOptions) -> int:
    """Answer a question that a run puts to a person, and let it go on. Without `--value` each field is asked for."""
    from interlock_cli.requests import on_run, question

    async def act(runtime: "Runtime", recorded: "RecordedRun") -> None:
        asked = question(recorded, which, role)
        given = _answer(recorded, asked, value)
        await runtime.answer(recorded.summary.run, asked.id, given, by=name, role=role or asked.role)

    return on_run(run, options, act)


def _answer(recorded: "RecordedRun", asked: "AskPerson", value: Sequence[str]) -> dict[str, object]:
    from interlock_cli.errors import CommandError
    from interlock_cli.inputs import run_input
    from interlock_cli.present.console import err
    from interlock_cli.present.outcome import as_json, shown_context
    from interlock_cli.prompts import ask, can_ask
    from interlock_dsl.program.model import AskStep
    from interlock_dsl.program.paths import step_at
    from interlock_dsl.schema import sample

    step = step_at(recorded.program, recorded.workflow.name, asked.step)
    assert isinstance(step, AskStep)
    if value or not step.returns.fields:
        return run_input(value, step.returns)
    if not can_ask():
        such = as_json(sample(step.returns))
        raise CommandError("there is nobody to ask here", f"give the answer, such as `--value {such}`")
    for line in shown_context(asked):
        err().print(line)
    return ask(step.returns)
