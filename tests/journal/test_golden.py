"""Journals of releases are read by every later one, and replayed and resumed for as long as their meaning is kept."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from interlock import (
    Answers,
    ManualClock,
    MeaningChanged,
    Runtime,
    SqliteJournal,
    decode,
    encode,
    history,
    replay,
    verify,
)
from interlock.errors import JournalCorrupt
from interlock.journal import chain
from interlock.run.protocol.meaning import KEPT
from journal.golden import write

FOLDER = Path(__file__).parent / "golden"
BROKEN = "0.1.0"
"""The release whose journals are broken, once."""
GOLDEN = sorted(path for path in FOLDER.glob("*.json") if path.stem != BROKEN)


def opened(version: str, folder: Path) -> SqliteJournal:
    return SqliteJournal(shutil.copy(FOLDER / f"{version}.db", folder))


def test_there_are_journals_of_releases() -> None:
    assert GOLDEN


def test_a_journal_of_the_first_release_says_so(tmp_path: Path) -> None:
    with pytest.raises(JournalCorrupt, match=r"was written by an older version \(0\.1\.0\): it has the schema 1"):
        opened(BROKEN, tmp_path)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
@pytest.mark.parametrize("kind", ["", "-other-meaning"])
def test_a_journal_is_read_as_it_was_written(golden: Path, kind: str, tmp_path: Path) -> None:
    told = json.loads(golden.read_text())
    with opened(golden.stem + kind, tmp_path) as journal:
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
                digest = chain.link(digest, entry.event, entry.outcome, entry.meaning)
                assert digest == entry.digest
            assert len(list(history(journal, line.run))) == len(entries)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_every_run_is_decided_as_it_was(golden: Path, tmp_path: Path) -> None:
    with opened(golden.stem, tmp_path) as journal:
        for line in journal.runs():
            meanings = {entry.meaning for entry in journal.read(line.run)}
            assert meanings <= KEPT, "the meaning is no longer kept: its runs are refused, by a test of their own"
            found = replay(journal, line.run)
            assert found.same and found.entries == line.entries, (line.run, found.differences)


async def waiting(runtime: Runtime, run: str) -> str:
    """Return the id of the one thing a run waits for people to decide."""
    (asked,) = (await runtime.report(run)).waiting_for
    return asked.id


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_every_run_that_is_not_over_is_resumed_to_its_end(golden: Path, tmp_path: Path) -> None:
    async def to_the_end(journal: SqliteJournal) -> dict[str, str]:
        clock = ManualClock(max(line.updated for line in journal.runs()) + 1)
        script = {"judge": {"answers": {"n": 2}}}
        plain = Runtime(journal, tools=write.toolbox(), clock=clock, seed=1)
        runtime = Runtime(journal, tools=write.toolbox(), models=Answers(script), clock=clock, seed=1)
        await runtime.approve("parked", await waiting(runtime, "parked"), by="maria", role="manager")
        await plain.answer("halfway", await waiting(plain, "halfway"), {"ok": True}, by="maria", role="manager")
        await runtime.resume("begun")
        await runtime.approve("begun", await waiting(runtime, "begun"), by="maria", role="manager")
        found = {run: (await runtime.resume(run)).end for run in ("parked", "begun")}
        return found | {"halfway": (await plain.resume("halfway")).end}

    with opened(golden.stem, tmp_path) as journal:
        ends = asyncio.run(to_the_end(journal))
        assert ends == {"parked": "taken", "halfway": "shipped", "begun": "taken"}
        assert verify(journal).problems == ()
        assert all(replay(journal, line.run).same for line in journal.runs())


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_a_run_of_another_meaning_is_neither_replayed_nor_resumed_but_cancelled_with_undo(
    golden: Path, tmp_path: Path
) -> None:
    async def cancelled(runtime: Runtime) -> str:
        with pytest.raises(MeaningChanged, match="run halfway was recorded by an older version"):
            await runtime.resume("halfway")
        with pytest.raises(MeaningChanged):
            await runtime.answer("halfway", "p4", {"ok": True}, by="maria", role="manager")
        await runtime.cancel("halfway", by="maria", reason="a new version")
        return (await runtime.drive("halfway")).status

    write.undone.clear()
    with opened(f"{golden.stem}-other-meaning", tmp_path) as journal:
        runtime = Runtime(journal, tools=write.toolbox(), seed=1)
        for line in journal.runs():
            with pytest.raises(MeaningChanged, match=r"it can be shown and verified here, not replayed or resumed"):
                replay(journal, line.run)
        assert asyncio.run(cancelled(runtime)) == "cancelled"
        assert write.undone == ["T-LAMP-1"]
        assert verify(journal).problems == ()
        assert journal.runs()[0].status == "cancelled"
