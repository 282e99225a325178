"""The last entry holds the line of its run: what is written when, what is noticed, and journals without lines."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interlock.errors import JournalCorrupt
from interlock.journal import chain
from interlock.journal.journal import Append
from interlock.journal.memory import MemoryJournal
from interlock.journal.sqlite import SqliteJournal
from interlock.journal.verify import verify
from journal.filled import changed, contents, filled, pending, problems_of, summary

FORGERIES = {
    "the very last entry is deleted": (
        "DELETE FROM entries WHERE number = 3 AND sequence = 6",
        "runs.db has lost its last entries",
    ),
    "the very last entry is deleted and its line put into the one before": (
        "UPDATE entries SET line = (SELECT line FROM entries WHERE position = 18) WHERE position = 17;"
        "DELETE FROM entries WHERE position = 18",
        "the line of a run that its last entry holds was changed",
    ),
    "the line in the last entry is changed": (
        "UPDATE entries SET line = CAST(replace(line, 'running', 'ended') AS BLOB) WHERE position = 18",
        "the line of a run that its last entry holds was changed",
    ),
    "the line in the last entry is taken out": (
        "UPDATE entries SET line = NULL WHERE position = 18",
        "runs.db has lost its last entries",
    ),
    "an entry in the middle holds a line": (
        "UPDATE entries SET line = x'31' WHERE position = 3",
        "2 entries hold the line of a run, which only the last one does",
    ),
    "the row of the run that was written last is changed": (
        "UPDATE runs SET status = 'ended' WHERE number = 3",
        "run run-2: its line in the list of runs was changed",
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_is_done_to_the_last_entry_or_its_line_is_noticed(tmp_path: Path, forgery: str) -> None:
    statement, said = FORGERIES[forgery]
    problems = problems_of(changed(filled(tmp_path / "runs.db"), statement))
    assert any(said in problem for problem in problems), problems


@pytest.mark.parametrize("statement", ["DELETE FROM entries WHERE position = 18", "UPDATE entries SET line = x'00'"])
def test_where_the_end_is_lost_what_is_left_is_told_and_nothing_is_written(tmp_path: Path, statement: str) -> None:
    path = changed(filled(tmp_path / "runs.db"), statement)
    with SqliteJournal(path) as journal:
        for run, left in (("run-1", 6), ("run-2", 5 if "DELETE" in statement else 6)):
            found = []
            with pytest.raises(JournalCorrupt, match="last entr"):
                for entry in journal.read(run):
                    found.append(entry.sequence)
            assert found == [*range(1, left + 1)]
            with pytest.raises(JournalCorrupt, match="last entr"):
                journal.append(run, left, (pending(7),), summary(run))
        assert len(found) == left


OLDER = (
    "DROP TABLE breakers; DROP TRIGGER one_line; ALTER TABLE entries DROP COLUMN line;"
    "ALTER TABLE entries DROP COLUMN posting; PRAGMA user_version = 3;"
)
"""What makes a journal one of the schema before the last entry held a line."""


def without_lines(path: Path) -> Path:
    """Make a journal one of the schema before the last entry held a line."""
    with SqliteJournal(path) as journal:
        journal.append("run-0", 6, (pending(7),), summary("run-0"))  # all rows but that of run-0 are up to date
        end = journal._end()
        journal._writer._write_row(end)
    return changed(path, OLDER)


@pytest.mark.parametrize("empty", [False, True])
def test_a_journal_without_lines_is_read_as_it_is_and_gets_one_when_it_is_opened_for_writing(
    tmp_path: Path, empty: bool
) -> None:
    path = filled(tmp_path / "runs.db")
    with SqliteJournal(path) as journal:
        if empty:
            journal._connection.executescript("DELETE FROM entries; DELETE FROM runs; UPDATE journal SET runs = 0")
            journal._execute("UPDATE journal SET link = ?", chain.ROOT)
    if empty:
        changed(path, OLDER)
    else:
        without_lines(path)
    with SqliteJournal(path, readonly=True) as journal:
        held = contents(journal)
        assert verify(journal).holds
    for _ in range(2):
        with SqliteJournal(path) as journal:
            assert contents(journal) == held and verify(journal).holds
    with SqliteJournal(path) as one, SqliteJournal(path) as other:
        known = {line.run: line.entries for line in one.runs()}
        for journal, run in ((one, "run-0"), (other, "run-1"), (one, "run-1"), (one, "new")):
            journal.append(run, known.get(run, 0), (pending(9),), summary(run))
            known[run] = known.get(run, 0) + 1
        assert {line.run: line.entries for line in other.runs()} == known
        assert verify(other).holds


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_several_journals_over_one_file_do_what_one_in_memory_does(tmp_path: Path, data: st.DataObject) -> None:
    """Appends of one or several entries to one or several runs, by whoever wrote last or not, some of them refused."""
    oracle, path = MemoryJournal(), tmp_path / f"{uuid4()}.db"
    stores = [SqliteJournal(path) for _ in range(2)]
    names = ["a", "b", "c"]
    for number in range(data.draw(st.integers(1, 25))):
        appends = []
        for run in data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)):
            known = {line.run: line.entries for line in oracle.runs()}.get(run, 0)
            expected = data.draw(st.sampled_from([known, known, known, known, max(known - 1, 0), known + 1]))
            entries = [pending(number * 10 + each) for each in range(data.draw(st.sampled_from([1, 1, 1, 2, 3, 0])))]
            status = data.draw(st.sampled_from(["running", "waiting"]))
            appends.append(Append(run, expected, entries, replace(summary(run), status=status, updated=number)))
        given_back = [each if isinstance(each, bytes) else str(each) for each in oracle.append_all(appends)]
        done = data.draw(st.sampled_from(stores)).append_all(appends)
        assert [each if isinstance(each, bytes) else str(each) for each in done] == given_back
        journal = data.draw(st.sampled_from(stores))
        if data.draw(st.booleans()):
            assert sorted(journal.runs(), key=str) == sorted(oracle.runs(), key=str)
            for line in oracle.runs():
                assert list(journal.read(line.run)) == list(oracle.read(line.run))
    assert stores[0].check() == []
    for journal in stores:
        journal.close()
