"""A history of calls that gives the counts a witness needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from interlock_dsl.cel.tree import Call, Expression, Literal
from interlock_dsl.program.builtins import period_micros

LONG_AGO = 10**18


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of a session as a condition sees them: for each tool how long ago each was, in microseconds."""

    ages: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def count(self, tool: str) -> int:
        """Return how many calls of a tool there were."""
        return len(self.ages.get(tool, ()))

    def within(self, tool: str, micros: int) -> int:
        """Return how many there were in the last so many microseconds."""
        return sum(age <= micros for age in self.ages.get(tool, ()))

    def past(self, tool: str, micros: int | None) -> list[Mapping[str, object]]:
        """Return no calls: what they held is not made up, and no question about it is answered by values."""
        return []


def asked(node: Expression) -> tuple[str, int] | None:
    """Return the tool and the period (in microseconds) that a node counts the calls of; None for anything else."""
    match node:
        case Call(function="count", receiver=Call(function="calls", arguments=(_, Literal(value=str() as tool)))):
            return tool, LONG_AGO
        case Call(
            function="within",
            receiver=Call(function="calls", arguments=(_, Literal(value=str() as tool))),
            arguments=(Literal(value=str() as period),),
        ):
            return tool, period_micros(period)
        case _:
            return None


def history(counts: Iterable[tuple[str, int, int]]) -> Calls:
    """Return a history with so many calls of a tool in a period: (tool, period in microseconds, how many)."""
    ages: dict[str, list[int]] = {}
    for tool, period, wanted in sorted(counts, key=lambda entry: entry[1]):
        made = ages.setdefault(tool, [])
        made += [period] * (wanted - len(made))
    return Calls({tool: tuple(made) for tool, made in ages.items()})
