"""A run that waits for events, which may be killed at any moment: what signals and drives it, over and over."""

import asyncio
from contextlib import suppress
from pathlib import Path

from interlock import (
    Answers,
    Conflict,
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
from runtime.killing import World

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


def program() -> Program:
    return compile_text(TEXT, "ship.ilk")


def toolbox(sent: list[str]) -> Toolbox:
    tools = Toolbox()

    @tools.tool("parcels.send")
    def send(order: str, cents: int) -> dict[str, object]:
        sent.append(f"{order} {cents}")
        return {"id": "P1"}

    return tools


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


def problem(folder: Path, compiled: Program) -> str:
    """Finish a run that was killed, and say what is wrong with it; empty if nothing is."""
    report = finish(folder, compiled)
    if (report.status, report.end, report.output) != ("ended", "shipped", {"cents": 9}):
        return f"it came to {report}"
    with SqliteJournal(folder / "runs.db") as journal:
        events = [decode(entry.event) for entry in journal.read("r")]
        if not replay(journal, "r").same or verify(journal).problems:
            return "its journal does not hold"
    keys = {each.key for each in events if isinstance(each, SignalReceived)}
    return "" if keys >= {"k2", "k3"} else f"only {sorted(keys)} were signalled"


WORLD = World(program, finish, problem)
