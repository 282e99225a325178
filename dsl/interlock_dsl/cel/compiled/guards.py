"""Type guards: tests, in front of generated code, of the class of a value and of its length, each made once."""

import ast
from collections.abc import Callable

from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.compiled.pieces import (
    Known,
    Piece,
    both,
    call,
    compare,
    constant,
    either,
    give_up,
    name,
    replace,
    store,
)
from interlock_dsl.cel.compiled.unit import Frame, Key, Unsupported
from interlock_dsl.cel.tree import Expression
from interlock_dsl.cel.types import ListType, MapType, StringType, Type

CLASS_NAMES = {
    "int": "_int",
    "uint": "_uint",
    "double": "_double",
    "string": "_string",
    "bytes": "_bytes",
    "bool": "_bool",
    "list": "_list",
    "map": "_map",
    "record": "_map",
    "timestamp": "_timestamp",
    "duration": "_duration",
    "optional": "_optional",
    "type": "_type_value",
    "ip": "_ip",
    "cidr": "_cidr",
    "url": "_url",
}
"""The global that holds the class of each kind of value that code can test for."""


class TypeGuards:
    """Turns pieces into pieces with more tests in front; each fact about a variable is tested once."""

    def __init__(self, checked: Checked, longest: int) -> None:
        self.checked = checked
        self.longest = longest

    def bound(self, type: Type) -> int:
        """Return the length beyond which the code gives up on a text or a container of a type."""
        declared = None
        if isinstance(type, StringType):
            declared = max(map(len, type.values), default=0) if type.values is not None else type.max
        elif isinstance(type, ListType | MapType):
            declared = type.max
        return self.longest if declared is None else min(declared, self.longest)

    def hold(self, piece: Piece, frame: Frame, key: Key | None = None) -> Piece:
        """Return the piece with its value kept in a local variable, unless it can be written twice."""
        if piece.slot is not None or (piece.constant and key is None):
            return piece
        slot = frame.make() if key is None else frame.slot(key)
        known = piece.known | {(slot,)}
        return replace(piece.where(known), code=store(slot, piece.code), slot=slot)

    def settle(self, piece: Piece) -> Piece:
        """Return a held piece whose value is already in its variable when the tests are done."""
        if isinstance(piece.code, ast.NamedExpr) and piece.slot is not None:
            done = either(compare(piece.code, ast.IsNot(), constant(None)), constant(True))
            return replace(piece, tests=(*piece.tests, done), code=name(piece.slot))
        return piece

    def test(self, piece: Piece, frame: Frame, fact: str, condition: Callable[[ast.expr], ast.expr]) -> Piece:
        """Return the piece, held, with one more test of its value unless it is known to pass."""
        piece = self.hold(piece, frame)
        slot = piece.slot
        if slot is None:
            return replace(piece, tests=(*piece.tests, condition(piece.code)))
        if (slot, fact) in piece.known:
            return piece
        tests = (*piece.tests, condition(piece.code))
        known = piece.known | {(slot, fact)}
        return replace(piece.where(known), tests=tests, code=frame.load(slot))

    def expect(self, piece: Piece, kind: str, frame: Frame) -> Piece:
        """Return the piece with its value certain to be of a kind."""
        if piece.kind == kind:
            return piece
        if piece.kind is not None or kind not in CLASS_NAMES:
            raise Unsupported
        test = CLASS_NAMES[kind]

        def condition(value: ast.expr) -> ast.expr:
            return compare(call(name("_type"), value), ast.Is(), name(test))

        return replace(self.test(piece, frame, test, condition), kind=kind)

    def number(self, piece: Piece, frame: Frame) -> Piece:
        """Return the piece with its value certain to be an int or a double."""
        if piece.kind in ("int", "double"):
            return piece
        piece = self.hold(piece, frame)
        if (piece.slot, "_int") in piece.known or (piece.slot, "_double") in piece.known:
            return replace(piece, kind="double")
        seen = frame.make()

        def condition(value: ast.expr) -> ast.expr:
            first = compare(store(seen, call(name("_type"), value)), ast.Is(), name("_double"))
            return either(first, compare(name(seen), ast.Is(), name("_int")))

        return replace(self.test(piece, frame, "number", condition), kind="double")

    def limited(self, piece: Piece, node: Expression, frame: Frame) -> Piece:
        """Return a text or container with its length certain to be bounded."""
        if piece.length is not None:
            return piece
        bound = self.bound(self.checked.type_of(node))

        def condition(value: ast.expr) -> ast.expr:
            return compare(call(name("_len"), value), ast.LtE(), constant(bound))

        return replace(self.test(piece, frame, f"len {bound}", condition), length=bound)

    def pair(self, frame: Frame, left: Piece, right: Callable[[Known], Piece]) -> tuple[Piece, Piece]:
        """Return two pieces of which the tests of both may run before the code of either."""
        second = right(left.known)
        return (self.ahead(left, frame) if second.tests else left), second

    def ahead(self, piece: Piece, frame: Frame) -> Piece:
        """Return the piece with nothing left in its code that later tests may rely on."""
        if any(isinstance(part, ast.NamedExpr) for part in ast.walk(piece.code)):
            return self.settle(self.hold(piece, frame))
        return piece

    def truth(self, piece: Piece, frame: Frame) -> Piece:
        """Return the piece with its value certain to be a bool."""
        if piece.kind == "bool":
            return piece
        if piece.kind is not None:
            raise Unsupported
        piece = self.hold(piece, frame)
        slot = piece.slot or ""
        if (slot, "_bool") in piece.known:
            return replace(piece, kind="bool")
        other = both(compare(frame.load(slot), ast.IsNot(), constant(False)), give_up())
        code = either(compare(piece.code, ast.Is(), constant(True)), other)
        return replace(piece.where(piece.known | {(slot, "_bool")}), code=code, kind="bool", slot=None)

    def adapted(self, piece: Piece) -> Piece:
        """Return the piece with its value as the language sees it, for where it leaves the code."""
        if piece.kind is not None:
            return piece
        return replace(piece, code=call(name("_adapt"), piece.code), slot=None)
