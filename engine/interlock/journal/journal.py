"""The journal: append-only, hash-chained, one entry per event; the only state there is.

This is the port. Implementations (memory, SQLite) hold it to the same conformance suite. Methods are synchronous and
short; whoever has an event loop calls them from it. Many runs share one durable write through `append_all`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from interlock.errors import Conflict
from interlock.run.protocol.meaning import MEANING


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A line of the list of runs. Times in microseconds since 1970; `status` is running, waiting, or how it ended."""

    run: str
    workflow: str
    program: str
    status: str
    started: int
    updated: int
    entries: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """What is about to be appended: an event, the outcome digest, and the version of their meaning."""

    event: bytes
    outcome: bytes
    meaning: int = MEANING


@dataclass(frozen=True, slots=True)
class Append:
    """Entries for one run after sequence number `expected` (0: a new run), and the run's line in the list."""

    run: str
    expected: int
    entries: Sequence[Pending]
    summary: RunSummary


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
        """Return the sources of a program."""
        ...

    def bundle(self, digest: str) -> bytes:
        """Return the bundle of a program, which may be damaged; nothing where none was kept."""
        ...

    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        """Append after sequence number `expected` (0: a new run), durably, all or nothing; return the chain's head.

        Raises `Conflict` when `expected` is not the run's last sequence number: another worker advanced it.
        """
        ...

    def append_all(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        """Append to several runs in one durable write; a conflict of one run leaves the others alone.

        A run occurs at most once. Returns, for each, the chain's head or the conflict.
        """
        ...

    def read(self, run: str, after: int = 0) -> Iterator[Entry]:
        """Yield a run's entries in order, verifying the chain on the way, and that none is missing at the end.

        Of a damaged run the entries before the first break are yielded; then `JournalCorrupt` names the break.
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
