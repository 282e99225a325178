import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from interlock.errors import Conflict, JournalCorrupt, JournalMissing, JournalUnavailable
from interlock.journal.codec import encode
from interlock.journal.journal import Append, Pending
from interlock.journal.sqlite import SqliteJournal
from interlock.journal.verify import verify
from interlock.run.protocol.events import ModelReplied, ToolReturned, Usage
from journal.filled import contents, filled, pending, summary


def names(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


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


@pytest.mark.parametrize(("schema", "said"), [(1, r"an older version \(0\.1\.0\)"), (7, "a newer version")])
def test_another_schema_is_refused(tmp_path: Path, schema: int, said: str) -> None:
    path = filled(tmp_path / "runs.db")
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {schema}")
    connection.close()
    with pytest.raises(
        JournalCorrupt, match=f"was written by {said}: it has the schema {schema}, this version knows 6"
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
