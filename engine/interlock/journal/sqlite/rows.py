"""Rows of the journal's tables: the row of a run, with its seal, and what an entry's row must be made of.

The line of a run is its row in the form in which the last entry holds it: the seal, then what is sealed. It also says
which postings of the ledger are not in its table.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Final, TypeAlias, cast

from interlock.errors import JournalCorrupt
from interlock.journal.journal import RunSummary
from interlock.run.protocol.frozen import frozen
from interlock_dsl.schema.canonical import canonical

_quoted: Callable[[str], str] = encode_basestring

NO_ENTRY: Final = 0
"""The position before the first entry."""
ROW: Final = "number, run, workflow, program, status, started, updated, detail, entries, last, head, link, seal"
"""The columns of a run's row."""
_SEAL: Final = 16


@frozen
class Head:
    """Where a run stands: its number, how many entries, the last one's position and digest, its link."""

    number: int
    entries: int
    last: int
    digest: bytes
    link: bytes


_NOWHERE: Final = Head(0, 0, NO_ENTRY, b"", b"")


class LostEnd(JournalCorrupt):
    """What stood at the end of the entries is lost: how the run of the last entry stands is not known."""


@frozen
class End:
    """What stands at the end of the entries: the last position, and how the run of that entry stands.

    Where there are no entries, there is no run. `unposted` is the position of the last entry with something of the
    ledger that its table lacks, 0 where it lacks nothing.
    """

    position: int
    run: str = ""
    summary: RunSummary | None = None
    head: Head = _NOWHERE
    unposted: int = NO_ENTRY


Row: TypeAlias = tuple[int, str, str, str, str, int, int, str, int, int, bytes, bytes, bytes]


def _sealed(run: str, summary: RunSummary, head: Head) -> bytes:
    return (
        f"[{head.number},{_quoted(run)},{_quoted(summary.workflow)},{_quoted(summary.program)},"
        f"{_quoted(summary.status)},{summary.started},{summary.updated},{_quoted(summary.detail)},"
        f'{head.entries},{head.last},"{head.digest.hex()}","{head.link.hex()}"]'
    ).encode()


def row_of(run: str, summary: RunSummary, head: Head) -> Row:
    """Return the row of a run, sealed."""
    return (
        head.number, run, summary.workflow, summary.program, summary.status, summary.started, summary.updated,
        summary.detail, head.entries, head.last, head.digest, head.link,
        sha256(_sealed(run, summary, head)).digest()[:_SEAL],
    )  # fmt: skip


def line_of(run: str, summary: RunSummary, head: Head, unposted: int = NO_ENTRY) -> bytes:
    """Return the line of a run, as the last entry holds it. `unposted` is as in `End`."""
    sealed = _sealed(run, summary, head)
    if unposted != NO_ENTRY:
        sealed = b"%b,%d]" % (sealed[:-1], unposted)
    return sha256(sealed).digest()[:_SEAL] + sealed


def line_of_row(row: Row) -> bytes:
    """Return the line that says what a row says, with the same seal."""
    return row[12] + canonical(_plain(row[:12]))


def end_of(position: int, line: object) -> End | None:
    """Return what the line of the entry at a position says; None where it is not as it was written."""
    if not isinstance(line, bytes) or sha256(line[_SEAL:]).digest()[:_SEAL] != line[:_SEAL]:
        return None
    try:
        cells = json.loads(line[_SEAL:])
        digests = [bytes.fromhex(cell) for cell in cells[10:12]]
        summary, head, _ = summary_of(cast("Row", (*cells[:10], *digests, line[:_SEAL])))
    except (ValueError, TypeError):
        return None
    unposted = cells[12] if len(cells) > 12 else NO_ENTRY
    return End(position, summary.run, summary, head, unposted) if head.last == position else None


def of_one_kind(row: tuple[object, ...]) -> bool:
    """Whether the parts of an entry are of the kinds they were written as; SQLite's type checks can be turned off."""
    return isinstance(row[3], int) and all(isinstance(part, bytes) for part in row[4:])


def _plain(cells: tuple[object, ...]) -> list[object]:
    return [cell.hex() if isinstance(cell, bytes) else cell for cell in cells]


def seal_of(cells: tuple[object, ...]) -> bytes:
    """Return the seal of a row as it was read: a digest of its other cells, the same that `row_of` gives it."""
    try:
        return sha256(canonical(_plain(cells))).digest()[:_SEAL]
    except (ValueError, TypeError):  # cells that were never written
        return b""


def summary_of(row: Row) -> tuple[RunSummary, Head, bytes]:
    """Return what a row says: the line of the list, where the run stands, the seal."""
    number, run, workflow, program, status, started, updated, detail, entries, last, head, link, seal = row
    summary = RunSummary(run, workflow, program, status, started, updated, entries, detail)
    return summary, Head(number, entries, last, head, link), seal
