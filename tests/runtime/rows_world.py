"""A run with fan-outs that may be killed at any moment: what drives it, and what it must come to."""

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


def program() -> Program:
    return compile_text(TEXT, "stock.ilk")


def toolbox(folder: Path) -> Toolbox:
    """Tools that do a thing once for each key, and say so in a file that outlives the process."""
    made = Toolbox()

    def happened(what: str, context: CallContext) -> None:
        with (folder / "effects.txt").open("a") as file:
            file.write(f"{what}\t{context.key}\n")

    @made.tool("parts.read")
    async def read(id: str) -> dict[str, int]:
        return {"count": len(id)}

    @made.tool("parts.book")
    async def book(id: str, context: CallContext) -> dict[str, str]:
        happened(f"book {id}", context)
        await asyncio.sleep(0.001)
        return {"id": id}

    @made.tool("parts.free")
    async def free(id: str, context: CallContext) -> None:
        happened(f"free {id}", context)

    return made


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
    wanted = {"read": len(IDS), "booked": IDS, "some": 2}
    if (report.status, report.end, report.output) != ("ended", "booked", wanted):
        return f"it came to {report.status} {report.end} {report.output} {report.reason}"
    keys = [line.split("\t") for line in (folder / "effects.txt").read_text().splitlines()]
    done = Counter(what for what, _ in {(what, key) for what, key in keys})
    if any(count > 1 for count in done.values()):
        return f"something was done under two keys: {done}"
    if not all(done[f"book {id}"] for id in IDS) or any(done[f"free {id}"] for id in IDS):
        return f"something was lost or undone that is needed: {done}"
    spare = [id for id in IDS if done[f"book spare {id}"]]
    freed = [id for id in spare if done[f"free spare {id}"]]
    # A call that was under way when a process died, and that nobody waits for any more, may have happened.
    if len(spare) - len(freed) < 2 or ("may have happened" not in report.reason and len(spare) - len(freed) != 2):
        return f"of {spare} only {freed} were undone"
    with SqliteJournal(folder / "runs.db") as journal:
        if not replay(journal, "r").same or verify(journal).problems:
            return "its journal is not what it says"
    return ""


WORLD = World(program, finish, problem)
