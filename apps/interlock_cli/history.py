"""A run as its journal tells it: the events, and what the program of that time decides on each of them again."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from interlock.run.protocol.commands import Command
from interlock.run.protocol.events import Event, RunStarted
from interlock.run.protocol.notes import Note

if TYPE_CHECKING:
    from interlock.journal.journal import Entry, Journal, RunSummary
    from interlock.run.machine import Machine
    from interlock_dsl.program.model import Program, Workflow

Told: TypeAlias = tuple[Event, tuple[Note, ...]]
"""An event and what was decided on it."""


@dataclass(frozen=True)
class Moment:
    """One entry of the journal: its event, what was decided on it and asked of the world because of it, and whether
    that is what was decided then.
    """

    entry: "Entry"
    event: Event
    notes: tuple[Note, ...]
    commands: tuple[Command, ...]
    same: bool


@dataclass(frozen=True)
class History:
    """All moments of a run, and the machine as they leave it."""

    summary: "RunSummary"
    program: "Program"
    workflow: "Workflow"
    started: RunStarted
    moments: tuple[Moment, ...]
    machine: "Machine"

    @property
    def told(self) -> tuple[Told, ...]:
        """Each event with what was decided on it."""
        return tuple((moment.event, moment.notes) for moment in self.moments)


def load(journal: "Journal", summary: "RunSummary") -> History:
    """Read a run and decide everything in it again.

    Raises the journal's errors, and `JournalCorrupt` for a run that does not begin with its start.
    """
    from interlock.errors import JournalCorrupt
    from interlock.journal.codec import decode
    from interlock.run.machine import Machine
    from interlock_cli.language import compiled_again

    program = compiled_again(journal.program(summary.program), summary.program)
    machine = Machine(program)
    moments: list[Moment] = []
    for entry in journal.read(summary.run):
        event = decode(entry.event, entry.run, entry.sequence)
        notes = tuple(machine.feed(event))
        moments.append(Moment(entry, event, notes, machine.commands(), machine.outcome == entry.outcome))
    first = moments[0].event if moments else None
    if not isinstance(first, RunStarted) or first.workflow not in program.workflows:
        raise JournalCorrupt(f"run {summary.run} does not begin with the start of a run")
    return History(summary, program, program.workflows[first.workflow], first, tuple(moments), machine)
