"""`interlock run`: start a workflow and follow it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from interlock_cli.options import drives, target
from interlock_cli.run_options import RunOptions

if TYPE_CHECKING:
    from interlock.runtime.runtime import Runtime
    from interlock_cli.compiling import Checked
    from interlock_dsl.program.model import Workflow as Declared


@click.command()
@target
@click.option("--workflow", "-w", default="", metavar="NAME", help="Which one. Default: the one that no other runs.")
@click.option(
    "--input", "-i", multiple=True, metavar="INPUT", help="`field=value`, JSON, `@file`, or `-`; may be repeated."
)
@click.option(
    "--as", "name", default="", metavar="NAME", envvar="INTERLOCK_AS", show_envvar=True, help="On whose behalf."
)
@click.option("--role", multiple=True, metavar="ROLE", help="A role they have; may be repeated.")
@click.option("--scopes", metavar="A,B", help="The scopes they hold. Default: every scope.")
@click.option("--context", metavar="JSON|@FILE", help="What the file declares as its `context`.")
@drives
def verb(
    *,
    target: str | None,
    workflow: str,
    input: tuple[str, ...],
    name: str,
    role: tuple[str, ...],
    scopes: str | None,
    context: str | None,
    options: RunOptions,
) -> int:
    """Start a workflow and follow it until it is over or waits for people.

    Models are not asked unless `--live` or `--model` says so: the project's recorded answers stand in for them. The
    tools are real. Exit code 0 if the run ended or waits, 1 if it failed.
    """
    from interlock_cli.answering import require_answers
    from interlock_cli.compiling import examine, program_of, the_workflow
    from interlock_cli.drive import Driver
    from interlock_cli.inputs import context_given
    from interlock_cli.journal import open_journal
    from interlock_cli.principals import held_scopes
    from interlock_cli.sources import the_unit

    unit = the_unit(target, options.folder)
    examined = examine(unit)
    program = program_of(examined)
    chosen = the_workflow(program, workflow)
    held = held_scopes(scopes, program)
    given = _input(input, chosen)
    said = None if context is None else context_given(context)
    there = options if unit.project == options.project else replace(options, folder=unit.project.root)
    require_answers(there, program, chosen)
    driver = Driver(there, open_journal(unit.project, options.journal, create=True), chosen, program, principal=name)

    if driver.followed:
        _foretell(examined, chosen.name)

    async def start(runtime: "Runtime") -> str:
        from interlock.decide import Principal

        return await runtime.start(program, chosen.name, given, principal=Principal(name, role, held), context=said)

    return driver.go(start)


def _foretell(examined: "Checked", workflow: str) -> None:
    """Say on standard error what the run may come to at most, before it begins."""
    from interlock_cli.present.console import err
    from interlock_cli.worst_cases import told, worst_cases

    for worst in worst_cases(examined):
        if worst["workflow"] == workflow:
            err().print(told(worst), style="quiet", highlight=False, markup=False, soft_wrap=True)


def _input(given: Sequence[str], workflow: "Declared") -> dict[str, object]:
    """Return the input of the run; what is missing is asked for where there is someone to ask."""
    from interlock_cli.errors import CommandError
    from interlock_cli.inputs import run_input

    parameters = workflow.parameters
    if given or not parameters.fields:
        return run_input(given, parameters)
    from interlock_cli.prompts import ask, can_ask

    if can_ask():
        return ask(parameters)
    from interlock_cli.present.outcome import as_json
    from interlock_dsl.schema import sample

    raise CommandError(f"`{workflow.name}` needs an input", f"such as `--input {as_json(sample(parameters))}`")
