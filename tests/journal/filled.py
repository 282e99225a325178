"""A journal with some runs in it."""

import sqlite3
from pathlib import Path

from interlock.journal import chain
from interlock.journal.codec import encode
from interlock.journal.journal import Journal, Pending, RunSummary
from interlock.journal.sqlite import SqliteJournal
from interlock.journal.verify import verify
from interlock.run.protocol.events import RunResumed


def pending(number: int) -> Pending:
    return Pending(encode(RunResumed(number)), chain.origin(f"outcome {number}"))


def summary(run: str) -> RunSummary:
    return RunSummary(run, "refund", "d1", "running", 1, 2, 0)


def filled(path: Path, runs: int = 3, entries: int = 6) -> Path:
    with SqliteJournal(path) as journal:
        journal.keep_program("d1", {"refund.ilk": "tool a() {}\n" * 20})
        for number in range(1, entries + 1):
            for run in range(runs):
                journal.append(f"run-{run}", number - 1, (pending(number),), summary(f"run-{run}"))
    return path


def changed(path: Path, statements: str) -> Path:
    """Change a journal behind the back of what guards it."""
    connection = sqlite3.connect(path)
    connection.executescript(statements)
    connection.close()
    return path


def problems_of(path: Path) -> list[str]:
    with SqliteJournal(path) as journal:
        return list(verify(journal).problems)


def contents(journal: Journal) -> object:
    listed = journal.runs()
    return listed, [list(journal.read(line.run)) for line in listed], [journal.program(line.program) for line in listed]
