"""`==`, `!=`, the orderings and `in`.

Python agrees with the language on values of one class, and on an int beside a double of at most 2**53; it does not on
bools (which it takes for numbers), on NaN inside containers, and on what it orders that the language does not.
"""

import ast

from interlock_dsl.cel.check import kind
from interlock_dsl.cel.compiled.emission import Emission
from interlock_dsl.cel.compiled.pieces import Known, Piece, attribute, call, compare, constant, name, replace
from interlock_dsl.cel.compiled.unit import Frame, Unsupported
from interlock_dsl.cel.tree import Call, Expression, ListOf, Literal
from interlock_dsl.cel.types import ListType
from interlock_dsl.cel.units import CHUNK
from interlock_dsl.cel.values import Duration, Timestamp, UInt

SAFE_INT = 2**53 - 1
"""Ints up to here are doubles too, so that Python's exact comparison and the converting one agree."""
INSTANTS = frozenset(("timestamp", "duration"))
EQUALITY: dict[str, type[ast.cmpop]] = {"_==_": ast.Eq, "_!=_": ast.NotEq}
ORDERING: dict[str, type[ast.cmpop]] = {"_<_": ast.Lt, "_<=_": ast.LtE, "_>_": ast.Gt, "_>=_": ast.GtE}


def emit_equality(emitter: Emission, node: Call, frame: Frame, known: Known) -> Piece:
    """Return code for `==` or `!=`."""
    left, right = node.arguments
    if isinstance(left, Literal) and not isinstance(right, Literal):
        left, right = right, left
    positive = node.function == "_==_"
    one = emitter.emit(left, frame, known)
    if isinstance(right, Literal):
        found = _equal_to_literal(emitter, one, emitter.type(left), right, frame, positive)
        if found is not None:
            return found
    kinds = (emitter.type(left), emitter.type(right))
    if kinds[0] == kinds[1] and kinds[0] in ("string", "int", "double", "bool", "timestamp", "duration"):
        return _equal_alike(emitter, (left, right), one, frame, kinds[0], positive)
    one, other = emitter.pair(
        frame, emitter.hold(one, frame), lambda known: emitter.hold(emitter.emit(right, frame, known), frame)
    )
    return _equal_anything(emitter, one, other, frame, positive)


def _equal_to_literal(
    emitter: Emission, one: Piece, declared: str, right: Literal, frame: Frame, positive: bool
) -> Piece | None:
    """Compare with a literal; None where that takes more than Python's own operator."""
    value = right.value
    same: ast.cmpop = ast.Eq() if positive else ast.NotEq()
    if value is None or isinstance(value, bool):
        same = ast.Is() if positive else ast.IsNot()
    elif isinstance(value, str):
        # Whatever is not text is unequal to it, in Python too.
        pass
    elif isinstance(value, UInt | bytes):
        return None
    elif isinstance(value, int) and declared == "int":
        one = emitter.expect(one, "int", frame)
    elif isinstance(value, int | float) and declared == "double" and abs(value) <= SAFE_INT:
        one = emitter.number(one, frame)
    elif isinstance(value, int | float) and one.kind is None:
        # The interpreted tier's own function: beside a scalar its cost is one unit, whatever the other value is.
        test = call(name("_equal"), one.code, constant(value))
        code = compare(test, ast.Is(), constant(positive))
        return Piece(code, "bool", one.cost + 2, one.known, one.known, one.tests)
    else:
        return None
    length = len(value) if isinstance(value, str) else 0
    code = compare(one.code, same, constant(value))
    cost = one.cost + 2 + length // CHUNK
    return Piece(code, "bool", cost, one.known, one.known, one.tests)


