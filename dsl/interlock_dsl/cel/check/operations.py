"""The type of an operator's result, given those of its operands."""

from collections.abc import Mapping, Sequence

from interlock_dsl.cel.check import messages
from interlock_dsl.cel.check.literals import as_member, check_equality, check_membership
from interlock_dsl.cel.check.operators import ARITHMETIC, NUMBERS, ORDERED, SPOKEN, written
from interlock_dsl.cel.check.state import State
from interlock_dsl.cel.check.unify import kind
from interlock_dsl.cel.tree import Call
from interlock_dsl.cel.types import (
    BOOL,
    DYN,
    NULL,
    STRING,
    Basic,
    ListType,
    MapType,
    RecordType,
    Type,
    TypeParameter,
)
from interlock_dsl.diagnostics import Diagnostic

LOOSE = frozenset(("dyn", "error", "parameter"))
PLAIN = ORDERED
"""Kinds of which no operator has a generic meaning, so that the table is looked up and not searched."""

_TABLE: Mapping[tuple[str, ...], Type] = {
    (function, *map(kind, parameters)): result
    for function, meanings in ARITHMETIC.items()
    for parameters, result in meanings
}


def truth(state: State, call: Call, types: Sequence[Type]) -> Type:
    """`&&`, `||` and `!` take booleans."""
    for node, type in zip(call.arguments, types, strict=True):
        if type is not BOOL and not state.bindings.fits((type, BOOL)):
            because = f" as an operand of `{written(call.function)}`"
            state.report(messages.mismatch(BOOL, state.bindings.resolve(type), node.span, because))
    return BOOL


def equality(state: State, call: Call, types: Sequence[Type]) -> Type:
    """`==` and `!=` compare values of one type: those of two types are never equal."""
    (left, right), (a, b) = call.arguments, types
    fits = state.bindings.fits
    impossible = not (fits((b, a)) or fits((a, b)))
    a, b = state.bindings.resolve(a), state.bindings.resolve(b)
    if impossible or (a == NULL and isinstance(b, RecordType)) or (b == NULL and isinstance(a, RecordType)):
        state.report(messages.not_comparable((a, left.span), (b, right.span)))
    else:
        check_equality(state, (left, a), (right, b))
    return BOOL


def ordering(state: State, call: Call, types: Sequence[Type]) -> Type:
    """`<` and its like compare numbers of any kind, and other scalars with their own kind."""
    (left, right), (a, b) = call.arguments, map(state.bindings.resolve, types)
    one, other = kind(a), kind(b)
    for node, type, name in ((left, a, one), (right, b, other)):
        if name not in ORDERED and name not in LOOSE:
            state.report(messages.no_operation("put in order", type, node.span))
            return BOOL
    alike = one == other or (one in NUMBERS and other in NUMBERS)
    if not alike and one not in LOOSE and other not in LOOSE:
        state.report(messages.not_comparable((a, left.span), (b, right.span)))
    return BOOL


def membership(state: State, call: Call, types: Sequence[Type]) -> Type:
    """`in` looks for an item in a list, and for a key in a map."""
    (left, right), (item, among) = call.arguments, types
    among = state.bindings.resolve(among)
    fits = state.bindings.fits
    match among:
        case ListType(element) | MapType(key=element):
            pass
        case RecordType():
            element = STRING
        case TypeParameter() | Basic("dyn" | "error"):
            return BOOL
        case _:
            state.report(messages.mismatch("a list or a map after `in`", among, right.span))
            return BOOL
    if fits((item, element)) or fits((element, item)):
        check_membership(state, (left, state.bindings.resolve(item)), (right, among))
    else:
        given = (state.bindings.resolve(item), left.span)
        state.report(messages.not_comparable((element, right.span), given, "find"))
    return BOOL


def conditional(state: State, call: Call, types: Sequence[Type]) -> Type:
    """`?:` gives one of two values of one type."""
    condition, then, otherwise = types
    (_, one, other), resolve = call.arguments, state.bindings.resolve
    then, otherwise = as_member(one, then, resolve(otherwise)), as_member(other, otherwise, resolve(then))
    if not state.bindings.fits((condition, BOOL)):
        found = state.bindings.resolve(condition)
        state.report(messages.mismatch(BOOL, found, call.arguments[0].span, " as the condition of `?:`"))
    if state.bindings.fits((otherwise, then)):
        return state.bindings.join(then, otherwise)
    a, b = state.bindings.resolve(then), state.bindings.resolve(otherwise)
    return state.report(
        messages.not_comparable((a, call.arguments[1].span), (b, call.arguments[2].span), "choose between")
    )


def arithmetic(state: State, call: Call, types: Sequence[Type]) -> Type:
    """`+`, `-`, `*`, `/`, `%` and the sign never convert: both operands are of one kind, but for times."""
    kinds = tuple(map(kind, types))
    if all(name in PLAIN for name in kinds):
        result = _TABLE.get((call.function, *kinds))
        if result is not None:
            return result
    results = []
    for parameters, meant in ARITHMETIC[call.function]:
        fresh: dict[str, Type] = {}
        wanted = [state.bindings.instantiate(parameter, fresh) for parameter in parameters]
        if len(wanted) == len(types) and state.bindings.fits(*zip(types, wanted, strict=True)):
            results.append(state.bindings.resolve(state.bindings.instantiate(meant, fresh)))
    if not results:
        return state.report(_no_meaning(state, call, types))
    return results[0] if all(result == results[0] for result in results) else DYN


def _no_meaning(state: State, call: Call, types: Sequence[Type]) -> Diagnostic:
    known = [state.bindings.resolve(type, unknown=DYN) for type in types]
    verb = SPOKEN[call.function]
    if len(known) == 1:
        return messages.no_operation(verb, known[0], call.arguments[0].span)
    left, right = call.arguments
    return messages.not_comparable((known[0], left.span), (known[1], right.span), verb)
