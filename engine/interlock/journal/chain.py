"""The hash chain: how an entry is bound to everything before it, and a run to its journal.

    digest(entry n) = SHA-256( digest(entry n-1) | meaning | outcome | event )  digest(entry 0) = origin(run)
    link(run n)     = SHA-256( link(run n-1) | digest of its first entry )      link(run 0) = ROOT

The meaning is a version, four bytes. Fixed-length parts come first, so no two different entries give the same bytes to
the hash. The origin holds the run's name: an entry cannot be moved to another run. Who keeps a head
outside the journal can prove the journal from it.
"""

from hashlib import sha256
from typing import Final

from interlock.run.protocol.meaning import MEANING

DIGEST_SIZE: Final = 32
"""Bytes of every digest, of entries, outcomes and links."""

ROOT: Final = sha256(b"interlock journal 2").digest()
"""The link before the first run."""


_MEANING: Final = MEANING.to_bytes(4, "big")


def origin(run: str) -> bytes:
    """Return the digest that stands before a run's first entry."""
    return sha256(b"interlock run 2\0" + run.encode()).digest()


def link(previous: bytes, event: bytes, outcome: bytes, meaning: int = MEANING) -> bytes:
    """Return the digest of an entry, from the digest of the one before it."""
    version = _MEANING if meaning == MEANING else (meaning & 0xFFFFFFFF).to_bytes(4, "big")
    return sha256(previous + version + outcome + event).digest()


def link_run(previous: bytes, first: bytes) -> bytes:
    """Return the link of a run, from the link of the run begun before it and the digest of its first entry."""
    return sha256(previous + first).digest()
