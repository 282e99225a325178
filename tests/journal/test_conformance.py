from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from interlock.errors import Conflict
from interlock.journal.conformance import CASES, Case, Nonconforming, Store
from interlock.journal.journal import Append, Entry, Journal, Pending, RunSummary
from interlock.journal.memory import MemoryJournal
from interlock.journal.sqlite import SqliteJournal


class MemoryStore:
    def __init__(self, made: Callable[[], Journal] = MemoryJournal) -> None:
        self._journal = made()

    def open(self) -> Journal:
        return self._journal


class SqliteStore:
    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self) -> Journal:
        return SqliteJournal(self._path)


STORES: Mapping[str, Callable[[Path], Store]] = {
    "memory": lambda folder: MemoryStore(),
    "sqlite": lambda folder: SqliteStore(folder / "runs.db"),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
@pytest.mark.parametrize("store", STORES)
def test_conforms(store: str, case: Case, tmp_path: Path) -> None:
    case(STORES[store](tmp_path))


class Forgetful(MemoryJournal):
    def runs(self) -> Sequence[RunSummary]:
        return super().runs()[1:]


class Trusting(MemoryJournal):
    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        return super().append(run, len(self._entries.get(run, ())), entries, summary)


class Unchained(MemoryJournal):
    def read(self, run: str, after: int = 0) -> Iterator[Entry]:
        for entry in super().read(run, after):
            yield Entry(run, entry.sequence, entry.event, entry.outcome, bytes(32))


class Halfhearted(MemoryJournal):
    def append_all(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        done = []
        for each in appends:
            done.append(self.append(each.run, each.expected, each.entries, each.summary))
        return done


class Editing(MemoryJournal):
    def keep_program(self, digest: str, sources: Mapping[str, str], bundle: bytes = b"") -> None:
        self._programs[digest] = {name: text.replace("\r\n", "\n") for name, text in sources.items()}, bundle


@pytest.mark.parametrize("wrong", [Forgetful, Trusting, Unchained, Halfhearted, Editing])
def test_the_suite_finds_a_wrong_journal(wrong: type[MemoryJournal]) -> None:
    found = 0
    for case in CASES:
        try:
            case(MemoryStore(wrong))
        except (Nonconforming, Conflict, LookupError):
            found += 1
    assert found
