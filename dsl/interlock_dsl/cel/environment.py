"""Where expressions are compiled: what they can see, and the one way to evaluate them.

    environment = Environment({"order": order_type, "now": TIMESTAMP})
    guard = environment.compile("order.total > 10_000 && order.placed < now")
    guard.type, guard.cost.worst
    guard.evaluate({"order": {...}, "now": ...})

Every evaluation has a limit; there is no way past it.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Final

from interlock_dsl.cel.check import Checked, Scope, check
from interlock_dsl.cel.errors import EvaluationError, LimitExceeded
from interlock_dsl.cel.library import FUNCTIONS
from interlock_dsl.cel.library.declare import merge
from interlock_dsl.cel.meter import Meter, weight
from interlock_dsl.cel.parser import parse
from interlock_dsl.cel.signature import Function
from interlock_dsl.cel.tree import Expression
from interlock_dsl.cel.types import DYN, RecordType, Type
from interlock_dsl.diagnostics import DiagnosticError

if TYPE_CHECKING:
    from interlock_dsl.cel.cost import Cost
    from interlock_dsl.cel.interpreter import Interpreter

DEFAULT_LIMIT: Final = 100_000
"""Units an evaluation may spend unless told otherwise; `interlock_dsl.cel.units` says what a unit is."""

MOST_LIMITS: Final = 8
"""Limits for which an expression keeps a function of its own; with more of them the interpreted tier answers."""


class Environment:
    """The variables with their types, the functions beside the library, and the namespace of names.

    Names may hold dots. Functions of the host add overloads to those of the library where they share a name.
    `optional_variables` are those that may be absent, and are then bound to an empty map.
    """

    def __init__(
        self,
        variables: Mapping[str, Type],
        functions: Iterable[Function] = (),
        container: str = "",
        optional_variables: frozenset[str] = frozenset(),
    ) -> None:
        own = tuple(functions)
        known = merge((FUNCTIONS.values(), own)) if own else FUNCTIONS
        self.scope = Scope(variables, known, container, optional_variables)

    def compile(
        self, text: str | Expression, *, expected: Type | None = None, checked: bool = True
    ) -> "CompiledExpression":
        """Return an expression ready to be evaluated; raise `DiagnosticError` where it does not parse or check.

        `expected` is the type its result must have. With `checked=False` nothing is checked, everything is `dyn`, and
        what a checker would have found becomes an error of evaluation.
        """
        tree = parse(text) if isinstance(text, str) else text
        if not checked:
            return CompiledExpression(tree, self.scope, None)
        result = check(tree, self.scope, expected)
        if result.diagnostics:
            raise DiagnosticError(result.diagnostics)
        return CompiledExpression(tree, self.scope, result)


_NO_ANSWER: Final = object()


def _no_answer(bindings: Mapping[str, object]) -> object:
    """Stand in for the interpreted tier where its answer has to be counted."""
    return _NO_ANSWER


class CompiledExpression:
    """An expression with its type and its value for given bindings.

    There are two tiers, made when first needed. They always agree: the compiled one answers only where it is certain to
    be right, and within the limit; whatever is exceptional, and every error, comes from the interpreter.
    """

    def __init__(self, expression: Expression, scope: Scope, checked: Checked | None) -> None:
        self._expression: Expression | None = expression
        self._checked = checked
        self._read: Callable[[], Expression] | None = None
        self.scope = scope
        self._functions: dict[int, Callable[[Mapping[str, object]], object]] = {}

    @classmethod
    def deferred(cls, read: Callable[[], Expression], scope: Scope) -> "CompiledExpression":
        """Return an expression whose tree is read and checked when it is first needed.

        `read` returns a tree that was checked in this scope before. One that does not check now has no type, and what
        is wrong with it becomes an error of evaluation.
        """
        made = cls.__new__(cls)
        made._expression, made._checked, made._read = None, None, read
        made.scope = scope
        made._functions = {}
        return made

    @property
    def expression(self) -> Expression:
        """The tree."""
        if self._expression is None:
            assert self._read is not None
            self._expression = self._read()
        return self._expression

    @property
    def checked(self) -> Checked | None:
        """What checking it found; None if it was not checked."""
        if self._read is not None:
            checked = check(self.expression, self.scope, None)
            self._checked, self._read = None if checked.diagnostics else checked, None
        return self._checked

    @property
    def type(self) -> Type:
        """The type of the result."""
        return DYN if self.checked is None else self.checked.type

    @cached_property
    def interpreter(self) -> "Interpreter":
        """The interpreted tier."""
        from interlock_dsl.cel.interpreter import compile

        return compile(self.expression, self.scope, self._is_record)

    def _is_record(self, node: Expression) -> bool:
        return self.checked is not None and isinstance(self.checked.type_of(node), RecordType)

    @cached_property
    def cost(self) -> "Cost":
        """What an evaluation counts at most, for bindings that fit their declared types."""
        from interlock_dsl.cel.cost import Cost, estimate

        return Cost(None, self.expression) if self.checked is None else estimate(self.checked)

    @cached_property
    def function(self) -> Callable[[Mapping[str, object]], object]:
        """The expression as a function of the bindings, under the default limit."""
        return self._within(DEFAULT_LIMIT)

    def _within(self, limit: int) -> Callable[[Mapping[str, object]], object]:
        """Return a function that keeps a limit: the compiled tier where it cannot pass it, else the interpreted one."""

        def interpreted(bindings: Mapping[str, object]) -> object:
            return self.interpreter.evaluate(bindings, limit)

        if self.checked is None:
            return interpreted
        from interlock_dsl.cel.compiled import compile

        return compile(self.checked, interpreted, limit) or interpreted

    def evaluate(self, bindings: Mapping[str, object], limit: int = DEFAULT_LIMIT) -> object:
        """Return the value for the bound variables.

        Raise `EvaluationError` with the place where there is none, `LimitExceeded` where it would cost more than
        `limit` units.
        """
        if limit == DEFAULT_LIMIT:
            return self.function(bindings)
        if limit not in self._functions:
            if len(self._functions) >= MOST_LIMITS:
                return self.interpreter.evaluate(bindings, limit)
            self._functions[limit] = self._within(limit)
        return self._functions[limit](bindings)

    @cached_property
    def weight(self) -> int:
        """What an evaluation counts at least on a meter."""
        return weight(self.expression)

    @cached_property
    def light(self) -> Callable[[Mapping[str, object]], object]:
        """The expression as a function of the bindings that costs no more than its weight, or raises."""
        return self._within(self.weight)

    @cached_property
    def _quick(self) -> Callable[[Mapping[str, object]], object]:
        if self.checked is None:
            return _no_answer
        from interlock_dsl.cel.compiled import compile

        return compile(self.checked, _no_answer, self.weight) or _no_answer

    def metered(self, bindings: Mapping[str, object], meter: Meter) -> object:
        """Return the value, and count what it costs on a meter.

        Raise `EvaluationError` as `evaluate` does, `LimitExceeded` also where it would cost more than is left.
        """
        left = meter.left - self.weight
        if left < 0:
            meter.refuse(self.expression.span)
        meter.left = left
        value = self._quick(bindings)
        return self._counted(bindings, meter) if value is _NO_ANSWER else value

    def interpreted(self, bindings: Mapping[str, object], meter: Meter) -> object:
        """Return what `metered` does, by the interpreted tier alone: cheap to make, slower to call."""
        meter.spend(self.weight, self.expression.span)
        return self._counted(bindings, meter)

    def _counted(self, bindings: Mapping[str, object], meter: Meter) -> object:
        """Evaluate with the interpreted tier; what it costs beyond the weight, which is counted, is counted too."""
        counted = self.weight
        limit = min(DEFAULT_LIMIT, counted + meter.left)
        try:
            value, units = self.interpreter.measure(bindings, limit)
        except EvaluationError as error:
            beyond = limit < DEFAULT_LIMIT and isinstance(error, LimitExceeded)
            if beyond:
                meter.refuse(error.span)
            meter.spend(max(0, error.units - counted), error.span)
            raise
        meter.spend(max(0, units - counted), self.expression.span)
        return value

    def __call__(self, bindings: Mapping[str, object]) -> object:
        """Return the value for the bound variables, as `evaluate` does."""
        return self.function(bindings)
