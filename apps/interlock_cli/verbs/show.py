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
    """Tell what a run did: what ran, why it went where it went, what was denied and by which rule, what waits.

    Nothing is remembered but the journal: all of it is decided again to be told.
    """
    from interlock_cli.journal import open_journal, the_run
    from interlock_cli.project import find
    from interlock_cli.recorded_run import load

    opened = open_journal(find(project), journal, readonly=True)
    recorded = load(opened, the_run(opened, run))
    if format is Format.JSON:
        from interlock_cli.formats.audit import audit
        from interlock_cli.present.output import json_text, write

        write(json_text(audit(recorded)))
    else:
        _tell(recorded)
    return ExitCode.CLEAN


def _tell(recorded: "RecordedRun") -> None:
    import time

    from interlock_cli.present.console import out
    from interlock_cli.present.heading import answered, given, heading, started
    from interlock_cli.present.narrative import Narrative
    from interlock_cli.present.outcome import labelled, under_way, waiting
    from interlock_cli.present.spending import spending, spent
    from interlock_cli.present.timeline import Layout

    console = out()
    first, run = recorded.started, recorded.summary.run
    machine = recorded.machine
    stopped = recorded.machine.status == "running"
    console.print(heading(first.workflow, run, first.principal, recorded.machine.status, console.width))
    console.print(started(first.at, first.program))
    if not recorded.meaning_kept:
        console.print("  recorded by another version: what follows is how this one would decide", style="wait")
    for text in answered(recorded.answered_by):
        console.print(text)
    console.print(given(first.input, console.width))
    console.print()
    layout = Layout(recorded.workflow.steps, console.width, details=True)
    narrative = Narrative(recorded.workflow, places=True)
    for moment in recorded.entries:
        for line in narrative.lines(moment.event, moment.notes):
            for row in layout.rows(line):
                console.print(row, no_wrap=True, overflow="ignore", crop=False)
    console.print()
    now = time.time_ns() // 1000
    for text in labelled("waits", waiting(machine.waiting_for, machine.approved_by, run, now, "", first.principal)):
        console.print(text, soft_wrap=True)
    for text in labelled("open", under_way(recorded.machine.pending() if stopped else (), run)):
        console.print(text, soft_wrap=True)
    for text in labelled("used", [spending(spent(recorded), recorded.workflow.budget)]):
        console.print(text, soft_wrap=True)
    differing = [moment.entry.sequence for moment in recorded.entries if not moment.same]
    if differing and recorded.meaning_kept:
        console.print(f"  entry {differing[0]} was decided otherwise then: `interlock replay {run}`", style="bad")
