"""The project's journal, and the run that a person means."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from interlock_cli.errors import CommandError
from interlock_cli.project import Project

if TYPE_CHECKING:
    from interlock.journal.journal import Journal, RunSummary


def open_journal(
    project: Project, named: Path | None = None, create: bool = False, readonly: bool = False
) -> "Journal":
    """Open the journal a command line names, else the project's.

    Raises CommandError if there is none yet and none is to be made.
    """
    from interlock.journal.sqlite import SqliteJournal

    path = named.absolute() if named is not None else project.journal
    if not path.exists():
        if not create:
            help = "`interlock run` starts one; `--project DIR` or `--journal FILE` says where it is"
            raise CommandError(f"there is no journal `{shown(path)}`: nothing has run here yet", help)
        if named is not None:
            from interlock_cli.present.messages import remark

            remark(f"`{shown(path)}` is a new journal")
        path.parent.mkdir(parents=True, exist_ok=True)
    return SqliteJournal(path, create=create, readonly=readonly)


def the_run(journal: "Journal", wanted: str) -> "RunSummary":
    """Return the run of that id, of the only id that begins so, or the one that was started `last`.

    Raises CommandError if there is none, or more than one.
    """
    runs = journal.runs()
    if not runs:
        raise CommandError("the journal holds no run yet", "`interlock run` starts one")
    if wanted == "last":
        return runs[0]
    exact = [summary for summary in runs if summary.run == wanted]
    begun = exact or [summary for summary in runs if wanted and summary.run.startswith(wanted)]
    if len(begun) == 1:
        return begun[0]
    if begun:
        raise CommandError(f"{len(begun)} runs begin with `{wanted}`", "give more of it: " + _listed(begun))
    raise CommandError(f"there is no run `{wanted}`", "`interlock runs` lists them: " + _listed(runs))


def shown(path: Path) -> str:
    """Return a path relative to here where it is below, else as it is."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def _listed(runs: "Sequence[RunSummary]") -> str:
    names = ", ".join(f"`{summary.run}`" for summary in runs[:3])
    return names + (f" and {len(runs) - 3} more" if len(runs) > 3 else "")
