"""Signals over a journal: taken, kept, known or refused; none is lost, whoever drives the run, or is killed over it."""

import asyncio
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from interlock import (
    Answers,
    Conflict,
    InvalidInput,
    Journal,
    ManualClock,
    MemoryJournal,
    Program,
    Refused,
    RunReport,
    Runtime,
    SignalReceived,
    SqliteJournal,
    Toolbox,
    compile_text,
    decode,
    replay,
    verify,
)

DAY = 86_400_000_000
TEXT = """
type Payment { order: string  cents: int in 0..100 }

tool parcels.send(order: string, cents: int) -> { id: string } {
  needs parcels.write  effect write  idempotent by order
}

workflow ship(order: string) {
  step first waits for event "paid" -> Payment where event.order == order within 2d
  step pause waits for 1ms
  step second waits for event "paid" -> Payment where event.order == order && event.cents != first.cents within 2d
  step send calls parcels.send(order: order, cents: first.cents + second.cents)
  end shipped { cents: first.cents + second.cents }
  end released

  start -> first
  first -> pause
  first -> released on expiry
  pause -> second
  second -> send grant parcels.write
  second -> released on expiry
  send -> shipped
}
"""
SIGNALS = [
    ("k1", {"order": "B2", "cents": 1}),
    ("k2", {"order": "A1", "cents": 4}),
    ("k3", {"order": "A1", "cents": 5}),
]


@pytest.fixture(scope="module")
def compiled() -> Program:
    return compile_text(TEXT, "ship.ilk")


def toolbox(sent: list[str]) -> Toolbox:
    tools = Toolbox()

    @tools.tool("parcels.send")
    def send(order: str, cents: int) -> dict[str, object]:
        sent.append(f"{order} {cents}")
        return {"id": "P1"}

    return tools


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


def finish(folder: Path, compiled: Program) -> RunReport:
    """Start the run or take it up again, signal all there is to signal, and drive it to its end."""

    async def finishing() -> RunReport:
        with SqliteJournal(folder / "runs.db") as journal:
            sent: list[str] = []
            desk = Runtime(journal, compiled, tools=toolbox(sent), models=Answers({}), seed=1)
            with suppress(Conflict):  # it was begun before the last kill
                await desk.start(compiled, "ship", {"order": "A1"}, run="r")
            for key, data in SIGNALS:
                if (await desk.report("r")).over:
                    break
                with suppress(Refused):
                    await desk.signal("r", "paid", data, key=key)
                await desk.drive("r")
            return await desk.drive("r", "over")

    return asyncio.run(finishing())


def child(folder: Path, compiled: Program) -> int:
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        finish(folder, compiled)
        status = 0
    finally:
        os._exit(status)


def moments(length: float, kills: int) -> Iterator[float]:
    chance = random.Random(24)
    return (chance.uniform(0, length) for _ in range(kills))


def test_killed_in_the_middle_of_waits_nothing_is_lost_and_nothing_taken_twice(
    compiled: Program, tmp_path: Path
) -> None:
    began = time.perf_counter()
    (tmp_path / "timed").mkdir()
    finish(tmp_path / "timed", compiled)
    length = time.perf_counter() - began
    kills = int(os.environ.get("INTERLOCK_KILLS", "24"))
    struck = 0
    for number, moment in enumerate(moments(length, kills)):
        folder = tmp_path / f"{number // 3}"
        folder.mkdir(exist_ok=True)
        process = child(folder, compiled)
        threading.Event().wait(moment)
        os.kill(process, signal.SIGKILL)
        struck += os.WIFSIGNALED(os.waitpid(process, 0)[1])
    assert struck > kills // 4
    for folder in sorted(tmp_path.iterdir()):
        report = finish(folder, compiled)
        assert (report.status, report.end, report.output) == ("ended", "shipped", {"cents": 9})
        with SqliteJournal(folder / "runs.db") as journal:
            assert replay(journal, "r").same and verify(journal).problems == ()
            events = [decode(entry.event) for entry in journal.read("r")]
            assert {each.key for each in events if isinstance(each, SignalReceived)} >= {"k2", "k3"}
