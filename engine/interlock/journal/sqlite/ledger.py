"""The ledger in a journal's file: two tables, written in the transactions of appends, and postings in entries.

`accounts` has a row for each limit and key, never deleted, and `ledger` one for each reservation on an account, in
order of time with the sum of the amounts so far: what is used within a window is the difference of two sums, two
searches of an index, however many rows lie between. Sums go beyond 64 bits, so they are bytes.

A reservation is held as a posting in the entry that it is recorded with, which costs no page. Postings are written into
`ledger` when there are many, when another process wrote them, and before anything is taken out of the table.

# INVARIANT: the ledger is its table and, after it, the postings up to the entry that the line of the last entry names.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Any, Final

from interlock.decide.decision import Claim
from interlock.journal.sqlite.accounts import Account, End
from interlock.journal.sqlite.postings import NONE, DamagedLedger, Posting, encode, read_postings
from interlock.run.ledger import MOST, Held, taken

_ACCOUNT: Final = (
    "SELECT account, rule, most, period, at, position, total FROM accounts LEFT JOIN ledger USING (account)"
    ' WHERE "limit" = ? AND key = ? ORDER BY at DESC, position DESC LIMIT 1'
)
_LAST: Final = "SELECT at, position, total FROM ledger WHERE account = ? ORDER BY at DESC, position DESC LIMIT 1"
_FIRST: Final = "SELECT at, total, amount FROM ledger WHERE account = ? AND at > ? ORDER BY at, position LIMIT 1"
_NTH: Final = "SELECT at FROM ledger WHERE account = ? AND at > ? ORDER BY at, position LIMIT 1 OFFSET ?"
_SIZE: Final = 16
_MANY: Final = 64
"""So many postings are written into the table together."""
_REMEMBERED: Final = 10_000


class SqliteLedger:
    """The ledger behind one connection; whoever calls it is in a transaction.

    What it remembers holds as long as nobody else writes: `follow` is told what the file says.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._accounts: dict[tuple[str, str], Account] = {}
        self._postings: list[Posting] = []
        self.made: list[Posting] = []
        """The postings that no entry holds yet."""
        self.last: int | None = NONE
        """The position of the last entry with a posting that the table lacks; None where it is not known."""

    # --- postings ----------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Remember nothing: somebody else has written, or what was written is taken back."""
        self._accounts.clear()
        self._postings, self.made, self.last = [], [], None

    def follow(self, last: int) -> bool:
        """Know the postings up to a position; return whether they had to be read. Raises `DamagedLedger`."""
        if self.last == last:
            return False
        self.forget()
        self._postings = read_postings(self._connection, last)
        self.last = last
        return True

    def catch_up(self, last: int) -> None:
        """Know the postings up to a position, and write them if others made them or they are many.

        Raises `DamagedLedger`.
        """
        if self.follow(last) or len(self._postings) >= _MANY:
            self.post()
        if len(self._accounts) > _REMEMBERED:
            self._accounts.clear()

    def posting(self, position: int) -> bytes | None:
        """Return what the entry that is about to be written at a position holds of the ledger, if anything."""
        if not self.made:
            return None
        assert self.last is not None
        content = encode(self.made, position, self.last)
        self.made, self.last = [], position
        return content

    def post(self) -> None:
        """Write all postings into the table, or none. Raises `DamagedLedger`."""
        if not self._postings:
            return
        known = {account.number: account for account in self._accounts.values()}
        ends: dict[int, End | None] = {}
        rows: list[tuple[object, ...]] = []
        for each in self._postings:
            for number, amount in each.amounts:
                if number not in ends:
                    ends[number] = known[number].end if number in known else self._end(number)
                latest, position, total = ends[number] or (each.at, 0, 0)
                end = ends[number] = max(each.at, latest), position + 1, total + amount
                rows.append((number, *end[:2], amount, _bytes(end[2]), each.reservation))
        self._execute("SAVEPOINT posting")
        try:
            self._connection.executemany("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)", rows)
        except sqlite3.Error:
            with suppress(sqlite3.Error):  # some errors end the whole transaction
                self._execute("ROLLBACK TO posting")
                self._execute("RELEASE posting")
            raise
        self._execute("RELEASE posting")
        for number, last in ends.items():
            if number in known and last is not None:
                known[number].posted(last)
        self._postings, self.made, self.last = [], [], NONE

    # --- what runs do ------------------------------------------------------------------------------------------------

    def standings(self, claims: Sequence[Claim], at: int) -> tuple[int, ...]:
        """Return what is used, for each claim, within its period. Raises `DamagedLedger`."""
        return tuple([self._used(claim, at) for claim in claims])

    def room(self, claim: Claim, at: int, count: int) -> int:
        """Return the moment from which on the first `count` amounts of a window are outside it.

        What the claim has used is as much. Raises `DamagedLedger`.
        """
        self.post()
        account = self._account(claim.limit, claim.key)
        begun = None if account is None else account.begun(at, claim.period)
        found = None
        if account is not None and begun is not None:
            found = self._one(_NTH, account.number, begun, count - 1)
        if found is None or not isinstance(found[0], int):
            raise DamagedLedger("a moment in it is no number")
        return found[0] + claim.period

    def reserve(self, reservation: str, claims: Sequence[Claim], at: int) -> None:
        """Take what claims are on, and hold it under the name of a reservation, which is new: as a posting."""
        amounts: list[tuple[int, int]] = []
        for claim in taken(claims).values():
            account = self._opened(claim)
            account.take(at, claim.amount)
            amounts.append((account.number, claim.amount))
        posting = Posting(reservation, at, tuple(amounts))
        self.made.append(posting)
        self._postings.append(posting)

    def release(self, reservation: str) -> None:
        """Give back what is held under a name; nothing where nothing is."""
        if any(each.reservation == reservation for each in self._postings):
            self.post()
        held = "SELECT account, at, position, amount FROM ledger WHERE reservation = ?"
        rows = self._all(held, reservation)
        if not rows:
            return
        self.post()
        self._accounts.clear()
        for account, at, position, amount in rows:
            self._execute("DELETE FROM ledger WHERE account = ? AND at = ? AND position = ?", account, at, position)
            later = "SELECT at, position, total FROM ledger WHERE account = ? AND (at, position) > (?, ?)"
            for own, place, total in self._all(later, account, at, position):
                changed = "UPDATE ledger SET total = ? WHERE account = ? AND at = ? AND position = ?"
                self._execute(changed, _bytes(_sum(total) - amount), account, own, place)

    # --- the ledger as a whole ---------------------------------------------------------------------------------------

    def held(self) -> tuple[Held, ...]:
        """Return everything that is held, by limit and key, each in order of time. Raises `DamagedLedger`."""
        rows = self._all(
            'SELECT reservation, "limit", rule, key, amount, most, period, at FROM ledger JOIN accounts USING (account)'
            ' ORDER BY "limit", key, at, position'
        )
        if not all(map(_of_one_kind, rows)):
            raise DamagedLedger("a row of it is not as it was written")
        if self._postings:
            rows = sorted([*rows, *self._posted(rows)], key=itemgetter(1, 3))
        return tuple(Held(reservation, Claim(*claim), at) for reservation, *claim, at in rows)

    def _posted(self, rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Return the rows that the postings come to, after those in the table."""
        latest = {(row[1], row[3]): row[7] for row in rows}
        accounts = {
            row[0]: row[1:] for row in self._all('SELECT account, "limit", rule, key, most, period FROM accounts')
        }
        made: list[tuple[Any, ...]] = []
        for each in self._postings:
            for number, amount in each.amounts:
                if number not in accounts:
                    raise DamagedLedger("an account of it is lost")
                limit, rule, key, most, period = accounts[number]
                at = latest[limit, key] = max(each.at, latest.get((limit, key), each.at))
                made.append((each.reservation, limit, rule, key, amount, most, period, at))
        if not all(map(_of_one_kind, made)):
            raise DamagedLedger("an account of it is not as it was written")
        return made

    def replace(self, held: Sequence[Held]) -> None:
        """Hold exactly this instead, each at its moment."""
        self.forget()
        self._execute("DELETE FROM ledger")
        self.last = NONE
        for each in sorted(held, key=lambda one: one.at):
            self.reserve(each.reservation, (each.claim,), each.at)
        self.post()
        self._accounts.clear()

    def prune(self) -> int:
        """Forget what is outside the longest window asked for so far of its account; return how much that was."""
        self.post()
        self._accounts.clear()
        forgotten = 0
        for account, period in self._all("SELECT account, period FROM accounts"):
            end = self._end(account)
            if end is not None:
                if not isinstance(period, int):
                    raise DamagedLedger("a period in it is no number")
                old = self._execute("DELETE FROM ledger WHERE account = ? AND at <= ?", account, end[0] - period)
                forgotten += old.rowcount
        return forgotten

    def unsound(self) -> tuple[str, ...]:
        """Return what is wrong with the ledger as such: sums that are not those of its amounts, rows of no account."""
        problems: list[str] = []
        rows = self._all(
            "SELECT account, at, position, amount, total FROM ledger LEFT JOIN accounts USING (account)"
            " ORDER BY account, at, position"
        )
        owner, running = None, 0
        for account, at, _, amount, total in rows:
            if not (isinstance(at, int) and isinstance(amount, int) and 0 <= amount <= MOST):
                problems.append(f"the ledger is damaged: account {account} holds what is no amount at a moment")
                owner = None
                continue
            try:
                found = _sum(total)
            except DamagedLedger:
                found = -1
            running = running + amount if account == owner else max(found, amount)
            if found != running:
                problems.append(f"the ledger is damaged: the sums of account {account} are not those of its amounts")
            owner, running = account, found
        orphans = self._one("SELECT count(*) FROM ledger WHERE account NOT IN (SELECT account FROM accounts)")
        if orphans is not None and orphans[0]:
            problems.append(f"the ledger is damaged: {orphans[0]} amounts belong to no account")
        try:
            self._posted(())
        except DamagedLedger as damaged:
            problems.append(f"the ledger is damaged: {damaged}")
        return tuple(dict.fromkeys(problems))

    # --- accounts ----------------------------------------------------------------------------------------------------

    def _used(self, claim: Claim, at: int) -> int:
        account = self._account(claim.limit, claim.key)
        return 0 if account is None else account.used(at, claim.period, self._first)

    def _account(self, limit: str, key: str) -> Account | None:
        """Return an account; None before it is opened. Raises `DamagedLedger`."""
        known = self._accounts.get((limit, key))
        if known is not None:
            return known
        row = self._one(_ACCOUNT, limit, key)
        if row is None:
            return None
        number, rule, most, period, *end = row
        if not (isinstance(rule, str) and isinstance(most, int) and isinstance(period, int)):
            raise DamagedLedger("an account in it is not as it was written")
        account = Account(number, rule, most, period, None if end[0] is None else _ended(end))
        for each in self._postings:
            for own, amount in each.amounts:
                if own == number:
                    account.take(each.at, amount)
        self._accounts[limit, key] = account
        return account

    def _opened(self, claim: Claim) -> Account:
        """Return a claim's account, opened if it is new; the longest window is remembered with it."""
        account = self._account(claim.limit, claim.key)
        if account is None:
            opened = self._execute(
                'INSERT INTO accounts ("limit", key, rule, most, period) VALUES (?, ?, ?, ?, ?)',
                claim.limit, claim.key, claim.rule, claim.most, claim.period,
            )  # fmt: skip
            account = Account(opened.lastrowid or 0, claim.rule, claim.most, claim.period)
            self._accounts[claim.limit, claim.key] = account
        elif claim.period >= account.period:
            longest = claim.rule, claim.most, claim.period
            if longest != (account.rule, account.most, account.period):
                changed = "UPDATE accounts SET rule = ?, most = ?, period = ? WHERE account = ?"
                self._execute(changed, *longest, account.number)
                account.rule, account.most, account.period = longest
        return account

    def _first(self, account: int, begun: int) -> tuple[int, int, int]:
        row = self._one(_FIRST, account, begun)
        if row is None or not isinstance(row[2], int):
            raise DamagedLedger("an amount in it is no number")
        return row[0], _sum(row[1]), row[2]

    def _end(self, account: int) -> End | None:
        row = self._one(_LAST, account)
        return None if row is None else _ended(row)

    def _execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)

    def _one(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
        return found

    def _all(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, values).fetchall()


def _of_one_kind(row: tuple[object, ...]) -> bool:
    return all(isinstance(cell, str) for cell in row[:4]) and all(isinstance(cell, int) for cell in row[4:])


def _ended(row: Sequence[Any]) -> End:
    at, position, total = row
    if not (isinstance(at, int) and isinstance(position, int)):
        raise DamagedLedger("a moment in it is no number")
    return at, position, _sum(total)


def _bytes(total: int) -> bytes:
    return total.to_bytes(_SIZE, "big")


def _sum(total: object) -> int:
    if not isinstance(total, bytes) or len(total) != _SIZE:
        raise DamagedLedger("a sum in it is no number")
    return int.from_bytes(total, "big")
