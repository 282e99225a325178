"""A run with fan-outs that may be killed at any moment: what drives it, and what it must come to."""

import asyncio
from collections import Counter

from interlock import CallContext, RunReport, Toolbox
from runtime.effects import Effects, Story, came_to

TEXT = """
tool parts.read(id: string) -> { count: int in 0..100 } { needs parts.read  effect read }
tool parts.book(id: string) -> { id: string } {
  needs parts.write  effect write  idempotent by id  retry 3 times backoff 1ms..1ms  undo parts.free(id: id)
}
tool parts.free(id: string) { needs parts.write  effect write  idempotent by "free " + id }

workflow stock(ids: list<string> max 12) {
  step read calls parts.read(id: id) for each id in ids max 12
  step book calls parts.book(id: id) for each id in ids max 12 width 3
  step some calls parts.book(id: "spare " + id) for each id in ids max 12 width 4 merge 2
  end booked { read: size(read), booked: book.map(each, each.id), some: size(some) }

  start -> read grant parts.read
  read -> book grant parts.write
  book -> some grant parts.write
  some -> booked
}
"""
IDS = [f"p{number}" for number in range(6)]


def toolbox(effects: Effects) -> Toolbox:
    made = Toolbox()

    @made.tool("parts.read")
    async def read(id: str) -> dict[str, int]:
        return {"count": len(id)}

    @made.tool("parts.book")
    async def book(id: str, context: CallContext) -> dict[str, str]:
        effects.happened(f"book {id}", context)
        await asyncio.sleep(0.001)
        return {"id": id}

    @made.tool("parts.free")
    async def free(id: str, context: CallContext) -> None:
        effects.happened(f"free {id}", context)

    return made


def wrong(report: RunReport, done: Counter[str]) -> str:
    wanted = {"read": len(IDS), "booked": IDS, "some": 2}
    if (report.status, report.end, report.output) != ("ended", "booked", wanted):
        return came_to(report)
    if any(count > 1 for count in done.values()):
        return f"something was done under two keys: {done}"
    if not all(done[f"book {id}"] for id in IDS) or any(done[f"free {id}"] for id in IDS):
        return f"something was lost or undone that is needed: {done}"
    spare = [id for id in IDS if done[f"book spare {id}"]]
    freed = [id for id in spare if done[f"free spare {id}"]]
    # A call that was under way when a process died, and that nobody waits for any more, may have happened.
    if len(spare) - len(freed) < 2 or ("may have happened" not in report.reason and len(spare) - len(freed) != 2):
        return f"of {spare} only {freed} were undone"
    return ""


WORLD = Story(TEXT, "stock", IDS, toolbox, wrong).world
