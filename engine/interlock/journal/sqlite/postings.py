"""Postings: what entries hold of the ledger until it is written into its table.

The last entry that is written with a reservation holds its posting, sealed. The line of the last entry of all says
which entry holds the last posting that the table lacks, and each says which one holds those before. So whoever opens
the file finds them, however many entries lie between.
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Final

from interlock.run.protocol.frozen import frozen

NONE: Final = 0
"""The position of no posting: the table holds everything."""
_SEAL: Final = 16
_quoted: Callable[[str], str] = encode_basestring


class DamagedLedger(Exception):
    """The ledger holds what was never written into it."""


@frozen
class Posting:
    """What a reservation took at a moment: the numbers of accounts, with an amount each."""

    reservation: str
    at: int
    amounts: tuple[tuple[int, int], ...]


def encode(postings: Sequence[Posting], position: int, before: int) -> bytes:
    """Return what the entry at a position holds; `before` is the position of the last entry before it that holds some.

    There is one posting for each reservation that was recorded together.
    """
    parts = [f",[{each.at},{_quoted(each.reservation)}{_listed(each.amounts)}]" for each in postings]
    sealed = f"[{position},{before}{''.join(parts)}]".encode()
    return sha256(sealed).digest()[:_SEAL] + sealed


def _listed(amounts: Sequence[tuple[int, int]]) -> str:
    return "".join([f",{account},{amount}" for account, amount in amounts])


def decode(content: object, position: int) -> tuple[list[Posting], int]:
    """Return the postings in the entry at a position, and the position of the entry with those before.

    Raises `DamagedLedger`.
    """
    if isinstance(content, bytes) and sha256(content[_SEAL:]).digest()[:_SEAL] == content[:_SEAL]:
        own, before, *parts = json.loads(content[_SEAL:])
        if own == position > before:
            return [
                Posting(reservation, at, tuple(zip(amounts[::2], amounts[1::2], strict=True)))
                for at, reservation, *amounts in parts
            ], before
    raise DamagedLedger("a reservation that an entry holds is not as it was written")


def read_postings(connection: sqlite3.Connection, last: int) -> list[Posting]:
    """Return the postings that the table lacks, the first one first; the last entry that holds some is at a position.

    Raises `DamagedLedger`.
    """
    found: list[Posting] = []
    while last != NONE:
        row = connection.execute("SELECT posting FROM entries WHERE position = ?", (last,)).fetchone()
        postings, last = decode(None if row is None else row[0], last)
        found += reversed(postings)
    found.reverse()
    return found
