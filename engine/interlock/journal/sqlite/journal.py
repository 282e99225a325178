"""A journal in one SQLite file: WAL, a full flush for every commit, one transaction for every append.

Entries of all runs stand one after the other in `entries`; each points to the position of the one before it in its
run, and the run's row holds the last, its digest and the count. An append therefore touches the end of one table and
one row of another, however many runs are under way, and a flush is shared by all runs of an `append_all`.

What can be noticed: a changed or lost entry (the chain), lost last entries (the run's head), a changed line of the
list (its seal), a lost run (the chain of runs and their count). Whoever can write the file can also recompute all of
it: against that, keep a head elsewhere.
"""

import contextlib
import json
import sqlite3
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from interlock.errors import Conflict, JournalCorrupt, JournalUnavailable
from interlock.journal import chain
from interlock.journal.journal import Append, Entry, Pending, Reserving, RunSummary
from interlock.journal.refusals import broken, conflict, unknown_program, unknown_run
from interlock.journal.sqlite import file, leases
from interlock.journal.sqlite.ledger import DamagedLedger, SqliteLedger
from interlock.journal.sqlite.rows import Head, of_one_kind, row_of, seal_of, summary_of
from interlock.run.ledger import Held, Settlement, reservation_of, settled
from interlock.run.protocol.events import Exhausted, Reserved
from interlock_dsl.schema.canonical import canonical

_ROW: Final = "number, run, workflow, program, status, started, updated, detail, entries, last, head, link, seal"
_ENTRY: Final = "previous, number, sequence, meaning, event, outcome, digest"
_INSERT: Final = f"INSERT INTO entries ({_ENTRY}) VALUES (?, ?, ?, ?, ?, ?, ?)"
_UPDATE: Final = (
    "UPDATE runs SET workflow = ?, program = ?, status = ?, started = ?, updated = ?, detail = ?, entries = ?,"
    " last = ?, head = ?, seal = ? WHERE number = ? AND entries = ?"
)
_NO_ENTRY: Final = 0
_REMEMBERED: Final = 10_000


class _Stale(Exception):
    """What was remembered of a run is from before another process advanced it; the transaction must begin anew."""


