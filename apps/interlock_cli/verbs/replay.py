"""`interlock replay`: decide everything again; is it still the same?"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock_cli.exit_codes import ExitCode
from interlock_cli.options import journal, optional_run_id, output_format, project
from interlock_cli.run_options import Format

if TYPE_CHECKING:
    from interlock.journal.journal import Journal as Opened
    from interlock.journal.journal import RunSummary
    from interlock_cli.formats.json_models import ReplayJson


@click.command()
@optional_run_id
@click.option("--all", "every", is_flag=True, help="Every run of the journal.")
@output_format(Format, default=Format.HUMAN)
@project
@journal
def verb(*, run: str, every: bool, format: Format, project: Path | None, journal: Path | None) -> int:
    """Decide everything in a run again, from its events alone, and say whether anything differs from what was decided.

    Nothing is performed: no model is asked, no tool is called. Exit code 1 if something differs, 3 if that cannot be
    said because a program no longer compiles, or another version recorded the run.
    """
    from interlock_cli.journal import open_journal, the_run
    from interlock_cli.project import find

    opened = open_journal(find(project), journal, readonly=True)
    wanted = list(opened.runs()) if every else [the_run(opened, run)]
    results = [_again(opened, summary) for summary in wanted]
    if format is Format.JSON:
        from interlock_cli.present.output import json_text, write

        write(json_text(results))
    else:
        _say(results)
    if any(result["result"] == "differs" for result in results):
        return ExitCode.FINDINGS
    return ExitCode.INCONCLUSIVE if any(result["result"] == "unknown" for result in results) else ExitCode.CLEAN


def _again(opened: "Opened", summary: "RunSummary") -> "ReplayJson":
    from interlock.errors import InterlockError, MeaningChanged
    from interlock.runtime.recover import refuse_changed_meaning
    from interlock_cli.errors import CommandError
    from interlock_cli.recorded_run import load

    result: ReplayJson = {
        "run": summary.run,
        "kind": summary.kind,
        "workflow": summary.workflow,
        "entries": summary.entries,
        "result": "same",
    }
    try:
        recorded = load(opened, summary)
        refuse_changed_meaning(summary.run, recorded.meanings)
    except CommandError as error:
        return {**result, "result": "unknown", "reason": error.message}
    except MeaningChanged as error:
        return {**result, "result": "unknown", "reason": str(error)}
    except InterlockError as error:
        return {**result, "result": "differs", "reason": str(error)}
    for moment in recorded.entries:
        if not moment.same:
            reason = f"entry {moment.entry.sequence} is decided otherwise now"
            return {**result, "result": "differs", "entry": moment.entry.sequence, "reason": reason}
    return result


def _say(results: "list[ReplayJson]") -> None:
    from rich.text import Text

    from interlock_cli.present.console import out
    from interlock_cli.present.marks import mark
    from interlock_cli.present.quantity import count

    signs = {"same": ("done", "good"), "differs": ("bad", "bad"), "unknown": ("wait", "wait")}
    for result in results:
        sign, style = signs[result["result"]]
        size = count(result["entries"], "event")
        said = f"{size} decided again, nothing differs" if result["result"] == "same" else result.get("reason", "")
        name = (result["run"], "route")
        out().print(Text.assemble((f"{mark(sign)} ", style), name, f"  {said}"), soft_wrap=True)
    if not results:
        out().print(Text("no runs", "quiet"))
