"""Killed at any moment and taken up again, a run ends as one that nobody killed, and every effect took place once."""

import asyncio
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from interlock import (
    Answers,
    Conflict,
    Journal,
    MemoryJournal,
    Program,
    Refused,
    RunReport,
    Runtime,
    SqliteJournal,
    Toolbox,
    replay,
    verify,
)
from interlock.journal.journal import Append, Pending, RunSummary
from runtime.crash_world import EFFECTS, SCRIPT, World, finish, finishing, ledger, once, program, toolbox

OUTPUT = {"amount": 25_000, "receipt": "R-A1-25000", "reservation": "V-A1"}


@pytest.fixture(scope="module")
def compiled() -> Program:
    return program()


def assert_as_if_nothing_had_happened(journal: Journal, world: World, report: RunReport) -> None:
    assert (report.status, report.end, report.output) == ("ended", "refunded", OUTPUT)
    assert sorted(world.effects) == EFFECTS
    assert replay(journal, report.run).same
    assert verify(journal).problems == ()


def test_a_run_that_nobody_kills(compiled: Program, tmp_path: Path) -> None:
    with SqliteJournal(tmp_path / "runs.db") as journal:
        world = World(tmp_path)
        report = finish(journal, compiled, world, "r1")
        assert_as_if_nothing_had_happened(journal, world, report)
        assert len(world.calls) == 5


# --- real processes, really killed -----------------------------------------------------------------------------------


def child(folder: Path, compiled: Program, run: str, dies_at: int | None) -> int:
    """Go on with a run in a process of its own, which kills itself at its n-th call of anything; return its id."""
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        if dies_at is not None:
            die_at(dies_at)
        with SqliteJournal(folder / "runs.db") as journal:
            finish(journal, compiled, World(folder), run)
        status = 0
    finally:
        os._exit(status)


def die_at(count: int) -> None:
    """Be killed at the n-th call of any function, of Python or of C, in any thread."""
    seen = 0

    def count_calls(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen >= count:
            os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(count_calls)
    sys.setprofile(count_calls)


def calls_of_a_run(folder: Path, compiled: Program) -> int:
    """Return how many calls a run makes that nobody kills."""
    seen = 0

    def count_calls(*_: object) -> None:
        nonlocal seen
        seen += 1

    with SqliteJournal(folder / "counted.db") as journal:
        threading.setprofile(count_calls)
        sys.setprofile(count_calls)
        try:
            finish(journal, compiled, World(folder / "counted"), "counted")
        finally:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]
    return seen


