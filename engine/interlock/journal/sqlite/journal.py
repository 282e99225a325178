"""A journal in one SQLite file: WAL, a full flush for every commit, one transaction for every append.

Entries of all runs stand one after the other in `entries`; each points to the position of the one before it in its
run, and the run's row holds the last, its digest and the count; of the run that was written last the last entry holds
them. An append to that run therefore writes one page, and one to another run changes a row besides, however many runs
are under way; a flush is shared by all runs of an `append_all`.

What can be noticed: a changed or lost entry (the chain), lost last entries (the run's head), a changed line of the
list (its seal), a lost run (the chain of runs and their count). Whoever can write the file can also recompute all of
it: against that, keep a head elsewhere.
"""

import contextlib
import json
import sqlite3
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from interlock.errors import Conflict, JournalCorrupt, JournalUnavailable
from interlock.journal import chain
from interlock.journal.journal import Append, Entry, Pending, RunSummary
from interlock.journal.refusals import broken, unknown_program, unknown_run
from interlock.journal.sqlite import file, leases
from interlock.journal.sqlite.answers import SqliteAnswers
from interlock.journal.sqlite.postings import DamagedLedger
from interlock.journal.sqlite.rows import NO_ENTRY, ROW, End, Head, LostEnd, of_one_kind, seal_of, summary_of
from interlock.journal.sqlite.writer import Writer, read_end
from interlock.run.breakers import BreakerState
from interlock.run.ledger import Held
from interlock_dsl.schema.canonical import canonical

_ENTRY: Final = "previous, number, sequence, meaning, event, outcome, digest"
_ANY: Final = 1 << 62
"""More entries than a run has."""


