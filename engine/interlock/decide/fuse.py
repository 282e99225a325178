"""The conditions of all rules for one tool and agent as one generated function.

It reads each argument once, whatever number of rules ask for it, and answers with a bit for each rule: set where the
rule's condition holds. Where a condition has no value, or a value is not of the class it was declared with, it gives
no answer, and the rules are evaluated one after the other.

# INVARIANT: a function that answers says of every rule what evaluating it alone says, and no condition in it costs more
than its weight, because it is made only of code that does not; all weights together are within the limit of an event.
"""

import ast
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from interlock_dsl.cel import compiled
from interlock_dsl.cel.check import Checked, kind
from interlock_dsl.cel.compiled.emit import size
from interlock_dsl.cel.compiled.pieces import (
    BINDINGS,
    NOTHING,
    STORE,
    Known,
    both,
    call,
    compare,
    constant,
    either,
    give_up,
    item,
    name,
    negation,
    store,
)
from interlock_dsl.cel.compiled.unit import Key, Uses, result
from interlock_dsl.cel.meter import EVENT_UNITS
from interlock_dsl.program.model import Tool

if TYPE_CHECKING:
    from interlock_dsl.cel import CompiledExpression

Fused: TypeAlias = Callable[[Mapping[str, object], Mapping[str, object], str], int | None]
"""From arguments, bindings and the agent's name to a bit for each rule; None, or it raises, where it cannot say."""

Condition: TypeAlias = "tuple[CompiledExpression | None, CompiledExpression | None]"
"""What a rule has after `when` and after `unless`."""

MOST_RULES: Final = 64
MOST_NODES: Final = 200
"""Beyond these a rule set, or one condition, is left to evaluation one by one: Python would compile it for too long."""

_CLASSES: Final[Mapping[str, str]] = {"int": "_int", "double": "_double", "string": "_string", "bool": "_bool"}
_MASK: Final = "mask"


def fuse(tool: Tool, value: Mapping[str, object], conditions: Sequence[Condition], more: int = 0) -> Fused | None:
    """Return the function for rules with these conditions, None where there are too many.

    `value` is what conditions see as `tool`. There is none either where they, and what costs `more` units, may cost
    more than an event may.
    """
    if len(conditions) > MOST_RULES:
        return None
    every = [each for condition in conditions for each in condition if each is not None]
    if sum(each.weight for each in every) + more > EVENT_UNITS:
        return None
    checks = [_checked(each) for each in every]
    return _Fusion(tool, value, [check for check in checks if check is not None]).fused(conditions)


def _checked(condition: "CompiledExpression") -> Checked | None:
    """Return the check of a condition that code can be made for; any other is called as it is."""
    checked = condition.checked
    if checked is None or checked.diagnostics or size(checked.expression) > MOST_NODES:
        return None
    return checked


