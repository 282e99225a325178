"""What comprehensions go over, and what those give that make maps of entries."""

from interlock_dsl.cel.check import messages
from interlock_dsl.cel.check.state import State
from interlock_dsl.cel.tree import Comprehension
from interlock_dsl.cel.types import DYN, ERROR, INT, Basic, ListType, MapType, Type, TypeParameter


def ranged(state: State, node: Comprehension, range_: Type) -> tuple[Type, Type]:
    """Return the types of key and value, or of index and item, of what a comprehension goes over."""
    match range_:
        case ListType(element):
            return INT, element
        case MapType(key, value):
            return key, value
        case TypeParameter():
            state.bindings.fits((DYN, range_))
            return DYN, DYN
        case Basic("dyn" | "error"):
            return range_, range_
        case _:
            return state.report(messages.mismatch("a list or a map", range_, node.range.span)), ERROR


def entries(state: State, node: Comprehension, body: Type) -> Type:
    """Return the type of the map whose entries are the maps that the body of a comprehension gives."""
    known = state.bindings.resolve(body)
    if isinstance(known, MapType) or known in (DYN, ERROR):
        return MapType(known.key, known.value) if isinstance(known, MapType) else MapType(DYN, DYN)
    return state.report(messages.mismatch("a map with the new entry", known, node.body.span))
