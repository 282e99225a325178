"""What the cases of the conformance suite share: the place they run on, and how they say what is wrong."""

from collections.abc import Callable
from typing import Protocol

from interlock.errors import InterlockError
from interlock.journal import chain
from interlock.journal.codec import encode
from interlock.journal.journal import Journal, Pending, RunSummary
from interlock.run.protocol.events import RunResumed


class Nonconforming(AssertionError):
    """A journal does not keep the contract; the message says in what."""


class Store(Protocol):
    """Opens journals over one place that was empty at first."""

    def open(self) -> Journal:
        """Open the journal of this place, again and again."""
        ...


Case = Callable[[Store], None]


def must(holds: bool, what: str) -> None:
    """Raise `Nonconforming`, saying what is wrong, unless something holds."""
    if not holds:
        raise Nonconforming(what)


def refuses(error: type[InterlockError], act: Callable[[], object], what: str) -> None:
    """Raise `Nonconforming` unless something is refused with an error that says something."""
    try:
        act()
    except error as refused:
        must(len(str(refused)) > 0, f"{what}: the refusal says nothing")
    else:
        raise Nonconforming(f"{what}: expected {error.__name__}")


def pending(number: int) -> Pending:
    """Return an entry to append, another one for each number."""
    return Pending(encode(RunResumed(number)), chain.origin(f"outcome {number}"))


def summary(run: str, status: str = "running", detail: str = "") -> RunSummary:
    """Return the line of a run in the list."""
    return RunSummary(run, "refund", "f" * 64, status, 1, 2, 0, detail)


def fill(journal: Journal, run: str, count: int, first: int = 1) -> bytes:
    """Append entries to a run one after the other; return the head."""
    head = b""
    for number in range(first, first + count):
        head = journal.append(run, number - 1, (pending(number),), summary(run))
    return head