class _Fusion:
    """One function under construction."""

    def __init__(self, tool: Tool, value: Mapping[str, object], checks: Sequence[Checked]) -> None:
        self._unit = compiled.Unit()
        emitters = [compiled.Emitter(self._unit, checked, compiled.LONGEST[0]) for checked in checks]
        read = [key for emitter in emitters for _, key in emitter.chains(emitter.checked.expression)]
        self._frame = compiled.Frame(self._unit, Uses.of(read))
        self._tests: list[ast.expr] = []
        self._parameters = [self._frame.slot(("args",)), BINDINGS, self._frame.slot(("agent",))]
        args, _, agent = self._parameters
        known: Known = NOTHING | {(args,), (agent,)}
        self._known = self._sure(args, name(args), "_map", known)
        if any(key[0] == "agent" for key in read):
            self._known = self._sure(agent, name(agent), "_string", self._known)
        if any(key[0] == "tool" for key in read):
            self._known |= {(self._frame.slot(("tool",)),), (self._frame.slot(("tool",)), "_map")}
        self._tool = value
        self._calls = False
        self._read_ahead(tool, read)

    def _sure(self, slot: str, value: ast.expr, wanted: str, known: Known) -> Known:
        """Test, before anything else, that a local variable holds a value of a class."""
        self._tests.append(compare(call(name("_type"), value), ast.Is(), name(wanted)))
        return known | {(slot,), (slot, wanted)}

    def _read_ahead(self, tool: Tool, read: Sequence[Key]) -> None:
        """Read the arguments that several places ask for and that every call has; an absent one raises."""
        counted = Counter(key[:2] for key in read if key[0] == "args" and len(key) > 1)
        for key, times in counted.items():
            field = tool.parameters.fields.get(str(key[1]))
            wanted = None if field is None or field.optional else _CLASSES.get(kind(field.type))
            if times > 1 and wanted is not None:
                slot = self._frame.slot(key)
                value = store(slot, item(name(self._parameters[0]), constant(key[1])))
                self._known = self._sure(slot, value, wanted, self._known)

    def fused(self, conditions: Sequence[Condition]) -> Fused:
        """Return the function."""
        known = self._known
        body: list[ast.stmt] = [_assign(ast.Name(_MASK, STORE, lineno=1, col_offset=0), constant(0))]
        for position, (when, unless) in enumerate(conditions):
            code, known = self._holds(when, unless, known)
            add = ast.AugAssign(
                ast.Name(_MASK, STORE, lineno=1, col_offset=0), ast.Add(), constant(1 << position),
                lineno=1, col_offset=0,
            )  # fmt: skip
            body.append(add if code is None else ast.If(code, [add], [], lineno=1, col_offset=0))
        body.append(result(name(_MASK)))
        whole = [*self._ahead(), ast.If(both(*self._tests), body, [], lineno=1, col_offset=0)]
        return self._unit.build("_matching", self._parameters, whole)

    def _holds(
        self, when: "CompiledExpression | None", unless: "CompiledExpression | None", known: Known
    ) -> tuple[ast.expr | None, Known]:
        """Return code for `when and not unless` (None: always), and what is known after it."""
        parts: list[ast.expr] = []
        skipped: Known | None = None
        if when is not None:
            piece = self._condition(when, known)
            parts.append(compiled.finished(piece))
            known, skipped = piece.when_true, piece.when_false
        if unless is not None:
            piece = self._condition(unless, known)
            parts.append(negation(compiled.finished(piece)))
            known = piece.known
        return (both(*parts) if parts else None), known if skipped is None else known & skipped

    def _ahead(self) -> list[ast.stmt]:
        """Return what comes first: `tool`, and for a condition that is called, what it finds in the bindings."""
        tool = self._frame.slot(("tool",))
        args, bindings, agent = self._parameters
        ahead = [_assign(ast.Name(tool, STORE, lineno=1, col_offset=0), self._unit.shared(self._tool))]
        if not self._calls:
            return ahead if (tool,) in self._known else []
        for variable, slot in (("args", args), ("agent", agent), ("tool", tool)):
            place = ast.Subscript(name(bindings), constant(variable), STORE, lineno=1, col_offset=0)
            ahead.append(_assign(place, name(slot)))
        return ahead

    def _condition(self, condition: "CompiledExpression", known: Known) -> compiled.Piece:
        checked = _checked(condition)
        if checked is None:
            return self._called(condition, known)
        for longest in compiled.LONGEST:
            emitter = compiled.Emitter(self._unit, checked, longest)
            try:
                piece = emitter.truth(emitter.emit(checked.expression, self._frame, known), self._frame)
            except compiled.Unsupported:
                break
            if piece.cost <= condition.weight:
                return piece
        return self._called(condition, known)

    def _called(self, condition: "CompiledExpression", known: Known) -> compiled.Piece:
        """Return code that has a condition evaluated by itself."""
        self._calls = True
        value = self._frame.make()
        asked = store(value, call(self._unit.shared(condition.light), name(BINDINGS)))
        otherwise = both(compare(name(value), ast.IsNot(), constant(False)), give_up())
        code = either(compare(asked, ast.Is(), constant(True)), otherwise)
        return compiled.Piece(code, "bool", 0, known, known)


def _assign(target: ast.expr, value: ast.expr) -> ast.stmt:
    return ast.Assign([target], value, lineno=1, col_offset=0)
