"""A journal in memory: for tests, simulations, and runs that need not survive."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from threading import RLock

from interlock.errors import Conflict
from interlock.journal import chain
from interlock.journal.journal import Append, Entry, Pending, RunSummary
from interlock.journal.refusals import conflict, unknown_program, unknown_run
from interlock.run.breakers import BreakerState
from interlock.run.ledger import Held, Ledger, Settlement


class MemoryLease:
    """One run in the set of those that are driven, until `release`."""

    def __init__(self, leased: set[str], run: str) -> None:
        self._leased = leased
        self._run = run
        leased.add(run)

    def release(self) -> None:
        """Give the run free; doing it again changes nothing."""
        self._leased.discard(self._run)
        self._leased = set()


class MemoryJournal:
    """Keeps everything until it is dropped."""

    def __init__(self) -> None:
        self._programs: dict[str, tuple[dict[str, str], bytes]] = {}
        self._entries: dict[str, list[Entry]] = {}
        self._summaries: dict[str, RunSummary] = {}
        self._leased: set[str] = set()
        self._ledger = Ledger()
        self._lock = RLock()

    def keep_program(self, digest: str, sources: Mapping[str, str], bundle: bytes = b"") -> None:
        """Store a program's sources and bundle under its digest; doing it again changes nothing."""
        self._programs.setdefault(digest, (dict(sources), bundle))

    def program(self, digest: str) -> Mapping[str, str]:
        """Return the sources of a program. Raises `UnknownProgram`."""
        try:
            return dict(self._programs[digest][0])
        except KeyError:
            raise unknown_program(digest) from None

    def bundle(self, digest: str) -> bytes:
        """Return the bundle of a program; nothing where none was kept. Raises `UnknownProgram`."""
        try:
            return self._programs[digest][1]
        except KeyError:
            raise unknown_program(digest) from None

    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        """Append after sequence number `expected` (0: a new run), all or nothing; return the chain's head.

        Raises `Conflict` when `expected` is not the run's last sequence number.
        """
        held = self._entries.get(run, ())
        if len(held) != expected:
            raise conflict(run, expected, len(held))
        head = held[-1].digest if held else chain.origin(run)
        made: list[Entry] = []
        for sequence, pending in enumerate(entries, expected + 1):
            head = chain.link(head, pending.event, pending.outcome, pending.meaning)
            made.append(Entry(run, sequence, pending.event, pending.outcome, head, pending.meaning))
        if made:
            self._entries.setdefault(run, []).extend(made)
            count = expected + len(made)
            counted = (
                summary if (summary.run, summary.entries) == (run, count) else replace(summary, run=run, entries=count)
            )
            self._summaries[run] = counted
        return head

    def append_all(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        """Append to several runs; a conflict of one run leaves the others alone."""
        done: list[bytes | Conflict] = []
        with self._lock:
            for each in appends:
                try:
                    done.append(self._append(each))
                except Conflict as refused:
                    done.append(refused)
        return done

    def _append(self, append: Append) -> bytes:
        reserving = append.reserving
        if reserving is None:
            head = self.append(append.run, append.expected, append.entries, append.summary)
            self._ledger.settle(append.releases, append.came)
            return head
        held = len(self._entries.get(append.run, ()))
        if held != append.expected:
            raise conflict(append.run, append.expected, held)
        entries, summary, releases, came = append.entries, append.summary, append.releases, append.came
        answers: list[Settlement] = []
        try:
            while reserving is not None:
                answers.append(self._ledger.answer(append.run, reserving.reserve, reserving.at))
                made = reserving.make(answers[-1])
                entries, summary, reserving = (*entries, *made.entries), made.summary, made.reserving
                releases, came = (*releases, *made.releases), (*came, *made.came)
            head = self.append(append.run, append.expected, entries, summary)
        except BaseException:
            for answer in reversed(answers):
                self._ledger.take_back(append.run, answer)
            raise
        self._ledger.settle(releases, came)
        return head

    def held(self) -> Sequence[Held]:
        """Return what the ledger holds, by limit and key, each in order of time."""
        return tuple(self._ledger.held())

    def breakers(self) -> Mapping[str, BreakerState]:
        """Return the states of the breakers that were ever told of a failure, by the names of their tools."""
        return dict(self._ledger.breakers.states)

    def replace_ledger(self, held: Sequence[Held], breakers: Mapping[str, BreakerState] | None = None) -> None:
        """Have the ledger hold exactly this."""
        self._ledger.replace(held, breakers)

    def prune_ledger(self) -> int:
        """Forget what no window reaches any more, and return how much that was."""
        return self._ledger.prune()

    def read(self, run: str, after: int = 0) -> Iterator[Entry]:
        """Yield a run's entries in order; memory needs no verification. Raises `UnknownRun`."""
        try:
            held = self._entries[run]
        except KeyError:
            raise unknown_run(run) from None
        return iter(held[max(after, 0) :])

    def runs(self) -> Sequence[RunSummary]:
        """List the runs, the newest first."""
        return tuple(reversed(self._summaries.values()))

    def check(self) -> Sequence[str]:
        """Nothing can be wrong."""
        return ()

    def lease(self, run: str) -> MemoryLease | None:
        """Lease a run for whoever drives it; None while somebody else holds it."""
        return None if run in self._leased else MemoryLease(self._leased, run)

    def close(self) -> None:
        """Nothing is held."""
