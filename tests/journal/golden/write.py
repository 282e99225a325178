"""Write the golden journals of a release: `python tests/journal/golden/write.py VERSION`. Once per release.

A run of every way to end, with every kind of event in them, and runs that wait; no entry of an older golden journal is
ever rewritten. Beside VERSION.db, whose runs a later release replays and resumes for as long as it keeps their meaning,
`VERSION-other-meaning.db` holds the same entries under a meaning that no release keeps.
"""

import asyncio
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from interlock import Answers, ManualClock, Runtime, SqliteJournal, Toolbox, compile_text
from interlock.journal.journal import Pending

TEXT = """
tool stock.count(sku: string) -> { n: int in 0..99  price?: double } { needs stock.read  effect read  retry 1 times }
tool stock.take(sku: string, n: int in 1..99) -> { id: string } { needs stock.write  effect write  timeout 5s
  undo stock.put(id: result.id) }
tool stock.put(id: string) { needs stock.write  effect write }

agent clerk { model "small"  may stock.read  tokens 4_000  retry 1 times backoff 1s..2s }
role manager { reach "desk" }

policy shop { limit stock.take of args.n to 99 per 24h overall }

workflow order(sku: string) {
  budget { steps 9  tool_calls 9  tokens 20_000  time 1d }
  step judge by clerk { task "how many?"  returns { n: int in 0..99  note?: string } }
  step review asks manager { question "shall we?"  returns { ok: bool }  within 1h }
  step take calls stock.take(sku: sku, n: judge.n)
  end taken { id: take.id }
  end left
  start -> judge  grant stock.read  pass sku
  judge -> take  when judge.n > 0  grant stock.write  after approval by manager within 1h
  judge -> review  otherwise  pass judge.n
  review -> left
  review -> left  on expiry
  take -> taken
  take -> left  on denied
  take -> left  on failure
}

workflow ship(sku: string) {
  step take calls stock.take(sku: sku, n: 1)
  step confirm asks manager { question "did it arrive?"  returns { ok: bool } }
  end shipped { id: take.id }
  start -> take  grant stock.write
  take -> confirm
  confirm -> shipped
}
"""

OTHER_MEANING = 0
"""A version of the meaning of entries that no release keeps."""


undone: list[str] = []
"""What `stock.put` was called with."""


def toolbox() -> Toolbox:
    tools, counted = Toolbox(), list[str]()

    @tools.tool("stock.count")
    async def count(sku: str) -> dict[str, object]:
        counted.append(sku)
        if len(counted) == 1:
            raise RuntimeError("not now")
        return {"n": 7, "price": 2.5}

    @tools.tool("stock.take")
    async def take(sku: str, n: int) -> dict[str, object]:
        return {"id": f"T-{sku}-{n}"}

    @tools.tool("stock.put")
    async def put(id: str) -> None:
        undone.append(id)

    return tools


async def write(journal: SqliteJournal) -> None:
    program, clock, tools = compile_text(TEXT, "order.ilk"), ManualClock(1_795_000_000_000_000), toolbox()
    asks = [{"calls": {"stock.count": {"sku": "LAMP"}}}, {"answers": {"n": 3, "note": "ünïcode ☃"}}]

    def runtime(script: dict[str, object]) -> Runtime:
        return Runtime(journal, program, tools=tools, models=Answers(script), clock=clock, seed=1)

    async def to_quiet(at: Runtime, run: str) -> str:
        for _ in range(2):
            report = await at.drive(run, patience=0)
            if report.next_timer is not None and not report.waiting_for:
                clock.advance(report.next_timer - clock.now())
        report = await at.drive(run, patience=0)
        return report.waiting_for[0].id if report.waiting_for else ""

    approved = runtime({"judge": asks})
    asked = await to_quiet(approved, await approved.start(program, "order", {"sku": "LAMP"}, run="approved"))
    await approved.approve("approved", asked, by="maria", role="manager")
    await approved.drive("approved")
    denied = runtime({"judge": asks[1:]})
    asked = await to_quiet(denied, await denied.start(program, "order", {"sku": "LAMP"}, run="denied"))
    await denied.deny("denied", asked, by="maria", role="manager", reason="not today")
    await denied.drive("denied")
    answered = runtime({"judge": [{"fails": "overloaded"}, {"answers": {"n": 0}}]})
    asked = await to_quiet(answered, await answered.start(program, "order", {"sku": "DESK"}, run="answered"))
    await answered.answer("answered", asked, {"ok": True}, by="otto", role="manager")
    await answered.drive("answered")
    expired = runtime({"judge": {"answers": {"n": 0}}})
    await to_quiet(expired, await expired.start(program, "order", {"sku": "DESK"}, run="expired"))
    clock.advance(3_600_000_000)
    await expired.drive("expired")
    cancelled = runtime({"judge": {"answers": {"n": 0}}})
    await to_quiet(cancelled, await cancelled.start(program, "order", {"sku": "DESK"}, run="cancelled"))
    await cancelled.cancel("cancelled", by="maria", reason="wrong order")
    await runtime({}).start(program, "order", {"sku": "DESK"}, run="resumed")
    await to_quiet(runtime({"judge": {"answers": {"n": 0}}}), "resumed")
    parked = runtime({"judge": asks[1:]})
    await to_quiet(parked, await parked.start(program, "order", {"sku": "LAMP"}, run="parked"))
    await runtime({}).start(program, "order", {"sku": "LAMP"}, run="begun")
    halfway = runtime({})
    await to_quiet(halfway, await halfway.start(program, "ship", {"sku": "LAMP"}, run="halfway"))


def under_another_meaning(journal: SqliteJournal, copy: SqliteJournal) -> None:
    """Write every run of a journal to another one, as if its entries had another meaning."""
    for line in reversed(journal.runs()):
        copy.keep_program(line.program, journal.program(line.program), journal.bundle(line.program))
        entries = [Pending(entry.event, entry.outcome, OTHER_MEANING) for entry in journal.read(line.run)]
        copy.append(line.run, 0, entries, line)


def main(version: str) -> None:
    path = Path(__file__).with_name(f"{version}.db")
    if path.exists():
        raise SystemExit(f"{path} is written already, and stays as it is")
    with SqliteJournal(path) as journal:
        asyncio.run(write(journal))
        with SqliteJournal(path.with_name(f"{version}-other-meaning.db")) as copy:
            under_another_meaning(journal, copy)
        lines = journal.runs()
        told = {
            "runs": [
                {"run": line.run, "status": line.status, "detail": line.detail, "entries": line.entries}
                for line in lines
            ],
            "events": {line.run: [entry.event.decode() for entry in journal.read(line.run)] for line in lines},
        }
    path.with_suffix(".json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
