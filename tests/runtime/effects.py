"""Runs that may be killed at any moment and do each thing once for a key: how they are driven, and what they did."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Effects:
    """What tools did, in a file that outlives the process."""

    path: Path

    def happened(self, what: str, context: CallContext) -> None:
        with self.path.open("a") as file:
            file.write(f"{what}\t{context.key}\n")

    def done(self) -> Counter[str]:
        """Return how often each thing was done: under one key it is done once."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return Counter(what for what, _ in {tuple(line.split("\t")) for line in lines})


@dataclass(frozen=True)
class Story:
    """A run of one workflow: its program, its tools, and what it must come to."""

    text: str
    workflow: str
    ids: list[str]
    toolbox: Callable[[Effects], Toolbox]
    wrong: Callable[[RunReport, Counter[str]], str]
    """Say what is wrong with a run and with what was done; empty if nothing is."""

    def program(self) -> Program:
        return compile_text(self.text, f"{self.workflow}.ilk")

    async def finishing(self, journal: SqliteJournal, compiled: Program, folder: Path) -> RunReport:
        runtime = Runtime(journal, compiled, tools=self.toolbox(effects(folder)))
        with suppress(Conflict):  # it was begun before the last kill
            await runtime.start(compiled, self.workflow, {"ids": self.ids}, run="r")
        return await runtime.drive("r")

    def finish(self, folder: Path, compiled: Program) -> RunReport:
        with SqliteJournal(folder / "runs.db") as journal:
            return asyncio.run(self.finishing(journal, compiled, folder))

    def problem(self, folder: Path, compiled: Program) -> str:
        """Finish a run that was killed, and say what is wrong with it; empty if nothing is."""
        report = self.finish(folder, compiled)
        if said := self.wrong(report, effects(folder).done()):
            return said
        with SqliteJournal(folder / "runs.db") as journal:
            if not replay(journal, "r").same or verify(journal).problems:
                return "its journal is not what it says"
        return ""

    @property
    def world(self) -> World:
        return World(self.program, self.finish, self.problem)


def effects(folder: Path) -> Effects:
    return Effects(folder / "effects.txt")


def came_to(report: RunReport) -> str:
    return f"it came to {report.status} {report.end} {report.output} {report.reason}"
