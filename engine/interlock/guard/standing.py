"""How a session stands in this process and in its journal: events are decided on, then recorded, or neither.

    event -> machine.feed -> journal.append -> the answer

# INVARIANT: what was decided is returned only once its entry is durable. Where writing fails, for whatever reason, the
# state in memory is dropped, and comes back from the journal when it is needed next.
"""

from collections.abc import Callable, Sequence
from typing import Final, cast

from interlock.errors import Conflict, Refused
from interlock.journal import chain
from interlock.journal.codec import decode, encode
from interlock.journal.journal import Append, Journal, Pending, Reserving, RunSummary, Settled
from interlock.run.ledger import Asked, Settlement, told_by
from interlock.run.protocol.commands import Admit, Command, Reserve
from interlock.run.protocol.events import Event, SessionStarted
from interlock.run.protocol.frozen import frozen
from interlock.run.protocol.notes import Ignored, Note
from interlock.run.session import SessionMachine
from interlock.runtime.clock import Clock
from interlock.runtime.recover import recover_session
from interlock_dsl.program.model import Program

ATTEMPTS: Final = 100
"""How often an event is decided on again after what other processes recorded first."""


@frozen
class Recorded:
    """An event that is on record, with what was decided on it: by the last entry, if the ledger was asked.

    `sequence` is the number of that entry, `previous` the digest of the one before it, `machine` the session's as it
    stands then.
    """

    event: Event
    notes: Sequence[Note]
    sequence: int
    previous: bytes
    machine: SessionMachine


class Record:
    """One session: its machine as far as this process knows it, and its journal. For one thread at a time.

    `program` is the one at hand; it is the session's own once the machine is known.
    """

    def __init__(self, journal: Journal, session: str, program: Program, clock: Clock) -> None:
        self.journal = journal
        self.session = session
        self.clock = clock
        self._program = program
        self._machine: SessionMachine | None = None
        self._sequence = 0
        self._head = b""
        self._started: SessionStarted | None = None
        self._at = 0

    @property
    def program(self) -> Program:
        """The program that the session is pinned to."""
        self.machine()
        return self._program

    @property
    def started(self) -> SessionStarted:
        """How the session began."""
        if self._started is None:
            self.machine()
        assert self._started is not None
        return self._started

    def begin(self, make: Callable[[int], SessionStarted]) -> None:
        """Record the start. Raises `Conflict` where there is a run of that id."""
        self._machine = SessionMachine(self._program)
        self._at = self.clock.now()
        self._started = make(self._at)
        self._write(self._machine, self._started)

    def machine(self) -> SessionMachine:
        """Return the machine, from the journal where it is not known. Raises what `recover_session` raises."""
        if self._machine is None:
            found = recover_session(self.journal, self.session, {self._program.digest: self._program})
            self._machine, self._program, self._sequence = found.machine, found.program, found.entries
            self._started, self._at, self._head = found.started, found.at, found.head
        return self._machine

    def catch_up(self) -> SessionMachine:
        """Return the machine with all that other processes have recorded meanwhile."""
        machine = self.machine()
        try:
            for entry in self.journal.read(self.session, self._sequence):
                event = decode(entry.event, entry.run, entry.sequence)
                machine.feed(event)
                if machine.outcome != entry.outcome:
                    self._machine = None
                    return self.machine()
                self._sequence, self._head, self._at = entry.sequence, entry.digest, max(self._at, event.at)
            machine.commands()
        except BaseException:
            self._machine = None
            raise
        return machine

    def submit(self, make: Callable[[int], Event], keep_refusals: bool = False) -> Recorded:
        """Decide on an event and record it. `make` is given its moment, and is called again after a conflict.

        Raises `Refused` for an event that is not accepted, which is recorded only if `keep_refusals`; what the journal
        raises; and `Conflict` where other processes were faster every time.
        """
        for left in range(ATTEMPTS, 0, -1):
            machine = self._machine or self.machine()
            now = self.clock.now()
            event = make(now if now > self._at else self._at)
            try:
                return self._write(machine, event, keep_refusals)
            except Conflict:
                if left == 1:
                    raise
            except _Stale:
                continue
        raise AssertionError("the last attempt returns or raises")

    def _write(self, machine: SessionMachine, event: Event, keep_refusals: bool = True) -> Recorded:
        held = self._machine
        self._machine = None
        notes: Sequence[Note] = machine.feed(event)
        commands = machine.commands()
        first = notes[0] if notes else None
        ignored = first if isinstance(first, Ignored) else None
        if ignored is not None and not keep_refusals:
            self._machine = held
            if next(self.journal.read(self.session, self._sequence), None) is not None:
                self.catch_up()
                raise _Stale
            raise Refused(ignored.reason)
        entry, asked = Pending(encode(event), machine.outcome), _asked(commands)
        if asked is None:
            previous = self._append(machine, event, [entry], commands)
        else:
            notes, previous = self._settled(machine, event, entry, commands, asked)
        self._machine = held
        if ignored is not None:
            raise Refused(ignored.reason)
        return Recorded(event, notes, self._sequence, previous, machine)

    def _settled(
        self, machine: SessionMachine, event: Event, entry: Pending, commands: Sequence[Command], asked: Asked
    ) -> tuple[Sequence[Note], bytes]:
        """Write the entry of an event, and in the same transaction what the ledger answers, as often as it is asked.

        Returns the notes on the last answer, and the digest of the entry before the last.
        """
        entries = [entry]
        notes: Sequence[Note] = ()

        def make(answer: Settlement) -> Settled:
            nonlocal notes
            notes = machine.feed(answer)
            entries.append(Pending(encode(answer), machine.outcome))
            summary = self._summary(machine, answer.at, len(entries))
            releases, came = told_by(self.session, answer, machine.last_commands)
            asked = _asked(machine.last_commands)
            again = None if asked is None else Reserving(asked, event.at, make)
            return Settled(entries[-1:], summary, releases, came, again)

        previous = self._append(machine, event, entries, commands, Reserving(asked, event.at, make))
        machine.commands()
        return notes, previous

    def _append(
        self,
        machine: SessionMachine,
        event: Event,
        entries: list[Pending],
        commands: Sequence[Command],
        reserving: Reserving | None = None,
    ) -> bytes:
        """Write an entry, which others may follow as it is written; return the digest of the entry before the last."""
        releases, came = told_by(self.session, event, commands)
        summary = self._summary(machine, event.at, 1)
        append = Append(self.session, self._sequence, entries[:1], summary, releases, reserving, came)
        previous = self._head
        (head,) = self.journal.append_all((append,))
        if isinstance(head, Conflict):
            raise head
        for entry in entries[:-1]:
            previous = chain.link(previous or chain.origin(self.session), entry.event, entry.outcome, entry.meaning)
        self._sequence += len(entries)
        self._head = head
        if event.at > self._at:
            self._at = event.at
        return previous

    def _summary(self, machine: SessionMachine, at: int, more: int) -> RunSummary:
        status, detail = machine.status, machine.ended
        if status == "waiting":
            detail = ", ".join(dict.fromkeys(asked.role for asked in machine.waiting_for))
        return RunSummary(
            self.session, "", self._program.digest, status, self.started.at, at, self._sequence + more, detail
        )


def _asked(commands: Sequence[Command]) -> Asked | None:
    """Return what is asked of the ledger, if anything is."""
    for command in commands:
        if command.__class__ in _ASKING:
            return cast(Asked, command)
    return None


_ASKING: Final = frozenset({Reserve, Admit})


class _Stale(Exception):
    """An event was not accepted by a state that other processes have advanced meanwhile."""
