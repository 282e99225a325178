"""`interlock graph`: a workflow as a picture."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock_cli.exit_codes import ExitCode
from interlock_cli.options import A_FILE, output_format, targets

if TYPE_CHECKING:
    from interlock_dsl.program.model import Program, Workflow


class Format(StrEnum):
    """What the picture is written as."""

    MERMAID = "mermaid"
    DOT = "dot"
    JSON = "json"
    SVG = "svg"


MOST_UNFOLDED = 1_000
"""Steps and ends in a picture of a workflow with those that it runs."""

SUFFIXES = {".mmd": Format.MERMAID, ".mermaid": Format.MERMAID, ".dot": Format.DOT, ".gv": Format.DOT,
            ".json": Format.JSON, ".svg": Format.SVG}  # fmt: skip


@click.command()
@targets
@click.option("--workflow", "-w", default="", metavar="NAME", help="Only this one.")
@click.option("--unfold", is_flag=True, help="Draw workflows that steps run inside these steps.")
@output_format(Format, "As what. Default: by the suffix of `--output`, else mermaid.")
@click.option("--output", "-o", type=A_FILE, metavar="FILE", help="Where to. Default: standard output.")
def verb(*, targets: tuple[str, ...], workflow: str, unfold: bool, format: Format | None, output: Path | None) -> int:
    """Draw workflows: steps, ends, and the routes between them with what they demand.

    Several workflows come one after the other, each with its name; SVG draws one, so `--workflow` has to name it. A
    step that runs another workflow is one box, unless `--unfold` draws that workflow in it.
    """
    from interlock_cli.compiling import compiled
    from interlock_cli.errors import CommandError
    from interlock_cli.present.output import write
    from interlock_cli.sources import units

    chosen = format or (_by_suffix(output) if output else Format.MERMAID)
    programs = [compiled(unit) for unit in units(targets)]
    names = [name for program in programs for name in program.workflows]
    found = [pair for program in programs for pair in _workflows(program, workflow)]
    if not found:
        raise CommandError(*_nothing(workflow, list(dict.fromkeys(names))))
    if chosen is Format.SVG and len(found) > 1:
        listed = ", ".join(f"`{each.name}`" for _, each in found)
        raise CommandError(
            f"one SVG shows one workflow, and there are {len(found)}", f"`--workflow` says which: {listed}"
        )
    text = _drawn(found, chosen, unfold=unfold)
    if output is None:
        write(text)
        return ExitCode.CLEAN
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"cannot write `{output}`: {(error.strerror or str(error)).lower()}") from error
    return ExitCode.CLEAN


def _by_suffix(output: Path) -> Format:
    from interlock_cli.errors import CommandError

    if output.suffix.lower() not in SUFFIXES:
        known = ", ".join(f"`{each}`" for each in SUFFIXES)
        raise CommandError(f"`{output}` does not say what to write", f"end it in one of {known}, or give `--format`")
    return SUFFIXES[output.suffix.lower()]


def _workflows(program: "Program", name: str) -> "list[tuple[Program, Workflow]]":
    return [(program, each) for each in program.workflows.values() if not name or each.name == name]


def _nothing(name: str, known: list[str]) -> tuple[str, str]:
    from interlock_cli.errors import did_you_mean

    if name and known:
        return f"there is no workflow `{name}`", did_you_mean(name, known)
    return "the files declare no workflow", "`workflow NAME(...) { ... }` declares one"


def _drawn(found: "list[tuple[Program, Workflow]]", format: Format, *, unfold: bool) -> str:
    from interlock_cli.drawing import to_dot, to_json, to_mermaid, to_svg
    from interlock_cli.present.output import json_text

    if unfold:
        _check_size(found)
    each = [(workflow, program if unfold else None) for program, workflow in found]
    match format:
        case Format.SVG:
            return to_svg(*each[0])
        case Format.JSON:
            graphs = [to_json(*one) for one in each]
            return json_text(graphs[0] if len(graphs) == 1 else graphs)
        case Format.DOT:
            return "\n".join(to_dot(*one) for one in each)
        case Format.MERMAID:
            return "\n".join(to_mermaid(*one, titled=len(each) > 1) for one in each)


def _check_size(found: "list[tuple[Program, Workflow]]") -> None:
    """Raise CommandError for a workflow that is too large unfolded: one that runs others twice doubles with each."""
    from interlock_cli.drawing.words import parts
    from interlock_cli.errors import CommandError

    for program, workflow in found:
        if parts(workflow, program, MOST_UNFOLDED) > MOST_UNFOLDED:
            raise CommandError(
                f"`{workflow.name}` has more than {MOST_UNFOLDED:,} steps and ends unfolded",
                "draw it without `--unfold`, and the workflows that it runs by `--workflow`",
            )
