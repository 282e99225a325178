"""The type checker: what type an expression has, or every reason why it has none.

`check(expression, scope)` never raises. It follows the specification's gradual typing (`dyn` fits everywhere) and adds
what declared types make possible: unknown fields, values an enum does not have, and reads of what may be absent are
errors before anything runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from interlock_dsl.cel.check.scope import (
    TYPE_NAMES,
    CallReference,
    Introduction,
    LocalReference,
    Reference,
    Scope,
    TypeReference,
    VariableReference,
)
from interlock_dsl.cel.check.unify import assignable, kind, text_max
from interlock_dsl.cel.tree import Expression
from interlock_dsl.cel.types import BOOL, DYN, ERROR, Type
from interlock_dsl.diagnostics import Diagnostic

__all__ = [
    "TYPE_NAMES",
    "CallReference",
    "Checked",
    "Introduction",
    "LocalReference",
    "Reference",
    "Scope",
    "TypeReference",
    "VariableReference",
    "assignable",
    "check",
    "kind",
    "text_max",
]


@dataclass(frozen=True, slots=True)
class Checked:
    """An expression and what is known about it.

    `type` is that of the result, `error` if `diagnostics` (in source order) say why there is none. `variables` are the
    variables of the scope that it reads. The type and the meaning of a sub-expression are asked for by the node
    itself, not by an equal one: `checked.type_of(node)`.
    """

    expression: Expression
    scope: Scope
    type: Type
    diagnostics: tuple[Diagnostic, ...]
    variables: frozenset[str]
    _types: Mapping[int, Type] = field(repr=False)
    _references: Mapping[int, Reference] = field(repr=False)

    def type_of(self, node: Expression) -> Type:
        """Return the type of a node of the tree; `dyn` for one that is not evaluated (part of a qualified name)."""
        return self._types.get(id(node), DYN)

    def reference_of(self, node: Expression) -> Reference | None:
        """Return what a name, a chain of selections or a call means, or what locals a node brings in."""
        return self._references.get(id(node))


def check(expression: Expression, scope: Scope, expected: Type | None = None) -> Checked:
    """Check an expression in a scope.

    With `expected`, a result of another type is a `type-mismatch` (so is a literal outside its bounds). The codes are
    `undefined-reference`, `unavailable-field`, `unguarded-optional` and `type-mismatch`.
    """
    # Imported when first needed: a program that was compiled before is never checked.
    from interlock_dsl.cel.check import messages
    from interlock_dsl.cel.check.infer import Inference
    from interlock_dsl.cel.check.literals import check_bounds
    from interlock_dsl.cel.check.state import State

    state = State(scope)
    type = Inference(state).infer(expression)
    if expected is not None:
        if state.bindings.fits((type, expected)):
            check_bounds(state, expression, expected)
        else:
            found = state.bindings.resolve(type, unknown=DYN)
            state.report(messages.mismatch(expected, found, expression.span))
    if state.bindings.generic:
        type = state.bindings.resolve(type, unknown=DYN)
        state.types = {node: state.bindings.resolve(t, unknown=DYN) for node, t in state.types.items()}
    for read in state.unguarded:
        state.report(messages.unguarded(*read, condition=type in (BOOL, ERROR)))
    diagnostics = tuple(sorted(state.diagnostics, key=lambda found: (found.span.start, found.span.end)))
    variables = frozenset(ref.name for ref in state.references.values() if isinstance(ref, VariableReference))
    return Checked(
        expression=expression,
        scope=scope,
        type=ERROR if diagnostics else type,
        diagnostics=diagnostics,
        variables=variables,
        _types=state.types,
        _references=state.references,
    )
