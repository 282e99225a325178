from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from interlock.errors import Conflict, UnknownProgram, UnknownRun
from interlock.journal.conformance import CASES, Case, Nonconforming, Store
from interlock.journal.journal import Journal
from interlock.journal.memory import MemoryJournal
from interlock.journal.sqlite import SqliteJournal
from journal.wrong import WRONG, Apart
from journal.wrong_breakers import WRONG_BREAKERS


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


class WrongStore:
    def __init__(self, wrong: type[MemoryJournal]) -> None:
        self._journal = wrong()

    def open(self) -> Journal:
        return Apart() if isinstance(self._journal, Apart) else self._journal


def found_wrong(wrong: type[MemoryJournal]) -> Iterator[str]:
    for case in CASES:
        try:
            case(WrongStore(wrong))
        except Nonconforming as found:
            yield f"{wrong.__name__}, {case.__name__}: {found}"
        except (Conflict, LookupError, UnknownProgram, UnknownRun, ValueError) as found:
            yield f"{wrong.__name__}, {case.__name__}: {type(found).__name__}"


@pytest.mark.parametrize("wrong", (*WRONG, *WRONG_BREAKERS))
def test_the_suite_says_what_is_wrong_with_a_journal(wrong: type[MemoryJournal]) -> None:
    """`wrong.txt` lists what each case says of each wrong journal; a case that passes is not in it."""
    said = (Path(__file__).parent / "wrong.txt").read_text().splitlines()
    assert list(found_wrong(wrong)) == [line for line in said if line.startswith(f"{wrong.__name__}, ")] != []


def test_every_case_finds_something_wrong() -> None:
    said = (Path(__file__).parent / "wrong.txt").read_text()
    assert [case.__name__ for case in CASES if f", {case.__name__}: " not in said] == []
