"""`interlock diff`: what a change of a program permits that was not permitted, and the reverse."""

from enum import StrEnum
from typing import TYPE_CHECKING

import click

from interlock_cli.exit_codes import ExitCode
from interlock_cli.options import output_format

if TYPE_CHECKING:
    from interlock_cli.sources import Unit
    from interlock_dsl.analysis.diff import Difference
    from interlock_dsl.compiler.stages import Compilation


class Format(StrEnum):
    """How differences are printed."""

    HUMAN = "human"
    JSON = "json"
    GITHUB = "github"


@click.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@output_format(Format, default=Format.HUMAN)
@click.option("--proofs/--no-proofs", default=True, help="Whether the solver is asked. Default: it is.")
def verb(*, old: str, new: str, format: Format, proofs: bool) -> int:
    """Say what a change permits that was not permitted, and the reverse, each with values that show it.

    OLD and NEW are files or folders of one program each. Conditions are compared by what they mean: rules in another
    order, or written otherwise, are no difference. Exit code 0 if both permit the same, which is a proof; 1 if there
    is a difference; 3 if all that is left is unknown.
    """
    from interlock_cli.formats.differences import github, human, json_of
    from interlock_cli.present.output import write

    before, now = _compiled(old), _compiled(new)
    found = _differences(before, now, proofs=proofs)
    match format:
        case Format.HUMAN:
            write(human(found))
        case Format.JSON:
            write(json_of(found, before, now))
        case Format.GITHUB:
            write(github(found))
    return _code(found)


def _code(found: "list[Difference]") -> ExitCode:
    from interlock_dsl.analysis.diff import Direction

    kinds = {each.direction for each in found} - {Direction.STATES}
    if kinds - {Direction.UNKNOWN}:
        return ExitCode.FINDINGS
    return ExitCode.INCONCLUSIVE if kinds else ExitCode.CLEAN


def _compiled(target: str) -> "Compilation":
    """Return a program with the facts about it. Raises `DiagnosticError`, which `main` shows, if it has an error."""
    from interlock_dsl.compiler.compile import compilation
    from interlock_dsl.diagnostics import DiagnosticError

    unit = _unit(target)
    made = compilation(unit.entries, unit.read)
    if made.facts is None or made.program is None:
        raise DiagnosticError(made.report.ordered())
    return made


def _unit(target: str) -> "Unit":
    from interlock_cli.errors import CommandError
    from interlock_cli.sources import units

    found = units([target])
    if len(found) != 1:
        raise CommandError(
            f"`{target}` holds {len(found)} programs", "name the files of one program, or list them under `files`"
        )
    if found[0].bundle is not None:
        raise CommandError(
            f"`{target}` is a bundle, and holds no sources to compare", "name the files that it was made of"
        )
    return found[0]


def _differences(before: "Compilation", now: "Compilation", *, proofs: bool) -> "list[Difference]":
    from interlock_dsl.analysis.diff import differences
    from interlock_dsl.analysis.reasoning.reasoner import Reasoner

    assert before.program is not None and now.program is not None and before.facts is not None and now.facts is not None
    if before.program.digest == now.program.digest:
        return []
    reasoner = Reasoner(proofs=proofs)
    asked = []
    for facts in (before.facts, now.facts):
        if facts.workflows:
            from interlock_dsl.analysis.reasoning.questions import Questions

            asked.append({name: Questions(made, facts, reasoner) for name, made in facts.workflows.items()})
        else:
            asked.append({})
    return list(differences(before.facts, now.facts, asked[0], asked[1], reasoner))
