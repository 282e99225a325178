"""Does a whole journal hold together? Every chain from its first entry to its head, every event, every program."""

from dataclasses import dataclass

from interlock.errors import InterlockError, JournalCorrupt
from interlock.journal.codec import decode
from interlock.journal.journal import Journal


@dataclass(frozen=True, slots=True)
class Verification:
    """How much was read, and what is wrong: for each run its first break, naming run and sequence number."""

    runs: int
    entries: int
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify(journal: Journal) -> Verification:
    """Read a whole journal and report every run's first break. Raises nothing that a damaged journal could cause."""
    entries = 0
    problems: list[str] = []
    try:
        problems += journal.check()
        summaries = journal.runs()
    except JournalCorrupt as broken:
        return Verification(0, 0, (*problems, str(broken)))
    programs: set[str] = set()
    for summary in summaries:
        try:
            for entry in journal.read(summary.run):
                decode(entry.event, entry.run, entry.sequence)
                entries += 1
            if summary.program not in programs:
                programs.add(summary.program)
                journal.program(summary.program)
        except InterlockError as broken:
            problems.append(str(broken))
    return Verification(len(summaries), entries, tuple(problems))
