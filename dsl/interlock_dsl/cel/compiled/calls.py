"""Calls of functions: a few as Python's own, the others by the library's implementation, all with tested arguments."""

import ast
from collections.abc import Sequence

from interlock_dsl.cel.check import CallReference, kind
from interlock_dsl.cel.compiled.emission import Emission
from interlock_dsl.cel.compiled.patterns import simple
from interlock_dsl.cel.compiled.pieces import (
    Known,
    Piece,
    attribute,
    call,
    choice,
    compare,
    constant,
    finished,
    name,
    replace,
    store,
)
from interlock_dsl.cel.compiled.unit import CLASSES, Frame, Unsupported
from interlock_dsl.cel.interpreter.dispatch import takes
from interlock_dsl.cel.library import FUNCTIONS
from interlock_dsl.cel.library.standard import affix_cost, compile_pattern
from interlock_dsl.cel.signature import Overload
from interlock_dsl.cel.tree import Call, Expression, Index, Literal, Select
from interlock_dsl.cel.types import Type, TypeParameter
from interlock_dsl.cel.values import Fault

METHODS = {"startsWith": "startswith", "endsWith": "endswith"}
"""Methods of text that Python has under another name."""

SCALAR_NAMES = {
    "timestamp": "google.protobuf.Timestamp",
    "duration": "google.protobuf.Duration",
    "ip": "net.IP",
    "cidr": "net.CIDR",
    "url": "net.URL",
}
"""The kinds whose values have another name at run time."""
FOLDED = frozenset(SCALAR_NAMES)
"""The kinds that have no literals: what makes them of literals is called once."""


def emit_call(emitter: Emission, node: Call, reference: CallReference, frame: Frame, known: Known) -> Piece:
    """Return code for the call of a function."""
    method = reference.method and node.receiver is not None
    arguments = (node.receiver, *node.arguments) if method and node.receiver else node.arguments
    own = FUNCTIONS.get(reference.function.name) == reference.function
    function = reference.function.name
    if own and method and function in ("orValue", "hasValue") and isinstance(node.receiver, Select | Index):
        found = _optional(emitter, node, node.receiver, frame, known)
        if found is not None:
            return found
    if len(reference.overloads) != 1:
        raise Unsupported
    overload = reference.overloads[0]
    if overload.result == TypeParameter("T") and function in ("or", "orValue"):
        raise Unsupported
    folded = _folded(emitter, overload, arguments, known)
    if folded is not None:
        return folded
    pieces = _arguments(emitter, overload, arguments, frame, known)
    _require_unambiguous(reference, overload, pieces, method=method)
    known = pieces[-1].known if pieces else known
    tests = tuple(test for piece in pieces for test in piece.tests)
    cost = sum(piece.cost for piece in pieces) + _cost(overload, pieces)
    result = kind(overload.result)
    sure = result if result in CLASSES else "optional" if result == "optional" else None
    code = _python(emitter, function, arguments, pieces) if own else None
    if code is None:
        implementation = emitter.unit.shared(overload.implementation)
        code = call(implementation, *(piece.code for piece in pieces))
        # The library keeps to the classes it declares, a function of the host may not.
        sure = sure if own else None
    return Piece(code, sure, cost, known, known, tests)


def _folded(emitter: Emission, overload: Overload, nodes: Sequence[Expression], known: Known) -> Piece | None:
    """Call a conversion of literals (`duration("24h")`) once and for all."""
    values = [node.value for node in nodes if isinstance(node, Literal)]
    if kind(overload.result) not in FOLDED or len(values) < len(nodes) or not nodes:
        return None
    try:
        value = overload.implementation(*values)
    except Fault:
        return None
    lengths = [len(value) if isinstance(value, str) else 1 for value in values]
    cost = len(nodes) + (1 if overload.cost is None else max(1, overload.cost(*lengths)))
    code = emitter.unit.shared(value)
    return Piece(code, kind(overload.result), cost, known, known, constant=True, value=value)


def _arguments(
    emitter: Emission, overload: Overload, nodes: Sequence[Expression], frame: Frame, known: Known
) -> list[Piece]:
    pieces: list[Piece] = []
    for at, (node, parameter) in enumerate(zip(nodes, overload.parameters, strict=True)):
        sized = overload.cost is not None and not (at == 0 and overload.cost is affix_cost)
        piece = _argument(emitter, node, parameter, frame, known, sized=sized)
        if piece.tests:
            pieces = [emitter.ahead(before, frame) for before in pieces]
        pieces.append(piece)
        known = piece.known
    return pieces


