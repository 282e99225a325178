"""Group commit: each of those that share a write learns what became of its own append, and of no other."""

import asyncio

import pytest

from interlock import Conflict, MemoryJournal
from interlock.journal.codec import encode
from interlock.journal.journal import Append, Pending, RunSummary
from interlock.run.protocol.events import RunResumed
from interlock.runtime.recorder import Recorder


def append(run: str, expected: int = 0) -> Append:
    entries = (Pending(encode(RunResumed(1)), b"o" * 32),)
    return Append(run, expected, entries, RunSummary(run, "refund", "d1", "running", 1, 2, 0))


def shared(journal: MemoryJournal) -> Recorder:
    recorder = Recorder(journal)
    recorder.active = 2
    return recorder


def test_who_does_not_wait_any_more_keeps_nobody_from_what_is_written() -> None:
    async def story() -> None:
        journal = MemoryJournal()
        recorder = shared(journal)
        first, second, third = (asyncio.ensure_future(recorder.append(append(run))) for run in ("a", "b", "c"))
        await asyncio.sleep(0)
        first.cancel()
        heads = await asyncio.wait_for(asyncio.gather(second, third), 5)
        assert heads == [list(journal.read(run))[-1].digest for run in ("b", "c")]
        assert first.cancelled()
        assert len(list(journal.read("a"))) == 1, "what was to be written is written"

    asyncio.run(story())


def test_a_conflict_is_of_one_append() -> None:
    async def story() -> None:
        journal = MemoryJournal()
        recorder = shared(journal)
        said = await asyncio.gather(
            recorder.append(append("a")), recorder.append(append("b", 7)), return_exceptions=True
        )
        assert isinstance(said[0], bytes) and isinstance(said[1], Conflict)

    asyncio.run(story())


class Broken(MemoryJournal):
    def append_all(self, appends: object) -> list[bytes | Conflict]:
        raise OSError("the disk is full")


def test_a_write_that_fails_fails_for_all_who_still_wait() -> None:
    async def story() -> None:
        recorder = shared(Broken())
        first, second = (asyncio.ensure_future(recorder.append(append(run))) for run in ("a", "b"))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(OSError, match="the disk is full"):
            await asyncio.wait_for(second, 5)

    asyncio.run(story())


def test_a_run_alone_writes_at_once_and_not_before_those_that_wait() -> None:
    async def story() -> None:
        journal = MemoryJournal()
        recorder = Recorder(journal)
        recorder.active = 1
        alone = recorder.append(append("a"))
        with pytest.raises(StopIteration):
            alone.send(None)
        assert len(list(journal.read("a"))) == 1
        recorder.active = 2
        first = asyncio.ensure_future(recorder.append(append("b")))
        await asyncio.sleep(0)
        recorder.active = 1
        second = asyncio.ensure_future(recorder.append(append("b", 1)))
        assert len(await asyncio.gather(first, second)) == 2

    asyncio.run(story())
