"""`interlock show`: what a run did, and why."""

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from interlock_cli.exits import Exit
from interlock_cli.options import Journal, OptionalRunId, ProjectFolder

if TYPE_CHECKING:
    from interlock_cli.history import History


class Format(StrEnum):
    """How a run is told."""

    HUMAN = "human"
    JSON = "json"


def verb(
    run: OptionalRunId = "last",
    format: Annotated[Format, typer.Option("--format", help="`json` is the audit, with all decisions.")] = Format.HUMAN,
    project: ProjectFolder = None,
    journal: Journal = None,
) -> int:
    """Tell what a run did: what ran, why it went where it went, what was denied and by which rule, what waits.

    Nothing is remembered but the journal: all of it is decided again to be told.
    """
    from interlock_cli.history import load
    from interlock_cli.project import find
    from interlock_cli.store import open_journal, the_run

    opened = open_journal(find(project), journal, readonly=True)
    history = load(opened, the_run(opened, run))
    if format is Format.JSON:
        from interlock_cli.formats.audit import audit
        from interlock_cli.present.output import write

        write(json.dumps(audit(history), indent=2, ensure_ascii=False))
    else:
        _tell(history)
    return Exit.CLEAN


def _tell(history: "History") -> None:
    import time

    from interlock_cli.present.console import out
    from interlock_cli.present.heading import given, heading, started
    from interlock_cli.present.outcome import labelled, under_way, waiting
    from interlock_cli.present.spending import spending, spent
    from interlock_cli.present.telling import Teller
    from interlock_cli.present.timeline import Layout

    console = out()
    first, run = history.started, history.summary.run
    stopped = history.machine.status == "running"
    console.print(heading(first.workflow, run, first.principal, history.machine.status, console.width))
    console.print(started(first.at, first.program))
    console.print(given(first.input, console.width))
    console.print()
    layout = Layout(history.workflow.steps, console.width, details=True)
    teller = Teller(history.workflow, places=True)
    for moment in history.moments:
        for line in teller.lines(moment.event, moment.notes):
            for row in layout.rows(line):
                console.print(row, no_wrap=True, overflow="ignore", crop=False)
    console.print()
    now = time.time_ns() // 1000
    for text in labelled("waits", waiting(history.machine.waiting_for, run, now, "", first.principal)):
        console.print(text, soft_wrap=True)
    for text in labelled("open", under_way(history.machine.pending() if stopped else (), run)):
        console.print(text, soft_wrap=True)
    for text in labelled("used", [spending(spent(history), history.workflow.budget)]):
        console.print(text, soft_wrap=True)
    differing = [moment.entry.sequence for moment in history.moments if not moment.same]
    if differing:
        console.print(f"  entry {differing[0]} was decided otherwise then: `interlock replay {run}`", style="bad")
