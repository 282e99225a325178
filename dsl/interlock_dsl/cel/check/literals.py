"""Literals against the closed set of values of an enum: a misspelt value can never be equal."""

from collections.abc import Iterator, Sequence

from interlock_dsl.cel.check import messages
from interlock_dsl.cel.check.state import State
from interlock_dsl.cel.tree import Call, Expression, ListOf, Literal
from interlock_dsl.cel.types import (
    DoubleType,
    IntType,
    ListType,
    MapType,
    OptionalType,
    StringType,
    Type,
    UintType,
    WrapperType,
)
from interlock_dsl.diagnostics.source import Span


def check_value(state: State, type: Type, place: Span, node: Expression) -> None:
    """Report a text literal (or a choice between some) that is none of the values of the enum it meets."""
    values = _values(state.bindings.resolve(type))
    if values is None:
        return
    match node:
        case Literal(value=str() as value) if value not in values:
            state.report(messages.never_equal(value, values, node.span, place))
        case Call(function="_?_:_", arguments=(_, then, otherwise)):
            check_value(state, type, place, then)
            check_value(state, type, place, otherwise)
        case _:
            pass


def as_member(node: Expression, type: Type, other: Type) -> Type:
    """Return the type of a node beside a value of another: literals that are values of its enum are of the enum."""
    values = _values(other) if isinstance(type, StringType) and type.values is None else None
    return other if values is not None and all(text in values for text in _texts(node)) else type


def instead(state: State, call: Call, given: Sequence[tuple[Type, Span]]) -> Sequence[tuple[Type, Span]]:
    """Return the types of what a method is given; what `orValue` gives instead is of the enum that may be absent."""
    held = (
        state.bindings.resolve(given[0][0])
        if call.function == "orValue" and call.receiver and len(given) == 2
        else None
    )
    if not isinstance(held, OptionalType):
        return given
    return [given[0], (as_member(call.arguments[0], given[1][0], held.of), given[1][1])]


def _texts(node: Expression) -> Iterator[str | None]:
    match node:
        case Literal(value=str() as text):
            yield text
        case Call(function="_?_:_", arguments=(_, then, otherwise)):
            yield from _texts(then)
            yield from _texts(otherwise)
        case _:
            yield None


def check_equality(state: State, left: tuple[Expression, Type], right: tuple[Expression, Type]) -> None:
    """Report a comparison of two texts that can never be equal."""
    check_value(state, left[1], left[0].span, right[0])
    check_value(state, right[1], right[0].span, left[0])
    ours, theirs = _values(left[1]), _values(right[1])
    if ours and theirs and not set(ours) & set(theirs):
        state.report(messages.disjoint((left[1], left[0].span), (right[1], right[0].span)))


def check_membership(state: State, item: tuple[Expression, Type], among: tuple[Expression, Type]) -> None:
    """Report an `in` that can never hold for one of the literals in it."""
    if isinstance(among[0], ListOf):
        for listed in among[0].items:
            check_equality(state, item, (listed.value, state.types[id(listed.value)]))
        return
    match state.bindings.resolve(among[1]):
        case ListType(element) | MapType(key=element):
            check_equality(state, item, (among[0], element))
        case _:
            pass


def check_bounds(state: State, node: Expression, type: Type) -> None:
    """Report a literal outside the bounds of the type it is given to."""
    match node, type:
        case Literal(value=str() as text), StringType():
            check_value(state, type, node.span, node)
            if type.max is not None and len(text) > type.max:
                state.report(messages.out_of_bounds(node.span.text, type, node.span))
        case Literal(value=int() | float() as number), IntType(low, high) | UintType(low, high) | DoubleType(low, high):
            if (low is not None and not number >= low) or (high is not None and not number <= high):
                state.report(messages.out_of_bounds(node.span.text, type, node.span))
        case ListOf(items=items), ListType(element, most):
            if most is not None and len(items) > most:
                state.report(messages.out_of_bounds(f"a list of {len(items)}", type, node.span))
            for item in items:
                check_bounds(state, item.value, element)
        case _, WrapperType(of) | OptionalType(of):
            check_bounds(state, node, of)
        case Call(function="_?_:_", arguments=(_, then, otherwise)), _:
            check_bounds(state, then, type)
            check_bounds(state, otherwise, type)
        case _:
            pass


def _values(type: Type) -> tuple[str, ...] | None:
    match type:
        case StringType(values=values):
            return values
        case WrapperType(of):
            return _values(of)
        case _:
            return None
