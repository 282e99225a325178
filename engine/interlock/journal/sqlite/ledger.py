"""The ledger in a journal's file: two tables, written in the transactions of appends.

`accounts` has a row for each limit and key, never deleted, and `ledger` one for each reservation on an account, in
order of time with the sum of the amounts so far: what is used within a window is the difference of two sums, two
searches of an index, however many rows lie between. Sums go beyond 64 bits, so they are bytes.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from interlock.decide.decision import Claim
from interlock.run.ledger import MOST, Held, taken

_ACCOUNT: Final = 'SELECT account, rule, most, period FROM accounts WHERE "limit" = ? AND key = ?'
_LAST: Final = "SELECT at, position, total FROM ledger WHERE account = ? ORDER BY at DESC, position DESC LIMIT 1"
_STANDING: Final = (
    "SELECT account, rule, most, period, at, position, total FROM accounts LEFT JOIN ledger USING (account)"
    ' WHERE "limit" = ? AND key = ? ORDER BY at DESC, position DESC LIMIT 1'
)
_FIRST: Final = "SELECT total, amount FROM ledger WHERE account = ? AND at > ? ORDER BY at, position LIMIT 1"
_NTH: Final = "SELECT at FROM ledger WHERE account = ? AND at > ? ORDER BY at, position LIMIT 1 OFFSET ?"
_SIZE: Final = 16

_Known: TypeAlias = tuple[Any, ...] | None
"""The row of an account: its number, and the rule, bound and period of the longest window; None before it is opened."""
_Last: TypeAlias = tuple[Any, ...] | None
"""The last row of an account: its moment, position and sum; None where nothing is held."""


class DamagedLedger(Exception):
    """The ledger holds what was never written into it."""


class SqliteLedger:
    """The ledger behind one connection; whoever calls it is in a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._found: dict[tuple[str, str], tuple[_Known, _Last]] = {}

    def standings(self, claims: Sequence[Claim], at: int) -> tuple[int, ...]:
        """Return what is used, for each claim, within its period. Raises `DamagedLedger`."""
        self._found = {}
        return tuple([self._used(claim, at) for claim in claims])

    def room(self, claim: Claim, at: int, count: int) -> int:
        """Return the moment from which on the first `count` amounts of a window are outside it.

        What the claim has used was asked for before, and is as much. Raises `DamagedLedger`.
        """
        known, last = self._found[claim.limit, claim.key]
        found = None
        if known is not None and last is not None:
            found = self._one(_NTH, known[0], max(max(at, last[0]) - claim.period, -MOST), count - 1)
        if found is None or not isinstance(found[0], int):
            raise DamagedLedger("a moment in it is no number")
        return found[0] + claim.period

    def reserve(self, reservation: str, claims: Sequence[Claim], at: int) -> None:
        """Take what claims are on, and hold it under the name of a reservation, which is new.

        What they have used was asked for in the same transaction, and nothing was taken or given back since.
        """
        found, self._found = self._found, {}
        for name, claim in taken(claims).items():
            known, last = found[name]
            self._take(self._opened(claim, known), reservation, claim.amount, at, last)

    def release(self, reservation: str) -> None:
        """Give back what is held under a name; nothing where nothing is."""
        held = "SELECT account, at, position, amount FROM ledger WHERE reservation = ?"
        for account, at, position, amount in self._all(held, reservation):
            self._execute("DELETE FROM ledger WHERE account = ? AND at = ? AND position = ?", account, at, position)
            later = "SELECT at, position, total FROM ledger WHERE account = ? AND (at, position) > (?, ?)"
            for own, place, total in self._all(later, account, at, position):
                changed = "UPDATE ledger SET total = ? WHERE account = ? AND at = ? AND position = ?"
                self._execute(changed, _bytes(_sum(total) - amount), account, own, place)

    def held(self) -> tuple[Held, ...]:
        """Return everything that is held, by limit and key, each in order of time."""
        rows = self._all(
            'SELECT reservation, "limit", rule, key, amount, most, period, at FROM ledger JOIN accounts USING (account)'
            ' ORDER BY "limit", key, at, position'
        )
        if not all(map(_of_one_kind, rows)):
            raise DamagedLedger("a row of it is not as it was written")
        return tuple(Held(reservation, Claim(*claim), at) for reservation, *claim, at in rows)

    def replace(self, held: Sequence[Held]) -> None:
        """Hold exactly this instead, each at its moment."""
        self._execute("DELETE FROM ledger")
        for each in sorted(held, key=lambda one: one.at):
            known = self._one(_ACCOUNT, each.claim.limit, each.claim.key)
            account = self._opened(each.claim, known)
            self._take(account, each.reservation, each.claim.amount, each.at, self._one(_LAST, account))

    def prune(self) -> int:
        """Forget what is outside the longest window asked for so far of its account; return how much that was."""
        forgotten = 0
        for account, period in self._all("SELECT account, period FROM accounts"):
            last = self._one(_LAST, account)
            if last is not None:
                if not (isinstance(last[0], int) and isinstance(period, int)):
                    raise DamagedLedger("a moment in it is no number")
                old = self._execute("DELETE FROM ledger WHERE account = ? AND at <= ?", account, last[0] - period)
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
        return tuple(dict.fromkeys(problems))

    def _used(self, claim: Claim, at: int) -> int:
        row = self._connection.execute(_STANDING, (claim.limit, claim.key)).fetchone()
        known = None if row is None else row[:4]
        last = None if row is None or row[4] is None else row[4:]
        self._found[claim.limit, claim.key] = known, last
        if known is None or last is None:
            return 0
        latest, _, total = last
        if not isinstance(latest, int):
            raise DamagedLedger("a moment in it is no number")
        # A period may be longer than time itself.
        before = max(max(at, latest) - claim.period, -MOST)
        first = self._connection.execute(_FIRST, (known[0], before)).fetchone()
        if first is None:
            return 0
        if not isinstance(first[1], int):
            raise DamagedLedger("an amount in it is no number")
        return _increase(first[0], total) + int(first[1])

    def _opened(self, claim: Claim, known: _Known) -> int:
        """Return the number of a claim's account, opened if it is new; the longest window is remembered with it."""
        if known is None:
            opened = self._execute(
                'INSERT INTO accounts ("limit", key, rule, most, period) VALUES (?, ?, ?, ?, ?)',
                claim.limit, claim.key, claim.rule, claim.most, claim.period,
            )  # fmt: skip
            return opened.lastrowid or 0
        account, *kept = known
        if claim.period >= kept[2] and kept != [claim.rule, claim.most, claim.period]:
            changed = "UPDATE accounts SET rule = ?, most = ?, period = ? WHERE account = ?"
            self._execute(changed, claim.rule, claim.most, claim.period, account)
        return int(account)

    def _take(self, account: int, reservation: str, amount: int, at: int, last: _Last) -> None:
        latest, position, total = (at, 0, _bytes(0)) if last is None else last
        row = (account, max(at, latest), position + 1, amount, _bytes(_sum(total) + amount), reservation)
        self._execute("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)", *row)

    def _execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)

    def _one(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
        return found

    def _all(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, values).fetchall()


def _of_one_kind(row: tuple[object, ...]) -> bool:
    return all(isinstance(cell, str) for cell in row[:4]) and all(isinstance(cell, int) for cell in row[4:])


def _increase(before: object, total: object) -> int:
    used = _sum(total) - _sum(before)
    if used < 0:
        raise DamagedLedger("its sums decrease")
    return used


def _bytes(total: int) -> bytes:
    return total.to_bytes(_SIZE, "big")


def _sum(total: object) -> int:
    if not isinstance(total, bytes) or len(total) != _SIZE:
        raise DamagedLedger("a sum in it is no number")
    return int.from_bytes(total, "big")
