"""What an evaluation carries: the bound variables, the local ones, and what may still be spent."""

from collections.abc import Callable, Mapping

from interlock_dsl.cel.errors import LIMIT_CODE, LimitExceeded
from interlock_dsl.diagnostics.source import Span


class Frame:
    """One evaluation."""

    __slots__ = ("limit", "local", "remaining", "variables")

    def __init__(self, variables: Mapping[str, object], slots: int, limit: int) -> None:
        self.variables = variables
        self.local: list[object] = [None] * slots
        self.limit = limit
        self.remaining = limit

    def spend(self, units: int, span: Span) -> None:
        """Count what is about to be done; stop the evaluation where that is more than is left."""
        self.remaining -= units
        if self.remaining < 0:
            message = f"evaluation was stopped: it costs more than its limit of {self.limit} units"
            raise LimitExceeded(LIMIT_CODE, message, span, self.limit)


Evaluate = Callable[[Frame], object]
