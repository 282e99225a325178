"""A run with a race that may be killed at any moment: what drives it, and what it must come to."""

import asyncio
import random
from collections import Counter
from contextlib import suppress
from pathlib import Path

from interlock import (
    CallContext,
    Conflict,
    Program,
    RunReport,
    Runtime,
    SqliteJournal,
    Toolbox,
    compile_text,
    replay,
    verify,
)
from runtime.killing import World

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


def program() -> Program:
    return compile_text(TEXT, "trip.ilk")


def toolbox(folder: Path) -> Toolbox:
    """Tools that do a thing once for each key, and say so in a file that outlives the process."""
    made, chance = Toolbox(), random.Random()

    def happened(what: str, context: CallContext) -> None:
        with (folder / "effects.txt").open("a") as file:
            file.write(f"{what}\t{context.key}\n")

    @made.tool("seats.hold")
    async def hold(id: str, context: CallContext) -> dict[str, str]:
        happened(f"hold {id}", context)
        await asyncio.sleep(chance.uniform(0, 0.002))
        return {"id": id}

    @made.tool("seats.free")
    async def free(id: str, context: CallContext) -> None:
        happened(f"free {id}", context)
        await asyncio.sleep(0.001)

    return made


def done(folder: Path) -> Counter[str]:
    """Return how often each thing was done: under one key it is done once."""
    lines = (folder / "effects.txt").read_text().splitlines()
    return Counter(what for what, _ in {tuple(line.split("\t")) for line in lines})


async def finishing(journal: SqliteJournal, compiled: Program, folder: Path) -> RunReport:
    runtime = Runtime(journal, compiled, tools=toolbox(folder))
    with suppress(Conflict):
        await runtime.start(compiled, "trip", {"ids": IDS}, run="r")
    return await runtime.drive("r")


def finish(folder: Path, compiled: Program) -> RunReport:
    with SqliteJournal(folder / "runs.db") as journal:
        return asyncio.run(finishing(journal, compiled, folder))


def problem(folder: Path, compiled: Program) -> str:
    """Finish a run that was killed, and say what is wrong with it; empty if nothing is."""
    report = finish(folder, compiled)
    if (report.status, report.end) != ("ended", "held") or not isinstance(report.output, dict):
        return f"it came to {report.status} {report.end} {report.output} {report.reason}"
    found = done(folder)
    won, lost = (LEFT, RIGHT) if report.output["left"] else (RIGHT, LEFT)
    if any(found[f"hold {id}"] != 1 or found[f"free {id}"] for id in won):
        return f"the winner has lost something: {found}"
    kept = [id for id in lost if found[f"hold {id}"] and not found[f"free {id}"]]
    # A call that was under way when a process died, and that nobody waits for any more, may have happened.
    if (kept and "may have happened" not in report.reason) or any(found[f"free {id}"] > 1 for id in lost):
        return f"of {lost} not all that was done was undone once: {found}"
    with SqliteJournal(folder / "runs.db") as journal:
        if not replay(journal, "r").same or verify(journal).problems:
            return "its journal is not what it says"
    return ""


WORLD = World(program, finish, problem)
