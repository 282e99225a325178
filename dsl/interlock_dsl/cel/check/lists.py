"""What the results of functions over lists keep of the bounds of what they are given.

The signatures of the library speak of lists of any size and of numbers of any value; a sorted list has the elements of
the one that is sorted, and as many.
"""

from collections.abc import Sequence
from typing import Final

from interlock_dsl.cel.check.unify import kind
from interlock_dsl.cel.signature import Function, Overload
from interlock_dsl.cel.types import ListType, Type

_NO_LONGER: Final = frozenset({"sort", "@sortByKeys", "reverse", "distinct", "slice"})
"""Functions that give a list of some of the elements of a list, none more often than it is there."""
_ONE_OF: Final = frozenset({"math.greatest", "math.least"})
_NUMBERS: Final = frozenset({"int", "uint", "double"})


def narrowed(function: Function, overloads: Sequence[Overload], given: Sequence[Type]) -> Sequence[Overload]:
    """Return the overloads that remain of those that fit: of a list of lists it is known that it is one."""
    match function.name, given:
        case "flatten", (ListType(ListType()),):
            return overloads[:1]
        case name, (ListType(element),) if name in _ONE_OF and kind(element) in _NUMBERS:
            return [each for each in overloads if kind(each.result) == kind(element)]
        case _:
            return overloads


def bounded(function: Function, given: Sequence[Type], result: Type) -> Type:
    """Return the type of a result with the bounds that follow from those of the arguments."""
    match given:
        case (ListType(ListType(element, inner), outer),) if function.name == "flatten":
            return ListType(element, None if inner is None or outer is None else inner * outer)
        case (ListType(element, most), *_) if function.name in _NO_LONGER and isinstance(result, ListType):
            return ListType(element, most)
        case (ListType(element),) if function.name in _ONE_OF and kind(element) in _NUMBERS:
            return element
        case _:
            return result
