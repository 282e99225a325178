"""A desk that may be killed at any moment: a program, tools whose effects outlive the process, and what drives it."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

from interlock import Answers, CallContext, Conflict, Journal, Program, RunReport, Runtime, Toolbox, compile_text

TEXT = """
type Order { id: string  total: int in 0..1_000_000 }
type Receipt { id: string }

tool orders.get(order_id: string) -> Order { needs orders.read  effect read  retry 2 times backoff 1ms..1ms }
tool parts.reserve(order_id: string) -> Receipt {
  needs parts.write  effect write  idempotent by order_id  undo parts.release(receipt: result.id)
}
tool parts.release(receipt: string) { needs parts.write  effect write  idempotent by receipt }
tool refunds.issue(order_id: string, amount: int in 1..1_000_000) -> Receipt {
  needs refunds.write  effect irreversible  idempotent by order_id  retry 3 times backoff 1ms..1ms
}
tool letters.send(order_id: string) { needs letters.write  effect write  idempotent by order_id }

agent billing { model "large"  may orders.read  tokens 8_000 }
role supervisor { reach "desk" }

workflow refund(order_id: string) {
  budget { steps 12  tool_calls 12  tokens 10_000_000  time 8h }
  step assess by billing { task "propose an amount"  returns { amount: int in 0..1_000_000 } }
  step reserve calls parts.reserve(order_id: order_id)
  step letter calls letters.send(order_id: order_id)
  step pay calls refunds.issue(order_id: order_id, amount: assess.amount)
  step confirm asks supervisor { question "is it paid?"  returns { ok: bool } }
  end refunded { amount: assess.amount, receipt: pay.id, reservation: reserve.id }
  end unpaid

  start -> assess  grant orders.read  pass order_id
  assess -> reserve, letter  grant parts.write, letters.write
  reserve, letter -> pay  merge all  grant refunds.write  after approval by supervisor within 4h
  pay -> confirm  pass order_id
  confirm -> refunded  when confirm.ok
  confirm -> unpaid  otherwise
}
"""
ONCE = """
tool ledger.post(order_id: string) { needs ledger.write  effect irreversible }
workflow refund(order_id: string) {
  budget { steps 5 }
  step post calls ledger.post(order_id: order_id)
  end posted
  end unsure
  start -> post  grant ledger.write
  post -> posted
  post -> unsure  on failure
}
"""
"""A call that may not be repeated, since nothing tells the second from the first."""

SCRIPT: dict[str, object] = {
    "assess": [
        {"calls": [{"orders.get": {"order_id": "A1"}}, {"orders.get": {"order_id": "A2"}}]},
        {"answers": {"amount": 25_000}},
    ],
    "confirm": {"answers": {"ok": True}, "by": "maria"},
}
EFFECTS = ["letters.send:A1", "parts.reserve:A1", "refunds.issue:A1"]


def program() -> Program:
    return compile_text(TEXT, "desk.ilk")


def once() -> Program:
    return compile_text(ONCE, "ledger.ilk")


class World:
    """Effects and calls, in files that a killed process leaves as they are."""

    def __init__(self, folder: Path) -> None:
        self._effects = folder / "effects"
        self._calls = folder / "calls"
        self._effects.mkdir(exist_ok=True)

    @property
    def effects(self) -> list[str]:
        """The keys of what took place."""
        return [each.name for each in self._effects.iterdir()]

    @property
    def calls(self) -> list[str]:
        """Every call that was made, in order."""
        return self._calls.read_text().splitlines() if self._calls.exists() else []

    def called(self, key: str) -> None:
        handle = os.open(self._calls, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(handle, f"{key}\n".encode())
        finally:
            os.close(handle)

    def happen(self, key: str) -> None:
        """Do what is done once for a key, as an idempotent service does."""
        with suppress(FileExistsError):
            os.close(os.open(self._effects / key, os.O_WRONLY | os.O_CREAT | os.O_EXCL))


def toolbox(world: World) -> Toolbox:
    tools = Toolbox()

    @tools.tool("orders.get")
    def get(order_id: str, call: CallContext) -> dict[str, object]:
        world.called(f"orders.get {call.key}")
        return {"id": order_id, "total": 50_000}

    @tools.tool("parts.reserve")
    async def reserve(order_id: str, call: CallContext) -> dict[str, object]:
        world.called(call.key)
        world.happen(call.key)
        return {"id": f"V-{order_id}"}

    @tools.tool("parts.release")
    async def release(receipt: str, call: CallContext) -> None:
        world.happen(call.key)

    @tools.tool("refunds.issue")
    def issue(order_id: str, amount: int, call: CallContext) -> dict[str, object]:
        world.called(call.key)
        world.happen(call.key)
        return {"id": f"R-{order_id}-{amount}"}

    @tools.tool("letters.send")
    async def send(order_id: str, call: CallContext) -> None:
        world.called(call.key)
        world.happen(call.key)

    return tools


def ledger(world: World) -> Toolbox:
    tools = Toolbox()

    @tools.tool("ledger.post")
    async def post(order_id: str, call: CallContext) -> None:
        world.called(call.key)

    return tools


def finish(journal: Journal, compiled: Program, world: World, run: str) -> RunReport:
    """Start the run or take it up again, approve what it waits for, and drive it to its end."""
    return asyncio.run(finishing(journal, compiled, toolbox(world), run))


async def finishing(journal: Journal, compiled: Program, tools: Toolbox, run: str) -> RunReport:
    runtime = Runtime(
        journal,
        compiled,
        tools=tools,
        models=Answers(SCRIPT if "assess" in compiled.workflows["refund"].steps else {}),
        seed=1,
    )
    with suppress(Conflict):  # it was begun before the last crash
        await runtime.start(compiled, "refund", {"order_id": "A1"}, run=run)
    while not (report := await runtime.drive(run)).over:
        assert report.waiting_for, f"run {run} is {report.status}, and nobody can move it"
        for waiting in report.waiting_for:
            await runtime.approve(run, waiting.id, by="maria", role=waiting.role)
    return report
