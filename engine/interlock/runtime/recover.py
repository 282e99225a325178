"""From a journal back to a run: the events fed again to the program they were decided by.

A run is pinned to its program by digest; where that program is not at hand it comes from its bundle in the journal, or
is compiled again from the sources there. What is decided on every event is compared with the outcome that was recorded:
an evaluator that decides differently than it did must not go on with the run; nor must one for which the entries mean
something else. Such a run can be called off: what it did is undone as far as this version understands it.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar, cast

from interlock.errors import Diverged, InterlockError, JournalCorrupt, MeaningChanged, ProgramMismatch, Refused
from interlock.journal.codec import decode
from interlock.journal.journal import Entry, Journal
from interlock.journal.verify import Verification
from interlock.journal.verify import verify as verify_entries
from interlock.run.fold import Fold, Start, fold_of, start_of
from interlock.run.machine import Machine
from interlock.run.protocol.commands import AskModel, AskPerson, Command, FinishRun
from interlock.run.protocol.events import AnsweredBy, Event, RunCancelled, RunResumed, RunStarted, SessionStarted
from interlock.run.protocol.meaning import KEPT, MEANING
from interlock.run.protocol.notes import Note
from interlock.run.session import SessionMachine
from interlock.runtime.ledger import ledger_problems
from interlock.runtime.programs import problem_of, program_of
from interlock.runtime.report import Difference, ReplayReport
from interlock_dsl.program.model import Program

_Fold = TypeVar("_Fold", bound=Fold)
_Start = TypeVar("_Start", bound=Start)


@dataclass(slots=True)
class Replayed(Generic[_Fold, _Start]):
    """A run brought back. `last` are the commands of its last event, which may not have been performed; `head` is the
    digest of its entry.
    """

    machine: _Fold
    program: Program
    started: _Start
    answered_by: AnsweredBy | None = None
    entries: int = 0
    head: bytes = b""
    at: int = 0
    questions: list[AskModel | AskPerson] = field(default_factory=list)
    last: tuple[Command, ...] = ()
    finish: FinishRun | None = None
    meanings: set[int] = field(default_factory=set)
    cancelled: bool = False
    differences: list[Difference] = field(default_factory=list)


def recover(
    journal: Journal, run: str, programs: Mapping[str, Program] | None = None, *, to_cancel: bool = False
) -> Replayed[Machine, RunStarted]:
    """Bring a run of a workflow back to where it stood. `programs` are those at hand, by digest.

    Raises `UnknownRun`, `JournalCorrupt`, `ProgramMismatch`, `Diverged` when an event is decided differently now,
    `MeaningChanged` for entries of a meaning that this version does not keep, unless the run is to be cancelled or was,
    and `Refused` for a session.
    """
    replayed = _recovered(journal, run, programs or {}, to_cancel)
    if not isinstance(replayed.started, RunStarted):
        raise Refused(f"{run} is a session: the service that embeds it goes on with it, by `Guard.resume`")
    return cast("Replayed[Machine, RunStarted]", replayed)


def recover_session(
    journal: Journal, session: str, programs: Mapping[str, Program] | None = None
) -> Replayed[SessionMachine, SessionStarted]:
    """Bring a session back to where it stood. Raises what `recover` raises, and `Refused` for a run of a workflow."""
    replayed = _recovered(journal, session, programs or {}, False)
    if not isinstance(replayed.started, SessionStarted):
        raise Refused(f"{session} is a run of the workflow `{replayed.started.workflow}`, not a session")
    return cast("Replayed[SessionMachine, SessionStarted]", replayed)


def _recovered(journal: Journal, run: str, programs: Mapping[str, Program], to_cancel: bool) -> Replayed[Fold, Start]:
    replayed = _replayed(journal, run, programs)
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
    machine: Fold | None = None
    for entry in entries:
        event = decode(entry.event, run, entry.sequence)
        if machine is None:
            first = _start(event, run)
            machine = fold_of(program_of(journal, run, first.program, programs or {}), first)
        yield entry, event, tuple(machine.feed(event))
        machine.commands()


def _replayed(
    journal: Journal, run: str, programs: Mapping[str, Program], given: Program | None = None
) -> Replayed[Fold, Start]:
    entries = journal.read(run)
    first = next(entries, None)
    if first is None:
        raise JournalCorrupt(f"run {run} has no entries")
    started = _start(decode(first.event, run, first.sequence), run)
    if given is not None and given.digest != started.program:
        raise ProgramMismatch(f"run {run} belongs to the program {started.program}, not to {given.digest}")
    program = program_of(journal, run, started.program, programs)
    replayed = Replayed(fold_of(program, started), program, started)
    _feed(replayed, first, started)
    for entry in entries:
        _feed(replayed, entry, decode(entry.event, run, entry.sequence))
    return replayed


def _feed(replayed: Replayed[Fold, Start], entry: Entry, event: Event) -> None:
    machine = replayed.machine
    machine.feed(event)
    replayed.meanings.add(entry.meaning)
    replayed.cancelled = replayed.cancelled or isinstance(event, RunCancelled)
    if replayed.meanings <= KEPT and machine.outcome != entry.outcome:
        replayed.differences.append(Difference(entry.sequence, type(event).__name__))
    if isinstance(event, RunStarted | RunResumed) and event.answered_by is not None:
        replayed.answered_by = event.answered_by
    replayed.last = machine.commands()
    replayed.entries, replayed.head = entry.sequence, entry.digest
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


def _start(event: Event, run: str) -> Start:
    started = start_of(event, run)
    if started is None:
        raise JournalCorrupt(f"run {run}, entry 1: a run begins with its own start, not with something else")
    return started


def verify(journal: Journal) -> Verification:
    """Read a whole journal and report every run's first break, programs whose sources were exchanged, and a ledger
    that differs from what the runs hold.

    Raises nothing that a damaged journal could cause.
    """
    found = verify_entries(journal, problem_of)
    if not found.holds:
        return found
    try:
        problems = ledger_problems(journal)
    except InterlockError as error:
        problems = (f"what the ledger should hold cannot be worked out: {error}",)
    return replace(found, problems=problems)