def test_killed_a_hundred_times_in_a_row(compiled: Program, tmp_path: Path) -> None:
    """Every kill strikes the process that took up what the one before left; a finished run makes way for a new one."""
    (tmp_path / "counted").mkdir()
    calls = calls_of_a_run(tmp_path, compiled)
    kills, run, seed = 0, 0, 20_261_121
    chance = random.Random(seed)
    while kills < 100:
        folder = tmp_path / f"{run}"
        folder.mkdir(exist_ok=True)
        dies_at = chance.randint(1, calls + calls // 10)
        status = os.waitpid(child(folder, compiled, f"r{run}", dies_at), 0)[1]
        if os.WIFSIGNALED(status):
            kills += 1
            continue
        assert status == 0, f"seed {seed}, run {run}: the run could not be finished after {kills} kills"
        check(folder, compiled, run, f"seed {seed}, run {run}, {kills} kills so far")
        run += 1
    folder = tmp_path / f"{run}"
    folder.mkdir(exist_ok=True)
    assert os.waitpid(child(folder, compiled, f"r{run}", None), 0)[1] == 0
    check(folder, compiled, run, f"seed {seed}, last run")
    assert run > 5, "the kills came too early to let any run end"


def check(folder: Path, compiled: Program, run: int, said: str) -> None:
    with SqliteJournal(folder / "runs.db") as journal:
        world = World(folder)
        report = finish(journal, compiled, world, f"r{run}")
        print(said, report.entries, "entries", len(world.calls), "calls")
        assert_as_if_nothing_had_happened(journal, world, report)


def test_killed_from_outside_at_any_instruction(compiled: Program, tmp_path: Path) -> None:
    """The moment is the parent's, and may fall into the middle of a system call; no outcome depends on it."""
    began = time.perf_counter()
    with SqliteJournal(tmp_path / "timed.db") as journal:
        (tmp_path / "timed").mkdir()
        finish(journal, compiled, World(tmp_path / "timed"), "timed")
    length = time.perf_counter() - began
    chance = random.Random(7)
    for number in range(20):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        for _ in range(2):
            process = child(folder, compiled, "r", None)
            threading.Event().wait(chance.uniform(0, length))
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        with SqliteJournal(folder / "runs.db") as journal:
            world = World(folder)
            assert_as_if_nothing_had_happened(journal, world, finish(journal, compiled, world, "r"))


async def contend(journal: Journal, compiled: Program, tools: Toolbox, run: str) -> None:
    """Finish a run that others try to finish too, taking it up again whenever one of them was faster."""
    runtime = Runtime(journal, compiled, tools=tools, models=Answers(SCRIPT))
    with suppress(Conflict):
        await runtime.start(compiled, "refund", {"order_id": "A1"}, run=run)
    while True:
        with suppress(Conflict, Refused):
            report = await runtime.drive(run)
            if report.over:
                return
            for waiting in report.waiting_for:
                await runtime.approve(run, waiting.id, by="maria", role=waiting.role)


def test_processes_that_all_drive_one_run_end_it_once(compiled: Program, tmp_path: Path) -> None:
    """None is killed and none waits for another: whoever comes late is refused, and goes on from the journal."""
    for number in range(5):
        folder = fresh(tmp_path / f"{number}")
        processes: list[int] = []
        for _ in range(3):
            process = os.fork()
            if process == 0:
                status = 1
                try:
                    with SqliteJournal(folder / "runs.db") as journal:
                        asyncio.run(contend(journal, compiled, toolbox(World(folder)), "r"))
                    status = 0
                finally:
                    os._exit(status)
            processes.append(process)
        assert [os.waitpid(process, 0)[1] for process in processes] == [0, 0, 0]
        with SqliteJournal(folder / "runs.db") as journal:
            world = World(folder)
            assert_as_if_nothing_had_happened(journal, world, finish(journal, compiled, world, "r"))


# --- every boundary, in this process ---------------------------------------------------------------------------------


class Crash(BaseException):
    """The process is gone."""


class Faults:
    """Crashes at chosen boundaries, counted from 1 over all of them."""

    def __init__(self, *at: int) -> None:
        self._at = at
        self.count = 0

    def boundary(self) -> None:
        self.count += 1
        if self.count in self._at:
            raise Crash


class FaultyJournal(MemoryJournal):
    """Crashes before an append, and after one."""

    faults: Faults

    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        self.faults.boundary()
        head = super().append(run, expected, entries, summary)
        self.faults.boundary()
        return head

    def append_all(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        raise AssertionError("a run that is alone appends at once")


class FaultyTools(Toolbox):
    """Stops for ever before a call, or after it took place; whoever drives the run is gone then."""

    def __init__(self, tools: Toolbox, faults: Faults, crashed: asyncio.Event) -> None:
        super().__init__()
        self._tools, self._faults, self._crashed = tools, faults, crashed
        self.prepare = tools.prepare  # type: ignore[method-assign]
        self.refuse_surplus = tools.refuse_surplus  # type: ignore[method-assign]

    async def _boundary(self) -> None:
        try:
            self._faults.boundary()
        except Crash:
            self._crashed.set()
            await asyncio.Event().wait()

    async def perform(self, command, setting):  # type: ignore[no-untyped-def]
        await self._boundary()
        event = await self._tools.perform(command, setting)
        await self._boundary()
        return event


async def until_crash(journal: FaultyJournal, compiled: Program, real: Toolbox, faults: Faults) -> RunReport | None:
    crashed = asyncio.Event()
    run = asyncio.ensure_future(finishing(journal, compiled, FaultyTools(real, faults, crashed), "r"))
    gone = asyncio.ensure_future(crashed.wait())
    await asyncio.wait([run, gone], return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    if not run.done():
        run.cancel()
        await asyncio.wait([run])
        return None
    try:
        return run.result()
    except Crash:
        return None


def crash_and_finish(compiled: Program, tools: Toolbox, *at: int) -> tuple[FaultyJournal, RunReport, int]:
    """Crash at boundaries and take the run up again each time; also return how many boundaries were passed."""
    journal, faults = FaultyJournal(), Faults(*at)
    journal.faults = faults
    report = None
    while report is None:
        report = asyncio.run(until_crash(journal, compiled, tools, faults))
    return journal, report, faults.count


def test_crashed_at_every_boundary(compiled: Program, tmp_path: Path) -> None:
    world = World(tmp_path)
    _, _, boundaries = crash_and_finish(compiled, toolbox(world))
    assert len(world.calls) == 5
    for at in range(1, boundaries + 1):
        world = World(fresh(tmp_path / f"{at}"))
        journal, report, _ = crash_and_finish(compiled, toolbox(world), at)
        assert_as_if_nothing_had_happened(journal, world, report)
        assert len(world.calls) <= 5 + 2, "only what was under way is made again"


def test_crashed_at_every_boundary_and_soon_after_again(compiled: Program, tmp_path: Path) -> None:
    _, _, boundaries = crash_and_finish(compiled, toolbox(World(tmp_path)))
    for at in range(1, boundaries + 1):
        for after in range(1, 6):
            world = World(fresh(tmp_path / f"{at}-{after}"))
            journal, report, _ = crash_and_finish(compiled, toolbox(world), at, at + after)
            assert_as_if_nothing_had_happened(journal, world, report)


def test_a_call_that_must_not_be_repeated_never_is(tmp_path: Path) -> None:
    posting = once()
    _, report, boundaries = crash_and_finish(posting, ledger(World(tmp_path)))
    assert report.end == "posted"
    ends: set[str] = set()
    for at in range(1, boundaries + 1):
        for after in range(1, 6):
            world = World(fresh(tmp_path / f"{at}-{after}"))
            journal, report, _ = crash_and_finish(posting, ledger(world), at, at + after)
            assert len(world.calls) <= 1
            assert world.calls or report.end == "unsure"
            assert replay(journal, "r").same
            ends.add(report.end)
    assert ends == {"posted", "unsure"}


def fresh(folder: Path) -> Path:
    folder.mkdir()
    return folder
