"""Expressions in a bundle: their trees as nested lists, beside the scope they were checked in.

A node is the name of its kind and its parts in the order of their declaration. The tree is a JSON text of its own
inside the bundle, read when its expression is first needed: of ten thousand conditions few are. What is no tree becomes
an expression without a value: whatever restricts applies then, whatever gives does not.
"""

import json
import types
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache, partial
from typing import Any, Final, Literal, Union, cast, get_args, get_origin, get_type_hints

from interlock_dsl.cel import tree
from interlock_dsl.cel.check.scope import Scope
from interlock_dsl.cel.environment import CompiledExpression
from interlock_dsl.cel.library import FUNCTIONS as LIBRARY
from interlock_dsl.cel.library.declare import merge
from interlock_dsl.cel.signature import Function
from interlock_dsl.cel.types import ERROR, Type
from interlock_dsl.cel.values import UInt
from interlock_dsl.diagnostics.source import NOWHERE, Span
from interlock_dsl.program.builtins import FUNCTIONS
from interlock_dsl.program.bundle.errors import BundleError
from interlock_dsl.program.bundle.places import Places, read_double, strings
from interlock_dsl.program.bundle.types import TypeTable

DEEPEST: Final = 80
"""How many nodes of a tree may stand inside each other in a bundle."""

_KINDS: Final[Mapping[str, type]] = {
    kind.__name__: kind for kind in (*get_args(tree.Expression), tree.ListItem, tree.MapEntry)
}


_TEXT: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


@cache
def _shared() -> Mapping[str, Function]:
    return merge((LIBRARY.values(), FUNCTIONS.values()))


def functions() -> dict[str, Function]:
    """Return the functions of a program's expressions; those about its tools are added once these are known."""
    return dict(_shared())


class ScopeTable:
    """Scopes with their numbers: the types of their variables, and which of these may be absent."""

    def __init__(self, types: TypeTable) -> None:
        self.rows: list[list[object]] = []
        self._types = types
        self._numbers: dict[int, int] = {}
        self._same: dict[str, int] = {}
        self._alive: list[Scope] = []

    def number(self, scope: Scope) -> int:
        """Return a scope's number, writing its row if none is the same."""
        known = self._numbers.get(id(scope))
        if known is None:
            # What cannot be there where an expression stands has the type `ERROR`, and the expression does not read it.
            there = [(name, type) for name, type in scope.variables.items() if type != ERROR]
            variables = [[name, self._types.number(type)] for name, type in there]
            row: list[object] = [variables, sorted(scope.optional_variables)]
            known = self._same.setdefault(repr(row), len(self.rows))
            if known == len(self.rows):
                self.rows.append(row)
            self._numbers[id(scope)] = known
            self._alive.append(scope)
        return known


def read_scopes(rows: list[object], types: list[Type], known: Mapping[str, Function]) -> list[Scope]:
    """Return the scopes of a table. Raises `BundleError`."""
    made: list[Scope] = []
    for row in rows:
        match row:
            case [list(variables), list(optional)]:
                made.append(Scope(_variables(variables, types), known, optional_variables=frozenset(strings(optional))))
            case _:
                raise BundleError("a scope is not written as one")
    return made


def _variables(given: list[object], types: list[Type]) -> dict[str, Type]:
    found: dict[str, Type] = {}
    for each in given:
        match each:
            case [str(name), int(number)] if 0 <= number < len(types):
                found[name] = types[number]
            case _:
                raise BundleError("a variable of a scope is not written as one")
    return found


