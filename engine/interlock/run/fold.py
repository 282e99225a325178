"""Which machine folds a journaled run: that of workflows or that of sessions. The first event says it."""

from typing import TypeAlias

from interlock.run.machine import Machine
from interlock.run.protocol.events import Event, RunStarted, SessionStarted
from interlock.run.session import SessionMachine
from interlock_dsl.program.model import Program

Fold: TypeAlias = Machine | SessionMachine
"""What a run's events are fed to: the same verbs, whatever kind of run it is."""

Start: TypeAlias = RunStarted | SessionStarted
"""The events that a run can begin with."""


def fold_of(program: Program, first: Start) -> Fold:
    """Return a new machine for the run that begins with an event."""
    return SessionMachine(program) if isinstance(first, SessionStarted) else Machine(program)


def start_of(event: Event, run: str) -> Start | None:
    """Return an event as the start of a run, if it is that run's."""
    return event if isinstance(event, RunStarted | SessionStarted) and event.run == run else None
