"""How entries are written: an append to the run that was written last is one statement, which changes one page.

The last entry holds the line of its run: the run's row as it would be, sealed. The row itself is written when another
run is appended to (a trigger then takes the line out of the entry that is not the last any more). So a run's row may
be behind only for the run of the last entry, and then the last entry says how it stands.

# INVARIANT: what is remembered here and of the ledger holds as long as nobody else has written an entry, and whoever
# writes one takes the next position; where the ledger changes without an entry, the last one is moved there. So an
# insert at the position after the remembered end fails where anything remembered is stale.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from interlock.errors import Conflict, JournalCorrupt
from interlock.journal import chain
from interlock.journal.journal import Append, Pending, RunSummary
from interlock.journal.refusals import conflict
from interlock.journal.sqlite import file
from interlock.journal.sqlite.answers import SqliteAnswers
from interlock.journal.sqlite.postings import DamagedLedger
from interlock.journal.sqlite.rows import NO_ENTRY, ROW, End, Head, LostEnd, end_of, line_of, row_of

_INSERT: Final = (
    "INSERT INTO entries (position, previous, number, sequence, meaning, event, outcome, digest, line)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_POSTING: Final = (
    "INSERT INTO entries (position, previous, number, sequence, meaning, event, outcome, digest, line, posting)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_MOVE: Final = "UPDATE entries SET position = ?, line = ? WHERE position = ?"
_UPDATE: Final = (
    "UPDATE runs SET workflow = ?, program = ?, status = ?, started = ?, updated = ?, detail = ?, entries = ?,"
    " last = ?, head = ?, seal = ? WHERE number = ?"
)
_END: Final = (
    "SELECT position, line, (SELECT max(position) FROM entries) FROM entries WHERE line IS NOT NULL"
    " ORDER BY position DESC LIMIT 1"
)
_FOLLOWED: Final = b""
"""The line of an entry that another one follows in the same transaction."""
_REMEMBERED: Final = 10_000
T = TypeVar("T")


class _Stale(Exception):
    """What was remembered is from before another process wrote; the transaction must begin anew."""


def read_end(path: Path, connection: sqlite3.Connection) -> End:
    """Return what stands at the end of the entries. Raises `LostEnd` where it is not what was written."""
    row = connection.execute(_END).fetchone()
    if row is None:
        if connection.execute("SELECT 1 FROM entries LIMIT 1").fetchone():
            raise LostEnd(f"the journal {path} has lost its last entries")
        return End(NO_ENTRY)
    end = end_of(row[0], row[1])
    if end is None:
        raise LostEnd(f"the journal {path}: the line of a run that its last entry holds was changed")
    return replace(end, position=row[2])


class Writer:
    """Appends through one connection, for one thread at a time. `path` is the journal's, for what errors say."""

    def __init__(self, path: Path, connection: sqlite3.Connection, answers: SqliteAnswers) -> None:
        self._path = path
        self._connection = connection
        self._answers = answers
        self._end: End | None = None
        self._heads: dict[str, Head] = {}
        self._sure = False

    def append_all(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        """Append to several runs in one transaction; a conflict of one run leaves the others alone."""
        try:
            if len(appends) == 1:
                done = self._append_next(appends[0])
                if done is not None:
                    return (done,)
            try:
                return self._in_transaction(lambda: self._appended(appends))
            except _Stale:
                return self._in_transaction(lambda: self._appended(appends))
        except BaseException as error:
            self._forget()
            file.explain(self._path, error)
            raise

    def change_ledger(self, change: Callable[[int], T]) -> T:
        """Change the ledger where no entry is written. `change` is given the position of its last posting."""

        def changed() -> T:
            end = self._known(sure=True)
            made = change(end.unposted)
            self._move(end)
            return made

        return self._in_transaction(changed)

    def _forget(self) -> None:
        self._end = None
        self._heads.clear()
        self._answers.ledger.forget()

    def _append_next(self, append: Append) -> bytes | None:
        """Append one entry to the run of the last entry, and return the chain's head; None where it is not that."""
        end = self._end
        if end is None or end.run != append.run or end.head.entries != append.expected:
            return None
        if append.reserving is not None or append.releases or append.came or len(append.entries) != 1:
            return None
        (pending,), before = append.entries, end.head
        digest = chain.link(before.digest, pending.event, pending.outcome, pending.meaning)
        position, sequence = end.position + 1, append.expected + 1
        head = Head(before.number, sequence, position, digest, before.link)
        line = line_of(append.run, append.summary, head, end.unposted)
        row = position, before.last, head.number, sequence, pending.meaning, pending.event, pending.outcome
        try:
            self._connection.execute(_INSERT, (*row, digest, line))
        except sqlite3.IntegrityError:
            self._forget()
            return None
        self._end = End(position, append.run, append.summary, head, end.unposted)
        return digest

    def _in_transaction(self, work: Callable[[], T]) -> T:
        self._sure = False
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            done = work()
            self._connection.execute("COMMIT")
        except BaseException:
            self._forget()
            with contextlib.suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            raise
        if len(self._heads) > _REMEMBERED:
            self._heads.clear()
        return done

    def _appended(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        done: list[bytes | Conflict] = []
        for each in appends:
            try:
                done.append(self._append(each))
            except Conflict as refused:
                done.append(refused)
        return done

    def _append(self, append: Append) -> bytes:
        # Nothing may begin anew once something was reserved, so nothing that may be stale is relied on then; and no
        # insert would fail where none is made.
        end = self._known(sure=append.reserving is not None or not append.entries)
        head = self._head(append.run, end)
        if head.entries != append.expected:
            end = self._known(sure=True)
            head = self._head(append.run, end)
            if head.entries != append.expected:
                raise conflict(append.run, append.expected, head.entries)
        entries, summary, releases, came = append.entries, append.summary, append.releases, append.came
        asked = append.reserving
        if asked is None and not releases:
            self._answers.settle((), came, "")
            return self._written(append.run, entries, summary, head, end, end.unposted) if entries else head.digest
        damage = self._answers.catch_up(end.unposted)
        while asked is not None:
            made = asked.make(self._answers.answer(append.run, asked.reserve, asked.at, damage))
            entries, summary, asked = (*entries, *made.entries), made.summary, made.reserving
            releases, came = (*releases, *made.releases), (*came, *made.came)
        self._answers.settle(releases, came, damage)
        if not entries:
            if not damage:
                self._post()
                self._move(end)
            return head.digest
        posting = self._answers.ledger.posting(end.position + len(entries))
        return self._written(append.run, entries, summary, head, end, self._unposted(end), posting)

    def _post(self) -> None:
        """Write all postings into the table: no entry is written that could hold new ones, and the last one moves."""
        try:
            self._answers.ledger.post()
        except DamagedLedger as damaged:
            raise JournalCorrupt(f"the ledger of the journal {self._path} is damaged: {damaged}") from None

    def _unposted(self, end: End) -> int:
        """Return the position of the last posting as the ledger knows it; a damaged one knows none."""
        last = self._answers.ledger.last
        return end.unposted if last is None else last

    def _known(self, *, sure: bool) -> End:
        """Return the end as it is remembered; `sure`: unless somebody else has written since."""
        end = self._end
        if end is not None and sure and not self._sure:
            (last,) = self._connection.execute("SELECT max(position) FROM entries").fetchone()
            self._sure = (last or NO_ENTRY) == end.position
            if not self._sure:
                self._forget()
                end = None
        if end is None:
            end = self._end = read_end(self._path, self._connection)
            self._sure = True
        return end

    def _head(self, run: str, end: End) -> Head:
        if run == end.run:
            return end.head
        known = self._heads.get(run)
        if known is None:
            row = self._execute("SELECT number, entries, last, head, link FROM runs WHERE run = ?", run).fetchone()
            known = Head(0, 0, NO_ENTRY, chain.origin(run), b"") if row is None else Head(*row)
        return known

    def _written(
        self,
        run: str,
        entries: Sequence[Pending],
        summary: RunSummary,
        head: Head,
        end: End,
        unposted: int,
        posting: bytes | None = None,
    ) -> bytes:
        if end.run and end.run != run:
            self._write_row(end)
        number, sequence, last, digest, link, position = (
            head.number, head.entries, head.last, head.digest, head.link, end.position
        )  # fmt: skip
        if not sequence:
            number = self._execute("SELECT runs + 1 FROM journal").fetchone()[0]
        left = len(entries)
        after = head
        for pending in entries:
            left, sequence, position, previous = left - 1, sequence + 1, position + 1, last
            digest, last = chain.link(digest, pending.event, pending.outcome, pending.meaning), position
            if sequence == 1:
                link = self._link_run(number, digest)
            line = _FOLLOWED
            if not left:
                after = Head(number, sequence, position, digest, link)
                line = line_of(run, summary, after, unposted)
            row = position, previous, number, sequence, pending.meaning, pending.event, pending.outcome, digest, line
            try:
                if left or posting is None:
                    self._connection.execute(_INSERT, row)
                else:
                    self._connection.execute(_INSERT_POSTING, (*row, posting))
            except sqlite3.IntegrityError:
                if self._sure:
                    raise
                raise _Stale from None
        if not head.entries:
            self._execute(f"INSERT INTO runs ({ROW}) VALUES ({', '.join('?' * 13)})", *row_of(run, summary, after))
        self._end = End(position, run, summary, after, unposted)
        return digest

    def _move(self, end: End) -> None:
        """Have the last entry take the next position, with the last posting as the ledger knows it now."""
        if end.summary is None:  # there is no entry, and nothing is remembered
            self._answers.ledger.forget()
            return
        position, unposted = end.position + 1, self._unposted(end)
        head = replace(end.head, last=position)
        self._execute(_MOVE, position, line_of(end.run, end.summary, head, unposted), end.position)
        self._end = End(position, end.run, end.summary, head, unposted)

    def _write_row(self, end: End) -> None:
        """Write the row of the run of the last entry, which is not the last any more."""
        assert end.summary is not None
        row = row_of(end.run, end.summary, end.head)
        if not self._connection.execute(_UPDATE, (*row[2:11], row[12], row[0])).rowcount:
            raise JournalCorrupt(f"the journal {self._path} has lost run {end.run}")
        self._heads[end.run] = end.head

    def _link_run(self, number: int, first: bytes) -> bytes:
        (previous,) = self._execute("SELECT link FROM journal").fetchone()
        made = chain.link_run(previous, first)
        self._execute("UPDATE journal SET runs = ?, link = ?", number, made)
        return made

    def _execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)