class Expressions:
    """Writes and reads expressions. For reading, `scopes` are those of the bundle by number."""

    def __init__(self, places: Places, scopes: list[Scope], table: ScopeTable | None = None) -> None:
        self._places = places
        self._scopes = scopes
        self._table = table

    def write(self, expression: CompiledExpression) -> list[object]:
        """Return an expression as the number of its scope and the JSON text of its tree. Raises `BundleError`."""
        assert self._table is not None
        return [self._table.number(expression.scope), _TEXT(self._write(expression.expression, 0))]

    def _write(self, value: object, depth: int) -> object:
        if depth > DEEPEST:
            raise BundleError(f"a condition is nested more than {DEEPEST} levels deep")
        match value:
            case tree.Literal(value=constant):
                return ["Literal", _constant(constant), self._places.write(value.span)]
            case None | bool() | str():
                return value
            case Span():
                return self._places.write(value)
            case tuple():
                return [self._write(each, depth) for each in value]
            case _ if type(value).__name__ in _KINDS:
                kind: Any = type(value)
                return [kind.__name__, *[self._write(getattr(value, name), depth + 1) for name in _names(kind)]]
            case _:
                raise BundleError(f"a {type(value).__name__} has no place in an expression")

    def read(self, given: object) -> CompiledExpression:
        """Return an expression whose tree is read when it is needed. Raises `BundleError`."""
        match given:
            case [int(number), str(written)] if 0 <= number < len(self._scopes):
                return CompiledExpression.deferred(partial(self._tree, written), self._scopes[number])
            case _:
                raise BundleError("an expression is not written as one")

    def _tree(self, written: str) -> tree.Expression:
        try:
            return self._node(json.loads(written), 0)
        except (ValueError, RecursionError):
            return tree.Name("$unreadable", NOWHERE)

    def _node(self, given: object, depth: int) -> tree.Expression:
        if not isinstance(given, list) or not given or depth > DEEPEST or given[0] not in _KINDS:
            raise BundleError("a tree is not written as one")
        kind = _KINDS[given[0]]
        readers = _readers(kind)
        if len(readers) != len(given) - 1:
            raise BundleError("a node of a tree has too many or too few parts")
        parts = zip(readers, given[1:], strict=True)
        node = cast(Callable[..., tree.Expression], kind)
        return node(*[read(self, part, depth + 1) for read, part in parts])


_Reader = Callable[[Expressions, object, int], object]


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _readers(kind: type) -> tuple[_Reader, ...]:
    """Return what reads each part of a kind of node, as its annotation says."""
    if kind is tree.Literal:
        return (lambda self, given, depth: _read_constant(given)), _span
    hints = get_type_hints(kind)
    return tuple(_reader(hints[field.name]) for field in fields(kind))


def _reader(annotation: object) -> _Reader:
    if annotation is Span:
        return _span
    if annotation in (str, bool):
        return partial(_of, annotation)
    if annotation is tree.ListItem or annotation is tree.MapEntry:
        return partial(_part, (annotation,))
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return partial(_one_of, inside)
    if origin is tuple:
        return partial(_many, _reader(inside[0]))
    if origin is Union or origin is types.UnionType:
        kinds = tuple(each for each in inside if each is not type(None))
        read = partial(_part, kinds)
        return partial(_optional, read) if len(kinds) < len(inside) else read
    raise TypeError(f"no part of a tree is a {annotation}")


def _span(self: Expressions, given: object, depth: int) -> object:
    return self._places.read(given)


def _of(kind: type, self: Expressions, given: object, depth: int) -> object:
    if given.__class__ is not kind:
        raise BundleError("a part of a tree is of another kind")
    return given


def _one_of(words: tuple[object, ...], self: Expressions, given: object, depth: int) -> object:
    if not isinstance(given, str) or given not in words:
        raise BundleError("a part of a tree is of another kind")
    return given


def _part(kinds: tuple[type, ...], self: Expressions, given: object, depth: int) -> object:
    node = self._node(given, depth)
    if not isinstance(node, kinds):
        raise BundleError("a part of a tree is of another kind")
    return node


def _optional(read: _Reader, self: Expressions, given: object, depth: int) -> object:
    return None if given is None else read(self, given, depth)


def _many(read: _Reader, self: Expressions, given: object, depth: int) -> object:
    if not isinstance(given, list):
        raise BundleError("a part of a tree is of another kind")
    return tuple(read(self, each, depth) for each in given)


def _constant(value: object) -> object:
    match value:
        case UInt():
            return {"uint": int(value)}
        case None | bool() | int() | str():
            return value
        case float():
            return {"double": repr(value)}
        case bytes():
            return {"bytes": b64encode(value).decode()}
        case _:
            raise BundleError(f"a {type(value).__name__} is no constant")


def _read_constant(given: object) -> object:
    if given is None or isinstance(given, bool | int | str):
        return given
    if isinstance(given, dict) and len(given) == 1:
        match given:
            case {"uint": int(value)}:
                return UInt(value)
            case {"double": str(text)}:
                return read_double(text)
            case {"bytes": str(text)}:
                try:
                    return b64decode(text, validate=True)
                except ValueError:
                    pass
            case _:
                pass
    raise BundleError("a constant is not written as one")
