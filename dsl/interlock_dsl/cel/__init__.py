"""The Common Expression Language, on its own.

    from interlock_dsl.cel import Environment, IntType, RecordType, Field

    order = RecordType("Order", {"total": Field(IntType(0, 1_000_000))})
    guard = Environment({"order": order}).compile("order.total > 10_000")
    guard({"order": {"total": 12_000}})  # True

`compile` parses and checks, and raises `DiagnosticError` with every mistake at its place; an evaluation returns a
Python value or raises `EvaluationError` with the place of what failed, and never runs past its limit. Nothing in an
expression reaches Python: no attributes, no calls but of the functions the environment declares.

The language is CEL with the libraries for strings, math, optionals, bindings, encoders, lists, sets, the network and
two-variable comprehensions. Protobuf messages and enums and `cel.block` are left out.
`bench/conformance.py` measures it against the public tests.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interlock_dsl.cel.causes import Cause, cause_of
    from interlock_dsl.cel.environment import DEFAULT_LIMIT, CompiledExpression, Environment
    from interlock_dsl.cel.errors import EvaluationError, LimitExceeded
    from interlock_dsl.cel.library import FUNCTIONS, LEFT_OUT
    from interlock_dsl.cel.meter import EVENT_UNITS, Meter
    from interlock_dsl.cel.parser import parse
    from interlock_dsl.cel.signature import Function, Overload
    from interlock_dsl.cel.tree import Expression
    from interlock_dsl.cel.types import (
        BOOL,
        BYTES,
        DOUBLE,
        DURATION,
        DYN,
        INT,
        NULL,
        STRING,
        TIMESTAMP,
        UINT,
        AbstractType,
        DoubleType,
        Field,
        IntType,
        ListType,
        MapType,
        OptionalType,
        RecordType,
        StringType,
        Type,
        TypeParameter,
        UintType,
    )
    from interlock_dsl.cel.values import (
        NONE,
        Duration,
        Fault,
        Optional,
        Timestamp,
        TypeValue,
        UInt,
        equal,
    )
    from interlock_dsl.diagnostics import DiagnosticError

__all__ = [
    "BOOL",
    "BYTES",
    "DEFAULT_LIMIT",
    "DOUBLE",
    "DURATION",
    "DYN",
    "EVENT_UNITS",
    "FUNCTIONS",
    "INT",
    "LEFT_OUT",
    "NONE",
    "NULL",
    "STRING",
    "TIMESTAMP",
    "UINT",
    "AbstractType",
    "Cause",
    "CompiledExpression",
    "DiagnosticError",
    "DoubleType",
    "Duration",
    "Environment",
    "EvaluationError",
    "Expression",
    "Fault",
    "Field",
    "Function",
    "IntType",
    "LimitExceeded",
    "ListType",
    "MapType",
    "Meter",
    "Optional",
    "OptionalType",
    "Overload",
    "RecordType",
    "StringType",
    "Timestamp",
    "Type",
    "TypeParameter",
    "TypeValue",
    "UInt",
    "UintType",
    "cause_of",
    "equal",
    "parse",
]

# Importing the language costs next to nothing until a name of it is used.
_NAMES = {
    "interlock_dsl.cel.causes": (
        "Cause",
        "cause_of",
    ),
    "interlock_dsl.cel.environment": (
        "DEFAULT_LIMIT",
        "CompiledExpression",
        "Environment",
    ),
    "interlock_dsl.cel.errors": (
        "EvaluationError",
        "LimitExceeded",
    ),
    "interlock_dsl.cel.library": (
        "FUNCTIONS",
        "LEFT_OUT",
    ),
    "interlock_dsl.cel.meter": (
        "EVENT_UNITS",
        "Meter",
    ),
    "interlock_dsl.cel.parser": ("parse",),
    "interlock_dsl.cel.signature": (
        "Function",
        "Overload",
    ),
    "interlock_dsl.cel.tree": ("Expression",),
    "interlock_dsl.cel.types": (
        "BOOL",
        "BYTES",
        "DOUBLE",
        "DURATION",
        "DYN",
        "INT",
        "NULL",
        "STRING",
        "TIMESTAMP",
        "UINT",
        "AbstractType",
        "DoubleType",
        "Field",
        "IntType",
        "ListType",
        "MapType",
        "OptionalType",
        "RecordType",
        "StringType",
        "Type",
        "TypeParameter",
        "UintType",
    ),
    "interlock_dsl.cel.values": (
        "NONE",
        "Duration",
        "Fault",
        "Optional",
        "Timestamp",
        "TypeValue",
        "UInt",
        "equal",
    ),
    "interlock_dsl.diagnostics": ("DiagnosticError",),
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
