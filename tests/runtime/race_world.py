"""A run with a race that may be killed at any moment: what drives it, and what it must come to."""

import asyncio
import random
from collections import Counter

from interlock import CallContext, RunReport, Toolbox
from runtime.effects import Effects, Story, came_to

TEXT = """
tool seats.hold(id: string) -> { id: string } {
  needs seats.write  effect write  idempotent by id  retry 3 times backoff 1ms..1ms  undo seats.free(id: id)
}
tool seats.free(id: string) { needs seats.write  effect write  idempotent by id  retry 3 times backoff 1ms..1ms }

workflow trip(ids: list<string> max 12) {
  step left calls seats.hold(id: "left")
  step rows calls seats.hold(id: "left " + id) for each id in ids max 12 width 2
  step far sets { n: size(rows) }
  step right calls seats.hold(id: "right")
  step inner runs one(id: "right inner")
  step pause waits for 1h
  step sum sets { left: has(far.n) }
  end held { left: sum.left }

  start -> left, right, pause grant seats.write
  left -> rows grant seats.write
  rows -> far
  right -> inner grant seats.write
  far, inner, pause -> sum merge first
  sum -> held
}

workflow one(id: string) {
  step hold calls seats.hold(id: id)
  step more calls seats.hold(id: id + " more")
  end held
  start -> hold grant seats.write
  hold -> more grant seats.write
  more -> held
}
"""
IDS = ["a", "b", "c"]
LEFT = {"left", *(f"left {id}" for id in IDS)}
RIGHT = {"right", "right inner", "right inner more"}


def toolbox(effects: Effects) -> Toolbox:
    made, chance = Toolbox(), random.Random()

    @made.tool("seats.hold")
    async def hold(id: str, context: CallContext) -> dict[str, str]:
        effects.happened(f"hold {id}", context)
        await asyncio.sleep(chance.uniform(0, 0.002))
        return {"id": id}

    @made.tool("seats.free")
    async def free(id: str, context: CallContext) -> None:
        effects.happened(f"free {id}", context)
        await asyncio.sleep(0.001)

    return made


def wrong(report: RunReport, done: Counter[str]) -> str:
    if (report.status, report.end) != ("ended", "held") or not isinstance(report.output, dict):
        return came_to(report)
    won, lost = (LEFT, RIGHT) if report.output["left"] else (RIGHT, LEFT)
    if any(done[f"hold {id}"] != 1 or done[f"free {id}"] for id in won):
        return f"the winner has lost something: {done}"
    kept = [id for id in lost if done[f"hold {id}"] and not done[f"free {id}"]]
    # A call that was under way when a process died, and that nobody waits for any more, may have happened.
    if (kept and "may have happened" not in report.reason) or any(done[f"free {id}"] > 1 for id in lost):
        return f"of {lost} not all that was done was undone once: {done}"
    return ""


WORLD = Story(TEXT, "trip", IDS, toolbox, wrong).world
