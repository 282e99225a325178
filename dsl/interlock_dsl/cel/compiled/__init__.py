"""The compiled tier: an expression as a Python function; what that was not made for goes to the interpreter.

`compile` returns a function that never disagrees with the interpreter: where the value is not of the class the code
was made for, a key is missing, a number leaves its range, a list is longer than foreseen, the generated code raises,
and the interpreter answers from the beginning (expressions have no effects). It spends nothing of the runtime
limit, because it is made only if what the interpreter would have counted is within the limit for everything that the
code accepts.

An engine that fuses many conditions into one function uses `Emitter` over a `Unit` of its own.
"""

from collections.abc import Callable, Mapping

from interlock_dsl.cel.check import Checked, kind
from interlock_dsl.cel.compiled.emit import Emitter
from interlock_dsl.cel.compiled.pieces import BINDINGS, NOTHING, Known, Piece, finished
from interlock_dsl.cel.compiled.unit import Frame, GiveUp, Unit, Unsupported, answering, result
from interlock_dsl.cel.tree import Expression, children

__all__ = [
    "MAX_DEPTH",
    "Emitter",
    "Frame",
    "GiveUp",
    "Known",
    "Piece",
    "Unit",
    "Unsupported",
    "compile",
    "condition",
    "finished",
]

MAX_DEPTH = 60
"""Levels of nesting beyond which an expression is left to the interpreted tier: Python's compiler recurses."""
MAX_NODES = 4000

LONGEST = (4096, 256, 64, 16)
"""Lengths of text and containers to make code for: the first with which the cost stays within the limit is taken."""

_SHORT = (8, 4)
"""The same where the interpreter answers for what is longer: enough for a search in the roles that somebody has."""

Evaluator = Callable[[Mapping[str, object]], object]


def compile(checked: Checked, interpreted: Evaluator, limit: int) -> Evaluator | None:
    """Return the expression as a function of the bindings, or None if only the interpreted tier can evaluate it.

    `interpreted` is the interpreter with the same `limit`; it is called for whatever the generated code does not
    answer, and its errors are raised.
    """
    if checked.diagnostics or _too_large(checked.expression):
        return None
    for longest in (*LONGEST, *_SHORT):
        unit = Unit()
        try:
            piece = condition(unit, checked, longest)
        except Unsupported:
            return None
        if piece.cost <= limit:
            unit.globals["_interpreted"] = interpreted
            return unit.build("_evaluate", [BINDINGS], answering(result(finished(piece))))
    return None


def condition(unit: Unit, checked: Checked, longest: int, frame: Frame | None = None, known: Known = NOTHING) -> Piece:
    """Return code for a whole expression that reads `bindings`; raise `Unsupported` where there is none.

    Where its tests fail, or anything in it raises, the interpreter must be asked. Expressions that are put into one
    function share a `frame` (made with the `uses` of all of them); one that runs only after another has come to an
    end can rely on what is known then: `known` is the `known`, `when_true` or `when_false` of the other's piece.
    """
    emitter = Emitter(unit, checked, longest)
    frame = frame or Frame(unit, emitter.uses(checked.expression))
    piece = emitter.emit(checked.expression, frame, known)
    if kind(checked.type) == "bool":
        return emitter.truth(piece, frame)
    return emitter.adapted(piece)


def _too_large(expression: Expression) -> bool:
    level = [expression]
    count = 0
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in children(node)]
        count += len(level)
        if not level:
            return False
        if count > MAX_NODES:
            return True
    return True
