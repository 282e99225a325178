"""From a journal back to a run: the events fed again to the program they were decided by.

A run is pinned to its program by digest; where that program is not at hand it comes from its bundle in the journal, or
is compiled again from the sources there. What is decided on every event is compared with the outcome that was recorded:
an evaluator that decides differently than it did must not go on with the run; nor must one for which the entries mean
something else. Such a run can be called off: what it did is undone as far as this version understands it.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field

from interlock.errors import Diverged, JournalCorrupt, MeaningChanged, ProgramMismatch
from interlock.journal.codec import decode
from interlock.journal.journal import Entry, Journal
from interlock.journal.verify import Verification
from interlock.journal.verify import verify as verify_entries
from interlock.run.machine import Machine
from interlock.run.protocol.commands import AskModel, AskPerson, Command, FinishRun
from interlock.run.protocol.events import AnsweredBy, Event, RunCancelled, RunResumed, RunStarted
from interlock.run.protocol.meaning import KEPT, MEANING
from interlock.run.protocol.notes import Note
from interlock.runtime.programs import problem_of, program_of
from interlock.runtime.report import Difference, ReplayReport
from interlock_dsl.program.model import Program


@dataclass(slots=True)
class Replayed:
    """A run brought back. `last` are the commands of its last event, which may not have been performed."""

    machine: Machine
    program: Program
    started: RunStarted
    answered_by: AnsweredBy | None = None
    entries: int = 0
    at: int = 0
    questions: list[AskModel | AskPerson] = field(default_factory=list)
    last: tuple[Command, ...] = ()
    finish: FinishRun | None = None
    meanings: set[int] = field(default_factory=set)
    cancelled: bool = False
    differences: list[Difference] = field(default_factory=list)


def recover(
    journal: Journal, run: str, programs: Mapping[str, Program] | None = None, *, to_cancel: bool = False
) -> Replayed:
    """Bring a run back to where it stood. `programs` are those at hand, by digest.

    Raises `UnknownRun`, `JournalCorrupt`, `ProgramMismatch`, `Diverged` when an event is decided differently now, and
    `MeaningChanged` for entries of a meaning that this version does not keep, unless the run is to be cancelled or was.
    """
    replayed = _replayed(journal, run, programs or {})
    if not replayed.meanings <= KEPT and not (to_cancel or replayed.cancelled):
        raise _meaning_changed(run, replayed.meanings)
    if replayed.differences:
        first = replayed.differences[0]
        raise Diverged(
            f"run {run}, entry {first.sequence}: on this {first.event} something else is decided now than when it was "
            "recorded; go on with the version of the program's evaluator that began the run"
        )
    return replayed


def replay(journal: Journal, run: str, program: Program | None = None) -> ReplayReport:
    """Replay a run's journal and report what is decided differently now. Nothing is performed, nothing written.

    `program` takes the place of the one at hand in the journal; it must be the same by digest, or `ProgramMismatch`.
    """
    replayed = _replayed(journal, run, {} if program is None else {program.digest: program}, given=program)
    refuse_changed_meaning(run, replayed.meanings)
    machine = replayed.machine
    return ReplayReport(run, machine.status, replayed.entries, machine.digest(), tuple(replayed.differences))


def history(
    journal: Journal, run: str, programs: Mapping[str, Program] | None = None
) -> Iterator[tuple[Entry, Event, tuple[Note, ...]]]:
    """Yield each entry of a run with its event and what was decided on it: the material of an audit."""
    entries = journal.read(run)
    machine: Machine | None = None
    for entry in entries:
        event = decode(entry.event, run, entry.sequence)
        if machine is None:
            machine = Machine(program_of(journal, run, _start(event, run).program, programs or {}))
        yield entry, event, tuple(machine.feed(event))
        machine.commands()


def _replayed(journal: Journal, run: str, programs: Mapping[str, Program], given: Program | None = None) -> Replayed:
    entries = journal.read(run)
    first = next(entries, None)
    if first is None:
        raise JournalCorrupt(f"run {run} has no entries")
    started = _start(decode(first.event, run, first.sequence), run)
    if given is not None and given.digest != started.program:
        raise ProgramMismatch(f"run {run} belongs to the program {started.program}, not to {given.digest}")
    program = program_of(journal, run, started.program, programs)
    replayed = Replayed(Machine(program), program, started)
    _feed(replayed, first, started)
    for entry in entries:
        _feed(replayed, entry, decode(entry.event, run, entry.sequence))
    return replayed


def _feed(replayed: Replayed, entry: Entry, event: Event) -> None:
    machine = replayed.machine
    machine.feed(event)
    replayed.meanings.add(entry.meaning)
    replayed.cancelled = replayed.cancelled or isinstance(event, RunCancelled)
    if replayed.meanings <= KEPT and machine.outcome != entry.outcome:
        replayed.differences.append(Difference(entry.sequence, type(event).__name__))
    if isinstance(event, RunStarted | RunResumed) and event.answered_by is not None:
        replayed.answered_by = event.answered_by
    replayed.last = machine.commands()
    replayed.entries = entry.sequence
    replayed.at = max(replayed.at, event.at)
    for command in replayed.last:
        if isinstance(command, AskModel | AskPerson):
            replayed.questions.append(command)
        elif isinstance(command, FinishRun):
            replayed.finish = command


def refuse_changed_meaning(run: str, meanings: Set[int]) -> None:
    """Raise `MeaningChanged` for a run some of whose entries have a meaning that this version does not keep."""
    if not meanings <= KEPT:
        raise _meaning_changed(run, meanings)


def _meaning_changed(run: str, meanings: Set[int]) -> MeaningChanged:
    other = min(meanings - KEPT)
    return MeaningChanged(
        f"run {run} was recorded by {'an older' if other < MEANING else 'a newer'} version, for which its entries mean "
        f"something else (meaning {other}, this version has {MEANING}): it can be shown and verified here, not "
        "replayed or resumed; go on with the version that recorded it, or `cancel` it, which undoes what can be undone"
    )


def _start(event: Event, run: str) -> RunStarted:
    if not isinstance(event, RunStarted) or event.run != run:
        raise JournalCorrupt(f"run {run}, entry 1: a run begins with its own start, not with something else")
    return event


def verify(journal: Journal) -> Verification:
    """Read a whole journal and report every run's first break, and programs whose sources were exchanged.

    Raises nothing that a damaged journal could cause.
    """
    return verify_entries(journal, problem_of)
