"""`interlock answer`: answer a question that a run puts to a person."""

from typing import TYPE_CHECKING, Annotated

import typer

from interlock_cli.manner import Manner
from interlock_cli.options import Role, RunId, Which, Who, drives

if TYPE_CHECKING:
    from interlock.run.protocol.commands import AskPerson
    from interlock.runtime.runtime import Runtime
    from interlock_cli.history import History

Values = Annotated[
    list[str] | None,
    typer.Option("--value", metavar="VALUE", help="`field=value`, JSON, `@file` or `-`; may be repeated."),
]


@drives
def verb(run: RunId, which: Which = "", *, name: Who, role: Role = "", value: Values = None, manner: Manner) -> int:
    """Answer a question that a run puts to a person, and let it go on. Without `--value` each field is asked for."""
    from interlock_cli.people import on_run, question

    async def act(runtime: "Runtime", history: "History") -> None:
        asked = question(history, which, role)
        given = _answer(history, asked, value or [])
        await runtime.answer(history.summary.run, asked.id, given, by=name, role=role or asked.role)

    return on_run(run, manner, act)


def _answer(history: "History", asked: "AskPerson", value: list[str]) -> dict[str, object]:
    from interlock_cli.asking import ask, can_ask
    from interlock_cli.fault import Fault
    from interlock_cli.inputs import run_input
    from interlock_cli.present.console import err
    from interlock_cli.present.outcome import as_json, shown_context
    from interlock_dsl.program.model import AskStep
    from interlock_dsl.schema import sample

    step = history.workflow.steps[asked.step]
    assert isinstance(step, AskStep)
    if value or not step.returns.fields:
        return run_input(value, step.returns)
    if not can_ask():
        such = as_json(sample(step.returns))
        raise Fault("there is nobody to ask here", f"give the answer, such as `--value {such}`")
    for line in shown_context(asked):
        err().print(line)
    return ask(step.returns)
