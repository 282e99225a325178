"""Runtimes whose models, observers, journals and people misbehave, and what is recorded all the same."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

import pytest

from interlock import (
    Answers,
    AskModel,
    AskPerson,
    Conflict,
    MemoryJournal,
    Notice,
    Program,
    Refused,
    Runtime,
    Setting,
    SqliteJournal,
    Toolbox,
    compile_text,
    history,
    replay,
)
from interlock.journal.codec import decode
from interlock.journal.journal import Entry, Pending, RunSummary
from interlock.run.protocol.commands import CallTool
from interlock.run.protocol.events import Event, ModelReplied, RunResumed, RunStarted, ToolReturned
from interlock.run.protocol.notes import Note
from runtime.desk import REQUEST, Desk, refund_program, script

HOUR = 3_600_000_000
PROGRAM = refund_program()


def desk_runtime(journal: MemoryJournal | SqliteJournal, desk: Desk, amount: int = 4_200, **more: object) -> Runtime:
    return Runtime(journal, PROGRAM, tools=desk.toolbox(), models=Answers(script(amount)), **more)  # type: ignore[arg-type]


def events_of(journal: MemoryJournal | SqliteJournal, run: str) -> list[Event]:
    return [decode(entry.event, run, entry.sequence) for entry in journal.read(run)]


class OddModels:
    def __init__(self, reply: object) -> None:
        self._reply = reply

    def prepare(self, program: Program, workflow: str) -> None:
        pass

    async def perform(self, command: AskModel, setting: Setting) -> Event:
        if isinstance(self._reply, BaseException):
            raise self._reply
        return self._reply  # type: ignore[return-value]


@pytest.mark.parametrize(
    "reply",
    [
        RuntimeError("broken"),
        GeneratorExit(),
        None,
        "text",
        RunResumed(1),
        ModelReplied(1, "c99", True),
        ModelReplied(1, "m2", True, output={1, 2}),  # type: ignore[arg-type]
        ModelReplied(1, "m2", True, output=float("nan")),
    ],
    ids=str,
)
def test_an_adapter_that_fails_is_a_failed_turn(reply: object) -> None:
    journal = MemoryJournal()
    runtime = Runtime(journal, PROGRAM, tools=Desk().toolbox(), models=OddModels(reply))
    report = asyncio.run(runtime.run(PROGRAM, "refund", REQUEST))
    assert report.status == "failed" and "the adapter for models failed" in report.reason
    assert replay(journal, report.run).same


def test_observers_see_what_was_recorded_and_cannot_disturb(caplog: pytest.LogCaptureFixture) -> None:
    journal = MemoryJournal()
    seen: list[tuple[int, Event, Sequence[Note]]] = []

    def watch(run: str, event: Event, notes: Sequence[Note]) -> None:
        seen.append((len(list(journal.read(run))), event, notes))
        raise RuntimeError("the observer's own trouble")

    def nobody(notice: Notice) -> None:
        raise RuntimeError("the line is dead")

    async def nobody_later(notice: Notice) -> None:
        await asyncio.sleep(0)
        raise RuntimeError("the line is dead")

    for notify in (nobody, nobody_later):
        seen.clear()
        runtime = desk_runtime(journal, Desk(), 25_000, observers=[watch], notify=notify)
        with caplog.at_level(logging.CRITICAL):
            report = asyncio.run(runtime.run(PROGRAM, "refund", REQUEST))
        assert report.status == "waiting"
        assert [count for count, _, _ in seen] == [1, 2, 3, 4, 5], "the entry is there before anybody sees the event"
        assert [event for _, event, _ in seen] == events_of(journal, report.run)
        assert [notes for _, _, notes in seen] == [notes for _, _, notes in history(journal, report.run)]


def test_a_driver_that_is_cancelled_leaves_nothing_behind_and_the_run_goes_on() -> None:
    async def go() -> None:
        desk, journal = Desk(), MemoryJournal()
        asked = asyncio.Event()

        class Waiting(Answers):
            async def perform(self, command: AskModel, setting: Setting) -> Event:
                asked.set()
                await asyncio.Event().wait()
                raise AssertionError

        runtime = Runtime(journal, PROGRAM, tools=desk.toolbox(), models=Waiting({}))
        run = await runtime.start(PROGRAM, "refund", REQUEST)
        driving = asyncio.ensure_future(runtime.drive(run, until="over"))
        await asked.wait()
        driving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await driving
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert (await desk_runtime(journal, desk).resume(run)).end == "refunded"
        assert [type(event) for event in events_of(journal, run)][:2] == [RunStarted, RunResumed]

    asyncio.run(go())


class Jammed(MemoryJournal):
    full = False

    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        if self.full:
            raise OSError("the disk is full")
        return super().append(run, expected, entries, summary)

    def read(self, run: str, after: int = 0) -> "list[Entry]":  # type: ignore[override]
        return iter(list(super().read(run, after)))  # type: ignore[return-value]


def test_what_cannot_be_recorded_is_not_done() -> None:
    async def go() -> None:
        desk, journal = Desk(), Jammed()
        runtime = desk_runtime(journal, desk, 25_000)
        report = await runtime.run(PROGRAM, "refund", REQUEST)
        journal.full = True
        with pytest.raises(OSError, match="disk is full"):
            await runtime.approve(report.run, report.waiting_for[0].id, by="maria", role="supervisor")
        assert desk.done == {}
        journal.full = False
        assert (await runtime.drive(report.run)).waiting_for == report.waiting_for
        await runtime.approve(report.run, report.waiting_for[0].id, by="maria", role="supervisor")
        assert (await runtime.drive(report.run)).end == "refunded"

    asyncio.run(go())


def test_a_person_of_the_script_answers_and_otherwise_a_person_is_waited_for() -> None:
    program = compile_text("""
