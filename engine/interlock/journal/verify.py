"""Does a whole journal hold together? Every chain from its first entry to its head, every event, every program."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from interlock.errors import InterlockError, JournalCorrupt
from interlock.journal.codec import decode
from interlock.journal.journal import Journal, RunSummary
from interlock.run.protocol.meaning import KEPT

CheckProgram = Callable[[str, Mapping[str, str], bytes], str]
"""Returns what is wrong with the sources and the bundle kept for a program of a digest; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class Verification:
    """How much holds, and what is wrong: for each run its first break, naming run and sequence number.

    `entries` counts those that were verified: of a damaged run those before its first break.
    """

    runs: int
    entries: int
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify(journal: Journal, check_program: CheckProgram | None = None) -> Verification:
    """Read a whole journal and report every run's first break. Raises nothing that a damaged journal could cause.

    With `check_program`, what is kept for each program must be the program that the runs are pinned to.
    """
    entries = 0
    problems: list[str] = []
    try:
        problems += journal.check()
        summaries = journal.runs()
    except JournalCorrupt as broken:
        return Verification(0, 0, (*problems, str(broken)))
    programs: set[str] = set()
    for summary in summaries:
        sound, problem = _run(journal, summary)
        entries += sound
        if problem:
            problems.append(problem)
        if summary.program not in programs:
            programs.add(summary.program)
            problems += _program(journal, summary.program, check_program)
    return Verification(len(summaries), entries, tuple(problems))


def _run(journal: Journal, summary: RunSummary) -> tuple[int, str]:
    """Return how many entries of a run hold, from the first one on, and what is wrong with the next."""
    sound = 0
    try:
        for entry in journal.read(summary.run):
            if entry.meaning in KEPT:
                decode(entry.event, entry.run, entry.sequence)
            sound += 1
    except InterlockError as broken:
        kept = (
            f"entries 1 to {sound} of {summary.entries} hold" if sound else f"none of {summary.entries} entries holds"
        )
        return sound, f"{broken}; {kept}"
    return sound, ""


def _program(journal: Journal, digest: str, check_program: CheckProgram | None) -> list[str]:
    try:
        sources, bundle = journal.program(digest), journal.bundle(digest)
    except InterlockError as broken:
        return [str(broken)]
    problem = check_program(digest, sources, bundle) if check_program is not None else ""
    return [problem] if problem else []
