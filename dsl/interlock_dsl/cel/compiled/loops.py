"""Comprehensions: each becomes a function with a plain loop, given the local variables its body needs."""

import ast

from interlock_dsl.cel.compiled.emission import Emission
from interlock_dsl.cel.compiled.pieces import (
    BINDINGS,
    Known,
    Piece,
    attribute,
    call,
    compare,
    constant,
    display,
    finished,
    name,
    replace,
)
from interlock_dsl.cel.compiled.unit import Frame, Unsupported, result
from interlock_dsl.cel.tree import Comprehension, Expression

RANGE = "over"
FOUND = "found"


def emit_loop(emitter: Emission, node: Comprehension, frame: Frame, known: Known) -> Piece:
    """Return code that calls the loop; the loop itself becomes a function of the unit."""
    if node.kind in ("transform_map", "transform_map_entry"):
        raise Unsupported
    mapped = emitter.type(node.range) in ("map", "record")
    range_ = emitter.expect(emitter.emit(node.range, frame, known), "map" if mapped else "list", frame)
    range_ = emitter.ahead(emitter.limited(range_, node.range, frame), frame)
    parts = (node.body,) if node.condition is None else (node.condition, node.body)
    range_ = _ahead(emitter, parts, range_, frame)
    inner = Frame(emitter.unit, emitter.uses(*parts), frame)
    slots = [inner.slot((number,)) for number in emitter.introduced(node)]
    inside = range_.known | {(slot,) for slot in slots}
    if len(slots) == 2 and not mapped:
        inside |= {(slots[0], "_int")}
    cost = 1
    test: ast.expr | None = None
    if node.condition is not None:
        condition = emitter.condition(node.condition, inner, inside)
        inside, test, cost = condition.when_true, condition.code, cost + condition.cost
    body = emitter.emit(node.body, inner, inside)
    if node.kind in ("map", "transform_list"):
        body = emitter.adapted(body)
    else:
        body = emitter.truth(body, inner)
    body = replace(body, code=finished(body), tests=())
    statements = _statements(node, slots, body.code, test, mapped=mapped)
    function = emitter.unit.define([BINDINGS, RANGE, *inner.taken], statements)
    code = call(function, frame.load(BINDINGS), range_.code, *(frame.load(slot) for slot in inner.taken))
    kind = "bool" if node.kind in ("all", "exists", "exists_one") else "list"
    cost = range_.cost + 1 + (range_.length or 0) * (cost + body.cost)
    length = range_.length if kind == "list" else None
    return Piece(code, kind, cost, range_.known, range_.known, range_.tests, length=length)


def _ahead(emitter: Emission, parts: tuple[Expression, ...], range_: Piece, frame: Frame) -> Piece:
    """Return the range with tests that read, once, what the body reads from outside in every step.

    Should it be absent after all and the body not reach it, the code gives up for nothing, which is right too.
    """
    for part in parts:
        for node, key in emitter.chains(part):
            if isinstance(key[0], str) and emitter.steady(node):
                piece = emitter.hold(emitter.read(key, frame, range_.known, 0), frame, key)
                declared = emitter.type(node)
                if declared in ("int", "string", "timestamp"):
                    piece = emitter.expect(piece, declared, frame)
                piece = emitter.settle(piece)
                range_ = replace(range_.where(piece.known), tests=(*range_.tests, *piece.tests))
    return range_


def _statements(
    node: Comprehension, slots: list[str], body: ast.expr, test: ast.expr | None, *, mapped: bool
) -> list[ast.stmt]:
    start: ast.expr | None = None
    end: ast.expr = name(FOUND)
    match node.kind:
        case "all":
            step, end = _unless(body, [result(constant(False))]), constant(True)
        case "exists":
            step, end = _when(body, [result(constant(True))]), constant(False)
        case "exists_one":
            counted = ast.AugAssign(_stored(FOUND), ast.Add(), constant(1), lineno=1, col_offset=0)
            step, start = _when(body, [counted]), constant(0)
            end = compare(name(FOUND), ast.Eq(), constant(1))
        case "filter":
            step, start = _when(body, [_append(call(name("_adapt"), name(slots[0])))]), display([])
        case _:
            step, start = _append(body), display([])
    steps: list[ast.stmt] = [step if test is None else _when(test, [step])]
    range_: ast.expr = name(RANGE)
    target: ast.expr = _stored(slots[0])
    if len(slots) == 2:
        target = ast.Tuple([_stored(slot) for slot in slots], ast.Store(), lineno=1, col_offset=0)
        range_ = call(attribute(range_, "items")) if mapped else call(name("_enumerate"), range_)
    loop = ast.For(target, range_, steps, [], lineno=1, col_offset=0)
    begin = [] if start is None else [ast.Assign([_stored(FOUND)], start, lineno=1, col_offset=0)]
    return [*begin, loop, result(end)]


def _stored(id: str) -> ast.Name:
    return ast.Name(id, ast.Store(), lineno=1, col_offset=0)


def _when(test: ast.expr, then: list[ast.stmt]) -> ast.stmt:
    return ast.If(test, then, [], lineno=1, col_offset=0)


def _unless(test: ast.expr, then: list[ast.stmt]) -> ast.stmt:
    return ast.If(ast.UnaryOp(ast.Not(), test, lineno=1, col_offset=0), then, [], lineno=1, col_offset=0)


def _append(value: ast.expr) -> ast.stmt:
    return ast.Expr(call(attribute(name(FOUND), "append"), value), lineno=1, col_offset=0)