class SqliteJournal:
    """The journal in the file `path`. Safe to use from several threads and several processes.

    With `create` a missing file is made; otherwise it is a `JournalMissing`. With `readonly` nothing is ever written.
    `wait` is how many seconds a lock of another process is waited for.
    """

    def __init__(self, path: str | Path, *, create: bool = True, readonly: bool = False, wait: float = 10.0) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        self._heads: dict[str, Head] = {}
        self._kept: set[str] = set()
        self._connection = file.connect(self.path, create=create and not readonly, readonly=readonly, wait=wait)
        self._ledger = SqliteLedger(self._connection)

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
        """Return the sources of a program."""
        sources: dict[str, str] = json.loads(self._program(digest)[0])
        return sources

    def bundle(self, digest: str) -> bytes:
        """Return the bundle of a program; nothing where none was kept."""
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
        """Append after sequence number `expected` (0: a new run), durably, all or nothing; return the chain's head."""
        (done,) = self.append_all((Append(run, expected, entries, summary),))
        if isinstance(done, Conflict):
            raise done
        return done

    def append_all(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        """Append to several runs in one transaction; a conflict of one run leaves the others alone."""
        # Nothing may begin anew once something was reserved, so nothing that may be stale is relied on then.
        fresh = any(each.reserving is not None for each in appends)
        try:
            return self._append_all(appends, fresh)
        except _Stale:
            self._heads.clear()
            return self._append_all(appends, fresh)

    def _append_all(self, appends: Sequence[Append], fresh: bool) -> Sequence[bytes | Conflict]:
        heads: dict[str, Head] = {}
        done: list[bytes | Conflict] = []
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                if fresh:
                    for each in appends:
                        self._heads.pop(each.run, None)
                for each in appends:
                    try:
                        head = self._append(each)
                    except Conflict as refused:
                        done.append(refused)
                        continue
                    done.append(head.digest)
                    if head.entries:
                        heads[each.run] = head
                self._connection.execute("COMMIT")
            except BaseException as error:
                self._roll_back()
                file.explain(self.path, error)
                raise
            if len(self._heads) > _REMEMBERED:
                self._heads.clear()
            self._heads.update(heads)
        return done

    def _append(self, append: Append) -> Head:
        head = self._heads.get(append.run)
        if head is None or head.entries != append.expected:
            head = self._head(append.run)
            if head.entries != append.expected:
                raise conflict(append.run, append.expected, head.entries)
        entries, summary, releases = append.entries, append.summary, append.releases
        if append.reserving is not None:
            made = append.reserving.make(self._reserved(append.run, append.reserving))
            entries, summary, releases = (*entries, *made.entries), made.summary, (*releases, *made.releases)
        for reservation in releases:
            self._release(reservation)
        return self._written(append.run, append.expected, entries, summary, head) if entries else head

    def _reserved(self, run: str, reserving: Reserving) -> Settlement:
        """Reserve, and return the answer. A ledger that is damaged refuses, and leaves the journal as it is."""
        reserve, at = reserving.reserve, reserving.at
        try:
            answer = settled(reserve, at, self._ledger.standings(reserve.claims, at))
        except DamagedLedger as damaged:
            return Exhausted(at, reserve.id, unavailable=f"it is damaged: {damaged}")
        except sqlite3.Error as error:
            if not file.is_damage(error):
                raise
            return Exhausted(at, reserve.id, unavailable=f"it is damaged: {error}")
        if isinstance(answer, Reserved):
            self._ledger.reserve(reservation_of(run, reserve.id), reserve.claims, at)
        return answer

    def _release(self, reservation: str) -> None:
        """Give back what is held. What a damaged ledger holds stays counted; the journal is written all the same."""
        try:
            self._ledger.release(reservation)
        except DamagedLedger:
            return
        except sqlite3.Error as error:
            if not file.is_damage(error):
                raise

    def _written(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary, head: Head) -> Head:
        number, last, digest = head.number, head.last, head.digest
        new = expected == 0
        if new:
            number = self._execute("SELECT runs + 1 FROM journal").fetchone()[0]
        for sequence, pending in enumerate(entries, expected + 1):
            digest = chain.link(digest, pending.event, pending.outcome, pending.meaning)
            inserted = self._connection.execute(
                _INSERT, (last, number, sequence, pending.meaning, pending.event, pending.outcome, digest)
            )
            last = inserted.lastrowid or _NO_ENTRY
            if new and sequence == 1:
                head.link = self._link_run(number, digest)
        after = Head(number, expected + len(entries), last, digest, head.link)
        row = row_of(run, summary, after)
        if new:
            self._execute(f"INSERT INTO runs ({_ROW}) VALUES ({', '.join('?' * 13)})", *row)
        elif not self._connection.execute(_UPDATE, (*row[2:11], row[12], number, expected)).rowcount:
            raise _Stale
        return after

    def _link_run(self, number: int, first: bytes) -> bytes:
        (previous,) = self._execute("SELECT link FROM journal").fetchone()
        made = chain.link_run(previous, first)
        self._execute("UPDATE journal SET runs = ?, link = ?", number, made)
        return made

    def _head(self, run: str) -> Head:
        row = self._execute("SELECT number, entries, last, head, link FROM runs WHERE run = ?", run).fetchone()
        return Head(0, 0, _NO_ENTRY, chain.origin(run), b"") if row is None else Head(*row)

    # --- reading -----------------------------------------------------------------------------------------------------

    def read(self, run: str, after: int = 0) -> Iterator[Entry]:
        """Yield a run's entries in order, having verified the chain, and that none is missing at the end."""
        with self._lock, file.explained(self.path), self._transaction("DEFERRED"):
            # `+run` reads the table itself: a damaged index must not make a run unknown.
            row = self._execute(f"SELECT {_ROW} FROM runs WHERE +run = ?", run).fetchone()
            if row is None:
                raise unknown_run(run)
            summary, head, _ = summary_of(row)
            if row[-1] != seal_of(row[:-1]):
                raise JournalCorrupt(f"run {run}: its line in the list of runs was changed")
            try:
                return iter(self._entries(summary, head, max(after, 0)))
            except JournalCorrupt as broken_at:
                return self._sound(summary.run, head, max(after, 0), broken_at)

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
        if after == 0 and position != _NO_ENTRY:
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
        """List the runs, the newest first, having verified that none is missing or changed."""
        with self._lock, file.explained(self.path), self._transaction("DEFERRED"):
            count, expected = self._execute("SELECT runs, link FROM journal").fetchone()
            found: list[RunSummary] = []
            link = chain.ROOT
            for number, row in enumerate(self._execute(f"SELECT {_ROW} FROM runs ORDER BY number"), 1):
                summary, head, seal = summary_of(row)
                if head.number != number:
                    raise JournalCorrupt(f"the journal {self.path}: run number {number} is missing")
                if seal != seal_of(row[:-1]):
                    raise JournalCorrupt(f"run {summary.run}: its line in the list of runs was changed")
                link = head.link
                found.append(summary)
        if len(found) != count or link != expected:
            raise JournalCorrupt(f"the journal {self.path} has lost runs: it held {count}, {len(found)} are left")
        found.reverse()
        return found

    def check(self) -> Sequence[str]:
        """Return what SQLite finds wrong with the file, lost entries, and breaks in the chain of runs."""
        problems: list[str] = []
        with self._lock, file.explained(self.path), self._transaction("DEFERRED"):
            problems += [str(line) for (line,) in self._execute("PRAGMA integrity_check(20)") if line != "ok"]
            held, counted = self._execute(
                "SELECT (SELECT count(*) FROM entries), (SELECT coalesce(sum(entries), 0) FROM runs)"
            ).fetchone()
            if held != counted:
                problems.append(f"{counted} entries were written, {held} are left")
            if file.has_ledger(self._connection):
                problems += self._ledger.unsound()
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

    # --- the ledger --------------------------------------------------------------------------------------------------

    def held(self) -> Sequence[Held]:
        """Return what the ledger holds, by limit and key, each in order of time."""
        with self._lock, file.explained(self.path):
            if not file.has_ledger(self._connection):
                return ()
        with self._lock, self._explained(), self._transaction("DEFERRED"):
            return self._ledger.held()

    def replace_ledger(self, held: Sequence[Held]) -> None:
        """Have the ledger hold exactly this, durably."""
        with self._lock, self._explained(), self._transaction():
            self._ledger.replace(held)

    def prune_ledger(self) -> int:
        """Forget what no window reaches any more, and return how much that was."""
        with self._lock, self._explained(), self._transaction():
            return self._ledger.prune()

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
