"""A run that goes back twice and may be killed at any moment: what drives it, and what it must come to."""

import asyncio
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


def program() -> Program:
    return compile_text(TEXT, "stock.ilk")


def toolbox(folder: Path) -> Toolbox:
    """Tools that do a thing once for each key, and say so in a file that outlives the process."""
    made = Toolbox()

    def happened(what: str, context: CallContext) -> None:
        with (folder / "effects.txt").open("a") as file:
            file.write(f"{what}\t{context.key}\n")

    @made.tool("parts.book")
    async def book(id: str, context: CallContext) -> dict[str, str]:
        happened(f"book {id}", context)
        await asyncio.sleep(0.001)
        return {"id": id}

    @made.tool("parts.free")
    async def free(id: str, context: CallContext) -> None:
        happened(f"free {id}", context)
        await asyncio.sleep(0.001)

    @made.tool("parts.fit")
    async def fit() -> dict[str, bool]:
        return {"ok": done(folder)["free first"] == ROUNDS - 1}

    return made


def done(folder: Path) -> Counter[str]:
    """Return how often each thing was done: under one key it is done once."""
    lines = (folder / "effects.txt").read_text().splitlines()
    return Counter(what for what, _ in {tuple(line.split("\t")) for line in lines})


async def finishing(journal: SqliteJournal, compiled: Program, folder: Path) -> RunReport:
    runtime = Runtime(journal, compiled, tools=toolbox(folder))
    with suppress(Conflict):
        await runtime.start(compiled, "stock", {"ids": IDS}, run="r")
    return await runtime.drive("r")


def finish(folder: Path, compiled: Program) -> RunReport:
    with SqliteJournal(folder / "runs.db") as journal:
        return asyncio.run(finishing(journal, compiled, folder))


def problem(folder: Path, compiled: Program) -> str:
    """Finish a run that was killed, and say what is wrong with it; empty if nothing is."""
    report = finish(folder, compiled)
    if (report.status, report.end, report.output) != ("ended", "booked", {"booked": IDS}):
        return f"it came to {report.status} {report.end} {report.output} {report.reason}"
    found = done(folder)
    wanted = {f"book {id}": ROUNDS for id in ("first", *IDS)} | {f"free {id}": ROUNDS - 1 for id in ("first", *IDS)}
    if found != wanted:
        return f"something was lost or done twice: {found}"
    with SqliteJournal(folder / "runs.db") as journal:
        if not replay(journal, "r").same or verify(journal).problems:
            return "its journal is not what it says"
    return ""


WORLD = World(program, finish, problem)
