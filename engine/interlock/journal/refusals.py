"""What every journal says alike when it refuses."""

from interlock.errors import Conflict, JournalCorrupt, UnknownProgram, UnknownRun


def conflict(run: str, expected: int, found: int) -> Conflict:
    """Return the error of two workers on one run."""
    if expected == 0:
        return Conflict(f"there is a run {run} already, of {found} entries; a new run needs a name of its own")
    return Conflict(
        f"run {run} was advanced by another worker: this one knew {expected} entries, the journal has {found}; "
        "nothing of this was recorded, and the run goes on there"
    )


def unknown_run(run: str) -> UnknownRun:
    """Return the error of a run that is not there."""
    return UnknownRun(f"the journal holds no run {run}")


def unknown_program(digest: str) -> UnknownProgram:
    """Return the error of a program that is not there."""
    return UnknownProgram(f"the journal holds no program of the digest {digest}")


def broken(run: str, sequence: int, what: str) -> JournalCorrupt:
    """Return the error of an entry that does not hold together with the others."""
    return JournalCorrupt(f"run {run}, entry {sequence}: {what}")
