"""The interpreter: what an expression means, with the place of every error.

A tree is turned into closures once and these are called on each evaluation. An error is a `Fault` raised with its
place; `&&`, `||`, `all` and `exists` catch it and go on, because another operand may decide. Nothing catches the
limit. Whatever the compiled tier does, this is what it must agree with.
"""

from collections.abc import Mapping

from interlock_dsl.cel.check.scope import Scope
from interlock_dsl.cel.errors import EvaluationError, LimitExceeded
from interlock_dsl.cel.interpreter.frame import Evaluate, Frame
from interlock_dsl.cel.interpreter.nodes import Compiler, IsRecord
from interlock_dsl.cel.tree import Expression
from interlock_dsl.cel.values import Fault

__all__ = ["Interpreter", "compile"]


class Interpreter:
    """An expression ready to be evaluated."""

    __slots__ = ("_evaluate", "_expression", "_slots")

    def __init__(self, expression: Expression, evaluate: Evaluate, slots: int) -> None:
        self._expression = expression
        self._evaluate = evaluate
        self._slots = slots

    def evaluate(self, bindings: Mapping[str, object], limit: int) -> object:
        """Return the value; raise `EvaluationError` where there is none, `LimitExceeded` past the limit."""
        return self.measure(bindings, limit)[0]

    def measure(self, bindings: Mapping[str, object], limit: int) -> tuple[object, int]:
        """Return the value and the units spent on it; raise as `evaluate` does."""
        frame = Frame(bindings, self._slots, limit)
        try:
            value = self._evaluate(frame)
        except Fault as fault:
            spent = limit - frame.remaining
            raise EvaluationError(fault.code, fault.message, fault.span or self._expression.span, spent) from fault
        except RecursionError:
            message = "evaluation was stopped: the values are nested too deeply"
            raise LimitExceeded("too-deep", message, self._expression.span, limit) from None
        return value, limit - frame.remaining


def compile(expression: Expression, scope: Scope, records: IsRecord) -> Interpreter:
    """Prepare an expression; names mean what `scope` says, one it does not know is an error when it is evaluated.

    `records` says of a node whether it is known to be a record.
    """
    compiler = Compiler(scope, records)
    evaluate = compiler.compile(expression)
    return Interpreter(expression, evaluate, compiler.slots)
