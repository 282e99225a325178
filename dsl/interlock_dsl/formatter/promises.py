"""Promises of a workflow."""

from interlock_dsl.cel.format import grouped, written
from interlock_dsl.cel.tree import Expression
from interlock_dsl.formatter.page import Line
from interlock_dsl.formatter.pieces import approver, begin, condition, duration, money
from interlock_dsl.syntax.tree import (
    Always,
    CostAtMost,
    EndsWithin,
    EndsWithinSteps,
    Ident,
    NeverBefore,
    NeverUnapproved,
    Promise,
    Reaches,
)


def promise(node: Promise) -> list[Line]:
    """Return a promise, on one line unless a long condition takes more."""
    match node:
        case NeverUnapproved(tools=tools, where=where, approval=approval):
            by = "" if approval is None else f" by {approver(approval.role, approval.count, approval.of)}"
            line = f"{_never(tools, where)} before approval{by}"
        case NeverBefore(tools=tools, where=where, first=first):
            line = f"{_never(tools, where)} before {first.text}"
        case Always(condition=expression):
            return condition("always", expression, begin(node), 1)
        case EndsWithinSteps(steps=steps):
            line = f"ends within {grouped(steps)} steps"
        case EndsWithin(time=time):
            line = f"ends within {duration(time)}"
        case CostAtMost(cost=cost):
            line = f"cost <= {money(cost)}"
        case Reaches(end=end):
            line = f"reaches {end.text}"
    return [Line(line, begin(node))]


def _never(tools: Ident | None, where: Expression | None) -> str:
    what = "irreversible" if tools is None else tools.text
    return f"never {what}" if where is None else f"never {what} where {written(where)}"
