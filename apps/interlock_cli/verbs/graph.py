"""`interlock graph`: a workflow as a picture."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interlock_cli.exits import Exit
from interlock_cli.options import Targets

if TYPE_CHECKING:
    from interlock_dsl.program.model import Program, Workflow


class Format(StrEnum):
    """What the picture is written as."""

    MERMAID = "mermaid"
    DOT = "dot"
    JSON = "json"
    SVG = "svg"


SUFFIXES = {".mmd": Format.MERMAID, ".mermaid": Format.MERMAID, ".dot": Format.DOT, ".gv": Format.DOT,
            ".json": Format.JSON, ".svg": Format.SVG}  # fmt: skip


def verb(
    targets: Targets = None,
    workflow: Annotated[str, typer.Option("--workflow", "-w", metavar="NAME", help="Only this one.")] = "",
    format: Annotated[
        Format | None, typer.Option("--format", help="As what. Default: by the suffix of `--output`, else mermaid.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to. Default: standard output.")
    ] = None,
) -> int:
    """Draw workflows: steps, ends, and the routes between them with what they demand.

    Several workflows come one after the other; SVG draws one, so `--workflow` has to name it.
    """
    from interlock_cli.fault import Fault
    from interlock_cli.language import compiled
    from interlock_cli.present.output import write
    from interlock_cli.sources import units

    chosen = format or (_by_suffix(output) if output else Format.MERMAID)
    programs = [compiled(unit) for unit in units(targets or [])]
    names = [name for program in programs for name in program.workflows]
    found = [pair for program in programs for pair in _workflows(program, workflow)]
    if not found:
        raise Fault(*_nothing(workflow, list(dict.fromkeys(names))))
    if chosen is Format.SVG and len(found) > 1:
        listed = ", ".join(f"`{each.name}`" for _, each in found)
        raise Fault(f"one SVG shows one workflow, and there are {len(found)}", f"`--workflow` says which: {listed}")
    text = _drawn(found, chosen)
    if output is None:
        write(text)
        return Exit.CLEAN
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Fault(f"cannot write `{output}`: {(error.strerror or str(error)).lower()}") from error
    return Exit.CLEAN


def _by_suffix(output: Path) -> Format:
    from interlock_cli.fault import Fault

    if output.suffix.lower() not in SUFFIXES:
        known = ", ".join(f"`{each}`" for each in SUFFIXES)
        raise Fault(f"`{output}` does not say what to write", f"end it in one of {known}, or give `--format`")
    return SUFFIXES[output.suffix.lower()]


def _workflows(program: "Program", name: str) -> "list[tuple[Program, Workflow]]":
    return [(program, each) for each in program.workflows.values() if not name or each.name == name]


def _nothing(name: str, known: list[str]) -> tuple[str, str]:
    from interlock_cli.fault import did_you_mean

    if name and known:
        return f"there is no workflow `{name}`", did_you_mean(name, known)
    return "the files declare no workflow", "`workflow NAME(...) { ... }` declares one"


def _drawn(found: "list[tuple[Program, Workflow]]", format: Format) -> str:
    from interlock_cli.drawing import to_dot, to_json, to_mermaid, to_svg

    match format:
        case Format.SVG:
            return to_svg(found[0][1])
        case Format.JSON:
            graphs = [to_json(workflow) for _, workflow in found]
            return json.dumps(graphs[0] if len(graphs) == 1 else graphs, indent=2, ensure_ascii=False) + "\n"
        case Format.DOT:
            return "\n".join(to_dot(workflow) for _, workflow in found)
        case Format.MERMAID:
            return "\n".join(to_mermaid(workflow) for _, workflow in found)
