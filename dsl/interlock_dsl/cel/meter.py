"""What many evaluations may cost together: one meter for all that is evaluated about one event.

An evaluation counts its weight, or what the interpreter counts if that is more. The weight depends on the expression
alone, so the compiled tier, which counts nothing, answers only where the evaluation certainly costs no more than that:
both tiers count alike. An evaluation that costs more than is left has no value, and after it none has.

    weight    8, and 1 for every node; a node inside a macro counts as 64 for each macro around it; at most 4,096
"""

from typing import Final, NoReturn

from interlock_dsl.cel.errors import LIMIT_CODE, LimitExceeded
from interlock_dsl.cel.tree import Comprehension, Expression, children
from interlock_dsl.diagnostics.source import Span

EVENT_UNITS: Final = 100_000
"""Units that the evaluations about one event may cost together: about 50 ms of the interpreted tier."""

HEAVIEST: Final = 4_096
_ITEMS: Final = 64


def weight(expression: Expression) -> int:
    """Return what an evaluation of an expression counts at least."""
    total = 8
    open_ = [(expression, 1)]
    while open_ and total < HEAVIEST:
        node, units = open_.pop()
        total += units
        inside = units * _ITEMS if isinstance(node, Comprehension) else units
        range_ = node.range if isinstance(node, Comprehension) else None
        open_ += [(child, units if child is range_ else inside) for child in children(node)]
    return min(total, HEAVIEST)


class Meter:
    """What is left. `refused` says whether something was too much for it; from then on everything is."""

    __slots__ = ("left", "refused")

    def __init__(self) -> None:
        self.left = EVENT_UNITS
        self.refused = False

    def restore(self) -> None:
        """Begin with the whole again: another event."""
        self.left = EVENT_UNITS
        self.refused = False

    def spend(self, units: int, span: Span) -> None:
        """Count what is about to be done; raise `LimitExceeded` where that is more than is left."""
        if units > self.left:
            self.refuse(span)
        self.left -= units

    def refuse(self, span: Span) -> NoReturn:
        """Leave nothing, and raise `LimitExceeded`."""
        self.left = 0
        self.refused = True
        message = f"it was stopped: what is evaluated about one event may cost {EVENT_UNITS} units together"
        raise LimitExceeded(LIMIT_CODE, message, span)
