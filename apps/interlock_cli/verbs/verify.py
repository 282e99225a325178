"""`interlock verify`: does the journal hold together?"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock_cli.exit_codes import ExitCode
from interlock_cli.options import journal, output_format, project
from interlock_cli.run_options import Format

if TYPE_CHECKING:
    from interlock.journal.journal import Journal as Opened
    from interlock_cli.formats.json_models import VerifyJson


@click.command()
@output_format(Format, default=Format.HUMAN)
@project
@journal
def verb(*, format: Format, project: Path | None, journal: Path | None) -> int:
    """Check that nothing in the journal was changed, lost or added.

    Every entry's digest is computed anew from the one before it. Whoever can write the file can also recompute all of
    it, so keep a copy elsewhere where that matters.
    """
    from interlock.errors import JournalCorrupt
    from interlock.runtime.recover import verify
    from interlock_cli.errors import CommandError
    from interlock_cli.journal import open_journal, shown
    from interlock_cli.project import find

    found = find(project)
    try:
        opened = open_journal(found, journal, readonly=True)
    except JournalCorrupt as error:
        help = "nothing in it can be trusted: go on from a copy of it, or name another with `--journal`"
        raise CommandError(str(error), help) from error
    result = verify(opened)
    if format is Format.JSON:
        from interlock_cli.present.output import json_text, write

        report: VerifyJson = {
            "holds": result.holds,
            "runs": result.runs,
            "entries": result.entries,
            "problems": list(result.problems),
        }
        write(json_text(report))
    else:
        _say(result.runs, result.entries, _recorded(opened), result.problems, shown(journal or found.journal))
    return ExitCode.CLEAN if result.holds else ExitCode.FINDINGS


def _recorded(opened: "Opened") -> int:
    """Return how many entries the list of runs says there are; 0 where that cannot be read."""
    from interlock.errors import InterlockError

    try:
        return sum(summary.entries for summary in opened.runs())
    except InterlockError:
        return 0


def _say(runs: int, entries: int, recorded: int, problems: tuple[str, ...], path: str) -> None:
    from rich.text import Text

    from interlock_cli.present.console import err, out
    from interlock_cli.present.marks import mark
    from interlock_cli.present.messages import coded
    from interlock_cli.present.quantity import count

    for problem in problems:
        err().print(Text.assemble((f"{mark('bad')} ", "bad"), coded(problem)), soft_wrap=True)
    size = f"{count(runs, 'run')}, {count(entries, 'entry', 'entries')}"
    if problems:
        found = count(len(problems), "problem")
        held = f"{entries:,} of {count(recorded, 'entry', 'entries')} hold"
        said = f": {found} in {count(runs, 'run')}; {held if recorded else 'no list of runs can be read'}"
        out().print(Text.assemble((f"{path} does not hold together", "bad"), said))
    else:
        out().print(Text.assemble((f"{mark('done')} ", "good"), f"{path} holds together: {size}"))
