"""The types of the operators (spec: standard definitions), and how a person writes them."""

from collections.abc import Mapping

from interlock_dsl.cel.types import (
    BYTES,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    UINT,
    ListType,
    Type,
    TypeParameter,
)

_LIST = ListType(TypeParameter("A"))

ARITHMETIC: Mapping[str, tuple[tuple[tuple[Type, ...], Type], ...]] = {
    "_+_": (
        ((INT, INT), INT),
        ((UINT, UINT), UINT),
        ((DOUBLE, DOUBLE), DOUBLE),
        ((STRING, STRING), STRING),
        ((BYTES, BYTES), BYTES),
        ((_LIST, _LIST), _LIST),
        ((DURATION, DURATION), DURATION),
        ((DURATION, TIMESTAMP), TIMESTAMP),
        ((TIMESTAMP, DURATION), TIMESTAMP),
    ),
    "_-_": (
        ((INT, INT), INT),
        ((UINT, UINT), UINT),
        ((DOUBLE, DOUBLE), DOUBLE),
        ((DURATION, DURATION), DURATION),
        ((TIMESTAMP, DURATION), TIMESTAMP),
        ((TIMESTAMP, TIMESTAMP), DURATION),
    ),
    "_*_": (((INT, INT), INT), ((UINT, UINT), UINT), ((DOUBLE, DOUBLE), DOUBLE)),
    "_/_": (((INT, INT), INT), ((UINT, UINT), UINT), ((DOUBLE, DOUBLE), DOUBLE)),
    "_%_": (((INT, INT), INT), ((UINT, UINT), UINT)),
    "-_": (((INT,), INT), ((DOUBLE,), DOUBLE)),
}
"""For each arithmetic operator the parameter types and the result of each of its meanings."""

ORDERINGS = frozenset(("_<_", "_<=_", "_>_", "_>=_"))
EQUALITIES = frozenset(("_==_", "_!=_"))
NUMBERS = frozenset(("int", "uint", "double"))
ORDERED = NUMBERS | {"bool", "string", "bytes", "timestamp", "duration"}
"""The kinds of value that `<` and its like compare, numbers with one another and the others with their own kind."""

SPOKEN: Mapping[str, str] = {
    "_+_": "add", "_-_": "subtract", "_*_": "multiply", "_/_": "divide", "_%_": "take the remainder of",
    "-_": "negate", "!_": "negate",
}  # fmt: skip


def written(function: str) -> str:
    """Return an operator as a person writes it (`_+_` is `+`, `@in` is `in`), or the function's name."""
    return function.strip("_@") or function
