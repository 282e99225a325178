"""A run or a session read from its journal: its events, and what its program decides on each of them again."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from interlock.run.protocol.commands import CallTool, Command
from interlock.run.protocol.events import AnsweredBy, Event, RunResumed, RunStarted, SessionStarted
from interlock.run.protocol.meaning import KEPT
from interlock.run.protocol.notes import CallDecided, Note

if TYPE_CHECKING:
    from interlock.journal.journal import Entry, Journal, RunSummary
    from interlock.run.fold import Fold, Start
    from interlock_dsl.program.model import Program, Workflow

EventNotes: TypeAlias = tuple[Event, tuple[Note, ...]]
"""An event and what was decided on it."""


@dataclass(frozen=True)
class ReplayedEntry:
    """One entry of the journal: its event, the notes and commands that follow from it, and whether those are the ones
    of then (`same`).
    """

    entry: "Entry"
    event: Event
    notes: tuple[Note, ...]
    commands: tuple[Command, ...]
    same: bool


@dataclass(frozen=True)
class RecordedRun:
    """All entries of a run, decided again, and the machine after the last one."""

    summary: "RunSummary"
    program: "Program"
    started: "Start"
    entries: tuple[ReplayedEntry, ...]
    machine: "Fold"
    where: str = ""
    """The options by which other commands find its journal, as they would be typed."""

    @property
    def workflow(self) -> "Workflow":
        """The workflow of the run. Raises CommandError for a session, which has none."""
        from interlock_cli.errors import CommandError

        if not isinstance(self.started, RunStarted):
            following = f"interlock show {self.summary.run}{self.where}"
            help = f"`{following}` tells how it stands; the service that embeds it goes on with it"
            raise CommandError(f"{self.summary.run} is a session, not a run of a workflow", help)
        return self.program.workflows[self.started.workflow]

    @property
    def pending(self) -> "tuple[Command, ...]":
        """What was asked and has not come back; the arguments of calls without what is hidden."""
        notes = (note for moment in self.entries for note in moment.notes)
        shown = {note.call: note.args for note in notes if isinstance(note, CallDecided) and note.call}
        return tuple(
            replace(each, args=shown.get(each.id, each.args)) if isinstance(each, CallTool) else each
            for each in self.machine.pending()
        )

    @property
    def is_session(self) -> bool:
        """Whether it follows no workflow."""
        return isinstance(self.started, SessionStarted)

    @property
    def answered_by(self) -> AnsweredBy | None:
        """Who answers for the models, as last recorded; None where the journal does not say."""
        said = [
            entry.event.answered_by
            for entry in self.entries
            if isinstance(entry.event, RunStarted | RunResumed) and entry.event.answered_by is not None
        ]
        return said[-1] if said else None

    @property
    def meanings(self) -> frozenset[int]:
        """The versions of the meaning of its entries."""
        return frozenset(moment.entry.meaning for moment in self.entries)

    @property
    def meaning_kept(self) -> bool:
        """Whether this version decides on its events as the one that recorded them did."""
        return self.meanings <= KEPT

    @property
    def events(self) -> tuple[EventNotes, ...]:
        """Each event with what was decided on it."""
        return tuple((entry.event, entry.notes) for entry in self.entries)


def load(journal: "Journal", summary: "RunSummary") -> RecordedRun:
    """Read a run and decide everything in it again.

    Raises the journal's errors, and `JournalCorrupt` for a run that does not begin with its start.
    """
    from interlock.errors import JournalCorrupt
    from interlock.journal.codec import decode
    from interlock.run.fold import fold_of, start_of
    from interlock.runtime.programs import bundled
    from interlock_cli.compiling import compiled_again

    program = bundled(journal, summary.program)
    if program is None:
        program = compiled_again(journal.program(summary.program), summary.program)
    machine: Fold | None = None
    started: Start | None = None
    entries: list[ReplayedEntry] = []
    for entry in journal.read(summary.run):
        event = decode(entry.event, entry.run, entry.sequence)
        if started is None or machine is None:
            started = start_of(event, summary.run)
            known = isinstance(started, SessionStarted) or (started and started.workflow in program.workflows)
            if started is None or not known:
                break
            machine = fold_of(program, started)
        notes = tuple(machine.feed(event))
        entries.append(ReplayedEntry(entry, event, notes, machine.commands(), machine.outcome == entry.outcome))
    if started is None or machine is None:
        raise JournalCorrupt(f"run {summary.run} does not begin with the start of a run")
    return RecordedRun(summary, program, started, tuple(entries), machine)
