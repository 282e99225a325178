"""A run with a workflow for each row of a list, killed at any moment: what drives it, and what it must come to."""

import asyncio
from collections import Counter

from interlock import CallContext, RunReport, Toolbox
from runtime import rows_world
from runtime.effects import Effects, Story, came_to

TEXT = """
tool parts.read(id: string) -> { count: int in 0..100 } { needs parts.read  effect read }
tool parts.book(id: string) -> { id: string } {
  needs parts.write  effect write  idempotent by id  retry 3 times backoff 1ms..1ms  undo parts.free(id: id)
}
tool parts.free(id: string) {
  needs parts.write  effect write  idempotent by "free " + id  retry 3 times backoff 1ms..1ms
}
tool parts.label(id: string) {
  needs parts.write  effect write  idempotent by "label " + id  retry 3 times backoff 1ms..1ms  undo parts.bare(id: id)
}
tool parts.bare(id: string) {
  needs parts.write  effect write  idempotent by "bare " + id  retry 3 times backoff 1ms..1ms
}

workflow stock(ids: list<string> max 12) {
  step all runs order(id: id, well: id != "p2") for each id in ids max 12 width 3 collect failures
  step some runs order(id: "spare " + id, well: true) for each id in ids max 12 width 4 merge 2
  end booked { booked: all.filter(each, has(each.value)).map(each, each.value.id), some: size(some) }

  start -> all grant parts.read, parts.write
  all -> some grant parts.read, parts.write
  some -> booked
}

workflow order(id: string, well: bool) {
  budget { steps 6  tool_calls 30 }
  step read calls parts.read(id: id)
  step book calls parts.book(id: id)
  step label runs labelled(id: id)
  end ordered { id: book.id }
  end bad gives up { because "not this one" }

  start -> read grant parts.read
  read -> book grant parts.write
  book -> label grant parts.write
  label -> ordered when well
  label -> bad otherwise
}

workflow labelled(id: string) {
  step put calls parts.label(id: id)
  end done
  start -> put grant parts.write
  put -> done
}
"""
IDS = [f"p{number}" for number in range(5)]
BAD = "p2"


def toolbox(effects: Effects) -> Toolbox:
    made = rows_world.toolbox(effects)

    @made.tool("parts.label")
    async def label(id: str, context: CallContext) -> None:
        effects.happened(f"label {id}", context)
        await asyncio.sleep(0.001)

    @made.tool("parts.bare")
    async def bare(id: str, context: CallContext) -> None:
        effects.happened(f"bare {id}", context)

    return made


def wrong(report: RunReport, done: Counter[str]) -> str:
    well = [id for id in IDS if id != BAD]
    if (report.status, report.end, report.output) != ("ended", "booked", {"booked": well, "some": 2}):
        return came_to(report)
    if any(count > 1 for count in done.values()):
        return f"something was done under two keys: {done}"
    if not all(done[f"{what} {id}"] for id in IDS for what in ("book", "label")):
        return f"something was lost: {done}"
    if [id for id in IDS if done[f"free {id}"] or done[f"bare {id}"]] != [BAD]:
        return f"what is needed was undone, or what is not was left: {done}"
    perhaps = "may have happened" in report.reason
    for what, undo in (("book", "free"), ("label", "bare")):
        left = [id for id in IDS if done[f"{what} spare {id}"] and not done[f"{undo} spare {id}"]]
        # A call that was under way when a process died, and that nobody waits for any more, may have happened.
        if len(left) < 2 or (len(left) > 2 and not perhaps):
            return f"{undo} was not done to all but two of {left}: {done}"
    return ""


WORLD = Story(TEXT, "stock", IDS, toolbox, wrong).world
