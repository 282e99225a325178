"""Journals in memory that are wrong about rates and breakers, each in one thing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from interlock.journal.journal import Append, Reserving
from interlock.journal.memory import MemoryJournal
from interlock.run.breakers import Breakers, BreakerState, Came
from interlock.run.ledger import Held
from interlock.run.protocol.commands import Admit


class Asks(MemoryJournal):
    """Has the ledger asked for something else than the run asks for."""

    def changed(self, admit: Admit) -> Admit:
        return admit

    def _append(self, append: Append) -> bytes:
        asked = append.reserving
        if asked is not None and isinstance(asked.reserve, Admit):
            append = replace(append, reserving=Reserving(self.changed(asked.reserve), asked.at, asked.make))
        return super()._append(append)


class LetsOneMoreThrough(Asks):
    def changed(self, admit: Admit) -> Admit:
        return admit if admit.rate is None else replace(admit, rate=replace(admit.rate, most=admit.rate.most + 1))


class WithholdsUndoing(Asks):
    def changed(self, admit: Admit) -> Admit:
        return replace(admit, forced=False)


class TrialsNeverLapse(Asks):
    def changed(self, admit: Admit) -> Admit:
        return replace(admit, lapse=10**9)


class ForgetsTheBreaker(Asks):
    def changed(self, admit: Admit) -> Admit:
        return admit if admit.rate is None else replace(admit, breaker=None)


class HearsNothingWithAnswers(MemoryJournal):
    def _append(self, append: Append) -> bytes:
        asked = append.reserving
        if asked is not None:
            make = asked.make
            append = replace(append, reserving=replace(asked, make=lambda answer: replace(make(answer), came=())))
        return super()._append(append)


class AsksOnce(MemoryJournal):
    def _append(self, append: Append) -> bytes:
        asked = append.reserving
        if asked is not None:
            make = asked.make
            append = replace(
                append, reserving=replace(asked, make=lambda answer: replace(make(answer), reserving=None))
            )
        return super()._append(append)


class Telling(Breakers):
    def tell(self, came: Came) -> None:
        super().tell(came)


class NeverOpens(Telling):
    def tell(self, came: Came) -> None:
        if came.came != "failed":
            super().tell(came)


class StaysOpen(Telling):
    def tell(self, came: Came) -> None:
        if came.came != "returned":
            super().tell(came)


class HearsEverybody(Telling):
    def tell(self, came: Came) -> None:
        super().tell(replace(came, attempt=self.state(came.tool).trial or came.attempt))


class CountsForEver(Telling):
    def tell(self, came: Came) -> None:
        super().tell(replace(came, breaker=replace(came.breaker, within=10**9)))


class ManyTrials(Telling):
    def keep(self, tool: str, state: BreakerState) -> None:
        super().keep(tool, replace(state, trial=""))


class DropsStates(MemoryJournal):
    def replace_ledger(self, held: Sequence[Held], breakers: Mapping[str, BreakerState] | None = None) -> None:
        super().replace_ledger(held)


def _with(kind: type[Telling]) -> type[MemoryJournal]:
    def made(self: MemoryJournal) -> None:
        MemoryJournal.__init__(self)
        self._ledger.breakers = kind()

    return type(kind.__name__, (MemoryJournal,), {"__init__": made})


WRONG_BREAKERS = (
    *Asks.__subclasses__(), HearsNothingWithAnswers, AsksOnce, DropsStates,
    *(_with(kind) for kind in Telling.__subclasses__()),
)  # fmt: skip
