"""Journals in SQLite that were damaged or forged: noticed, and named with their place."""

import os
import re
import sqlite3
import stat
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interlock.errors import InterlockError, JournalCorrupt
from interlock.journal import chain
from interlock.journal.journal import Pending
from interlock.journal.sqlite import SqliteJournal, leases
from interlock.journal.verify import verify
from journal.filled import changed, contents, filled, pending, problems_of, summary


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, object]:
    path = filled(tmp_path_factory.mktemp("intact") / "runs.db")
    with SqliteJournal(path) as journal:
        held = contents(journal)
    return path.read_bytes(), held


def read_all(path: Path) -> object:
    """Return everything a journal holds, or raise; never anything but the errors of the engine."""
    with SqliteJournal(path) as journal:
        found = verify(journal)
        if not found.holds:
            raise JournalCorrupt("; ".join(found.problems))
        return contents(journal)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_bit_is_noticed_or_changes_nothing(
    intact: tuple[bytes, object], tmp_path: Path, data: st.DataObject
) -> None:
    content, held = intact
    used = [at for at, byte in enumerate(content) if byte]
    at = data.draw(st.sampled_from(used) | st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[at] ^= 1 << data.draw(st.integers(0, 7))
    path = tmp_path / "runs.db"
    for leftover in tmp_path.iterdir():
        leftover.unlink()
    path.write_bytes(bytes(changed))
    try:
        unharmed = read_all(path) == held
    except InterlockError as refused:
        unharmed = bool(str(refused))
    assert unharmed


def test_a_flipped_bit_in_the_head_of_a_line_is_noticed(intact: tuple[bytes, object], tmp_path: Path) -> None:
    """What stands before the name of a run, or before an event, says of what types the parts of the line are."""
    content, held = intact
    heads = {match.start() - back for match in re.finditer(b"run-1", content) for back in range(1, 16)}
    event = content.index(pending(3).event)
    sources = content.index(b'{"refund.ilk"')
    heads |= {*range(event - 16, event), *range(sources - 10, sources)}
    path = tmp_path / "runs.db"
    for at, bit in product(sorted(heads), range(8)):
        changed = bytearray(content)
        changed[at] ^= 1 << bit
        for leftover in tmp_path.iterdir():
            leftover.unlink()
        path.write_bytes(bytes(changed))
        try:
            assert read_all(path) == held, (at, bit)
        except InterlockError as refused:
            assert str(refused)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_cut_file_is_noticed(intact: tuple[bytes, object], tmp_path: Path, data: st.DataObject) -> None:
    content, _ = intact
    path = tmp_path / "runs.db"
    for leftover in tmp_path.iterdir():
        leftover.unlink()
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(InterlockError):
        read_all(path)


FORGERIES = {
    "an event is changed": (
        "UPDATE entries SET event = CAST(replace(event, '3', '4') AS BLOB) WHERE number = 2 AND sequence = 3",
        "run run-1, entry 3: the chain is broken here",
    ),
    "an outcome is changed": (
        "UPDATE entries SET outcome = zeroblob(32) WHERE number = 2 AND sequence = 3",
        "run run-1, entry 3: the chain is broken here",
    ),
    "a meaning is changed": (
        "UPDATE entries SET meaning = 7 WHERE number = 2 AND sequence = 3",
        "run run-1, entry 3: the chain is broken here",
    ),
    "an event and its digest are changed": (
        "UPDATE entries SET event = x'31', digest = zeroblob(32) WHERE number = 2 AND sequence = 3",
        "run run-1, entry 3: the chain is broken here",
    ),
    "an entry in the middle is deleted": (
        "DELETE FROM entries WHERE number = 2 AND sequence = 3",
        "run run-1, entry 3: missing",
    ),
    "an entry in the middle is cut out": (
        "UPDATE entries SET previous = (SELECT previous FROM entries WHERE number = 2 AND sequence = 3)"
        " WHERE number = 2 AND sequence = 4; DELETE FROM entries WHERE number = 2 AND sequence = 3",
        "run run-1, entry 3: another entry stands in its place",
    ),
    "the last entry is deleted": (
        "DELETE FROM entries WHERE number = 2 AND sequence = 6",
        "run run-1, entry 6: missing",
    ),
    "the last entry is cut off": (
        "UPDATE runs SET entries = 5, last = (SELECT position FROM entries WHERE number = 2 AND sequence = 5),"
        " head = (SELECT digest FROM entries WHERE number = 2 AND sequence = 5) WHERE number = 2;"
        "DELETE FROM entries WHERE number = 2 AND sequence = 6",
        "run run-1: its line in the list of runs was changed",
    ),
    "an entry of another run is put in": (
        "UPDATE entries SET event = (SELECT event FROM entries WHERE number = 1 AND sequence = 3),"
        " digest = (SELECT digest FROM entries WHERE number = 1 AND sequence = 3) WHERE number = 2 AND sequence = 3",
        "run run-1, entry 3: the chain is broken here",
    ),
    "a status is changed": (
        "UPDATE runs SET status = 'ended' WHERE number = 2",
        "run run-1: its line in the list of runs was changed",
    ),
    "a run is renamed": ("UPDATE runs SET run = 'run-9' WHERE number = 2", "run run-9"),
    "a run in the middle is deleted": (
        "DELETE FROM entries WHERE number = 2; DELETE FROM runs WHERE number = 2",
        "run number 2 is missing",
    ),
    "the last run is deleted": (
        "DELETE FROM entries WHERE number = 3; DELETE FROM runs WHERE number = 3",
        "has lost runs: it held 3, 2 are left",
    ),
    "the last run is deleted and the count lowered": (
        "DELETE FROM entries WHERE number = 3; DELETE FROM runs WHERE number = 3; UPDATE journal SET runs = 2",
        "has lost runs",
    ),
    "a program is changed": (
        "UPDATE programs SET sources = CAST(replace(sources, 'tool', 'loot') AS BLOB)",
        "the sources of program d1 were changed",
    ),
    "a program is deleted": ("DELETE FROM programs", "holds no program of the digest d1"),
    "a stray entry is added": (
        "INSERT INTO entries (previous, number, sequence, meaning, event, outcome, digest)"
        " VALUES (0, 9, 1, 1, x'31', x'', x'')",
        "18 entries were written, 19 are left",
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_is_named_with_its_place(tmp_path: Path, forgery: str) -> None:
    statement, said = FORGERIES[forgery]
    problems = problems_of(changed(filled(tmp_path / "runs.db"), statement))
    assert any(said in problem for problem in problems), problems
    if "entry 3:" in said:
        assert any(problem.endswith("; entries 1 to 2 of 6 hold") for problem in problems), problems


def test_a_run_whose_entries_are_whole_but_cannot_be_followed_holds_to_the_end(tmp_path: Path) -> None:
    statement = "UPDATE entries SET previous = 999 WHERE number = 2 AND sequence = 4"
    (problem,) = problems_of(changed(filled(tmp_path / "runs.db"), statement))
    assert problem == "run run-1, entry 3: missing; entries 1 to 6 of 6 hold"


def test_what_was_written_but_is_no_event_is_noticed_unless_its_meaning_is_another(tmp_path: Path) -> None:
    """What entries of another meaning hold is not for this version to say; their chain is verified all the same."""
    with SqliteJournal(tmp_path / "runs.db") as journal:
        journal.keep_program("d1", {"refund.ilk": "tool a() {}"})
        odd = Pending(b'{"type":"no event"}', bytes(32))
        journal.append("r1", 0, (pending(1), odd), summary("r1"))
        journal.append("r2", 0, (pending(1), replace(odd, meaning=99)), summary("r2"))
        (problem,) = verify(journal).problems
    assert problem.startswith("run r1, entry 2") and problem.endswith("entries 1 to 1 of 2 hold")


def test_a_new_journal_is_made_durable_in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed = []
    fsync = os.fsync

    def noting(handle: int) -> None:
        flushed.append(stat.S_ISDIR(os.fstat(handle).st_mode) and os.fstat(handle).st_ino)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noting)
    SqliteJournal(tmp_path / "runs.db").close()
    assert tmp_path.stat().st_ino in flushed


def test_the_lock_of_a_run_is_in_the_same_place_in_every_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = []
    monkeypatch.setattr(leases, "_set", lambda handle, place, locked: places.append(place))
    lease = leases.lease(tmp_path / "drivers", "run-1")
    assert lease is not None
    lease.release()
    assert set(places) == {1_037_468_368_072_697_141}


def test_a_last_entry_that_was_written_anew_with_a_sound_chain_is_not_the_one_that_was_written(tmp_path: Path) -> None:
    path = filled(tmp_path / "runs.db")
    with SqliteJournal(path) as journal:
        before = list(journal.read("run-1"))[-2]
    other = pending(99)
    connection = sqlite3.connect(path)
    connection.execute(
        "UPDATE entries SET event = ?, outcome = ?, digest = ? WHERE number = 2 AND sequence = 6",
        (other.event, other.outcome, chain.link(before.digest, other.event, other.outcome)),
    )
    connection.commit()
    connection.close()
    with SqliteJournal(path) as journal:
        assert verify(journal).problems == (
            "run run-1, entry 6: not the entry that was written last; entries 1 to 5 of 6 hold",
        )
