"""`interlock decide`: whether an agent may make a call, and why."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock_cli.errors import CommandError
from interlock_cli.exit_codes import ExitCode
from interlock_cli.options import A_FILE, output_format, project
from interlock_cli.run_options import Format

if TYPE_CHECKING:
    from interlock.guard import CallDecision


@click.command()
@click.argument("target", metavar="FILE|FOLDER", help="The policies, or a bundle.")
@click.argument("tool", default="", metavar="[TOOL]", help="The tool that is called; not with `--batch`.")
@click.argument("args", default="", metavar="[ARGS]", help="Its arguments: JSON, `@file`, or `-`. Default: none.")
@click.option("--agent", metavar="NAME", help="The agent that calls it. Default: no agent does.")
@click.option("--for", "name", default="", metavar="NAME", help="On whose behalf. Default: nobody in particular.")
@click.option("--role", multiple=True, metavar="ROLE", help="A role they have; may be repeated.")
@click.option("--scopes", metavar="A,B", help="The scopes they hold. Default: every scope.")
@click.option("--context", metavar="JSON", help="What the service knows beside it: JSON, `@file`, or `-`.")
@click.option("--now", metavar="MOMENT", help="When, such as `2026-11-20T14:03:09Z`. Default: now.")
@click.option("--key", metavar="KEY", help="Your own name for the call: under it, it is not counted twice.")
@click.option("--journal", type=A_FILE, metavar="FILE", help="Record the session there. Default: nothing is kept.")
@click.option("--session", default="", metavar="ID", help="The session it belongs to: new, or one to go on with.")
@click.option("--batch", metavar="FILE", help="Decide on each line of JSON in a file, or of `-`.")
@click.option("--explain", is_flag=True, help="Say every reason with its place, and what would be allowed.")
@output_format(Format, "`json` is the decision record.", default=Format.HUMAN)
@project
def verb(
    *,
    target: str,
    tool: str,
    args: str,
    agent: str | None,
    name: str,
    role: tuple[str, ...],
    scopes: str | None,
    context: str | None,
    now: str | None,
    key: str | None,
    journal: Path | None,
    session: str,
    batch: str | None,
    explain: bool,
    format: Format,
    project: Path | None,
) -> int:
    """Say whether an agent may call a tool, by the policies of a file, and why.

    The answer is that of `Guard`. Exit code 0 if the call is allowed, 1 if it is denied or has to be approved first.
    """
    from interlock.decide import Principal
    from interlock_cli.compiling import examine
    from interlock_cli.deciding import Asked, Decider
    from interlock_cli.inputs import arguments_given, context_given
    from interlock_cli.journal import open_journal
    from interlock_cli.moments import moment
    from interlock_cli.principals import held_scopes
    from interlock_cli.sources import the_unit

    _refuse_clashes(target, tool, args, context, batch, key, explain, format)
    unit = the_unit(target, project)
    checked = examine(unit)
    if checked.program is None:
        from interlock_cli.present.diagnostics import show_all

        show_all(checked.found)
        return ExitCode.ERROR  # 1 would say that the call was decided on
    program = checked.program
    asked = Asked(
        tool,
        {} if batch is not None or not args else arguments_given(args),
        agent,
        Principal(name, role, held_scopes(scopes, program)),
        None if context is None else context_given(context),
        session,
        key,
        None if now is None else moment(now, "`--now`"),
    )
    opened = open_journal(unit.project, journal, create=True) if journal is not None or session else None
    decider = Decider(program, opened)
    try:
        if batch is not None:
            from interlock_cli.batch import decide_all, lines_of

            return decide_all(lines_of(batch), decider, program, asked)
        decision = decider.decide(asked)
        _tell(decision, explain, format, journal if opened is not None else None, recorded=opened is not None)
    finally:
        if opened is not None:
            opened.close()
    return ExitCode.CLEAN if decision else ExitCode.FINDINGS


def _refuse_clashes(
    target: str,
    tool: str,
    args: str,
    context: str | None,
    batch: str | None,
    key: str | None,
    explain: bool,
    format: Format,
) -> None:
    """Raise CommandError for arguments that cannot be together."""
    if batch is None and not tool:
        raise CommandError("which tool is called?", "`interlock decide FILE TOOL '{...}'`, or `--batch FILE`")
    if batch is not None and tool:
        raise CommandError("with `--batch` each line names its tool", "leave the tool out")
    if batch is not None and key is not None:
        raise CommandError("with `--batch` each line has its own `key`", "leave `--key` out")
    if explain and (batch is not None or format is Format.JSON):
        raise CommandError("`--explain` is for people; a decision record has every reason", "leave `--explain` out")
    if [target, args, context, batch].count("-") > 1:
        raise CommandError("standard input (`-`) can be read once", "give the others as text or as `@file`")


def _tell(decision: "CallDecision", explain: bool, format: Format, journal: Path | None, recorded: bool) -> None:
    if format is Format.JSON:
        from interlock_cli.present.output import json_text, write

        write(json_text(decision.record()))
        return
    import shlex

    from rich.text import Text

    from interlock_cli.present.console import out
    from interlock_cli.present.escape import escape
    from interlock_cli.present.messages import coded

    for line in escape(decision.explain() if explain else str(decision), keep="\n").split("\n"):
        out().print(coded(line), soft_wrap=True)
    if recorded:
        out().print(Text(f"  recorded as {decision.id}", style="quiet"), soft_wrap=True)
        where = "" if journal is None else f" --journal {shlex.quote(str(journal))}"
        for asked in decision.approvals:
            command = f"interlock approve {decision.session} {asked.id} --as NAME --role {asked.role}{where}"
            out().print(Text(f"    {command}", style="name"), soft_wrap=True)
