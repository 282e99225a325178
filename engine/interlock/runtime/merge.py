"""What people decided, and what was signalled, through another process while a run is driven here: fed to its machine
as if it had come here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from interlock.errors import Conflict, Diverged
from interlock.journal.codec import decode
from interlock.journal.journal import Journal
from interlock.run.machine import Machine
from interlock.run.protocol.commands import Command
from interlock.run.protocol.events import (
    ApprovalDenied,
    ApprovalGiven,
    Event,
    PersonAnswered,
    RunCancelled,
    SignalReceived,
)
from interlock.run.protocol.meaning import KEPT
from interlock.run.protocol.notes import Note
from interlock_dsl.program.model import Program

_FROM_OUTSIDE: Final = (ApprovalGiven, ApprovalDenied, PersonAnswered, RunCancelled, SignalReceived)


@dataclass(slots=True)
class Merged:
    """A run's machine after everything in its journal, what is new, and what that asks."""

    machine: Machine
    sequence: int = 0
    news: list[tuple[Event, Sequence[Note]]] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)


def merged(journal: Journal, run: str, program: Program, known: int) -> Merged:
    """Read a run of which `known` entries are known here. A machine has no way back, so it is made anew.

    Raises `Conflict` when what is new was not decided by people or signalled, but is of somebody who drove the run;
    `Diverged`.
    """
    found = Merged(Machine(program))
    for entry in journal.read(run):
        event = decode(entry.event, run, entry.sequence)
        new = entry.sequence > known
        if new and not isinstance(event, _FROM_OUTSIDE):
            raise Conflict(
                f"run {run} was driven by another process too: entry {entry.sequence}, a {type(event).__name__}, "
                "is not from here; nothing more is done here"
            )
        notes = found.machine.feed(event)
        if entry.meaning in KEPT and found.machine.outcome != entry.outcome:
            raise Diverged(f"run {run}, entry {entry.sequence}: the other process decides something else on it")
        commands = found.machine.commands()
        if new:
            found.news.append((event, notes))
            found.commands.extend(commands)
        found.sequence = entry.sequence
    return found
