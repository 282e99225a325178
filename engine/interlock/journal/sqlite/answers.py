"""What the ledger in a journal's file answers to runs, inside the transactions of their appends.

A ledger that is damaged refuses, and leaves the journal as it is: what can be written is written all the same.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from interlock.journal.sqlite import file
from interlock.journal.sqlite.breakers import SqliteBreakers
from interlock.journal.sqlite.ledger import SqliteLedger
from interlock.journal.sqlite.postings import DamagedLedger
from interlock.run.breakers import Came, judged, rate_of
from interlock.run.ledger import Asked, Settlement, reservation_of, settled
from interlock.run.protocol.commands import Admit, Reserve
from interlock.run.protocol.events import Admitted, Exhausted, Reserved, Withheld


class _Damage:
    """Raises `DamagedLedger` where an error says that the file holds what was never written."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, sqlite3.Error) and file.is_damage(error):
            raise DamagedLedger(str(error)) from None


_DAMAGE: Final = _Damage()


class SqliteAnswers:
    """The ledger and the breakers behind one connection; whoever calls is in a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.ledger = SqliteLedger(connection)
        self.breakers = SqliteBreakers(connection)

    def catch_up(self, last: int) -> str:
        """Know the ledger as it is with the postings up to a position; return what is damaged, if anything is."""
        try:
            with _DAMAGE:
                self.ledger.catch_up(last)
        except DamagedLedger as damaged:
            return str(damaged)
        return ""

    def answer(self, run: str, asked: Asked, at: int, damage: str) -> Settlement:
        """Answer what a run asks at a moment, and hold what is granted; nothing is where the ledger is damaged."""
        try:
            with _DAMAGE:
                if damage:
                    raise DamagedLedger(damage)
                return self._reserved(run, asked, at) if isinstance(asked, Reserve) else self._judged(run, asked, at)
        except DamagedLedger as damaged:
            why = f"it is damaged: {damaged}"
            if isinstance(asked, Reserve):
                return Exhausted(at, asked.id, unavailable=why)
            return Withheld(at, asked.id, "ledger", unavailable=why)

    def _reserved(self, run: str, reserve: Reserve, at: int) -> Settlement:
        answer = settled(reserve, at, self.ledger.standings(reserve.claims, at))
        if isinstance(answer, Reserved):
            self.ledger.reserve(reservation_of(run, reserve.id), reserve.claims, at)
        return answer

    def _judged(self, run: str, admit: Admit, at: int) -> Settlement:
        claim, name = rate_of(admit), reservation_of(run, admit.id)
        (used,) = (0,) if claim is None else self.ledger.standings((claim,), at)

        def room(count: int) -> int:
            assert claim is not None
            return self.ledger.room(claim, at, count)

        found = judged(admit, name, at, used, room, self.breakers.state(admit.tool))
        if isinstance(found.answer, Admitted) and claim is not None:
            self.ledger.reserve(name, (claim,), at)
        if found.breaker is not None:
            self.breakers.keep(admit.tool, found.breaker)
        return found.answer

    def settle(self, releases: Sequence[str], came: Sequence[Came], damage: str) -> None:
        """Give back what is held, and tell breakers what came of attempts. What is damaged stays as it is."""
        for reservation in () if damage else releases:
            with suppress(DamagedLedger), _DAMAGE:
                self.ledger.release(reservation)
        for each in came:
            with suppress(DamagedLedger), _DAMAGE:
                self.breakers.tell(each)
