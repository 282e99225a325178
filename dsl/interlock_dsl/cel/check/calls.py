"""Which overloads of a function a call can mean."""

from collections.abc import Sequence

from interlock_dsl.cel.check import messages
from interlock_dsl.cel.check.lists import bounded, narrowed
from interlock_dsl.cel.check.literals import instead
from interlock_dsl.cel.check.scope import CallReference
from interlock_dsl.cel.check.state import State
from interlock_dsl.cel.signature import Function, Overload
from interlock_dsl.cel.tree import Call, Expression, Name, Select
from interlock_dsl.cel.types import DYN, Type
from interlock_dsl.diagnostics.source import Span

Given = Sequence[tuple[Type, Span]]


def resolved(state: State, call: Call, function: Function, given: Given, *, method: bool) -> Type:
    """Return the result type of a call of a known function, and note the overloads that remain.

    With more than one overload left (only where an argument is `dyn`) the result is what they agree on, else `dyn`.
    """
    overloads = [overload for overload in function.overloads if overload.method == method]
    if not overloads:
        return state.report(messages.not_a_method(function, call.function_span, method=not method))
    given = instead(state, call, given)
    possible: list[Overload] = []
    result: Type | None = None
    for overload in overloads:
        meant = _result(state, overload, given)
        if meant is None:
            continue
        possible.append(overload)
        result = meant if result is None or result == meant else DYN
    if result is None:
        known = [(state.bindings.resolve(type, unknown=DYN), span) for type, span in given]
        wrong = _culprit(state, overloads, known)
        shown = messages.wrong_arguments(function.name, overloads, known, wrong, call.span)
        return state.report(shown)
    types = [state.bindings.resolve(type) for type, _ in given]
    left = narrowed(function, possible, types)
    state.references[id(call)] = CallReference(function, tuple(left), method)
    return bounded(function, types, result)


def qualified_name(node: Expression) -> str | None:
    """Return `a.b.c` (or `.a.b.c`) for a chain of plain selections from a name, else None."""
    fields: list[str] = []
    while isinstance(node, Select) and not node.optional and node.field.isidentifier():
        fields.append(node.field)
        node = node.operand
    if not isinstance(node, Name):
        return None
    return ".".join((f".{node.name}" if node.absolute else node.name, *reversed(fields)))


def _result(state: State, overload: Overload, given: Given) -> Type | None:
    if len(overload.parameters) != len(given):
        return None
    fresh: dict[str, Type] = {}
    bindings = state.bindings
    wanted = [bindings.instantiate(parameter, fresh) for parameter in overload.parameters]
    if not bindings.fits(*((type, want) for (type, _), want in zip(given, wanted, strict=True))):
        return None
    if fresh or not overload.parameters:
        return bindings.resolve(bindings.instantiate(overload.result, fresh))
    return overload.result


def _culprit(state: State, overloads: Sequence[Overload], given: Given) -> int | None:
    """Return the argument that no overload takes in its place, when it is the only one."""
    alike = [overload for overload in overloads if len(overload.parameters) == len(given)]
    wrong = [
        at
        for at, (type, _) in enumerate(given)
        if not any(_fits(state, type, overload.parameters[at]) for overload in alike)
    ]
    return wrong[0] if alike and len(wrong) == 1 else None


def _fits(state: State, type: Type, parameter: Type) -> bool:
    return state.bindings.fits((type, state.bindings.instantiate(parameter, {})))
