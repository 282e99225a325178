"""The witness of a finding: the values that make it happen, and the run that leads there.

A witness is evidence, not an illustration: the values fit the declared types, and an evaluation with them does what the
finding says. Where the place is reached by a run, `story` tells that run in the words of a `test` block, one line each
(`given`, `agent ... answers`, `tool ... returns`, `then ... approves`), and `expects` what a test of it would expect,
so that a witness can be saved as a test and replayed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from interlock_dsl.diagnostics.source import Span


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A place on the way to what happens, and what happens there."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Witness:
    """Values by the path that an author would write (`assess.amount`), as JSON values, and how a run gets there.

    `path` are the routes taken, in order. `workflow` is that of the story; None where no run leads there (a policy, a
    table): then there is no story either.
    """

    values: Mapping[str, object]
    path: tuple[Waypoint, ...] = ()
    workflow: str | None = None
    story: tuple[str, ...] = field(default=())
    expects: tuple[str, ...] = field(default=())
