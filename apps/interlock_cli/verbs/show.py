"""`interlock show`: what a run did, and why."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock_cli.exit_codes import ExitCode
from interlock_cli.options import journal, optional_run_id, output_format, project
from interlock_cli.run_options import Format

if TYPE_CHECKING:
    from interlock_cli.recorded_run import RecordedRun


@click.command()
@optional_run_id
@output_format(Format, "`json` is the audit, with all decisions.", default=Format.HUMAN)
@project
@journal
def verb(*, run: str, format: Format, project: Path | None, journal: Path | None) -> int:
    """Tell what a run or session did: what ran, why it went where it went, what was denied by which rule, what waits.

    Nothing is remembered but the journal: all of it is decided again to be told.
    """
    from interlock_cli.journal import open_journal, the_run
    from interlock_cli.project import find
    from interlock_cli.recorded_run import load
    from interlock_cli.run_options import again

    opened = open_journal(find(project), journal, readonly=True)
    recorded = load(opened, the_run(opened, run))
    if format is Format.JSON:
        from interlock_cli.formats.audit import audit
        from interlock_cli.present.output import json_text, write

        write(json_text(audit(recorded)))
    else:
        _tell(recorded, again(project, journal))
    return ExitCode.CLEAN


def _tell(recorded: "RecordedRun", options: str) -> None:
    from interlock.run.protocol.events import RunStarted
    from interlock_cli.present.console import out
    from interlock_cli.present.heading import answered, given, heading, started
    from interlock_cli.present.narrative import Narrative
    from interlock_cli.present.session import SessionNarrative, said
    from interlock_cli.present.timeline import Layout

    console = out()
    first, run = recorded.started, recorded.summary.run
    name = first.workflow if isinstance(first, RunStarted) else "session"
    console.print(heading(name, run, first.principal, recorded.machine.status, console.width))
    console.print(started(first.at, first.program))
    if not recorded.meaning_kept:
        console.print("  recorded by another version: what follows is how this one would decide", style="wait")
    for text in answered(recorded.answered_by):
        console.print(text)
    narrative: Narrative
    if isinstance(first, RunStarted):
        console.print(given(first.input, console.width))
        columns, narrative = (
            recorded.workflow.steps.keys(),
            Narrative(recorded.workflow, places=True, program=recorded.program),
        )
    else:
        for text in said(first, console.width):
            console.print(text, soft_wrap=True)
        columns, narrative = recorded.program.agents.keys(), SessionNarrative()
    console.print()
    layout = Layout(columns, console.width, details=True)
    for moment in recorded.entries:
        for line in narrative.lines(moment.event, moment.notes):
            for row in layout.rows(line):
                console.print(row, no_wrap=True, overflow="ignore", crop=False)
    console.print()
    _standing(recorded, options)
    differing = [moment.entry.sequence for moment in recorded.entries if not moment.same]
    if differing and recorded.meaning_kept:
        differs = f"  entry {differing[0]} was decided otherwise then: `interlock replay {run}{options}`"
        console.print(differs, style="bad", soft_wrap=True)


def _standing(recorded: "RecordedRun", options: str) -> None:
    """Print what a run waits for, what is open, and what it has used; `options` are added to commands."""
    import time

    from interlock.run.protocol.commands import CallTool
    from interlock.run.session import SessionMachine
    from interlock_cli.present.console import out
    from interlock_cli.present.outcome import awaiting, labelled, pausing, under_way, waiting
    from interlock_cli.present.session import unreported
    from interlock_cli.present.spending import spending, spent
    from interlock_dsl.program.paths import step_at

    console, run = out(), recorded.summary.run
    machine, now = recorded.machine, time.time_ns() // 1000
    asked = machine.waiting_for
    if recorded.is_session:  # where nothing fires, what has expired is dropped with the next event
        asked = tuple(each for each in asked if each.expires is None or now < each.expires)
    for text in labelled("waits", waiting(asked, machine.approved_by, run, now, options, recorded.started.principal)):
        console.print(text, soft_wrap=True)
    if isinstance(machine, SessionMachine):
        for text in labelled("open", unreported(each for each in recorded.pending if isinstance(each, CallTool))):
            console.print(text, soft_wrap=True)
    else:
        workflow, program = recorded.workflow.name, recorded.program
        events = awaiting(machine.awaiting, run, now, options, lambda path: step_at(program, workflow, path))
        for text in labelled("waits", [*events, *pausing(machine.pauses, run, now, options)]):
            console.print(text, soft_wrap=True)
        for text in labelled("open", under_way(recorded.pending if machine.status == "running" else (), run, options)):
            console.print(text, soft_wrap=True)
        for text in labelled("used", [spending(spent(recorded), recorded.workflow.budget)]):
            console.print(text, soft_wrap=True)
