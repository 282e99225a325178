"""`interlock run`: start a workflow and follow it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from interlock_cli.manner import Manner
from interlock_cli.options import Target, Workflow, drives

if TYPE_CHECKING:
    from interlock.runtime.runtime import Runtime
    from interlock_dsl.program.model import Program
    from interlock_dsl.program.model import Workflow as Declared

Input = Annotated[
    list[str] | None,
    typer.Option("--input", "-i", metavar="INPUT", help="`field=value`, JSON, `@file`, or `-`; may be repeated."),
]
As = Annotated[str, typer.Option("--as", metavar="NAME", envvar="INTERLOCK_AS", help="On whose behalf.")]
Roles = Annotated[list[str] | None, typer.Option("--role", metavar="ROLE", help="A role they have; may be repeated.")]
Scopes = Annotated[
    str | None, typer.Option("--scopes", metavar="A,B", help="The scopes they hold. Default: every scope.")
]


@drives
def verb(
    target: Target = None,
    workflow: Workflow = "",
    input: Input = None,
    name: As = "",
    role: Roles = None,
    scopes: Scopes = None,
    *,
    manner: Manner,
) -> int:
    """Start a workflow and follow it until it is over or waits for people.

    Models are not asked unless `--live` or `--model` says so: the project's recorded answers stand in for them. The
    tools are real. Exit code 0 if the run ended or waits, 1 if it failed.
    """
    from interlock_cli.driving import Driver
    from interlock_cli.language import compiled, the_workflow
    from interlock_cli.sources import the_unit
    from interlock_cli.store import open_journal
    from interlock_cli.world import require_answers

    unit = the_unit(target, manner.folder)
    program = compiled(unit)
    chosen = the_workflow(program, workflow)
    held = _held(scopes, program)
    given = _input(input or [], chosen)
    there = manner if unit.project == manner.project else replace(manner, folder=unit.project.root)
    require_answers(there, chosen)
    driver = Driver(there, open_journal(unit.project, manner.journal, create=True), chosen, program, principal=name)

    async def start(runtime: "Runtime") -> str:
        from interlock.decide import Principal

        return await runtime.start(program, chosen.name, given, principal=Principal(name, tuple(role or ()), held))

    return driver.go(start)


def _held(scopes: str | None, program: "Program") -> frozenset[str] | None:
    """Return the scopes that are held (None: every one). Raises Fault for one that no tool of the program needs."""
    from interlock_cli.fault import Fault, did_you_mean

    if scopes is None:
        return None
    held = [each.strip() for each in scopes.split(",") if each.strip()]
    known = sorted({scope for tool in program.tools.values() for scope in tool.needs})
    for each in held:
        if each not in known:
            otherwise = "" if known else "none needs any"
            raise Fault(f"no tool needs the scope `{each}`", did_you_mean(each, known, otherwise))
    return frozenset(held)


def _input(given: Sequence[str], workflow: "Declared") -> dict[str, object]:
    """Return the input of the run; what is missing is asked for where there is someone to ask."""
    from interlock_cli.fault import Fault
    from interlock_cli.inputs import run_input

    parameters = workflow.parameters
    if given or not parameters.fields:
        return run_input(given, parameters)
    from interlock_cli.asking import ask, can_ask

    if can_ask():
        return ask(parameters)
    from interlock_cli.present.outcome import as_json
    from interlock_dsl.schema import sample

    raise Fault(f"`{workflow.name}` needs an input", f"such as `--input {as_json(sample(parameters))}`")
