"""Journals that break the contract, each in one way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from interlock.decide.decision import Claim
from interlock.errors import Conflict, InterlockError
from interlock.journal.journal import Append, Entry, Pending, RunSummary
from interlock.journal.memory import MemoryJournal, MemoryLease
from interlock.run.breakers import BreakerState
from interlock.run.ledger import Held, Ledger


class Forgetful(MemoryJournal):
    def runs(self) -> Sequence[RunSummary]:
        return super().runs()[1:]


class OldestFirst(MemoryJournal):
    def runs(self) -> Sequence[RunSummary]:
        return super().runs()[::-1]


class Phantom(MemoryJournal):
    def runs(self) -> Sequence[RunSummary]:
        return super().runs() or [RunSummary("r0", "refund", "d", "running", 0, 0, 0)]


class KeepsTheFirstLine(MemoryJournal):
    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        first = self._summaries.get(run, summary)
        return super().append(run, expected, entries, replace(first, entries=summary.entries))


class Trusting(MemoryJournal):
    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        return super().append(run, len(self._entries.get(run, ())), entries, summary)


class Overwriting(MemoryJournal):
    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        if expected == 0 and entries:
            self._entries.pop(run, None)
        return super().append(run, expected, entries, summary)


class LeavesSomething(MemoryJournal):
    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        try:
            return super().append(run, expected, entries, summary)
        except Conflict:
            super().append(run, len(self._entries[run]), entries, summary)
            raise


class Silent(MemoryJournal):
    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        try:
            return super().append(run, expected, entries, summary)
        except Conflict:
            raise Conflict("") from None


class Headless(MemoryJournal):
    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        return super().append(run, expected, entries, summary)[::-1]


class ListsWhatIsEmpty(MemoryJournal):
    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        head = super().append(run, expected, entries, summary)
        self._summaries.setdefault(run, summary)
        return head


class TouchesTheLine(MemoryJournal):
    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        head = super().append(run, expected, entries, summary)
        if run in self._summaries:
            self._summaries[run] = replace(summary, entries=self._summaries[run].entries)
        return head


class Unchained(MemoryJournal):
    def read(self, run: str, after: int = 0) -> Iterator[Entry]:
        for entry in super().read(run, after):
            yield replace(entry, digest=bytes(32))


class FromTheStart(MemoryJournal):
    def read(self, run: str, after: int = 0) -> Iterator[Entry]:
        return super().read(run)


class Lenient(MemoryJournal):
    def read(self, run: str, after: int = 0) -> Iterator[Entry]:
        return super().read(run, after) if run in self._entries else iter(())


class Blurred(MemoryJournal):
    def read(self, run: str, after: int = 0) -> Iterator[Entry]:
        return super().read(run if run in self._entries else run.strip().lower(), after)


class Short(MemoryJournal):
    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        cut = [replace(entry, event=entry.event[:1_000]) for entry in entries]
        return super().append(run, expected, cut, summary)


class Meaningless(MemoryJournal):
    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        return super().append(run, expected, [replace(entry, meaning=1) for entry in entries], summary)


class ForgetsMeanings(MemoryJournal):
    def read(self, run: str, after: int = 0) -> Iterator[Entry]:
        for entry in super().read(run, after):
            yield replace(entry, meaning=1)


class Halfhearted(MemoryJournal):
    def append_all(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        return [self.append(each.run, each.expected, each.entries, each.summary) for each in appends]


class AllOrNothing(MemoryJournal):
    def append_all(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        if any(len(self._entries.get(each.run, ())) != each.expected for each in appends):
            return [Conflict("one of them") for _ in appends]
        return super().append_all(appends)


class SwapsHeads(MemoryJournal):
    def append_all(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        return [each if isinstance(each, Conflict) else each[::-1] for each in super().append_all(appends)]


class BeginsWhatIsRefused(MemoryJournal):
    def append_all(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        for each in appends:
            self._entries.setdefault(each.run, [])
        return super().append_all(appends)


class Editing(MemoryJournal):
    def keep_program(self, digest: str, sources: Mapping[str, str], bundle: bytes = b"") -> None:
        super().keep_program(digest, {name: text.replace("\r\n", "\n") for name, text in sources.items()}, bundle)


class KeepsTheLastProgram(MemoryJournal):
    def keep_program(self, digest: str, sources: Mapping[str, str], bundle: bytes = b"") -> None:
        self._programs[digest] = dict(sources), bundle


class DropsBundles(MemoryJournal):
    def keep_program(self, digest: str, sources: Mapping[str, str], bundle: bytes = b"") -> None:
        super().keep_program(digest, sources)


class MakesProgramsUp(MemoryJournal):
    def program(self, digest: str) -> Mapping[str, str]:
        return super().program(digest) if digest in self._programs else {}

    def bundle(self, digest: str) -> bytes:
        return super().bundle(digest) if digest in self._programs else b""


class LeasesTwice(MemoryJournal):
    def lease(self, run: str) -> MemoryLease | None:
        return MemoryLease(self._leased, run)


class LeasesOne(MemoryJournal):
    def lease(self, run: str) -> MemoryLease | None:
        return None if self._leased else super().lease(run)


class LeasesNothing(MemoryJournal):
    def lease(self, run: str) -> MemoryLease | None:
        return None


class LeasesForEver(MemoryJournal):
    def lease(self, run: str) -> MemoryLease | None:
        found = super().lease(run)
        if found is not None:
            found._leased = set()
        return found


class ReleasesAnothers(MemoryLease):
    def release(self) -> None:
        self._leased.discard(self._run)


class Generous(MemoryJournal):
    def lease(self, run: str) -> MemoryLease | None:
        return None if run in self._leased else ReleasesAnothers(self._leased, run)


class ReleasesAll(MemoryLease):
    def release(self) -> None:
        self._leased.clear()


class Sweeping(MemoryJournal):
    def lease(self, run: str) -> MemoryLease | None:
        return None if run in self._leased else ReleasesAll(self._leased, run)


class ClosesOnce(MemoryJournal):
    closed = False

    def close(self) -> None:
        if self.closed:
            raise Conflict("it is closed")
        self.closed = True


class LosesAtTheEnd(MemoryJournal):
    def close(self) -> None:
        for held in self._entries.values():
            held.clear()


class FindsFault(MemoryJournal):
    def check(self) -> Sequence[str]:
        return ("something",)


class WrongLedger(Ledger):
    pass


class NeverCounts(WrongLedger):
    def reserve(self, reservation: str, claims: Sequence[Claim], at: int) -> None:
        pass


class TakesHalf(WrongLedger):
    def standings(self, claims: Sequence[Claim], at: int) -> tuple[int, ...]:
        found = super().standings(claims, at)
        if len(claims) > 1 and found[1] + claims[1].amount > claims[1].most:
            super().reserve("half", claims[:1], at)
        return found


class CountsAMomentMore(WrongLedger):
    def standings(self, claims: Sequence[Claim], at: int) -> tuple[int, ...]:
        return super().standings([replace(claim, period=claim.period + 1) for claim in claims], at)


class GoesBackInTime(WrongLedger):
    def standings(self, claims: Sequence[Claim], at: int) -> tuple[int, ...]:
        held = list(self.held())
        return tuple(
            sum(
                each.claim.amount
                for each in held
                if (each.claim.limit, each.claim.key) == (claim.limit, claim.key) and at - claim.period < each.at <= at
            )
            for claim in claims
        )


class NeverReleases(WrongLedger):
    def release(self, reservation: str) -> None:
        pass


class TakesTwice(WrongLedger):
    def reserve(self, reservation: str, claims: Sequence[Claim], at: int) -> None:
        for claim in claims:
            super().reserve(reservation, (claim,), at)


class Overflows(WrongLedger):
    def standings(self, claims: Sequence[Claim], at: int) -> tuple[int, ...]:
        return tuple((used + 2**63) % 2**64 - 2**63 for used in super().standings(claims, at))


class AddsInstead(WrongLedger):
    def replace(self, held: Sequence[Held], breakers: Mapping[str, BreakerState] | None = None) -> None:
        super().replace([*self.held(), *held])


class PrunesAll(WrongLedger):
    def prune(self) -> int:
        held = len(list(self.held()))
        self.replace(())
        return held


def _keeping(kind: type[Ledger]) -> type[MemoryJournal]:
    def begin(self: MemoryJournal) -> None:
        MemoryJournal.__init__(self)
        self._ledger = kind()

    return type(kind.__name__, (MemoryJournal,), {"__init__": begin})


class ReservesEarly(MemoryJournal):
    def _append(self, append: Append) -> bytes:
        try:
            return super()._append(append)
        except InterlockError:
            if append.reserving is not None:
                self._ledger.reserve("early", append.reserving.reserve.claims, append.reserving.at)
            raise


class DropsLateReleases(MemoryJournal):
    def _append(self, append: Append) -> bytes:
        reserving = append.reserving
        if reserving is not None:
            make = reserving.make
            reserving = replace(reserving, make=lambda answer: replace(make(answer), releases=()))
        return super()._append(replace(append, reserving=reserving))


class LooksOnce(MemoryJournal):
    def append_all(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        if len(appends) < 3:
            return super().append_all(appends)
        before, done = list(self._ledger.held()), list[bytes | Conflict]()
        for each in appends:
            self._ledger.replace(before)
            done += super().append_all((each,))
        return done


class RefusesForced(MemoryJournal):
    def _append(self, append: Append) -> bytes:
        reserving = append.reserving
        if reserving is not None:
            reserving = replace(reserving, reserve=replace(reserving.reserve, forced=False))
        return super()._append(replace(append, reserving=reserving))


class Apart(MemoryJournal):
    """Two of it never see the same entries."""


WRONG = tuple(
    kind
    for kind in list(globals().values())
    if isinstance(kind, type) and issubclass(kind, MemoryJournal) and kind is not MemoryJournal
) + tuple(_keeping(kind) for kind in WrongLedger.__subclasses__())