def _argument(
    emitter: Emission, node: Expression, parameter: Type, frame: Frame, known: Known, *, sized: bool
) -> Piece:
    piece = emitter.emit(node, frame, known)
    wanted = kind(parameter)
    if wanted in ("parameter", "dyn"):
        if sized:
            raise Unsupported
        return emitter.adapted(piece)
    if wanted not in CLASSES or wanted == "record":
        raise Unsupported
    piece = emitter.truth(piece, frame) if wanted == "bool" else emitter.expect(piece, wanted, frame)
    if not sized or wanted in ("bool", "double", *SCALAR_NAMES):
        return piece
    if wanted in ("string", "bytes"):
        return emitter.limited(piece, node, frame)
    if wanted == "int" and piece.constant and isinstance(piece.value, int):
        return replace(piece, length=max(1, abs(piece.value)))
    raise Unsupported


def _cost(overload: Overload, pieces: Sequence[Piece]) -> int:
    if overload.cost is None:
        return 1
    return max(1, overload.cost(*(1 if piece.length is None else piece.length for piece in pieces)))


def _require_unambiguous(
    reference: CallReference, overload: Overload, pieces: Sequence[Piece], *, method: bool
) -> None:
    """Make sure that values of the tested classes choose this overload at run time too."""
    alike = [
        other
        for other in reference.function.overloads
        if other.method == method and len(other.parameters) == len(pieces)
    ]
    for other in alike:
        if other is overload:
            return
        if all(_may_take(parameter, piece) for parameter, piece in zip(other.parameters, pieces, strict=True)):
            raise Unsupported


def _may_take(parameter: Type, piece: Piece) -> bool:
    if piece.kind is None:
        return True
    return takes(parameter, SCALAR_NAMES.get(piece.kind, piece.kind))


def _python(emitter: Emission, function: str, nodes: Sequence[Expression], pieces: Sequence[Piece]) -> ast.expr | None:
    """Return Python's own way of doing what a function of the library does."""
    codes = [piece.code for piece in pieces]
    if function == "size":
        return call(name("_len"), *codes)
    if function in METHODS:
        return call(attribute(codes[0], METHODS[function]), codes[1])
    if function == "contains":
        return compare(codes[1], ast.In(), codes[0]) if pieces[1].constant else None
    if function == "matches" and isinstance(nodes[1], Literal) and isinstance(nodes[1].value, str):
        return _matching(emitter, nodes[1].value, codes[0])
    return None


def _matching(emitter: Emission, pattern: str, text: ast.expr) -> ast.expr | None:
    """Return code that searches a text, in a local variable, for a pattern."""
    try:
        search = compile_pattern(pattern).search
    except Fault:
        return None

    def found(search: object) -> ast.expr:
        return compare(call(emitter.unit.shared(search), text), ast.IsNot(), constant(None))

    quick = simple(pattern)
    if quick is None or not isinstance(text, ast.Name):
        return found(search)
    return choice(call(attribute(text, "isascii")), found(quick), found(search))


def _optional(emitter: Emission, node: Call, receiver: Select | Index, frame: Frame, known: Known) -> Piece | None:
    """`record.?field.orValue(x)` and `record.?field.hasValue()`, without an optional in between."""
    if not receiver.optional or emitter.type(receiver.operand) not in ("map", "record"):
        return None
    field = receiver.field if isinstance(receiver, Select) else None
    if isinstance(receiver, Index):
        if not isinstance(receiver.index, Literal) or not isinstance(receiver.index.value, str):
            return None
        field = receiver.index.value
    container = emitter.hold(emitter.expect(emitter.emit(receiver.operand, frame, known), "map", frame), frame)
    # The receiver and the call count one each, the literal index one.
    cost = container.cost + 3
    there = compare(constant(field), ast.In(), container.code)
    if node.function == "hasValue":
        return Piece(there, "bool", cost, container.known, container.known, container.tests)
    container = emitter.settle(container)
    value = frame.make()
    read = store(value, call(attribute(container.code, "get"), constant(field), name("_MISSING")))
    otherwise = emitter.emit(node.arguments[0], frame, container.known)
    cost += otherwise.cost
    code = choice(compare(read, ast.IsNot(), name("_MISSING")), name(value), finished(emitter.adapted(otherwise)))
    return Piece(code, None, cost, container.known, container.known, container.tests)
