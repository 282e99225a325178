"""Where expressions are compiled: what they can see, and the one way to evaluate them.

environment = Environment({"order": order_type, "now": TIMESTAMP})
guard = environment.compile("order.total > 10_000 && order.placed < now")
guard.type, guard.cost
guard.evaluate({"order": {...}, "now": ...})
"""

from collections.abc import Iterable, Mapping
from functools import cached_property

from interlock_dsl.cel import exact
from interlock_dsl.cel.check import Checked, Scope, check
from interlock_dsl.cel.exact import DEFAULT_LIMIT, Exact
from interlock_dsl.cel.library import FUNCTIONS
from interlock_dsl.cel.library.declare import merge
from interlock_dsl.cel.parse import parse
from interlock_dsl.cel.signature import Function
from interlock_dsl.cel.tree import Expression
from interlock_dsl.cel.types import DYN, Type
from interlock_dsl.diagnostics import DiagnosticError


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


class CompiledExpression:
    """An expression with its type, its cost and its value for given bindings."""

    def __init__(self, expression: Expression, scope: Scope, checked: Checked | None) -> None:
        self.expression = expression
        self._scope = scope
        self.checked = checked

    @property
    def type(self) -> Type:
        """The type of the result."""
        return DYN if self.checked is None else self.checked.type

    @cached_property
    def exact(self) -> Exact:
        """The exact evaluator of the expression."""
        return exact.compile(self.expression, self._scope)

    def evaluate(self, bindings: Mapping[str, object], limit: int = DEFAULT_LIMIT) -> object:
        """Return the value for the bound variables.

        Raise `EvaluationError` with the place where there is none, `LimitExceeded` where it would cost more than
        `limit` units.
        """
        return self.exact.evaluate(bindings, limit)

    def __call__(self, bindings: Mapping[str, object]) -> object:
        """Return the value for the bound variables, as `evaluate` does."""
        return self.exact.evaluate(bindings)
