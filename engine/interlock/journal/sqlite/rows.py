"""Rows of the journal's tables: the row of a run, with its seal, and what an entry's row must be made of."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from json.encoder import encode_basestring
from typing import TypeAlias

from interlock.journal.journal import RunSummary
from interlock_dsl.schema.canonical import canonical

_quoted: Callable[[str], str] = encode_basestring


@dataclass(slots=True)
class Head:
    """Where a run stands: its number, how many entries, the last one's position and digest, its link."""

    number: int
    entries: int
    last: int
    digest: bytes
    link: bytes


Row: TypeAlias = tuple[int, str, str, str, str, int, int, str, int, int, bytes, bytes, bytes]


def row_of(run: str, summary: RunSummary, head: Head) -> Row:
    """Return the row of a run, sealed."""
    sealed = (
        f"[{head.number},{_quoted(run)},{_quoted(summary.workflow)},{_quoted(summary.program)},"
        f"{_quoted(summary.status)},{summary.started},{summary.updated},{_quoted(summary.detail)},"
        f'{head.entries},{head.last},"{head.digest.hex()}","{head.link.hex()}"]'
    )
    return (
        head.number, run, summary.workflow, summary.program, summary.status, summary.started, summary.updated,
        summary.detail, head.entries, head.last, head.digest, head.link, sha256(sealed.encode()).digest()[:16],
    )  # fmt: skip


def of_one_kind(row: tuple[object, ...]) -> bool:
    """Whether the parts of an entry are of the kinds they were written as; SQLite's type checks can be turned off."""
    return isinstance(row[3], int) and all(isinstance(part, bytes) for part in row[4:])


def seal_of(cells: tuple[object, ...]) -> bytes:
    """Return the seal of a row as it was read: a digest of its other cells, the same that `row_of` gives it."""
    plain = [cell.hex() if isinstance(cell, bytes) else cell for cell in cells]
    try:
        return sha256(canonical(plain)).digest()[:16]
    except (ValueError, TypeError):  # cells that were never written
        return b""


def summary_of(row: Row) -> tuple[RunSummary, Head, bytes]:
    """Return what a row says: the line of the list, where the run stands, the seal."""
    number, run, workflow, program, status, started, updated, detail, entries, last, head, link, seal = row
    summary = RunSummary(run, workflow, program, status, started, updated, entries, detail)
    return summary, Head(number, entries, last, head, link), seal
