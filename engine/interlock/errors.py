"""Everything the engine raises. A message says what is wrong, where, and what to do; `str(error)` is shown as it is."""

from reprlib import Repr
from typing import Final

_BRIEF: Final = Repr()
_BRIEF.maxstring = _BRIEF.maxother = _BRIEF.maxlong = 80


def abridged(value: object) -> str:
    """Return a value as an error shows it: in 80 characters at most, however long or deep it is."""
    try:
        return _BRIEF.repr(value)[:80]
    except (ValueError, RecursionError):  # a number of thousands of digits
        return f"a value of type {type(value).__name__}"


class InterlockError(Exception):
    """Base of all errors of the engine."""


class JournalMissing(InterlockError):
    """There is no journal where one was expected."""


class JournalCorrupt(InterlockError):
    """A journal does not hold together: not a journal, a broken chain, an entry that cannot be read."""


class JournalUnavailable(InterlockError):
    """A journal is there but cannot be used now: locked, read-only, the disk full. Nothing was written."""


class Conflict(InterlockError):
    """Another worker advanced the run in the meantime."""


class UnknownRun(InterlockError):
    """No run of that id."""


class UnknownProgram(InterlockError):
    """The journal holds no program of that digest."""


class ProgramMismatch(InterlockError):
    """A run belongs to another program than the one given."""


class MeaningChanged(InterlockError):
    """A run was recorded by a version for which its entries mean something else; it cannot be replayed or resumed."""


class Diverged(InterlockError):
    """A run's journal, replayed, is decided differently than when it was written."""


class InvalidInput(InterlockError):
    """The input of a run is not of the types of the workflow's parameters, or there is no such workflow."""


class AnsweredOtherwise(InterlockError):
    """A run would go on with other answers, or other models, than it was started with, and nobody said so."""


class ToolsIncomplete(InterlockError):
    """A tool that the program declares has no function, or a function has no declared tool."""


class Refused(InterlockError):
    """What a person asked of a run could not be accepted: late, twice, by the wrong role, for something else."""


class NotReloaded(InterlockError):
    """The files of a guard could not be read again, or do not compile; the program stays as it was."""


class DrivenElsewhere(Refused, Conflict):
    """Another process, or another runtime, is working on the run; it goes on there."""
