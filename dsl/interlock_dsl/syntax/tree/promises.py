"""What a workflow promises."""

from dataclasses import dataclass
from typing import TypeAlias

from interlock_dsl.cel.tree import Expression
from interlock_dsl.syntax.tree.pieces import Approval, Duration, Ident, Money, Node


@dataclass(frozen=True, slots=True)
class NeverUnapproved(Node):
    """`never tools where cel before approval by 2 of role`: no matching call without an approval of exactly it.

    `tools` is a tool, a family or `*`; None is `irreversible`. Without an `approval`, anybody may have given it.
    """

    tools: Ident | None
    where: Expression | None = None
    approval: Approval | None = None


@dataclass(frozen=True, slots=True)
class NeverBefore(Node):
    """`never tools where cel before first`: no matching call until a call of `first` has returned in this run."""

    tools: Ident | None
    where: Expression | None
    first: Ident


@dataclass(frozen=True, slots=True)
class Always(Node):
    """`always cel`: it holds whenever the inputs and outputs that it reads have values."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class EndsWithinSteps(Node):
    """`ends within 12 steps`."""

    steps: int


@dataclass(frozen=True, slots=True)
class EndsWithin(Node):
    """`ends within 8h`."""

    time: Duration


@dataclass(frozen=True, slots=True)
class CostAtMost(Node):
    """`cost <= 2.00 usd`."""

    cost: Money


@dataclass(frozen=True, slots=True)
class Reaches(Node):
    """`reaches end`: from every step that a run can be at, some answers still lead to the end."""

    end: Ident


Promise: TypeAlias = NeverUnapproved | NeverBefore | Always | EndsWithinSteps | EndsWithin | CostAtMost | Reaches