def _equal_alike(
    emitter: Emission, nodes: tuple[Expression, Expression], one: Piece, frame: Frame, alike: str, positive: bool
) -> Piece:
    def prepared(node: Expression, piece: Piece) -> Piece:
        return emitter.expect(piece, alike, frame)

    one = prepared(nodes[0], one)
    extra = 0
    if alike == "string":
        one = emitter.limited(one, nodes[0], frame)
        extra = (one.length or 0) // CHUNK

    def second(known: Known) -> Piece:
        other = emitter.emit(nodes[1], frame, known)
        # Beside what is text for certain, Python's own answer is right whatever the other value is.
        return other if alike == "string" else prepared(nodes[1], other)

    one, other = emitter.pair(frame, one, second)
    same: ast.cmpop = ast.Eq() if positive else ast.NotEq()
    codes = (nanoseconds(one), nanoseconds(other)) if alike in INSTANTS else (one.code, other.code)
    code = compare(codes[0], same, codes[1])
    cost = one.cost + other.cost + 1 + extra
    return Piece(code, "bool", cost, other.known, other.known, (*one.tests, *other.tests))


def _equal_anything(emitter: Emission, one: Piece, other: Piece, frame: Frame, positive: bool) -> Piece:
    """Compare values of unknown classes with the interpreted tier's own function, once that is known to be cheap."""
    one, other = emitter.settle(one), emitter.settle(other)
    most = constant(1 + emitter.longest // CHUNK)
    cheap = compare(call(name("_comparing"), one.code, other.code, most), ast.LtE(), most)
    code = compare(call(name("_equal"), one.code, other.code), ast.Is(), constant(positive))
    cost = one.cost + other.cost + 1 + emitter.longest // CHUNK
    return Piece(code, "bool", cost, other.known, other.known, (*one.tests, *other.tests, cheap))


def nanoseconds(piece: Piece) -> ast.expr:
    """Return code for the nanoseconds of a timestamp or duration."""
    if isinstance(piece.value, Timestamp | Duration):
        return constant(piece.value.nanoseconds)
    if isinstance(piece.code, ast.Call) and piece.value == "made":
        return piece.code.args[0]
    return attribute(piece.code, "nanoseconds")


def emit_ordering(emitter: Emission, node: Call, frame: Frame, known: Known) -> Piece:
    """Return code for `<`, `<=`, `>` or `>=`."""
    left, right = node.arguments
    operator = ORDERING[node.function]()
    kinds = (emitter.type(left), emitter.type(right))
    numbers = [_small(part) for part in (left, right)]
    if any(numbers):
        # A number below 2**53 orders itself among ints and doubles as Python has it.
        one, other = emitter.pair(
            frame, _number(emitter, left, frame, known), lambda known: _number(emitter, right, frame, known)
        )
    elif kinds[0] == kinds[1] and kinds[0] in ("int", "string", "timestamp", "duration"):
        return _ordered_alike(emitter, node, frame, known, kinds[0])
    elif kinds == ("double", "double"):
        one, other = emitter.pair(
            frame,
            emitter.hold(_number(emitter, left, frame, known), frame),
            lambda known: emitter.hold(_number(emitter, right, frame, known), frame),
        )
        if not (_float(one) and _float(other)):
            one, other = emitter.settle(one), emitter.settle(other)
            alike = compare(call(name("_type"), one.code), ast.Is(), call(name("_type"), other.code))
            other = replace(other, tests=(*other.tests, alike))
    elif {"int", "uint", "double"} >= {*kinds} - {"dyn"} and {*kinds} != {"dyn"}:
        return _ordered_numbers(emitter, node, frame, known)
    else:
        raise Unsupported
    code = compare(one.code, operator, other.code)
    cost = one.cost + other.cost + 1
    return Piece(code, "bool", cost, other.known, other.known, (*one.tests, *other.tests))


def _float(piece: Piece) -> bool:
    return piece.constant and isinstance(piece.value, float)


def _small(node: Expression) -> bool:
    return (
        isinstance(node, Literal)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool | UInt)
        and abs(node.value) <= SAFE_INT
    )


def _number(emitter: Emission, node: Expression, frame: Frame, known: Known) -> Piece:
    piece = emitter.emit(node, frame, known)
    declared = emitter.type(node)
    if piece.kind in ("int", "double"):
        return piece
    if declared == "int":
        return emitter.expect(piece, "int", frame)
    if declared in ("double", "dyn"):
        return emitter.number(piece, frame)
    raise Unsupported


