"""Journals that earlier releases wrote stay readable, for ever."""

import json
import shutil
from pathlib import Path

import pytest

from interlock import SqliteJournal, decode, encode, verify
from interlock.journal import chain
from interlock.journal.journal import Pending

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.db"))


def test_there_are_journals_of_releases() -> None:
    assert GOLDEN


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_a_journal_of_an_earlier_release_is_read_as_it_was_written(golden: Path, tmp_path: Path) -> None:
    path = shutil.copy(golden, tmp_path)
    told = json.loads(golden.with_suffix(".json").read_text())
    with SqliteJournal(path, readonly=True) as journal:
        assert verify(journal).problems == ()
        lines = journal.runs()
        assert told["runs"] == [
            {"run": line.run, "status": line.status, "detail": line.detail, "entries": line.entries} for line in lines
        ]
        for line in lines:
            entries = list(journal.read(line.run))
            assert [entry.event.decode() for entry in entries] == told["events"][line.run]
            assert [encode(decode(entry.event)) for entry in entries] == [entry.event for entry in entries]
            digest = chain.origin(line.run)
            for entry in entries:
                digest = chain.link(digest, entry.event, entry.outcome)
                assert digest == entry.digest


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_a_journal_of_an_earlier_release_is_gone_on_with(golden: Path, tmp_path: Path) -> None:
    with SqliteJournal(shutil.copy(golden, tmp_path)) as journal:
        line = journal.runs()[0]
        last = list(journal.read(line.run))[-1]
        journal.append(line.run, line.entries, (Pending(last.event, last.outcome),), line)
        assert verify(journal).problems == ()
