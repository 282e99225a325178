"""The type of `operand.field` and `operand[index]`, given that of the operand."""

from interlock_dsl.cel.check import messages
from interlock_dsl.cel.check.literals import check_value
from interlock_dsl.cel.check.state import State
from interlock_dsl.cel.tree import Index, Literal, Present, Select
from interlock_dsl.cel.types import (
    DYN,
    ERROR,
    INT,
    STRING,
    Basic,
    ListType,
    MapType,
    OptionalType,
    RecordType,
    Type,
    TypeParameter,
)
from interlock_dsl.diagnostics.source import Span


def selected(state: State, node: Select | Present, operand: Type) -> Type:
    """Return the type of a field; for a `has`, that of the field it asks about."""
    operand = state.bindings.resolve(operand)
    chained = isinstance(operand, OptionalType)
    inner = operand.of if isinstance(operand, OptionalType) else operand
    safe = chained or isinstance(node, Present) or node.optional
    result = _field(state, node, inner, node.field, node.field_span, safe=safe)
    if isinstance(node, Select) and (chained or node.optional):
        return OptionalType(result)
    return result


def indexed(state: State, node: Index, operand: Type, index: Type) -> Type:
    """Return the type of an item, of the value of a key, or of a field named by a literal."""
    operand = state.bindings.resolve(operand)
    chained = isinstance(operand, OptionalType)
    inner = operand.of if isinstance(operand, OptionalType) else operand
    optional = chained or node.optional
    match inner:
        case ListType(element):
            if not state.bindings.fits((index, INT)):
                state.report(messages.mismatch(INT, index, node.index.span, " as the index of a list"))
            result = element
        case MapType(key, value):
            if not state.bindings.fits((index, key)):
                state.report(messages.mismatch(key, index, node.index.span, " as the key"))
            check_value(state, key, node.operand.span, node.index)
            result = value
        case RecordType() if isinstance(node.index, Literal) and isinstance(node.index.value, str):
            result = _field(state, node, inner, node.index.value, node.index.span, safe=optional)
        case RecordType():
            if not state.bindings.fits((index, STRING)):
                state.report(messages.mismatch(STRING, index, node.index.span, " as the name of a field"))
            result = DYN
        case TypeParameter():
            state.bindings.fits((DYN, inner))
            result = DYN
        case Basic("dyn" | "error"):
            result = inner
        case _:
            result = state.report(messages.mismatch("a list or a map", operand, node.operand.span))
    return OptionalType(result) if optional else result


def _field(state: State, node: Select | Present | Index, operand: Type, field: str, span: Span, *, safe: bool) -> Type:
    match operand:
        case RecordType(fields=fields):
            if field not in fields:
                return state.report(messages.unknown_field(operand, field, span))
            if fields[field].optional and not safe:
                state.require_present(state.path(node), node.span.text or field, node.span)
            return fields[field].type
        case MapType(value=value):
            return value
        case TypeParameter():
            state.bindings.fits((DYN, operand))
            return DYN
        case Basic("dyn"):
            return DYN
        case Basic("error"):
            return ERROR
        case _:
            return state.report(messages.no_fields(operand, field, span))
