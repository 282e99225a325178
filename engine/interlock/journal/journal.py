"""The journal: append-only, hash-chained, one entry per event; the only state there is.

This is the port. Implementations (memory, SQLite) hold it to the same conformance suite. Methods are synchronous and
short; whoever has an event loop calls them from it. Many runs share one durable write through `append_all`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, Protocol

from interlock.errors import Conflict
from interlock.run.breakers import BreakerState, Came
from interlock.run.ledger import Asked, Held, Settlement
from interlock.run.protocol.frozen import frozen
from interlock.run.protocol.meaning import MEANING


@frozen
class Entry:
    """One event of a run, as stored.

    `sequence` counts from 1. `event` is canonical JSON (RFC 8785). `outcome` is the digest of what the machine decided
    on it; `digest` chains: SHA-256 over the previous entry's digest, the meaning, the outcome and the event. Both are
    32 bytes. `meaning` is the version of what the entry means (`interlock.run.protocol.meaning`).
    """

    run: str
    sequence: int
    event: bytes
    outcome: bytes
    digest: bytes
    meaning: int = MEANING


@frozen
class RunSummary:
    """A line of the list of runs. Times in microseconds since 1970; `status` is running, waiting, or how it ended.

    `workflow` is empty for a session.
    """

    run: str
    workflow: str
    program: str
    status: str
    started: int
    updated: int
    entries: int
    detail: str = ""

    @property
    def kind(self) -> Literal["workflow", "session"]:
        """What kind of run it is: a session follows no workflow."""
        return "workflow" if self.workflow else "session"


@frozen
class Pending:
    """What is about to be appended: an event, the outcome digest, and the version of their meaning."""

    event: bytes
    outcome: bytes
    meaning: int = MEANING


@frozen
class Settled:
    """What a reservation led to: the entries that follow, the run's line in the list, and what is given back.

    `releases` and `came` are as in `Append`; the reservation at hand may be among them, and is then not held. With
    `reserving`, something else is asked next in the same transaction, and what that leads to follows.
    """

    entries: Sequence[Pending]
    summary: RunSummary
    releases: tuple[str, ...] = ()
    came: tuple[Came, ...] = ()
    reserving: "Reserving | None" = None


@frozen
class Reserving:
    """A `Reserve` or an `Admit` to be answered inside the transaction of an append, at a moment (microseconds since
    1970).

    `make` is called once at most, inside the transaction, with the answer that `interlock.run.ledger.settled` or
    `interlock.run.breakers.judged` gives to what is used by then. What it returns is appended after the entries of the
    append. It must neither wait nor use the journal. Where the append fails after it was called, nothing was written,
    and what it did must be dropped.
    """

    reserve: Asked
    at: int
    make: Callable[[Settlement], Settled]


@frozen
class Append:
    """Entries for one run after sequence number `expected` (0: a new run), and the run's line in the list.

    `releases` are the reservations that the ledger does not hold any more from then on (see
    `interlock.run.ledger.reservation_of`); one that it does not hold changes nothing. `came` is what breakers are told
    of attempts with the entries (`interlock.run.breakers.told`). With `reserving`, a
    reservation and the entries that follow from it are part of the append, and the line in the list is the one that
    its `make` returns (the last one, where that asks for more). Releases and what breakers are told come after every
    answer.
    """

    run: str
    expected: int
    entries: Sequence[Pending]
    summary: RunSummary
    releases: tuple[str, ...] = ()
    reserving: Reserving | None = None
    came: tuple[Came, ...] = ()


class Lease(Protocol):
    """The right to drive a run. It ends with `release`, or with the process that holds it."""

    def release(self) -> None:
        """Give the run free; doing it again changes nothing."""
        ...


class Journal(Protocol):
    """Where runs are recorded.

    Raises, all from `interlock.errors`: `JournalMissing`, `JournalCorrupt` (naming run and sequence),
    `JournalUnavailable` (locked, read-only, disk full: nothing was written), `UnknownRun`, `UnknownProgram`.
    """

    def keep_program(self, digest: str, sources: Mapping[str, str], bundle: bytes = b"") -> None:
        """Store a program's sources and, where given, its bundle under its digest; doing it again changes nothing."""
        ...

    def program(self, digest: str) -> Mapping[str, str]:
        """Return the sources of a program. Raises `UnknownProgram`."""
        ...

    def bundle(self, digest: str) -> bytes:
        """Return the bundle of a program, which may be damaged; nothing where none was kept.

        Raises `UnknownProgram`.
        """
        ...

    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        """Append after sequence number `expected` (0: a new run), durably, all or nothing; return the chain's head.

        Raises `Conflict` when `expected` is not the run's last sequence number: another worker advanced it.
        """
        ...

    def append_all(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        """Append to several runs in one durable write; a conflict of one run leaves the others alone.

        A run occurs at most once. Returns, for each, the chain's head or the conflict. Appends are made in the given
        order, what they reserve and release included; those of other processes come before or after all of them. With
        a conflict nothing is reserved or released, and no `make` is called. Where the journal works and its ledger
        does not, the answer to a `Reserve` is an `Exhausted`, that to an `Admit` a `Withheld`, that says so.
        """
        ...

    def held(self) -> Sequence[Held]:
        """Return what the ledger holds, by limit and key, each in order of time.

        Of a claim's fields, `rule`, `most` and `period` are those of the longest window asked for so far.
        """
        ...

    def breakers(self) -> Mapping[str, BreakerState]:
        """Return the states of the breakers that were ever told of a failure, by the names of their tools."""
        ...

    def replace_ledger(self, held: Sequence[Held], breakers: Mapping[str, BreakerState] | None = None) -> None:
        """Have the ledger hold exactly this, durably: for a ledger that is rebuilt from the journal's runs."""
        ...

    def prune_ledger(self) -> int:
        """Forget what no window reaches any more, and return how much that was.

        That is what was taken of an account as long before its latest reservation as the longest window asked for.
        """
        ...

    def read(self, run: str, after: int = 0) -> Iterator[Entry]:
        """Yield a run's entries in order, verifying the chain on the way, and that none is missing at the end.

        Of a damaged run the entries before the first break are yielded; then `JournalCorrupt` names the break. Raises
        `UnknownRun`.
        """
        ...

    def runs(self) -> Sequence[RunSummary]:
        """List the runs, the newest first; none can be missing unnoticed."""
        ...

    def check(self) -> Sequence[str]:
        """Return what is wrong with the store as such, in sentences; the chains are `verify`'s business."""
        ...

    def lease(self, run: str) -> Lease | None:
        """Lease a run, which need not exist, for whoever drives it; None while somebody else holds it.

        It excludes all others that use the same journal, in this process and in any other. Nobody waits.
        """
        ...

    def close(self) -> None:
        """Release what is held; doing it again changes nothing."""
        ...
