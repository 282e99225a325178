"""What evaluating an expression raises."""

from typing import Final

from interlock_dsl.cel.causes import Cause, cause_of
from interlock_dsl.diagnostics.source import Span


class EvaluationError(Exception):
    """An expression has no value. `code` is stable, `message` says why, `span` says where in its text.

    `cause` is that of the closed list; None if a checker would have found what is wrong. `units` is what the evaluation
    had cost by then.
    """

    def __init__(self, code: str, message: str, span: Span, units: int = 0) -> None:
        self.code = code
        self.message = message
        self.span = span
        self.units = units
        super().__init__(f"{span}: {message}")

    @property
    def cause(self) -> Cause | None:
        """Which of the closed list of causes the code stands for."""
        return cause_of(self.code)


class LimitExceeded(EvaluationError):
    """The evaluation was stopped at its limit. No operator absorbs this."""


LIMIT_CODE: Final = "limit-exceeded"