def _ordered_alike(emitter: Emission, node: Call, frame: Frame, known: Known, alike: str) -> Piece:
    left, right = node.arguments
    if alike == "string":
        one, other = emitter.pair(
            frame,
            emitter.text(left, frame, known),
            lambda known: emitter.expect(emitter.emit(right, frame, known), alike, frame),
        )
    else:
        one, other = emitter.pair(
            frame,
            emitter.expect(emitter.emit(left, frame, known), alike, frame),
            lambda known: emitter.expect(emitter.emit(right, frame, known), alike, frame),
        )
    codes = (nanoseconds(one), nanoseconds(other)) if alike in INSTANTS else (one.code, other.code)
    code = compare(codes[0], ORDERING[node.function](), codes[1])
    cost = one.cost + other.cost + 1 + (one.length or 0) // CHUNK
    return Piece(code, "bool", cost, other.known, other.known, (*one.tests, *other.tests))


def _ordered_numbers(emitter: Emission, node: Call, frame: Frame, known: Known) -> Piece:
    """Order numbers of mixed kinds with the interpreted tier's own function."""

    def number(node: Expression, known: Known) -> Piece:
        piece = emitter.emit(node, frame, known)
        if piece.kind in ("int", "double", "uint"):
            return piece
        return emitter.test(
            piece,
            frame,
            "numbers",
            lambda value: compare(call(name("_type"), value), ast.In(), name("_NUMBERS")),
        )

    one, other = emitter.pair(frame, number(node.arguments[0], known), lambda known: number(node.arguments[1], known))
    result = call(name("_order"), one.code, other.code)
    # NaN is in no order: None, which Python does not compare with 0, so that the interpreted tier answers.
    code = compare(result, ORDERING[node.function](), constant(0))
    cost = one.cost + other.cost + 1
    return Piece(code, "bool", cost, other.known, other.known, (*one.tests, *other.tests))


def emit_membership(emitter: Emission, node: Call, frame: Frame, known: Known) -> Piece:
    """Return code for `item in list` or `key in map`."""
    left, right = node.arguments
    if isinstance(right, ListOf) and right.items and not any(entry.optional for entry in right.items):
        found = _among_literals(emitter, left, right, frame, known)
        if found is not None:
            return found
    declared = emitter.checked.type_of(right)
    listed = isinstance(declared, ListType)
    if not listed and kind(declared) not in ("map", "record"):
        raise Unsupported

    def container(known: Known) -> Piece:
        among = emitter.expect(emitter.emit(right, frame, known), "list" if listed else "map", frame)
        return emitter.limited(among, right, frame) if listed else among

    item, among = emitter.pair(frame, _sought(emitter, left, frame, known), container)
    cost = 1 + (among.length or 0) * (1 + (item.length or 0) // CHUNK) if listed else 1
    if item.kind == "string":
        code = compare(item.code, ast.In(), among.code)
    elif listed:
        code = call(name("_contains"), item.code, among.code)
    else:
        raise Unsupported
    tests = (*item.tests, *among.tests)
    return Piece(code, "bool", item.cost + among.cost + cost, among.known, among.known, tests)


def _sought(emitter: Emission, node: Expression, frame: Frame, known: Known) -> Piece:
    declared = emitter.type(node)
    if declared == "string":
        return emitter.text(node, frame, known)
    if declared in ("int", "double", "bool", "uint"):
        return emitter.expect(emitter.emit(node, frame, known), declared, frame)
    raise Unsupported


def _among_literals(emitter: Emission, left: Expression, right: ListOf, frame: Frame, known: Known) -> Piece | None:
    values = [entry.value.value if isinstance(entry.value, Literal) else None for entry in right.items]
    item = emitter.emit(left, frame, known)
    cost = item.cost + 2 + 2 * len(values)
    if all(isinstance(value, str) for value in values):
        # What cannot be hashed raises, and is left to the interpreted tier.
        cost += sum(len(value) // CHUNK for value in values if isinstance(value, str))
    elif emitter.type(left) == "int" and all(type(value) is int for value in values):
        item = emitter.expect(item, "int", frame)
    else:
        return None
    if len(values) == 1:
        code = compare(item.code, ast.Eq(), constant(values[0]))
    else:
        # A few are found sooner by looking at each than by a hash.
        code = compare(item.code, ast.In(), constant(tuple(values) if len(values) <= 4 else frozenset(values)))
    return Piece(code, "bool", cost, item.known, item.known, item.tests)
