"""People and a running run: approvals, refusals and cancellations, also from other processes."""

import asyncio
from pathlib import Path

import pytest

from interlock import (
    Answers,
    ManualClock,
    MemoryJournal,
    Notice,
    Principal,
    Refused,
    Runtime,
    SqliteJournal,
    history,
    replay,
    verify,
)
from interlock.run.protocol.notes import Ignored
from runtime.desk import HOUR, PROGRAM, REQUEST, Desk, desk_runtime, script


def test_an_approval_is_waited_for_and_given_in_another_process(tmp_path: Path) -> None:
    path, desk, told = tmp_path / "runs.db", Desk(), list[Notice]()

    async def before() -> str:
        with SqliteJournal(path) as journal:
            report = await desk_runtime(journal, desk, 25_000, notify=told.append).run(
                PROGRAM, "refund", REQUEST, principal=Principal("alice")
            )
            assert (report.status, report.over, len(report.waiting_for)) == ("waiting", False, 1)
            assert report.next_timer is not None
            assert journal.runs()[0].detail == "supervisor at pay"
            return report.run

    async def after(run: str) -> None:
        with SqliteJournal(path) as journal:
            # Nothing but the journal is left: the program is compiled from its sources.
            runtime = Runtime(journal, tools=desk.toolbox(), models=Answers(script(25_000)), notify=told.append)
            standing = await runtime.report(run)
            asked = standing.waiting_for[0]
            assert standing.next_timer == asked.expires
            for refusal in (
                runtime.approve(run, asked.id, by="alice", role="supervisor"),
                runtime.approve(run, asked.id, by="maria", role="clerk"),
                runtime.approve(run, asked.id, by="maria", role="supervisor", digest="ff"),
                runtime.approve(run, "a99", by="maria", role="supervisor"),
                runtime.answer(run, asked.id, {}, by="maria", role="supervisor"),
            ):
                with pytest.raises(Refused) as refused:
                    await refusal
                assert str(refused.value)
            assert desk.done == {}
            await runtime.approve(run, asked.id, by="maria", role="supervisor")
            report = await runtime.drive(run)
            assert (report.end, journal.runs()[0].status, journal.runs()[0].detail) == ("refunded", "ended", "refunded")
            with pytest.raises(Refused):
                await runtime.approve(run, asked.id, by="maria", role="supervisor")
            assert verify(journal).holds and replay(journal, run).same
            ignored = [note for _, _, notes in history(journal, run) for note in notes if isinstance(note, Ignored)]
            assert len(ignored) == 6, "every attempt is recorded"

    asyncio.run(after(asyncio.run(before())))
    assert list(desk.done) == ["refunds.issue:A1"]
    assert [(each.role, each.reach, each.again) for each in told] == [("supervisor", "refunds-desk", False)]


def test_what_is_still_open_is_told_again_after_a_restart() -> None:
    journal, desk, told = MemoryJournal(), Desk(), list[Notice]()

    async def go() -> None:
        report = await desk_runtime(journal, desk, 25_000, notify=told.append).run(PROGRAM, "refund", REQUEST)
        await desk_runtime(journal, desk, 25_000, notify=told.append).resume(report.run)

    asyncio.run(go())
    assert [each.again for each in told] == [False, True]
    assert told[0].command == told[1].command


def test_an_escalation_that_may_not_have_been_told_is_told_again() -> None:
    async def go() -> None:
        journal, clock, told = MemoryJournal(), ManualClock(0), list[Notice]()
        report = await desk_runtime(journal, Desk(), 25_000, clock=clock).run(PROGRAM, "refund", REQUEST)
        clock.advance(4 * HOUR)

        def killed(notice: Notice) -> None:
            if notice.role == "duty_manager":
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await desk_runtime(journal, Desk(), clock=clock, notify=killed).drive(report.run)
        await desk_runtime(journal, Desk(), clock=clock, notify=told.append).drive(report.run)
        assert {(type(each.command).__name__, each.role, each.again) for each in told} == {
            ("AskApproval", "duty_manager", True),
            ("Notify", "duty_manager", True),
        }

    asyncio.run(go())


def test_a_refusal_takes_the_declared_way() -> None:
    async def go() -> None:
        desk = Desk()
        runtime = desk_runtime(MemoryJournal(), desk, 25_000)
        report = await runtime.run(PROGRAM, "refund", REQUEST)
        await runtime.deny(report.run, report.waiting_for[0].id, by="maria", role="supervisor", reason="not this one")
        assert (await runtime.drive(report.run)).end == "referred"
        assert desk.done == {}

    asyncio.run(go())


def test_a_run_is_called_off() -> None:
    async def go() -> None:
        runtime = desk_runtime(MemoryJournal(), Desk(), 25_000)
        report = await runtime.run(PROGRAM, "refund", REQUEST)
        await runtime.cancel(report.run, by="maria", reason="the customer withdrew")
        report = await runtime.drive(report.run)
        assert report.status == "cancelled" and "the customer withdrew" in report.reason
        assert report.next_timer is None and report.waiting_for == ()

    asyncio.run(go())


def test_hours_pass_until_an_approval_goes_to_the_stand_in() -> None:
    async def go() -> None:
        clock, told = ManualClock(1_000), list[Notice]()
        runtime = desk_runtime(MemoryJournal(), Desk(), 25_000, clock=clock, notify=told.append)
        report = await runtime.run(PROGRAM, "refund", REQUEST)
        assert report.next_timer == 1_000 + 4 * HOUR
        assert (await runtime.drive(report.run)).waiting_for == report.waiting_for
        clock.advance(4 * HOUR)
        report = await runtime.drive(report.run)
        assert [each.role for each in report.waiting_for] == ["duty_manager"]
        assert [each.role for each in told] == ["supervisor", "duty_manager", "duty_manager"]
        await runtime.approve(report.run, report.waiting_for[0].id, by="otto", role="duty_manager")
        assert (await runtime.drive(report.run)).end == "refunded"

    asyncio.run(go())


def test_driven_until_it_is_over_a_run_takes_what_comes_meanwhile() -> None:
    async def go() -> None:
        told: asyncio.Queue[Notice] = asyncio.Queue()
        runtime = desk_runtime(MemoryJournal(), Desk(), 25_000, notify=told.put)
        run = await runtime.start(PROGRAM, "refund", REQUEST)
        driving = asyncio.ensure_future(runtime.drive(run, until="over"))
        notice = await told.get()
        with pytest.raises(Refused):
            await runtime.approve(run, notice.command.id, by="maria", role="clerk")
        await runtime.approve(run, notice.command.id, by="maria", role="supervisor")
        assert (await driving).end == "refunded"

    asyncio.run(go())


def test_driven_until_it_is_over_a_run_waits_out_its_timers() -> None:
    async def go() -> None:
        clock, told = ManualClock(0), asyncio.Queue[Notice]()
        runtime = desk_runtime(MemoryJournal(), Desk(), 25_000, clock=clock, notify=told.put)
        run = await runtime.start(PROGRAM, "refund", REQUEST)
        driving = asyncio.ensure_future(runtime.drive(run, until="over"))
        assert (await told.get()).role == "supervisor"
        clock.advance(4 * HOUR)
        assert [(await told.get()).role for _ in "12"] == ["duty_manager"] * 2
        clock.advance(4 * HOUR)
        assert (await driving).over

    asyncio.run(go())
