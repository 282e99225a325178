"""The digest of a program: the same for two programs exactly when they mean the same.

What counts is what decides: tools, agents, roles, workflows, policies and tables, with their expressions as trees.
Places, comments, tests, the order of declarations and the names of types do not count. The order of routes does: it
numbers them (a journal refers to routes by these numbers), and at a `first` step it decides.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from json.encoder import encode_basestring
from typing import get_args

from interlock_dsl.cel.environment import CompiledExpression
from interlock_dsl.cel.tree import Expression, ListItem, MapEntry
from interlock_dsl.cel.types import RecordType
from interlock_dsl.cel.values import UInt
from interlock_dsl.program.model import Program
from interlock_dsl.schema.canonical import canonical

VERSION = 1
"""Changes when the meaning of a program is written differently, so that old digests cannot be mistaken for new ones."""

PARTS = ("tools", "agents", "roles", "workflows", "policies", "tables")
LATER = frozenset(
    {
        ("Agent", "fallback"),
        ("AgentStep", "within"),
        ("Bound", "discards"),
        ("CallStep", "within"),
        ("Tool", "breaker"),
        ("Tool", "fallback"),
        ("Tool", "rate"),
        ("End", "gives_up"),
        ("Route", "race"),
        ("Rule", "fields"),
        ("Workflow", "rules"),
    }
    | {(step, "rows") for step in ("AgentStep", "CallStep", "AskStep", "TableStep")}
)
"""Fields by class that came later: an empty one is left out, so that a program without them keeps its digest."""

UNSAID = frozenset({"span", "field_span", "function_span", "network"})


def program_digest(program: Program) -> str:
    """Return the SHA-256 (hex) of the canonical JSON of a program's meaning."""
    return hashlib.sha256(meaning(program).encode()).hexdigest()


def meaning(program: Program) -> str:
    """Return what a program means, as canonical JSON.

    It is written at once, not built first: of ten thousand rules there would be half a million lists.
    """
    parts = {part: _written(getattr(program, part)) for part in PARTS}
    if program.context is not None:
        parts["context"] = _written(program.context)
    return _object({"interlock": str(VERSION), **parts})


def part_digest(parts: Sequence[object]) -> str:
    """Return the SHA-256 (hex) of what parts of a program mean."""
    return hashlib.sha256(_written(tuple(parts)).encode()).hexdigest()


def _written(value: object) -> str:
    kind = value.__class__
    if isinstance(value, str):
        return _quoted(value)
    if value is None:
        return "null"
    if kind is bool or kind is int:
        return _plain(value)
    if kind in _TREES:
        return "[" + ",".join([_quoted(kind.__name__), *[_written(getattr(value, name)) for name in _said(kind)]]) + "]"
    match value:
        case UInt():
            return _object({"uint": _plain(int(value))})
        case float():
            return _object({"double": _plain(value)})
        case bytes():
            return _object({"bytes": _quoted(value.hex())})
        case CompiledExpression():
            return _written(value.expression)
        case RecordType():
            return _object({"record": _object({name: _written(field) for name, field in value.fields.items()})})
        case Mapping():
            return _object({str(key): _written(item) for key, item in value.items()})
        case frozenset():
            return _plain(sorted(str(item) for item in value))
        case tuple() | list():
            return "[" + ",".join([_written(item) for item in value]) + "]"
        case _ if is_dataclass(kind):
            held = {name: getattr(value, name) for name in _said(kind)}
            said = {name: _written(part) for name, part in held.items() if part or (kind.__name__, name) not in LATER}
            return _object({"is": _quoted(kind.__name__), **said})
        case _:
            raise TypeError(f"a {kind.__name__} has no place in the meaning of a program")


def _plain(value: object) -> str:
    return canonical(value).decode()


def _object(members: Mapping[str, str]) -> str:
    """Write an object, its keys in the order of RFC 8785, of values that are written already."""
    keys = sorted(members, key=lambda key: key.encode("utf-16-be"))
    return "{" + ",".join([f"{_quoted(key)}:{members[key]}" for key in keys]) + "}"


_quoted: Callable[[str], str] = encode_basestring

_TREES = frozenset({*get_args(Expression), ListItem, MapEntry})


_SAID: dict[type, tuple[str, ...]] = {}


def _said(kind: type) -> tuple[str, ...]:
    """Return the fields of a class that say what its values mean."""
    said = _SAID.get(kind)
    if said is None:
        said = _SAID[kind] = tuple(field.name for field in fields(kind) if field.name not in UNSAID)
    return said
