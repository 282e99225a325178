"""What evaluating an expression raises."""

from typing import Final

from interlock_dsl.diagnostics.source import Span


class EvaluationError(Exception):
    """An expression has no value. `code` is stable, `message` says why, `span` says where in its text."""

    def __init__(self, code: str, message: str, span: Span) -> None:
        self.code = code
        self.message = message
        self.span = span
        super().__init__(f"{span}: {message}")


class LimitExceeded(EvaluationError):
    """The evaluation was stopped at its limit. No operator absorbs this."""


LIMIT_CODE: Final = "limit-exceeded"
