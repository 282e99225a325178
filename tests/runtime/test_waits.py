"""Signals over a journal: taken, kept, known or refused; none is lost, whoever drives the run, or is killed over it."""

import asyncio
from pathlib import Path

import pytest

from interlock import (
    Answers,
    InvalidInput,
    Journal,
    ManualClock,
    MemoryJournal,
    Program,
    Refused,
    Runtime,
    SignalReceived,
    SqliteJournal,
    Toolbox,
    compile_text,
    decode,
    replay,
)
from runtime.killing import problems
from runtime.waits_world import SIGNALS, TEXT, WORLD, program, toolbox

DAY = 86_400_000_000


@pytest.fixture(scope="module")
def compiled() -> Program:
    return program()


def runtime(journal: Journal, compiled: Program, **more: object) -> Runtime:
    return Runtime(journal, compiled, tools=toolbox([]), models=Answers({}), seed=1, **more)  # type: ignore[arg-type]


def test_what_becomes_of_a_signal_is_said(compiled: Program) -> None:
    async def story() -> None:
        journal = MemoryJournal()
        desk = runtime(journal, compiled, clock=ManualClock())
        report = await desk.run(compiled, "ship", {"order": "A1"})
        (awaited,) = report.awaiting
        assert (report.status, report.waiting_for, awaited.step, awaited.event) == ("waiting", (), "first", "paid")
        assert next(iter(journal.runs())).detail == "paid at first"
        run = report.run
        assert await desk.signal(run, "paid", SIGNALS[0][1], key="k1") == "kept"
        assert await desk.signal(run, "paid", SIGNALS[1][1], key="k2", by="Bank") == "taken"
        assert await desk.signal(run, "paid", SIGNALS[1][1], key="k2") == "known"
        for name, data, why in (
            ("payed", SIGNALS[1][1], "waits for the event `payed`"),
            ("paid", {"order": "A1"}, "does not fit"),
            ("paid", {"order": "A1", "cents": float("nan")}, "cannot be recorded"),
            ("paid", "x" * 300_000, "cannot be recorded"),
        ):
            with pytest.raises(Refused, match=why):
                await desk.signal(run, name, data)
        with pytest.raises(InvalidInput):
            await desk.signal(run, "paid" * 100_000, None)
        events = [decode(entry.event) for entry in journal.read(run)]
        (taken,) = [each for each in events if isinstance(each, SignalReceived) and each.by]
        assert (taken.by, taken.typed, taken.key, taken.data) == ("bank", "Bank", "k2", SIGNALS[1][1])

    asyncio.run(story())


def test_a_signal_when_the_run_is_over_is_refused(compiled: Program) -> None:
    async def story() -> None:
        clock = ManualClock()
        desk = runtime(MemoryJournal(), compiled, clock=clock)
        run = (await desk.run(compiled, "ship", {"order": "A1"})).run
        clock.advance(2 * DAY)
        assert (await desk.drive(run)).end == "released"
        with pytest.raises(Refused, match="over"):
            await desk.signal(run, "paid", SIGNALS[1][1])

    asyncio.run(story())


def test_a_run_that_is_driven_to_its_end_takes_signals_as_they_come(compiled: Program) -> None:
    async def story() -> None:
        desk = runtime(MemoryJournal(), compiled)
        run = await desk.start(compiled, "ship", {"order": "A1"})
        driving = asyncio.create_task(desk.drive(run, "over"))
        for key, data in SIGNALS:
            await asyncio.sleep(0)
            await desk.signal(run, "paid", data, key=key)
        assert (await driving).output == {"cents": 9}

    asyncio.run(story())


def test_a_signal_to_a_run_that_nobody_drives_is_taken_up_when_it_is_resumed(compiled: Program, tmp_path: Path) -> None:
    async def story() -> None:
        path = tmp_path / "runs.db"
        run = (await runtime(SqliteJournal(path), compiled).run(compiled, "ship", {"order": "A1"})).run
        for key, data in SIGNALS:
            await runtime(SqliteJournal(path), compiled).signal(run, "paid", data, key=key)
        report = await runtime(SqliteJournal(path), compiled).resume(run)
        assert (report.end, report.output) == ("shipped", {"cents": 9})
        assert replay(SqliteJournal(path), run).same

    asyncio.run(story())


def test_a_signal_to_a_run_that_another_drives_is_found_by_that_one(tmp_path: Path) -> None:
    """The driver is at a call when others signal: it finds what they recorded before it is quiet."""
    busy = "step busy calls parcels.send(order: order, cents: 0)\n  start -> busy grant parcels.write\n  busy -> first"
    text = TEXT.replace("start -> first", busy)
    compiled = compile_text(text, "ship.ilk")

    async def story() -> None:
        path, began, let_go = tmp_path / "runs.db", asyncio.Event(), asyncio.Event()
        tools = Toolbox()

        @tools.tool("parcels.send")
        async def send(order: str, cents: int) -> dict[str, object]:
            began.set()
            await let_go.wait()
            return {"id": "P1"}

        driver = Runtime(SqliteJournal(path), compiled, tools=tools, models=Answers({}))
        run = await driver.start(compiled, "ship", {"order": "A1"})
        driving = asyncio.create_task(driver.drive(run))
        await began.wait()
        others = [runtime(SqliteJournal(path), compiled) for _ in SIGNALS]
        said = [other.signal(run, "paid", data, key=key) for other, (key, data) in zip(others, SIGNALS, strict=True)]
        assert set(await asyncio.gather(*said)) == {"kept"}
        assert await others[0].signal(run, "paid", SIGNALS[0][1], key="k1") == "known"
        let_go.set()
        assert (await driving).output == {"cents": 9}
        assert replay(SqliteJournal(path), run).same

    asyncio.run(story())


# --- really killed ---------------------------------------------------------------------------------------------------


def test_killed_in_the_middle_of_waits_nothing_is_lost_and_nothing_taken_twice(tmp_path: Path) -> None:
    """Twenty-four times here, as often as you like by `python fuzz/kills.py`."""
    assert problems(WORLD, tmp_path, kills=24, seed=24) == {str(run): "" for run in range(8)}
