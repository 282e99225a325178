"""The digest of a program: the same for two programs exactly when they mean the same.

What counts is what decides: tools, agents, roles, workflows, policies and tables, with their expressions as trees.
Places, comments, tests, the order of declarations and the names of types do not count. The order of routes does: it
numbers them (a journal refers to routes by these numbers), and at a `first` step it decides.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import get_args

from interlock_dsl.canonical import digest
from interlock_dsl.cel.environment import CompiledExpression
from interlock_dsl.cel.tree import Expression, ListItem, MapEntry
from interlock_dsl.cel.types import RecordType
from interlock_dsl.cel.values import UInt
from interlock_dsl.program import Program

VERSION = 1
"""Changes when the meaning of a program is written differently, so that old digests cannot be mistaken for new ones."""

PARTS = ("tools", "agents", "roles", "workflows", "policies", "tables")
UNSAID = frozenset(
    {"span", "field_span", "function_span", "build_graph", "routes_from", "joins_from", "failure_routes"}
)


def meaning(program: Program) -> dict[str, object]:
    """Return what a program means, as a JSON value."""
    return {"interlock": VERSION, **{part: _meaning(getattr(program, part)) for part in PARTS}}


def program_digest(program: Program) -> str:
    """Return the SHA-256 (hex) of the canonical JSON of a program's meaning."""
    return digest(meaning(program))


def _meaning(value: object) -> object:
    kind = value.__class__
    if kind is str or value is None or kind is bool or kind is int:
        return value
    if kind in _TREES:
        return [kind.__name__, *[_meaning(getattr(value, name)) for name in _said(kind)]]
    match value:
        case UInt():
            return {"uint": int(value)}
        case float():
            return {"double": value}
        case bytes():
            return {"bytes": value.hex()}
        case CompiledExpression():
            return _meaning(value.expression)
        case RecordType():
            return {"record": {name: _meaning(field) for name, field in value.fields.items()}}
        case Mapping():
            return {str(key): _meaning(item) for key, item in value.items()}
        case frozenset():
            return sorted(str(item) for item in value)
        case tuple() | list():
            return [_meaning(item) for item in value]
        case _ if is_dataclass(kind):
            return {"is": kind.__name__, **{name: _meaning(getattr(value, name)) for name in _said(kind)}}
        case _:
            raise TypeError(f"a {kind.__name__} has no place in the meaning of a program")


_TREES = frozenset({*get_args(Expression), ListItem, MapEntry})


_SAID: dict[type, tuple[str, ...]] = {}


def _said(kind: type) -> tuple[str, ...]:
    """Return the fields of a class that say what its values mean."""
    said = _SAID.get(kind)
    if said is None:
        said = _SAID[kind] = tuple(field.name for field in fields(kind) if field.name not in UNSAID)
    return said
