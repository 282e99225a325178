import os
import re
import sqlite3
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interlock.errors import Conflict, InterlockError, JournalCorrupt, JournalMissing, JournalUnavailable
from interlock.journal import chain
from interlock.journal.codec import encode
from interlock.journal.journal import Append, Journal, Pending, RunSummary
from interlock.journal.sqlite import SqliteJournal, leases
from interlock.journal.verify import verify
from interlock.run.protocol.events import ModelReplied, RunResumed, ToolReturned, Usage


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


def names(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


def contents(journal: Journal) -> object:
    listed = journal.runs()
    return listed, [list(journal.read(line.run)) for line in listed], [journal.program(line.program) for line in listed]


# --- opening ---------------------------------------------------------------------------------------------------------


def test_a_missing_journal_is_made_or_missing(tmp_path: Path) -> None:
    with pytest.raises(JournalMissing, match=r"there is no journal at .*runs\.db"):
        SqliteJournal(tmp_path / "runs.db", create=False)
    with pytest.raises(JournalMissing):
        SqliteJournal(tmp_path / "runs.db", readonly=True)
    with pytest.raises(JournalMissing, match=r"there is no folder .*nowhere to make the journal runs\.db in"):
        SqliteJournal(tmp_path / "nowhere" / "runs.db")
    assert names(tmp_path) == []
    SqliteJournal(tmp_path / "runs.db").close()
    assert names(tmp_path) == ["runs.db"]


@pytest.mark.parametrize("content", [b"", b"x", b"SQLite format 3\0", b"not a journal at all" * 400])
def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "runs.db"
    path.write_bytes(content)
    for readonly in (False, True):
        with pytest.raises(JournalCorrupt, match=r"runs\.db"):
            SqliteJournal(path, readonly=readonly)
    assert path.read_bytes() == content


def test_another_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE journal (runs, link)")
    connection.close()
    with pytest.raises(JournalCorrupt, match=r"other\.db is not a journal"):
        SqliteJournal(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JournalCorrupt, match="is not a file"):
        SqliteJournal(tmp_path)


@pytest.mark.parametrize(("schema", "said"), [(1, r"an older version \(0\.1\.0\)"), (4, "a newer version")])
def test_another_schema_is_refused(tmp_path: Path, schema: int, said: str) -> None:
    path = filled(tmp_path / "runs.db")
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {schema}")
    connection.close()
    with pytest.raises(
        JournalCorrupt, match=f"was written by {said}: it has the schema {schema}, this version knows 3"
    ):
        SqliteJournal(path)


def test_names_with_marks_of_addresses_are_paths(tmp_path: Path) -> None:
    path = filled(tmp_path / "a?mode=ro#%20 b.db")
    assert names(tmp_path) == [path.name]


def test_reading_only_writes_nothing(tmp_path: Path) -> None:
    path = filled(tmp_path / "runs.db")
    before = path.read_bytes()
    with SqliteJournal(path, readonly=True) as journal:
        assert len(journal.runs()) == 3
        assert verify(journal).holds
        with pytest.raises(JournalUnavailable, match="it is read-only"):
            journal.append("run-0", 6, (pending(7),), summary("run-0"))
        with pytest.raises(JournalUnavailable, match="it is read-only"):
            journal.keep_program("d2", {})
    assert path.read_bytes() == before


def test_a_closed_journal_says_so(tmp_path: Path) -> None:
    journal = SqliteJournal(filled(tmp_path / "runs.db"))
    journal.close()
    for act in (
        journal.runs,
        lambda: journal.read("run-0"),
        lambda: journal.append("x", 0, (pending(1),), summary("x")),
    ):
        with pytest.raises(JournalUnavailable, match="it is closed"):
            act()


# --- locks and several writers ---------------------------------------------------------------------------------------


def test_a_lock_that_stays_is_reported_and_nothing_is_written(tmp_path: Path) -> None:
    path = filled(tmp_path / "runs.db")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with SqliteJournal(path, wait=0.0) as journal:
        with pytest.raises(JournalUnavailable, match="another process holds it locked"):
            journal.append("run-0", 6, (pending(7),), summary("run-0"))
        holder.execute("ROLLBACK")
        assert len(list(journal.read("run-0"))) == 6
        journal.append("run-0", 6, (pending(7),), summary("run-0"))
    holder.close()


def test_a_full_disk_is_reported_and_nothing_is_written(tmp_path: Path) -> None:
    with SqliteJournal(filled(tmp_path / "runs.db")) as journal:
        held = contents(journal)
        (pages,) = journal._execute("PRAGMA page_count").fetchone()
        journal._execute(f"PRAGMA max_page_count = {pages}")
        large = Pending(encode(ToolReturned(1, "c1", "x" * 100_000)), bytes(32))
        appends = [Append("run-0", 6, (pending(7),), summary("run-0")), Append("new", 0, (large,), summary("new"))]
        for act in (
            lambda: journal.append("run-0", 6, (large,), summary("run-0")),
            lambda: journal.append_all(appends),
        ):
            with pytest.raises(JournalUnavailable, match="the disk is full"):
                act()
            assert contents(journal) == held
        journal._execute("PRAGMA max_page_count = 1000000")
        journal.append_all(appends)
        assert verify(journal).holds


def test_what_was_remembered_of_one_run_does_not_spoil_the_others(tmp_path: Path) -> None:
    """A stale memory is noticed in the middle of a shared transaction, which then begins anew."""
    path = filled(tmp_path / "runs.db")
    with SqliteJournal(path) as one, SqliteJournal(path) as other:
        appends = [Append(f"run-{run}", 6, (pending(7),), summary(f"run-{run}")) for run in range(3)]
        one.append_all(appends)
        other.append("run-1", 7, (pending(8),), summary("run-1"))
        appends = [Append(f"run-{run}", 7, (pending(8),), summary(f"run-{run}")) for run in range(3)]
        done = one.append_all(appends)
        assert [isinstance(each, Conflict) for each in done] == [False, True, False]
        assert "this one knew 7 entries, the journal has 8" in str(done[1])
        assert [len(list(one.read(f"run-{run}"))) for run in range(3)] == [8, 8, 8]
        assert verify(one).holds


def test_threads_and_journals_at_once_advance_every_run_once_per_number(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    SqliteJournal(path).close()
    won: list[tuple[str, int]] = []

    def work() -> None:
        with SqliteJournal(path) as journal:
            for number in range(1, 11):
                for run in ("a", "b"):
                    try:
                        journal.append(run, number - 1, (pending(number),), summary(run))
                        won.append((run, number))
                    except Conflict:
                        pass

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(won) == sorted({(run, number) for run in "ab" for number in range(1, 11)})
    with SqliteJournal(path) as journal:
        assert verify(journal).entries == 20


def test_processes_that_make_a_journal_at_once_make_one(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    code = (
        "import sys; from interlock.journal.sqlite import SqliteJournal;"
        "from interlock.journal.journal import Pending, RunSummary;"
        "name = sys.argv[2];"
        "SqliteJournal(sys.argv[1]).append(name, 0, (Pending(b'1', bytes(32)),), RunSummary(name, '', '', '', 0, 0, 0))"
    )
    workers = [subprocess.Popen([sys.executable, "-c", code, str(path), f"r{number}"]) for number in range(4)]
    assert [worker.wait() for worker in workers] == [0] * 4
    assert {line.run for line in SqliteJournal(path).runs()} == {"r0", "r1", "r2", "r3"}
    assert not [name for name in names(tmp_path) if name.endswith(".new")]


# --- damage ----------------------------------------------------------------------------------------------------------


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
    path = filled(tmp_path / "runs.db")
    statement, said = FORGERIES[forgery]
    connection = sqlite3.connect(path)
    connection.executescript(statement)
    connection.close()
    with SqliteJournal(path) as journal:
        problems = verify(journal).problems
    assert any(said in problem for problem in problems), problems
    if "entry 3:" in said:
        assert any(problem.endswith("; entries 1 to 2 of 6 hold") for problem in problems), problems


def test_a_run_whose_entries_are_whole_but_cannot_be_followed_holds_to_the_end(tmp_path: Path) -> None:
    path = filled(tmp_path / "runs.db")
    connection = sqlite3.connect(path)
    connection.executescript("UPDATE entries SET previous = 999 WHERE number = 2 AND sequence = 4")
    connection.close()
    with SqliteJournal(path) as journal:
        (problem,) = verify(journal).problems
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


# --- size ------------------------------------------------------------------------------------------------------------


def test_a_step_leaves_at_most_400_bytes(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    reply = ModelReplied(1, "c1", True, {"topic": "billing", "confidence": 0.93}, usage=Usage(812, 40, 2100))
    steps = [encode(reply), encode(ToolReturned(1, "c2", {"id": "R-100-200", "status": "paid", "total": 12_000}))]
    with SqliteJournal(path) as journal:
        empty = path.stat().st_size
        for number in range(0, 2000, 20):
            entries = [Pending(steps[number % 2], bytes(range(32))) for number in range(number, number + 20)]
            journal.append("r", number, entries, summary("r"))
    assert (path.stat().st_size - empty) / 2000 <= 400


# --- who may read it, and a disk that fills --------------------------------------------------------------------------


def test_only_its_owner_may_read_a_journal_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with SqliteJournal(tmp_path / "runs.db") as journal:
            journal.append("r", 0, (pending(1),), summary("r"))
            lease = journal.lease("r")
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
            assert lease is not None
            lease.release()
    finally:
        os.umask(before)
    assert set(modes) >= {"runs.db", "runs.db-wal", "runs.db-drivers"}
    assert set(modes.values()) == {0o600}


FILLING = """
import os, resource, sys
from itertools import product
from pathlib import Path
from interlock.errors import InterlockError, JournalUnavailable
from interlock.journal.journal import Pending, RunSummary
from interlock.journal.sqlite import SqliteJournal, leases
from interlock.journal.verify import verify

folder = Path(sys.argv[1])
outcomes = set()
for limit in [0, 1, 100, *range(512, 60_000, 1024), 400_000]:
    path = folder / f"{limit}.db"
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        code = 0
        try:
            journal = SqliteJournal(path)
            journal.keep_program("d1", {"a.ilk": "x" * 40_000})
            for number in range(20):
                line = RunSummary("r", "", "d1", "", 0, 0, 0)
                journal.append("r", number, (Pending(b'"%d"' % number, bytes(32)),), line)
        except JournalUnavailable:
            code = 1
        except BaseException:
            sys.excepthook(*sys.exc_info())
            code = 2
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 1), limit
    made = path.exists()
    with SqliteJournal(path) as journal:
        held = sum(line.entries for line in journal.runs())
        assert journal.check() == [], (limit, journal.check())
        assert len(list(journal.read("r"))) == held if held else not journal.runs()
        journal.append("s", 0, (Pending(b'1', bytes(32)),), RunSummary("s", "", "d1", "", 0, 0, 0))
    assert sorted(each.name for each in folder.iterdir() if each.name.startswith(".")) == [], limit
    outcomes.add((made, held > 0, code))
assert {(False, False, 1), (True, False, 1), (True, True, 0)} <= outcomes, outcomes
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_a_disk_that_fills_at_any_moment_leaves_a_usable_journal_or_none(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", FILLING, str(tmp_path)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
