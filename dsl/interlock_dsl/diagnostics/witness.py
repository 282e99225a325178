"""The witness of a finding: the values that make it happen, and the run that leads there.

A witness is evidence, not an illustration: the values fit the declared types, and an evaluation with them does what the
finding says. Where the place is reached by a run, `story` tells that run in the words of a `test` block, one line each
(`given`, `agent ... answers`, `tool ... returns`, `then ... approves`), and `expects` what a test of it would expect,
so that a witness can be saved as a test and replayed.
"""

import json
import re
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

    @property
    def rehearsed(self) -> bool:
        """Whether a run is told. It has no lines where nothing is given and nobody is asked."""
        return self.workflow is not None

    @property
    def told(self) -> tuple[str, ...]:
        """The witness in lines: the values, then the run that leads there, or the routes it takes where there is none.

        The first line is empty where there are no values.
        """
        values = [f"{path} = {written(value)}" for path, value in self.values.items()]
        if sum(map(len, values)) <= ON_ONE_LINE:
            values = [", ".join(values)]
        return (*values, *(self.story or (f"{place.text} ({place.span})" for place in self.path)))


ON_ONE_LINE = 90
"""Values that are no longer than this together stand on one line."""


def written(value: object, quoted: frozenset[str] = frozenset()) -> str:
    """Write a JSON value as the language does: `{ id: "A1", amount: 25_000 }`.

    Keys that are names stand as such, but for those to be `quoted`.
    """
    match value:
        case bool() | None:
            return json.dumps(value)
        case int():
            return f"{value:_}"
        case Mapping():
            inside = ", ".join(f"{_key(str(name), quoted)}: {written(each, quoted)}" for name, each in value.items())
            return f"{{ {inside} }}" if inside else "{}"
        case list() | tuple():
            return f"[{', '.join(written(each, quoted) for each in value)}]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _key(name: str, quoted: frozenset[str]) -> str:
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) and name not in quoted
    return name if plain else json.dumps(name, ensure_ascii=False)
