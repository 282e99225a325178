"""`interlock explain`: what a diagnostic code means, and what to do about it."""

import re
from collections.abc import Iterable
from importlib.resources import files
from typing import TYPE_CHECKING

import click

from interlock_cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from interlock_dsl.diagnostics import Code


@click.command()
@click.argument("code", default="", metavar="[CODE]", help="A code such as `unbounded-loop`. Default: list all.")
def verb(*, code: str) -> int:
    """Explain a diagnostic code, with an example of the mistake.

    Without a code, every code is listed by topic, with its severity and what it means.
    """
    from interlock_cli.errors import CommandError, did_you_mean
    from interlock_cli.present.output import write
    from interlock_dsl.diagnostics import CODES

    if not code:
        write(_index(CODES.values()))
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
    reported = "\nreported: under `--strict`" if found.strict else ""
    write(f"{found.severity}[{name}]: {found.summary}\ncertainty: {found.certainty}{reported}\n\n{text}")
    return ExitCode.CLEAN


def _index(codes: "Iterable[Code]") -> str:
    """Return the codes under the headings of their topics, each with its severity and what it means."""
    topics: dict[str, list[Code]] = {}
    for code in codes:
        topics.setdefault(code.topic, []).append(code)
    width = max(len(code.name) for listed in topics.values() for code in listed)
    return "\n".join(
        f"{topic}\n" + "".join(f"  {code.severity:<7}  {code.name:<{width}}  {code.summary}\n" for code in listed)
        for topic, listed in topics.items()
    )
