"""A run has one driver at a time; what others bring to it is recorded, and found by that one."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from interlock import (
    Conflict,
    DrivenElsewhere,
    Principal,
    Refused,
    RunReport,
    Runtime,
    SqliteJournal,
    Toolbox,
    compile_text,
)
from interlock.journal.journal import Pending, RunSummary
from interlock.runtime.runtime import ATTEMPTS

PROGRAM = compile_text("""
tool credits.give(ticket: string max 10) { needs credits.write  effect irreversible }
role lead { reach "leads" }
workflow desk(ticket: string max 10) {
  step give calls credits.give(ticket: ticket)
  end done
  start -> give grant credits.write after approval by lead within 1d
  give -> done
}
""")


class Desk:
    """A journal, a call that lasts until it is let go, and how often it was made."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "runs.db"
        self.given: list[str] = []
        self.began = asyncio.Event()
        self.go_on = asyncio.Event()

    def runtime(self) -> Runtime:
        toolbox = Toolbox()

        @toolbox.tool("credits.give")
        async def give(ticket: str) -> None:
            self.given.append(ticket)
            self.began.set()
            await self.go_on.wait()

        return Runtime(SqliteJournal(self.path), PROGRAM, tools=toolbox)

    async def driven(self, by: Runtime, run: str, asked: str) -> asyncio.Task[RunReport]:
        """Approve what is asked and drive the run; return the task once the call is under way."""
        await by.approve(run, asked, by="maria", role="lead")
        driving = asyncio.create_task(by.drive(run))
        await self.began.wait()
        return driving


async def waiting(by: Runtime) -> tuple[str, str]:
    """Start a run and drive it until it waits for an approval; return its name and the approval's."""
    run = await by.start(PROGRAM, "desk", {"ticket": "T1"}, principal=Principal("ann"))
    (asked,) = (await by.drive(run)).waiting_for
    return run, asked.id


def test_nobody_takes_over_a_run_that_is_driven(tmp_path: Path) -> None:
    async def story() -> None:
        desk = Desk(tmp_path)
        first, second = desk.runtime(), desk.runtime()
        run, asked = await waiting(first)
        driving = await desk.driven(first, run, asked)
        for going_on in (second.drive, second.resume):
            with pytest.raises(DrivenElsewhere, match="another process"):
                await going_on(run)
        with pytest.raises(Refused, match="nothing waits"):
            await second.approve(run, asked, by="nora", role="lead")
        desk.go_on.set()
        report = await driving
        assert (report.status, report.end, desk.given) == ("ended", "done", ["T1"])

    asyncio.run(story())


def test_a_run_called_off_from_elsewhere_is_called_off_where_it_is_driven(tmp_path: Path) -> None:
    async def story() -> None:
        desk = Desk(tmp_path)
        first, second = desk.runtime(), desk.runtime()
        run, asked = await waiting(first)
        driving = await desk.driven(first, run, asked)
        async with second.holding(run) as held:
            assert not held
            await second.cancel(run, by="ann", reason="not needed any more")
        desk.go_on.set()
        report = await driving
        assert (report.status, desk.given) == ("cancelled", ["T1"])
        assert (await second.report(run)).status == "cancelled"

    asyncio.run(story())


class Overtaken(SqliteJournal):
    """A journal in which somebody is always first."""

    appends = 0

    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        self.appends += 1
        raise Conflict(f"run {run} has more entries than {expected}")


def test_who_is_always_overtaken_by_the_driver_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        desk = Desk(tmp_path)
        first = desk.runtime()
        run, asked = await waiting(first)
        async with first.holding(run):
            journal = Overtaken(desk.path)
            with pytest.raises(Conflict, match=run):
                await Runtime(journal, PROGRAM).approve(run, asked, by="maria", role="lead")
            assert journal.appends == ATTEMPTS
        assert [each.id for each in (await first.report(run)).waiting_for] == [asked]

    asyncio.run(story())


def test_a_run_let_go_can_be_taken_up_by_another(tmp_path: Path) -> None:
    async def story() -> None:
        desk = Desk(tmp_path)
        desk.go_on.set()
        first, second = desk.runtime(), desk.runtime()
        run, asked = await waiting(first)
        async with second.holding(run) as held:
            assert held
            await second.approve(run, asked, by="maria", role="lead")
            report = await second.drive(run)
        assert (report.status, desk.given) == ("ended", ["T1"])

    asyncio.run(story())