role manager { reach "desk" }
workflow w(x: int) {
  budget { steps 3 }
  step review asks manager { question "ok?"  returns { ok: bool }  within 2d }
  end done { ok: review.ok }
  start -> review pass x
  review -> done
}
""")

    async def go() -> None:
        journal = MemoryJournal()
        scripted = Runtime(journal, program, models=Answers({"review": {"answers": {"ok": True}, "by": "maria"}}))
        assert (await scripted.run(program, "w", {"x": 1})).output == {"ok": True}
        runtime = Runtime(journal, program)
        report = await runtime.run(program, "w", {"x": 1})
        (asked,) = report.waiting_for
        assert isinstance(asked, AskPerson) and asked.context == {"x": 1}
        for answer in ({"ok": "yes"}, {"ok": {1}}, {}):
            with pytest.raises(Refused):
                await runtime.answer(report.run, asked.id, answer, by="maria", role="manager")
        await runtime.answer(report.run, asked.id, {"ok": False}, by="maria", role="manager")
        assert (await runtime.drive(report.run)).output == {"ok": False}

    asyncio.run(go())


def test_a_run_taken_up_again_is_in_the_state_it_was_left_in() -> None:
    async def go() -> None:
        journal = MemoryJournal()
        runtime = desk_runtime(journal, Desk(), 25_000)
        report = await runtime.run(PROGRAM, "refund", REQUEST)
        left = runtime._drives[report.run].machine
        assert replay(journal, report.run).digest == left.digest()
        assert await desk_runtime(journal, Desk(), 25_000).report(report.run) == report

    asyncio.run(go())


def test_a_runtime_outlives_its_event_loops() -> None:
    desk = Desk()
    runtime = desk_runtime(MemoryJournal(), desk, 25_000)
    report = asyncio.run(runtime.run(PROGRAM, "refund", REQUEST))
    asyncio.run(runtime.approve(report.run, report.waiting_for[0].id, by="maria", role="supervisor"))
    assert asyncio.run(runtime.drive(report.run)).end == "refunded"


def test_whose_approval_it_is_has_to_be_said() -> None:
    async def go() -> None:
        desk = Desk()
        runtime = desk_runtime(MemoryJournal(), desk, 25_000)
        report = await runtime.run(PROGRAM, "refund", REQUEST)
        asked = report.waiting_for[0].id
        with pytest.raises(TypeError, match="role"):
            await runtime.approve(report.run, asked, by="mallory")  # type: ignore[call-arg]
        with pytest.raises(Refused, match="not of no role"):
            await runtime.approve(report.run, asked, by="mallory", role="")
        assert (await runtime.drive(report.run)).waiting_for == report.waiting_for and desk.done == {}

    asyncio.run(go())


def test_what_a_tools_adapter_gives_is_what_a_replay_will_see() -> None:
    class Whole(Toolbox):
        async def perform(self, command: CallTool, setting: Setting) -> Event:
            event = await super().perform(command, setting)
            if isinstance(event, ToolReturned) and isinstance(event.result, dict) and "total" in event.result:
                return replace(event, result={**event.result, "total": 50_000.0})
            return event

    async def go() -> None:
        desk, journal = Desk(), MemoryJournal()
        tools = Whole()
        for name, function in desk.toolbox()._functions.items():
            tools.add(name, function._function)
        report = await Runtime(journal, PROGRAM, tools=tools, models=Answers(script())).run(PROGRAM, "refund", REQUEST)
        assert replay(journal, report.run).same
        assert report.end == "refunded"

    asyncio.run(go())


def test_whoever_is_told_may_decide_before_the_telling_is_over() -> None:
    async def go() -> None:
        async def tell(notice: Notice) -> None:
            await runtime.approve(notice.run, notice.command.id, by="maria", role="supervisor")

        runtime = desk_runtime(MemoryJournal(), Desk(), 25_000, notify=tell)
        assert (await runtime.run(PROGRAM, "refund", REQUEST)).end == "refunded"

    asyncio.run(go())


def test_nobody_goes_on_from_what_could_not_be_recorded() -> None:
    """Another task waits for its turn at a run when the journal fails; it must not carry on from there."""

    async def go() -> None:
        desk, journal = Desk(), Jammed()
        runtime = desk_runtime(journal, desk)
        run = await runtime.start(PROGRAM, "refund", REQUEST)
        driving = [asyncio.ensure_future(runtime.drive(run)) for _ in range(2)]
        await asyncio.sleep(0)
        cancelling = asyncio.ensure_future(runtime.cancel(run, by="maria"))
        await asyncio.sleep(0)
        journal.full = True
        ended = await asyncio.gather(*driving, cancelling, return_exceptions=True)
        assert [type(each) for each in ended][:2] == [OSError, Conflict]
        assert isinstance(ended[2], OSError | Conflict), "not a cancellation that nobody asked for"
        journal.full = False
        assert (await runtime.drive(run)).end == "refunded"
        assert replay(journal, run).same

    asyncio.run(go())