class SqliteJournal:
    """The journal in the file `path`. Safe to use from several threads and several processes.

    With `create` a missing file is made; otherwise it is a `JournalMissing`. With `readonly` nothing is ever written.
    `wait` is how many seconds a lock of another process is waited for.
    """

    def __init__(self, path: str | Path, *, create: bool = True, readonly: bool = False, wait: float = 10.0) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        self._kept: set[str] = set()
        self._connection = file.connect(self.path, create=create and not readonly, readonly=readonly, wait=wait)
        self._answers = SqliteAnswers(self._connection)
        self._ledger = self._answers.ledger
        self._writer = Writer(self.path, self._connection, self._answers)

    # --- programs ----------------------------------------------------------------------------------------------------

    def keep_program(self, digest: str, sources: Mapping[str, str], bundle: bytes = b"") -> None:
        """Store a program's sources and bundle under its digest; doing it again changes nothing."""
        if digest in self._kept:
            return
        with self._lock, file.explained(self.path):
            if not self._execute("SELECT 1 FROM programs WHERE digest = ?", digest).fetchone():
                text = canonical(dict(sources))
                with self._transaction():
                    self._execute(
                        "INSERT OR IGNORE INTO programs VALUES (?, ?, ?, ?)",
                        digest,
                        text,
                        bundle,
                        sha256(text + bundle).digest(),
                    )
        self._kept.add(digest)

    def program(self, digest: str) -> Mapping[str, str]:
        """Return the sources of a program. Raises `UnknownProgram`."""
        sources: dict[str, str] = json.loads(self._program(digest)[0])
        return sources

    def bundle(self, digest: str) -> bytes:
        """Return the bundle of a program; nothing where none was kept. Raises `UnknownProgram`."""
        return self._program(digest)[1]

    def _program(self, digest: str) -> tuple[bytes, bytes]:
        with self._lock, file.explained(self.path):
            row = self._execute("SELECT sources, bundle, seal FROM programs WHERE digest = ?", digest).fetchone()
        if row is None:
            raise unknown_program(digest)
        if not all(isinstance(part, bytes) for part in row) or sha256(row[0] + row[1]).digest() != row[2]:
            raise JournalCorrupt(f"the journal {self.path}: the sources of program {digest} were changed")
        return row[0], row[1]

    # --- writing -----------------------------------------------------------------------------------------------------

    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        """Append after sequence number `expected` (0: a new run), durably, all or nothing; return the chain's head.

        Raises `Conflict` when `expected` is not the run's last sequence number.
        """
        (done,) = self.append_all((Append(run, expected, entries, summary),))
        if isinstance(done, Conflict):
            raise done
        return done

    def append_all(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        """Append to several runs in one transaction; a conflict of one run leaves the others alone."""
        with self._lock:
            return self._writer.append_all(appends)

    # --- reading -----------------------------------------------------------------------------------------------------

    def read(self, run: str, after: int = 0) -> Iterator[Entry]:
        """Yield a run's entries in order, having verified the chain, and that none is missing at the end.

        Raises `UnknownRun`, and `JournalCorrupt` where the chain breaks, or the journal has lost its last entries.
        """
        with self._lock, file.explained(self.path), self._transaction("DEFERRED"):
            # `+run` reads the table itself: a damaged index must not make a run unknown.
            row = self._execute(f"SELECT {ROW} FROM runs WHERE +run = ?", run).fetchone()
            if row is None:
                raise unknown_run(run)
            summary, head, _ = summary_of(row)
            if row[-1] != seal_of(row[:-1]):
                raise JournalCorrupt(f"run {run}: its line in the list of runs was changed")
            try:
                end = self._end()
                if end.summary is not None and end.run == run:
                    summary, head = end.summary, end.head
                return iter(self._entries(summary, head, max(after, 0)))
            except LostEnd as lost:
                return self._sound(run, replace(head, entries=_ANY), max(after, 0), lost)
            except JournalCorrupt as broken_at:
                return self._sound(run, head, max(after, 0), broken_at)

    def _end(self) -> End:
        """Return what stands at the end of the entries; nothing in a journal whose rows are all up to date."""
        return read_end(self.path, self._connection) if file.has_lines(self._connection) else End(NO_ENTRY)

    def _sound(self, run: str, head: Head, after: int, broken_at: JournalCorrupt) -> Iterator[Entry]:
        """Return the entries of a damaged run before its first break, found without the positions they refer to."""
        found: list[Entry] = []
        digest = chain.origin(run)
        with contextlib.suppress(sqlite3.Error):
            rows = self._execute(f"SELECT {_ENTRY} FROM entries WHERE number = ? ORDER BY sequence", head.number)
            for sequence, row in enumerate(rows, 1):
                if row[2] != sequence or not of_one_kind(row):
                    break
                digest = chain.link(digest, row[4], row[5], row[3])
                if digest != row[6] or sequence > head.entries or (sequence == head.entries and digest != head.digest):
                    break
                found.append(Entry(run, sequence, row[4], row[5], row[6], row[3]))

        def sound() -> Iterator[Entry]:
            yield from found[after:]
            raise broken_at

        return sound()

    def _entries(self, summary: RunSummary, head: Head, after: int) -> list[Entry]:
        """Follow the entries backwards to `after`, then verify them forwards, so that the first break is named."""
        found: list[Entry] = []
        digest, position, run = chain.origin(summary.run), head.last, summary.run
        for sequence in range(head.entries, max(after, 1) - 1, -1):
            row = self._execute(f"SELECT {_ENTRY} FROM entries WHERE position = ?", position).fetchone()
            if row is None:
                raise broken(run, sequence, "missing")
            if row[1:3] != (head.number, sequence):
                raise broken(run, sequence, "another entry stands in its place")
            if not of_one_kind(row):
                raise broken(run, sequence, "the chain is broken here: the entry is not as it was written")
            position = row[0]
            if sequence == after:
                digest = row[6]
            else:
                found.append(Entry(run, sequence, row[4], row[5], row[6], row[3]))
        if after == 0 and position != NO_ENTRY:
            raise broken(run, 1, "not the first one")
        found.reverse()
        for entry in found:
            digest = chain.link(digest, entry.event, entry.outcome, entry.meaning)
            if digest != entry.digest:
                raise broken(run, entry.sequence, "the chain is broken here: the entry is not as it was written")
        if found and digest != head.digest:
            raise broken(run, head.entries, "not the entry that was written last")
        return found

    def runs(self) -> Sequence[RunSummary]:
        """List the runs, the newest first. Raises `JournalCorrupt` where one is missing or was changed."""
        with self._lock, file.explained(self.path), self._transaction("DEFERRED"):
            count, expected = self._execute("SELECT runs, link FROM journal").fetchone()
            found: list[RunSummary] = []
            link = chain.ROOT
            for number, row in enumerate(self._execute(f"SELECT {ROW} FROM runs ORDER BY number"), 1):
                summary, head, seal = summary_of(row)
                if head.number != number:
                    raise JournalCorrupt(f"the journal {self.path}: run number {number} is missing")
                if seal != seal_of(row[:-1]):
                    raise JournalCorrupt(f"run {summary.run}: its line in the list of runs was changed")
                link = head.link
                found.append(summary)
            if len(found) != count or link != expected:
                raise JournalCorrupt(f"the journal {self.path} has lost runs: it held {count}, {len(found)} are left")
            end = self._end()
            if end.summary is not None:
                if not 0 < end.head.number <= count or found[end.head.number - 1].run != end.run:
                    raise LostEnd(f"the journal {self.path} has lost run {end.run}")
                found[end.head.number - 1] = end.summary
        found.reverse()
        return found

    def check(self) -> Sequence[str]:
        """Return what SQLite finds wrong with the file, lost entries, and breaks in the chain of runs."""
        problems: list[str] = []
        with self._lock, file.explained(self.path), self._transaction("DEFERRED"):
            problems += [str(line) for (line,) in self._execute("PRAGMA integrity_check(20)") if line != "ok"]
            problems += self._lost()
            if file.has_ledger(self._connection):
                problems += self._unsound()
            link = chain.ROOT
            for run, number, own in self._execute("SELECT run, number, link FROM runs ORDER BY number"):
                first = self._execute("SELECT digest FROM entries WHERE number = ? AND sequence = 1", number).fetchone()
                # A flipped bit can make a digest something else than bytes: SQLite checks types only as it writes.
                head = None if first is None else first[0]
                if not (isinstance(head, bytes) and isinstance(own, bytes)):
                    problems.append(f"run {run}: the chain of runs is broken here")
                    link = b""
                    continue
                if chain.link_run(link, head) != own:
                    problems.append(f"run {run}: the chain of runs is broken here")
                link = own
        return problems

    def _lost(self) -> Iterator[str]:
        """Yield what is wrong with the count of entries, and with the last one."""
        try:
            end = self._end()
        except LostEnd as lost:
            yield str(lost)
            end = End(NO_ENTRY)
        behind = "SELECT coalesce(sum(entries), 0) FROM runs WHERE number != ?"
        (counted,) = self._execute(behind, end.head.number).fetchone()
        (held,) = self._execute("SELECT count(*) FROM entries").fetchone()
        if held != counted + end.head.entries:
            yield f"{counted + end.head.entries} entries were written, {held} are left"
        if end.run:
            (lines,) = self._execute("SELECT count(line) FROM entries").fetchone()
            if lines != 1:
                yield f"{lines} entries hold the line of a run, which only the last one does"

    def _unsound(self) -> Iterator[str]:
        """Yield what is wrong with the ledger as such; where the end is lost, with its table alone."""
        with contextlib.suppress(LostEnd):
            try:
                self._ledger.follow(self._end().unposted)
            except DamagedLedger as damaged:
                yield f"the ledger is damaged: {damaged}"
        yield from self._ledger.unsound()

    # --- the ledger --------------------------------------------------------------------------------------------------

    def held(self) -> Sequence[Held]:
        """Return what the ledger holds, by limit and key, each in order of time."""
        with self._lock, file.explained(self.path):
            if not file.has_ledger(self._connection):
                return ()
        with self._lock, self._explained(), self._transaction("DEFERRED"):
            self._ledger.follow(self._end().unposted)
            return self._ledger.held()

    def breakers(self) -> Mapping[str, BreakerState]:
        """Return the states of the breakers that were ever told of a failure, by the names of their tools."""
        with self._lock, file.explained(self.path):
            if not file.has_breakers(self._connection):
                return {}
        with self._lock, self._explained(), self._transaction("DEFERRED"):
            return self._answers.breakers.states()

    def replace_ledger(self, held: Sequence[Held], breakers: Mapping[str, BreakerState] | None = None) -> None:
        """Have the ledger hold exactly this, durably."""

        def replaced(_: int) -> None:
            self._ledger.replace(held)
            self._answers.breakers.replace(breakers or {})

        with self._lock, self._explained():
            self._writer.change_ledger(replaced)

    def prune_ledger(self) -> int:
        """Forget what no window reaches any more, and return how much that was."""

        def pruned(last: int) -> int:
            self._ledger.follow(last)
            return self._ledger.prune()

        with self._lock, self._explained():
            return self._writer.change_ledger(pruned)

    @contextlib.contextmanager
    def _explained(self) -> Generator[None]:
        try:
            with file.explained(self.path):
                if not file.has_ledger(self._connection):  # it would have one, were it opened for writing
                    raise JournalUnavailable(f"the journal {self.path} cannot be used: it is read-only")
                yield
        except DamagedLedger as damaged:
            help = "`interlock ledger --rebuild` makes it again"
            raise JournalCorrupt(f"the ledger of the journal {self.path} is damaged: {damaged}; {help}") from None

    # --- leases ------------------------------------------------------------------------------------------------------

    def lease(self, run: str) -> leases.FileLease | None:
        """Lease a run for whoever drives it; None while another holds it. The file `...-drivers` holds the locks.

        Where the system has no POSIX locks (Windows), only those of this process exclude each other.
        """
        beside = self.path.resolve()
        with file.explained(self.path):
            return leases.lease(beside.with_name(beside.name + "-drivers"), run)

    # --- the connection ----------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Release the file; doing it again changes nothing."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> "SqliteJournal":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)

    @contextlib.contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Generator[None]:
        self._execute(f"BEGIN {kind}")
        try:
            yield
            self._execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
