"""`interlock runs`: the list of runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from interlock_cli.exit_codes import ExitCode
from interlock_cli.options import journal, output_format, project
from interlock_cli.run_options import Format

if TYPE_CHECKING:
    from interlock.journal.journal import Journal as Opened
    from interlock.journal.journal import RunSummary
    from interlock.run.protocol.events import AnsweredBy
    from interlock_cli.formats.json_models import RunLineJson, Status


@click.command()
@click.option("--status", default="", metavar="STATUS", help="Only those: running, waiting, ended, failed, cancelled.")
@click.option("--limit", type=int, default=20, show_default=True, metavar="N", help="At most so many; 0 is all.")
@output_format(Format, default=Format.HUMAN)
@project
@journal
def verb(*, status: str, limit: int, format: Format, project: Path | None, journal: Path | None) -> int:
    """List the runs and sessions of the project, the newest first: what they do, for how long, and what waits."""
    from interlock_cli.errors import CommandError, did_you_mean
    from interlock_cli.journal import open_journal
    from interlock_cli.present.status import STATUSES
    from interlock_cli.project import find

    if status and status not in STATUSES:
        raise CommandError(f"`{status}` is no status of a run", did_you_mean(status, list(STATUSES)))
    if limit < 0:
        raise CommandError(f"`--limit {limit}` is less than none", "0 lists all runs")
    opened = open_journal(find(project), journal, readonly=True)
    found = [summary for summary in opened.runs() if not status or summary.status == status]
    shown = found[: limit or None]
    if format is Format.JSON:
        from interlock_cli.present.output import json_text, write

        write(json_text([_plain(summary, _answered_by(opened, summary)) for summary in shown]))
    else:
        _table([(summary, _answered_by(opened, summary)) for summary in shown], len(found) - len(shown))
    return ExitCode.CLEAN


def _answered_by(opened: "Opened", summary: "RunSummary") -> "AnsweredBy | None":
    """Return who answers in a run, as its journal says last; None where it does not say or cannot be read."""
    from interlock.errors import InterlockError
    from interlock.journal.codec import decode
    from interlock.run.protocol.events import RunResumed, RunStarted

    said: AnsweredBy | None = None
    try:
        for entry in opened.read(summary.run):
            event = decode(entry.event, entry.run, entry.sequence)
            if isinstance(event, RunStarted | RunResumed):
                said = event.answered_by or said
    except InterlockError:
        return None
    return said


def _plain(summary: "RunSummary", answered_by: "AnsweredBy | None") -> "RunLineJson":
    from interlock_cli.formats.jsonable import answered_by_json
    from interlock_cli.present.quantity import instant

    return {
        "run": summary.run,
        "kind": summary.kind,
        "workflow": summary.workflow,
        "status": cast("Status", summary.status),
        "detail": summary.detail,
        "started": instant(summary.started),
        "updated": instant(summary.updated),
        "entries": summary.entries,
        "program": summary.program,
        "answered_by": None if answered_by is None else answered_by_json(answered_by),
    }


def _table(runs: "Sequence[tuple[RunSummary, AnsweredBy | None]]", more: int) -> None:
    import time

    from rich.text import Text

    from interlock_cli.present.columns import columns
    from interlock_cli.present.console import out
    from interlock_cli.present.escape import escape
    from interlock_cli.present.quantity import ago, count, duration
    from interlock_cli.present.status import STATUSES

    if not runs:
        out().print(Text("no runs", "quiet"))
        return
    now = time.time_ns() // 1000
    rows = [[Text(title, "quiet") for title in ("run", "workflow", "status", "started", "took", "")]]
    for each, answered_by in runs:
        scripted = answered_by is not None and answered_by.kind == "script"
        over = each.status not in ("running", "waiting")
        rows.append(
            [
                Text(each.run, "name"),
                Text(each.workflow) if each.kind == "workflow" else Text("session", "quiet"),
                Text(each.status, STATUSES.get(each.status, "")),
                Text(ago(each.started, now), "quiet"),
                Text(duration(max(0, each.updated - each.started))) if over else Text("so far", "quiet"),
                Text.assemble(("scripted  ", "wait") if scripted else "", escape(each.detail)),
            ]
        )
    for row in columns(rows, out().width):
        out().print(row, no_wrap=True, overflow="ellipsis")
    if more > 0:
        out().print(Text(f"and {count(more, 'more run')}; `--limit 0` lists all", "quiet"))
