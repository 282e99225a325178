"""What the ledger in a journal's file answers to runs, inside the transactions of their appends.

A ledger that is damaged refuses, and leaves the journal as it is: what can be written is written all the same.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import TypeVar

from interlock.journal.sqlite import file
from interlock.journal.sqlite.breakers import SqliteBreakers
from interlock.journal.sqlite.ledger import DamagedLedger, SqliteLedger
from interlock.run.breakers import Came, judged, rate_of
from interlock.run.ledger import Asked, Settlement, reservation_of, settled
from interlock.run.protocol.commands import Admit, Reserve
from interlock.run.protocol.events import Admitted, Exhausted, Reserved, Withheld

T = TypeVar("T")


class SqliteAnswers:
    """The ledger and the breakers behind one connection; whoever calls is in a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.ledger = SqliteLedger(connection)
        self.breakers = SqliteBreakers(connection)

    def answer(self, run: str, asked: Asked, at: int) -> Settlement:
        """Answer what a run asks at a moment, and hold what is granted."""
        try:
            return self._reserved(run, asked, at) if isinstance(asked, Reserve) else self._judged(run, asked, at)
        except DamagedLedger as damaged:
            return _unavailable(asked, at, f"it is damaged: {damaged}")
        except sqlite3.Error as error:
            if not file.is_damage(error):
                raise
            return _unavailable(asked, at, f"it is damaged: {error}")

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

    def settle(self, releases: Sequence[str], came: Sequence[Came]) -> None:
        """Give back what is held, and tell breakers what came of attempts. What is damaged stays as it is."""
        for reservation in releases:
            _unless_damaged(self.ledger.release, reservation)
        for each in came:
            _unless_damaged(self.breakers.tell, each)


def _unless_damaged(act: Callable[[T], None], about: T) -> None:
    """Do what is to be done in the ledger; where that is damaged, leave it as it is."""
    try:
        act(about)
    except DamagedLedger:
        return
    except sqlite3.Error as error:
        if not file.is_damage(error):
            raise


def _unavailable(asked: Asked, at: int, why: str) -> Settlement:
    if isinstance(asked, Reserve):
        return Exhausted(at, asked.id, unavailable=why)
    return Withheld(at, asked.id, "ledger", unavailable=why)
