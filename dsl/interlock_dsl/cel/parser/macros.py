"""Calls that are not calls: `has`, the quantifiers, `map` and `filter`, `cel.bind`, `optMap`, `sortBy`.

`math.greatest` and `math.least` of more than two numbers become calls with one list.

`expand` turns them into the nodes of the tree that say what they mean, and refuses a use that has the shape of one but
not its parts.
"""

from dataclasses import replace
from typing import Final

from interlock_dsl.cel.tree import (
    Bind,
    Call,
    Comprehension,
    Expression,
    ListItem,
    ListOf,
    Name,
    Present,
    Quantifier,
    Select,
)
from interlock_dsl.diagnostics import Diagnostic, DiagnosticError, Label
from interlock_dsl.diagnostics.source import Span

_QUANTIFIERS: Final[dict[str, Quantifier]] = {
    "all": "all",
    "exists": "exists",
    "exists_one": "exists_one",
    "existsOne": "exists_one",
    "filter": "filter",
    "map": "map",
}
_TRANSFORMATIONS: Final[dict[str, Quantifier]] = {
    "transformList": "transform_list",
    "transformMap": "transform_map",
    "transformMapEntry": "transform_map_entry",
}
OPTIONAL_VARIABLE: Final = "@optional"
"""The variable that holds the receiver of `optMap`; no one can write this name."""

SORTED_VARIABLE: Final = "@sorted"
"""The variable that holds the receiver of `sortBy`."""


def expand(call: Call) -> Expression:
    """Return what a call means if it is a macro, else the call itself; raise `DiagnosticError` for a misuse."""
    name, arguments, receiver = call.function, call.arguments, call.receiver
    if receiver is None:
        return _presence(call) if name == "has" and len(arguments) == 1 else call
    count = len(arguments)
    if name in _QUANTIFIERS:
        kind = _QUANTIFIERS[name]
        if count == 2:
            return _over(call, receiver, kind, 1)
        if count == 3 and kind == "map":
            return _over(call, receiver, kind, 1)
        if count == 3 and kind != "filter":
            return _over(call, receiver, kind, 2)
    elif name in _TRANSFORMATIONS and count in (3, 4):
        return _over(call, receiver, _TRANSFORMATIONS[name], 2)
    elif name == "bind" and count == 3 and receiver == Name("cel", receiver.span):
        return Bind(_variable(arguments[0]), arguments[1], arguments[2], call.span)
    elif name in ("optMap", "optFlatMap") and count == 2:
        return _optional(call, receiver, wrapped=name == "optMap")
    elif name == "sortBy" and count == 2:
        return _sorted_by(call, receiver)
    elif name in ("greatest", "least") and count > 2 and receiver == Name("math", receiver.span):
        return replace(call, arguments=(ListOf(tuple(map(ListItem, arguments)), call.span),))
    return call


def _presence(call: Call) -> Expression:
    match call.arguments[0]:
        case Select(operand=operand, field=field, field_span=field_span, optional=False):
            return Present(operand, field, call.span, field_span)
        case other:
            raise _misuse("`has` asks for a field, as in `has(order.note)`", other.span)


def _over(call: Call, range_: Expression, kind: Quantifier, count: int) -> Expression:
    variables = tuple(_variable(argument) for argument in call.arguments[:count])
    if len(set(variables)) < count:
        raise _misuse(f"`{variables[0]}` names both variables", call.arguments[1].span)
    *condition, body = call.arguments[count:]
    return Comprehension(kind, range_, variables, body, call.span, condition[0] if condition else None)


def _optional(call: Call, receiver: Expression, *, wrapped: bool) -> Expression:
    variable, body = _variable(call.arguments[0]), call.arguments[1]
    place = call.function_span
    held = Name(OPTIONAL_VARIABLE, receiver.span)
    present = Call("hasValue", (), call.span, place, held)
    value: Expression = Bind(variable, Call("value", (), call.span, place, held), body, call.span)
    if wrapped:
        value = Call("optional.of", (value,), call.span, place)
    choice = Call("_?_:_", (present, value, Call("optional.none", (), call.span, place)), call.span, place)
    return Bind(OPTIONAL_VARIABLE, receiver, choice, call.span)


def _sorted_by(call: Call, receiver: Expression) -> Expression:
    place = call.function_span
    items = Name(SORTED_VARIABLE, receiver.span)
    keys = Comprehension("map", items, (_variable(call.arguments[0]),), call.arguments[1], call.span)
    return Bind(SORTED_VARIABLE, receiver, Call("@sortByKeys", (keys,), call.span, place, items), call.span)


def _variable(argument: Expression) -> str:
    match argument:
        case Name(name=name, absolute=False):
            return name
        case _:
            raise _misuse("a variable is named here, by one plain word", argument.span)


def _misuse(message: str, span: Span) -> DiagnosticError:
    return DiagnosticError([Diagnostic("bad-macro", message, (Label(span),))])
