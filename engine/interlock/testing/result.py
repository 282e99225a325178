"""How a test came out, and what every kind of test has in common: a moment to begin at, people, plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from interlock.run.protocol.events import Event, Json
from interlock.run.protocol.notes import Note
from interlock_dsl.cel.types import DYN
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.cases import Test
from interlock_dsl.schema import encode

STARTED: Final = 1_767_225_600_000_000
"""When a test starts that does not say: 2026-01-01T00:00:00Z, in microseconds since 1970."""


@dataclass(frozen=True, slots=True)
class TestResult:
    """How a test came out: what failed and where, and everything that happened on the way."""

    __test__ = False  # pytest collects by name

    passed: bool
    failures: tuple[tuple[Span, str], ...]
    events: tuple[Event, ...]
    notes: tuple[Note, ...]


class Stuck(Exception):
    """The test cannot go on: the place, and why."""

    def __init__(self, span: Span, message: str) -> None:
        self.span = span
        super().__init__(message)


def person(role: str, number: int, principal: str | None) -> str:
    """Return the name of someone of a role: never the principal's."""
    names = [f"a {role}", *(f"another {role} ({other})" for other in range(1, number + 2))]
    return [name for name in names if name != principal][number]


def plain(value: object) -> Json:
    """Return a value of a test as JSON."""
    return cast(Json, encode(DYN, value))


def context_of(test: Test) -> Mapping[str, Json] | None:
    """Return what a test says of the circumstances, as JSON; None where it says nothing."""
    return None if test.context is None else cast("dict[str, Json]", plain(test.context))
