"""Cancelling a run that stopped with its process: nothing that was under way is done now for the first time."""

import asyncio

import pytest

from interlock import MemoryJournal, RunReport, Runtime, Toolbox, compile_text, replay

TEXT = """
tool pay.issue(id: string) { needs pay.write  effect write  idempotent by id }
workflow w(id: string) {
  budget { steps 5 }
  step pay calls pay.issue(id: id)
  end done
  start -> pay  grant pay.write
  pay -> done
}
"""


class Stuck(Toolbox):
    """Tools that are never reached: the process stops before they are."""

    async def perform(self, command, setting):  # type: ignore[no-untyped-def]
        await asyncio.Event().wait()


def tools(calls: list[str], kind: type[Toolbox] = Toolbox) -> Toolbox:
    toolbox = kind()
    toolbox.add("pay.issue", lambda id: calls.append(id))
    return toolbox


async def stopped(journal: MemoryJournal, calls: list[str]) -> None:
    """Start a run whose process stops when its call is under way."""
    program = compile_text(TEXT, "pay.ilk")
    runtime = Runtime(journal, program, tools=tools(calls, Stuck))
    await runtime.start(program, "w", {"id": "A1"}, run="r1")
    driving = asyncio.ensure_future(runtime.drive("r1"))
    await asyncio.sleep(0.01)
    driving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await driving


@pytest.mark.parametrize("held", [False, True])
def test_what_was_under_way_is_not_done_when_the_run_is_cancelled(held: bool) -> None:
    journal, calls = MemoryJournal(), list[str]()

    async def go() -> RunReport:
        await stopped(journal, calls)
        runtime = Runtime(journal, tools=tools(calls))
        if not held:
            await runtime.cancel("r1", by="ann")
            return await runtime.drive("r1")
        async with runtime.holding("r1"):
            await runtime.cancel("r1", by="ann")
            return await runtime.drive("r1")

    report = asyncio.run(go())
    assert report.status == "cancelled"
    assert "may have happened: pay.issue" in report.reason
    assert calls == []
    assert replay(journal, "r1").same


def test_what_was_under_way_is_done_when_the_run_is_resumed() -> None:
    journal, calls = MemoryJournal(), list[str]()

    async def go() -> RunReport:
        await stopped(journal, calls)
        return await Runtime(journal, tools=tools(calls)).resume("r1")

    assert asyncio.run(go()).end == "done"
    assert calls == ["A1"]
