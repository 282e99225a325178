"""Where a run stands, and what a replay found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from interlock.run.protocol.commands import AskApproval, AskPerson, AwaitEvent
from interlock.run.protocol.events import Json

Waiting: TypeAlias = AskApproval | AskPerson
"""Something a person is asked for."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """Where a run stands once there is nothing to do for now.

    `status` is running, waiting, ended, failed or cancelled; `end` and `output` are those of a run that came to an end,
    `reason` says why one failed, by an end that gives up or without one, or was cancelled. `approved_by` is who has
    agreed to each open approval, by its id. `next_timer` is the moment (microseconds since 1970) at which it goes on by
    itself, `awaiting` are the events that steps wait for.
    """

    run: str
    status: str
    end: str = ""
    output: Mapping[str, Json] = field(default_factory=dict)
    reason: str = ""
    waiting_for: tuple[Waiting, ...] = ()
    approved_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    next_timer: int | None = None
    entries: int = 0
    awaiting: tuple[AwaitEvent, ...] = ()

    @property
    def over(self) -> bool:
        """Whether nothing will happen any more."""
        return self.status in OVER


OVER = frozenset({"ended", "failed", "cancelled"})
"""The statuses of a run that is over."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An entry on which something else is decided now than was when it was written."""

    sequence: int
    event: str


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What replaying a run's journal gave: the state's digest, and every entry that is decided differently now."""

    run: str
    status: str
    entries: int
    digest: str
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        """Whether every decision is still the same."""
        return not self.differences
