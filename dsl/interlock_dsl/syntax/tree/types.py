"""Types and their fields."""

from dataclasses import dataclass
from typing import TypeAlias

from interlock_dsl.syntax.tree.pieces import Ident, Node


@dataclass(frozen=True, slots=True)
class NamedType(Node):
    """`int`, `string`, `Order`, ..., with the bounds that apply to it."""

    name: Ident
    low: int | float | None = None
    high: int | float | None = None
    max: int | None = None


@dataclass(frozen=True, slots=True)
class EnumType(Node):
    """`enum("paid", "shipped")`."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListType(Node):
    """`list<T> max n`."""

    element: "TypeNode"
    max: int | None = None


@dataclass(frozen=True, slots=True)
class MapType(Node):
    """`map<K, V> max n`."""

    key: "TypeNode"
    value: "TypeNode"
    max: int | None = None


@dataclass(frozen=True, slots=True)
class FieldNode(Node):
    """`name?: type @label "description"`: a field of a record, or a parameter."""

    name: Ident
    type: "TypeNode"
    optional: bool = False
    labels: tuple[Ident, ...] = ()
    description: str | None = None


@dataclass(frozen=True, slots=True)
class RecordType(Node):
    """`{ name: type ... }`."""

    fields: tuple[FieldNode, ...]


TypeNode: TypeAlias = NamedType | EnumType | ListType | MapType | RecordType


@dataclass(frozen=True, slots=True)
class TypeDecl(Node):
    """`type Order { ... }` or `type Topic = enum(...)`."""

    name: Ident
    type: TypeNode
