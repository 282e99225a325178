"""`interlock explain`: what a diagnostic code means and what to do about it, or why a call was so decided."""

import re
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock_cli.exit_codes import ExitCode
from interlock_cli.options import journal, project

if TYPE_CHECKING:
    from interlock_dsl.diagnostics import Code

DECISION = re.compile(r"(.+)/[0-9]+/[0-9]+", re.DOTALL)
"""The name of a decision: the run, the entry of its journal, the place there."""


@click.command()
@click.argument("code", default="", metavar="[CODE|DECISION]", help="A code or a decision. Default: list all codes.")
@project
@journal
def verb(*, code: str, project: Path | None, journal: Path | None) -> int:
    """Explain a diagnostic code, with an example of the mistake, or a recorded decision, such as `r1f00d/4/1`.

    Without a code, every code is listed by topic, with its severity and what it means.
    """
    from interlock_cli.errors import CommandError, did_you_mean
    from interlock_cli.present.output import write
    from interlock_dsl.diagnostics import CODES

    if not code:
        write(_index(CODES.values()))
        return ExitCode.CLEAN
    decision = DECISION.fullmatch(code)
    if decision is not None:
        return _decision(decision[1], code, project, journal)
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


def _decision(run: str, wanted: str, project: Path | None, journal: Path | None) -> int:
    from interlock_cli.errors import CommandError
    from interlock_cli.formats.audit import decisions
    from interlock_cli.journal import open_journal, the_run
    from interlock_cli.present.decision import explained
    from interlock_cli.present.output import write
    from interlock_cli.project import find
    from interlock_cli.recorded_run import load
    from interlock_cli.run_options import again

    opened = open_journal(find(project), journal, readonly=True)
    recorded = load(opened, the_run(opened, run))
    name = recorded.summary.run + wanted.removeprefix(run)
    found = next((each for each in decisions(recorded) if each["decision"] == name), None)
    opened.close()
    if found is None:
        following = f"interlock show {run} --format json{again(project, journal)}"
        raise CommandError(f"run {recorded.summary.run} has no decision `{wanted}`", f"`{following}` has all")
    write(explained(found))
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
