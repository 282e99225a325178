"""`+`, `-`, `*`, `/`, `%` and the sign: ints stay within 64 bits or the code gives up."""

import ast

from interlock_dsl.cel.compiled.comparison import INSTANTS, nanoseconds
from interlock_dsl.cel.compiled.emission import Emission
from interlock_dsl.cel.compiled.pieces import Known, Piece, binary, call, compare, constant, name, store, within
from interlock_dsl.cel.compiled.unit import Frame, Unsupported
from interlock_dsl.cel.tree import Call, Expression
from interlock_dsl.cel.units import CHUNK
from interlock_dsl.cel.values import INT_HIGH, INT_LOW, TIMESTAMP_HIGH, TIMESTAMP_LOW

OPERATORS: dict[str, type[ast.operator]] = {
    "_+_": ast.Add,
    "_-_": ast.Sub,
    "_*_": ast.Mult,
    "_/_": ast.FloorDiv,
    "_%_": ast.Mod,
}
RANGES = {
    "int": (INT_LOW, INT_HIGH),
    "duration": (INT_LOW, INT_HIGH),
    "timestamp": (TIMESTAMP_LOW, TIMESTAMP_HIGH),
}


def emit_arithmetic(emitter: Emission, node: Call, frame: Frame, known: Known) -> Piece:
    """Return code for an arithmetic operator."""
    kinds = tuple(map(emitter.type, node.arguments))
    if node.function not in OPERATORS:
        return _negated(emitter, node, frame, known, kinds[0])
    left, right = node.arguments
    if not all(each in ("int", "double", "string", "timestamp", "duration") for each in kinds):
        raise Unsupported

    def operand(node: Expression, declared: str, known: Known) -> Piece:
        if declared == "string":
            return emitter.text(node, frame, known)
        return emitter.expect(emitter.emit(node, frame, known), declared, frame)

    one, other = emitter.pair(frame, operand(left, kinds[0], known), lambda known: operand(right, kinds[1], known))
    tests = (*one.tests, *other.tests)
    cost = one.cost + other.cost + 1
    if kinds == ("string", "string"):
        length = (one.length or 0) + (other.length or 0)
        code = binary(one.code, ast.Add(), other.code)
        return Piece(code, "string", cost + length // CHUNK, other.known, other.known, tests, length=length)
    if kinds == ("double", "double"):
        # A division by zero raises, and is left to the interpreted tier.
        operator = ast.Div() if node.function == "_/_" else OPERATORS[node.function]()
        return Piece(binary(one.code, operator, other.code), "double", cost, other.known, other.known, tests)
    if kinds == ("int", "int"):
        return _whole(emitter, node, (one, other), frame, cost)
    if set(kinds) <= INSTANTS:
        return _moved(emitter, node, (one, other), frame, cost)
    raise Unsupported


def _whole(emitter: Emission, node: Call, operands: tuple[Piece, Piece], frame: Frame, cost: int) -> Piece:
    one, other = operands
    tests = (*one.tests, *other.tests)
    if node.function in ("_/_", "_%_"):
        # The language rounds towards zero and Python down: they agree where nothing is negative.
        one, other = (emitter.settle(emitter.hold(piece, frame)) for piece in operands)
        tests = (*one.tests, *other.tests, compare(one.code, ast.GtE(), constant(0)))
        if not (other.constant and isinstance(other.value, int) and other.value > 0):
            tests = (*tests, compare(other.code, ast.Gt(), constant(0)))
    code = binary(one.code, OPERATORS[node.function](), other.code)
    return _ranged(code, "int", tests, other.known, frame, cost)


def _ranged(code: ast.expr, kind: str, tests: tuple[ast.expr, ...], known: Known, frame: Frame, cost: int) -> Piece:
    low, high = RANGES[kind]
    slot = frame.make()
    tests = (*tests, within(constant(low), store(slot, code), constant(high)))
    known = known | {(slot,)}
    if kind == "int":
        return Piece(name(slot), kind, cost, known, known, tests, slot=slot)
    # The object is made only where it is needed: a comparison takes the nanoseconds out of the call.
    return Piece(call(name(f"_{kind}"), name(slot)), kind, cost, known, known, tests, value="made")


def _moved(emitter: Emission, node: Call, operands: tuple[Piece, Piece], frame: Frame, cost: int) -> Piece:
    meant = {
        ("_+_", "duration", "duration"): "duration",
        ("_+_", "timestamp", "duration"): "timestamp",
        ("_+_", "duration", "timestamp"): "timestamp",
        ("_-_", "duration", "duration"): "duration",
        ("_-_", "timestamp", "duration"): "timestamp",
        ("_-_", "timestamp", "timestamp"): "duration",
    }.get((node.function, str(operands[0].kind), str(operands[1].kind)))
    if meant is None:
        raise Unsupported
    left, right = (nanoseconds(piece) for piece in operands)
    code = binary(left, OPERATORS[node.function](), right)
    tests = (*operands[0].tests, *operands[1].tests)
    return _ranged(code, meant, tests, operands[1].known, frame, cost)


def _negated(emitter: Emission, node: Call, frame: Frame, known: Known, declared: str) -> Piece:
    if node.function != "-_" or declared not in ("int", "double"):
        raise Unsupported
    operand = emitter.expect(emitter.emit(node.arguments[0], frame, known), declared, frame)
    code = ast.UnaryOp(ast.USub(), operand.code, lineno=1, col_offset=0)
    if declared == "int":
        return _ranged(code, "int", operand.tests, operand.known, frame, operand.cost + 1)
    return Piece(code, "double", operand.cost + 1, operand.known, operand.known, operand.tests)
