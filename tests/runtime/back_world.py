"""A run that goes back twice and may be killed at any moment: what drives it, and what it must come to."""

import asyncio
from collections import Counter

from interlock import CallContext, RunReport, Toolbox
from runtime.effects import Effects, Story, came_to

TEXT = """
tool parts.book(id: string) -> { id: string } {
  needs parts.write  effect write  idempotent by id  retry 3 times backoff 1ms..1ms  undo parts.free(id: id)
}
tool parts.free(id: string) { needs parts.write  effect write  idempotent by id  retry 3 times backoff 1ms..1ms }
tool parts.fit() -> { ok: bool } { needs parts.read  effect read  retry 3 times backoff 1ms..1ms }

workflow stock(ids: list<string> max 12) {
  step plan sets { ids: ids }
  step first runs one(id: "first")
  step book calls parts.book(id: id) for each id in plan.ids max 12 width 3
  step check calls parts.fit()
  end booked { booked: book.map(each, each.id) }
  end failed

  start -> plan
  plan -> first grant parts.write
  first -> book grant parts.write
  book -> check grant parts.read
  check -> booked when check.ok
  check -> plan when !check.ok backtrack at most 2 times, then -> failed
}

workflow one(id: string) {
  step book calls parts.book(id: id)
  end booked
  start -> book grant parts.write
  book -> booked
}
"""
IDS = [f"p{number}" for number in range(5)]
ROUNDS = 3


def toolbox(effects: Effects) -> Toolbox:
    made = Toolbox()

    @made.tool("parts.book")
    async def book(id: str, context: CallContext) -> dict[str, str]:
        effects.happened(f"book {id}", context)
        await asyncio.sleep(0.001)
        return {"id": id}

    @made.tool("parts.free")
    async def free(id: str, context: CallContext) -> None:
        effects.happened(f"free {id}", context)
        await asyncio.sleep(0.001)

    @made.tool("parts.fit")
    async def fit() -> dict[str, bool]:
        return {"ok": effects.done()["free first"] == ROUNDS - 1}

    return made


def wrong(report: RunReport, done: Counter[str]) -> str:
    if (report.status, report.end, report.output) != ("ended", "booked", {"booked": IDS}):
        return came_to(report)
    wanted = {f"book {id}": ROUNDS for id in ("first", *IDS)} | {f"free {id}": ROUNDS - 1 for id in ("first", *IDS)}
    if done != wanted:
        return f"something was lost or done twice: {done}"
    return ""


WORLD = Story(TEXT, "stock", IDS, toolbox, wrong).world
