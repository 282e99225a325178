"""`interlock explain`: what a diagnostic code means, and what to do about it."""

import re
from importlib.resources import files

import click

from interlock_cli.exit_codes import ExitCode


@click.command()
@click.argument("code", default="", metavar="[CODE]", help="A code such as `unbounded-loop`. Default: list all.")
def verb(*, code: str) -> int:
    """Explain a diagnostic code, with an example of the mistake.

    Without a code, every code is listed with its severity and what it means.
    """
    from interlock_cli.errors import CommandError, did_you_mean
    from interlock_cli.present.output import write
    from interlock_dsl.diagnostics import CODES

    if not code:
        width = max(map(len, CODES))
        write("".join(f"{each.severity:<7}  {name:<{width}}  {each.summary}\n" for name, each in CODES.items()))
        return ExitCode.CLEAN
    name = code.removeprefix("error[").removeprefix("warning[").rstrip("]:")
    if name not in CODES:
        raise CommandError(
            f"there is no code `{code}`", did_you_mean(name, list(CODES), "`interlock explain` lists all codes")
        )
    found = CODES[name]
    if found.lint:
        from interlock_dsl.analysis.lint import page_of

        page = page_of(name)
    else:
        page = files("interlock_dsl.diagnostics").joinpath("pages", f"{name}.md").read_text(encoding="utf-8")
    text = re.sub(r"\[([^\]]+)\]\([^)]+\.md\)", r"`\1`", page.split("\n", 2)[2])
    write(f"{found.severity}[{name}]: {found.summary}\ncertainty: {found.certainty}\n\n{text}")
    return ExitCode.CLEAN
