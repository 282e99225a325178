"""What a workflow promises of every run. An `id` is unique among the promises and rules of a program."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from interlock_dsl.diagnostics.source import Span

if TYPE_CHECKING:
    from interlock_dsl.cel import CompiledExpression


@dataclass(frozen=True, slots=True)
class NeverUnapproved:
    """No call of `tools` whose arguments meet `where` unless `count` people of `role` approved exactly that call.

    Anybody's approval counts where `role` is None.
    """

    id: str
    tools: frozenset[str]
    where: "CompiledExpression | None"
    role: str | None
    count: int
    span: Span


@dataclass(frozen=True, slots=True)
class NeverBefore:
    """No call of `tools` whose arguments meet `where` before a call of one of `first` has returned in the run."""

    id: str
    tools: frozenset[str]
    where: "CompiledExpression | None"
    first: frozenset[str]
    span: Span


@dataclass(frozen=True, slots=True)
class Always:
    """`condition` holds whenever all of `needs` have values. `reads` are all parameters and steps that it reads."""

    id: str
    condition: "CompiledExpression"
    reads: frozenset[str]
    needs: frozenset[str]
    span: Span


@dataclass(frozen=True, slots=True)
class EndsWithinSteps:
    """A run enters at most so many steps."""

    id: str
    steps: int
    span: Span


@dataclass(frozen=True, slots=True)
class EndsWithin:
    """A run is at an end before so many microseconds have passed."""

    id: str
    time: int
    span: Span


@dataclass(frozen=True, slots=True)
class CostAtMost:
    """Calls and agents of a run cost at most so many millionths of the currency."""

    id: str
    cost: int
    currency: str
    span: Span


@dataclass(frozen=True, slots=True)
class Reaches:
    """From every step some answers lead to an end: proved before a run, not enforced in it."""

    id: str
    end: str
    span: Span


Promise: TypeAlias = NeverUnapproved | NeverBefore | Always | EndsWithinSteps | EndsWithin | CostAtMost | Reaches
