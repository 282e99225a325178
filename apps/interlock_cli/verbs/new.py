"""`interlock new`: a small project that works, to start from."""

import shlex
from pathlib import Path

import click

from interlock_cli.errors import CommandError
from interlock_cli.exit_codes import ExitCode
from interlock_cli.starting.examples import Example, copy, example, examples

TEMPLATES = Path(__file__).parents[1] / "templates" / "desk"
FILES = {
    "NAME.ilk": "workflow.ilk",
    "tools.py": "tools.py",
    "answers.yaml": "answers.yaml",
    "ticket.json": "ticket.json",
    "interlock.toml": "interlock.toml",
    "README.md": "README.md",
    ".gitignore": "gitignore",
}
"""What a project gets, and the template of each."""

STARTS = {
    "FOLDER": "a workflow with a policy, tests, tools, and answers in place of a model",
    "FOLDER --tools MODULE:NAME": "a policy for the tools of a Python module, which permits none yet",
    "FOLDER --mcp COMMAND": "a policy for the tools of an MCP server, which permits none yet",
    "FOLDER --from EXAMPLE": "a copy of an example:",
}
"""What can be made, by what is typed after the verb."""


@click.command()
@click.argument(
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    required=False,
    help="The folder to make; the workflow is named after it.",
)
@click.option(
    "--list", "listing", is_flag=True, help="List what there is to start from: this, examples, packs of rules."
)
@click.option("--from", "origin", metavar="EXAMPLE", help="Copy an example instead.")
@click.option("--tools", metavar="MODULE:NAME", help="Declare the tools of a Python module instead, and permit none.")
@click.option("--mcp", metavar="COMMAND", help="Declare the tools of the MCP server that this starts, and permit none.")
@click.option(
    "--effect",
    type=click.Choice(["read", "write", "irreversible"]),
    default="write",
    show_default=True,
    help="The effect of these tools.",
)
def verb(
    *, folder: Path | None, listing: bool, origin: str | None, tools: str | None, mcp: str | None, effect: str
) -> int:
    """Make a small project that works: a workflow with tests, its tools, and answers in place of a model.

    Its `check`, `test` and `run` pass as they are; change it from there. Nothing that exists is overwritten.
    With `--tools` or `--mcp` it is a first policy for an agent that is there already: its tools are declared.
    With `--from` it is a copy of an example.
    """
    if listing:
        return _list()
    if folder is None:
        raise CommandError("which folder is to be made?", "name one: `interlock new my_project`, or `--list` the packs")
    given = [each for each, value in (("--from", origin), ("--tools", tools), ("--mcp", mcp)) if value is not None]
    if len(given) > 1:
        raise CommandError(f"`{given[0]}` and `{given[1]}` both say what to start from", "leave one out")
    chosen = example(origin) if origin is not None else None
    name = _identifier(folder.resolve().name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandError(f"`{folder}` exists and is not an empty folder", "name a folder that is not there yet")
    if chosen is not None:
        return _copied(chosen, folder)
    if tools is not None or mcp is not None:
        return _first_policy(folder, name, tools, mcp, effect)
    folder.mkdir(parents=True, exist_ok=True)
    for target, template in FILES.items():
        text = (TEMPLATES / template).read_text(encoding="utf-8").replace("NAME", name)
        (folder / target.replace("NAME", name)).write_text(text, encoding="utf-8")
    _tell(folder, name)
    return ExitCode.CLEAN


def _copied(chosen: Example, folder: Path) -> int:
    from rich.text import Text

    from interlock_cli.present.console import out
    from interlock_cli.present.marks import mark

    folder.mkdir(parents=True, exist_ok=True)
    copy(chosen, folder)
    (folder / ".gitignore").write_text((TEMPLATES / FILES[".gitignore"]).read_text("utf-8"), "utf-8")
    console = out()
    told = f"{len(chosen.files)} files of the example {chosen.name}"
    console.print(Text.assemble((mark("done"), "good"), " made ", (f"{folder}/", "name"), f"  {told}"))
    following = f"cd {shlex.quote(str(folder))} && interlock check && interlock test"
    console.print(Text.assemble("  next: ", (following, "name"), ", then what its README.md says"))
    return ExitCode.CLEAN


def _first_policy(folder: Path, name: str, tools: str | None, mcp: str | None, effect: str) -> int:
    from rich.text import Text

    from interlock_cli.present.console import out
    from interlock_cli.present.marks import mark
    from interlock_cli.starting.policy import policy_text

    if mcp is not None:
        from interlock_cli.starting.mcp_server import mcp_tools

        found, source = mcp_tools(mcp), "an MCP server"
    else:
        from interlock_cli.starting.python_tools import python_tools

        found, source = python_tools(tools or ""), f"`{tools}`"
    text = policy_text(name, found, source, effect)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.ilk").write_text(text, encoding="utf-8")
    console = out()
    told = f"{len(found)} {'tool' if len(found) == 1 else 'tools'} declared, none permitted"
    console.print(Text.assemble((mark("done"), "good"), " made ", (f"{folder}/{name}.ilk", "name"), f"  {told}"))
    following = f"cd {shlex.quote(str(folder))} && interlock check && interlock test"
    console.print(Text.assemble("  next: ", (following, "name"), ", then permit what is safe"))
    return ExitCode.CLEAN


def _identifier(name: str) -> str:
    """Return the folder's name as a name of the language: lower case, words joined by `_`."""
    kept = "".join(char if char.isascii() and char.isalnum() else "_" for char in name.lower()).strip("_")
    words = "_".join(part for part in kept.split("_") if part)
    if not words or words[0].isdigit():
        raise CommandError(
            f"`{name or '/'}` gives no name for a workflow", "use a folder whose name begins with a letter"
        )
    return words


def _tell(folder: Path, name: str) -> None:
    from rich.text import Text

    from interlock_cli.present.console import out
    from interlock_cli.present.marks import mark

    said = {
        f"{name}.ilk": "the workflow, its policy and its tests",
        "tools.py": "what the tools do",
        "answers.yaml": "what stands in for the model",
        "ticket.json": "an input to start with",
        "interlock.toml": "which file is which",
    }
    console = out()
    console.print(Text.assemble((mark("done"), "good"), " made ", (f"{folder}/", "name")))
    for file, text in said.items():
        console.print(Text.assemble("    ", (file.ljust(max(map(len, said)) + 2), "route"), (text, "quiet")))
    following = f"cd {shlex.quote(str(folder))} && interlock test && interlock run --input @ticket.json"
    console.print(Text.assemble("  next: ", (following, "name")))


def _list() -> int:
    """Print what can be made, and the shipped packs with their parameters as they are written where they are used."""
    from rich.text import Text

    from interlock_cli.present.console import out
    from interlock_dsl.compiler.load import SHIPPED, pack_text, shipped
    from interlock_dsl.formatter.pieces import type_
    from interlock_dsl.syntax.parser import parse
    from interlock_dsl.syntax.tree import PackDecl

    console = out()
    for command, made in STARTS.items():
        console.print(Text.assemble((f"interlock new {command}", "name"), "  ", made))
    wide = max((len(each.name) for each in examples()), default=0) + 2
    for start in examples():
        console.print(Text.assemble("    ", (start.name.ljust(wide), "route"), (start.says, "quiet")))
    for name in shipped():
        file = parse(pack_text(name), name)
        said = file.comments[0].text.removeprefix("//").strip()
        console.print(Text.assemble((f'use "{SHIPPED}{name}"', "name"), "  ", said))
        for pack in (each for each in file.declarations if isinstance(each, PackDecl)):
            width = max((len(each.name.text) for each in pack.parameters), default=0)
            for each in pack.parameters:
                shown = Text.assemble("    ", (each.name.text.ljust(width + 2), "route"), type_(each.type))
                console.print(shown.append(f"  {each.description}" if each.description else "", "quiet"))
    return ExitCode.CLEAN
