"""From expressions to code that answers as the interpreter does, or gives up.

What the host binds is not trusted to have its declared types. A declared type only says which class to expect: the code
tests for it where Python would otherwise answer differently, once for each value, and gives up on any other class.
Chains of fields are read once. `&&`, `||` and `?:` are Python's own: where an operand has no boolean the code
gives up, and the interpreter absorbs the error or not.

INVARIANT: for any bindings the code either gives up (raises) or returns what the interpreter returns, and then the
interpreter would not have counted more than the piece's `cost`.
"""

import ast
from collections.abc import Callable, Mapping

from interlock_dsl.cel.check import (
    CallReference,
    Checked,
    TypeReference,
)
from interlock_dsl.cel.compiled import arithmetic, calls, comparison, loops
from interlock_dsl.cel.compiled.emission import Emission
from interlock_dsl.cel.compiled.guards import CLASS_NAMES
from interlock_dsl.cel.compiled.pieces import (
    Known,
    Piece,
    both,
    choice,
    compare,
    constant,
    display,
    either,
    finished,
    item,
    negation,
    replace,
)
from interlock_dsl.cel.compiled.unit import Frame, Unit, Unsupported
from interlock_dsl.cel.tree import (
    Bind,
    Call,
    Comprehension,
    Expression,
    Index,
    ListOf,
    Literal,
    MapOf,
    Name,
    Present,
    Select,
    children,
)
from interlock_dsl.cel.values import TypeValue


class Emitter(Emission):
    """Generates code for the expressions of one check: a rule for each kind of node."""

    def __init__(self, unit: Unit, checked: Checked, longest: int) -> None:
        super().__init__(unit, checked, longest)
        self._rules: Mapping[type[Expression], Callable[..., Piece]] = {
            Literal: self._literal,
            Name: self._name,
            Select: self._select,
            Index: self._index,
            Present: self._present,
            Call: self._call,
            ListOf: self._list,
            MapOf: self._unsupported,
            Comprehension: self._comprehension,
            Bind: self._bind,
        }

    def emit(self, node: Expression, frame: Frame, known: Known) -> Piece:
        """Return code for a node, to run where `known` holds."""
        return self._rules[node.__class__](node, frame, known)

    # Rules

    def _unsupported(self, node: Expression, frame: Frame, known: Known) -> Piece:
        raise Unsupported

    def _literal(self, node: Literal, frame: Frame, known: Known) -> Piece:
        value = node.value
        length = len(value) if isinstance(value, str | bytes) else None
        code = self.unit.shared(value)
        return Piece(code, self.type(node), 1, known, known, length=length, constant=True, value=value)

    def _comprehension(self, node: Comprehension, frame: Frame, known: Known) -> Piece:
        return loops.emit_loop(self, node, frame, known)

    def _name(self, node: Name, frame: Frame, known: Known) -> Piece:
        return self._chain(node, frame, known)

    def _chain(self, node: Expression, frame: Frame, known: Known) -> Piece:
        reference = self.checked.reference_of(node)
        if isinstance(reference, TypeReference):
            value = TypeValue(reference.name)
            return Piece(self.unit.shared(value), "type", size(node), known, known, constant=True, value=value)
        key = self.key(node)
        if key is None:
            raise Unsupported
        return self.read(key, frame, known, size(node))

    def _select(self, node: Select, frame: Frame, known: Known) -> Piece:
        if self.key(node) is not None or self.checked.reference_of(node) is not None:
            return self._chain(node, frame, known)
        if node.optional or self.type(node) == "optional":
            raise Unsupported
        container = self.expect(self.emit(node.operand, frame, known), "map", frame)
        code = item(container.code, constant(node.field))
        return Piece(code, None, container.cost + 1, container.known, container.known, container.tests)

    def _index(self, node: Index, frame: Frame, known: Known) -> Piece:
        if self.key(node) is not None:
            return self._chain(node, frame, known)
        if node.optional:
            raise Unsupported
        operand = self.type(node.operand)
        wanted = {"list": "int", "map": "string", "record": "string"}.get(operand)
        if wanted is None or self.type(node.index) not in (wanted, "dyn"):
            raise Unsupported
        container = self.expect(self.emit(node.operand, frame, known), CONTAINERS[operand], frame)
        container, index = self.pair(
            frame,
            self.hold(container, frame),
            lambda known: self.hold(self.expect(self.emit(node.index, frame, known), wanted, frame), frame),
        )
        if wanted == "int" and not (index.constant and isinstance(index.value, int) and index.value >= 0):
            container = self.settle(container)
            index = self.test(index, frame, "natural", lambda value: compare(value, ast.GtE(), constant(0)))
        cost = container.cost + index.cost + 1
        code = item(container.code, index.code)
        return Piece(code, None, cost, index.known, index.known, (*container.tests, *index.tests))

    def _present(self, node: Present, frame: Frame, known: Known) -> Piece:
        if self.type(node.operand) == "optional":
            raise Unsupported
        container = self.expect(self.emit(node.operand, frame, known), "map", frame)
        code = compare(constant(node.field), ast.In(), container.code)
        return Piece(code, "bool", container.cost + 1, container.known, container.known, container.tests)

    def _call(self, node: Call, frame: Frame, known: Known) -> Piece:
        reference = self.checked.reference_of(node)
        if isinstance(reference, CallReference):
            return calls.emit_call(self, node, reference, frame, known)
        match node.function:
            case "_&&_" | "_||_":
                return self._logic(node, frame, known)
            case "!_":
                operand = self.condition(node.arguments[0], frame, known)
                code = negation(operand.code)
                return Piece(code, "bool", operand.cost + 1, operand.when_false, operand.when_true)
            case "_?_:_":
                return self._choice(node, frame, known)
            case "_==_" | "_!=_":
                return comparison.emit_equality(self, node, frame, known)
            case "_<_" | "_<=_" | "_>_" | "_>=_":
                return comparison.emit_ordering(self, node, frame, known)
            case "@in":
                return comparison.emit_membership(self, node, frame, known)
            case _:
                return arithmetic.emit_arithmetic(self, node, frame, known)

    def _logic(self, node: Call, frame: Frame, known: Known) -> Piece:
        conjunction = node.function == "_&&_"
        operands: list[Expression] = []
        _flatten(node, node.function, operands)
        codes: list[ast.expr] = []
        cost = len(operands) - 1
        decided: Known | None = None
        for operand in operands:
            piece = self.condition(operand, frame, known)
            codes.append(piece.code)
            cost += piece.cost
            known, ends = (piece.when_true, piece.when_false) if conjunction else (piece.when_false, piece.when_true)
            decided = ends if decided is None else decided & ends
        assert decided is not None
        code = both(*codes) if conjunction else either(*codes)
        true, false = (known, decided) if conjunction else (decided, known)
        return Piece(code, "bool", cost, true, false)

    def _choice(self, node: Call, frame: Frame, known: Known) -> Piece:
        test, then, otherwise = node.arguments
        condition = self.condition(test, frame, known)
        first = self.emit(then, frame, condition.when_true)
        second = self.emit(otherwise, frame, condition.when_false)
        cost = condition.cost + max(first.cost, second.cost) + 1
        same = first.kind if first.kind == second.kind else None
        if same is None and not (first.kind is None and second.kind is None):
            wanted = first.kind or second.kind or ""
            first, second = (self._as(piece, wanted, frame) for piece in (first, second))
            same = wanted
        lengths = (first.length, second.length)
        length = None if None in lengths else max(each or 0 for each in lengths)
        code = choice(condition.code, finished(first), finished(second))
        true, false = first.when_true & second.when_true, first.when_false & second.when_false
        return Piece(code, same, cost, true, false, length=length)

    def _as(self, piece: Piece, kind: str, frame: Frame) -> Piece:
        return self.truth(piece, frame) if kind == "bool" else self.expect(piece, kind, frame)

    def _list(self, node: ListOf, frame: Frame, known: Known) -> Piece:
        codes: list[ast.expr] = []
        cost = 1
        for entry in node.items:
            if entry.optional:
                raise Unsupported
            piece = self.adapted(self.emit(entry.value, frame, known))
            known = piece.known
            codes.append(finished(piece))
            cost += piece.cost
        return Piece(display(codes), "list", cost, known, known, length=len(codes))

    def _bind(self, node: Bind, frame: Frame, known: Known) -> Piece:
        number = self.introduced(node)[0]
        chain = self.key(node.value)
        if chain is not None:
            self.aliases[number] = chain
            body = self.emit(node.body, frame, known)
            return replace(body, cost=body.cost + size(node.value) + 1)
        value = self.emit(node.value, frame, known)
        # The slot must be this variable's, even where the value is in another one already.
        value = self.settle(self.hold(replace(value, slot=None), frame, (number,)))
        facts = {(value.slot or "", CLASS_NAMES[value.kind])} if value.kind in CLASS_NAMES else set()
        body = self.emit(node.body, frame, value.known | facts)
        return replace(body, cost=body.cost + value.cost + 1, tests=(*value.tests, *body.tests))


CONTAINERS = {"list": "list", "map": "map", "record": "map"}


def size(node: Expression) -> int:
    """Return the number of nodes of a tree."""
    todo, count = [node], 0
    while todo:
        count += 1
        todo.extend(children(todo.pop()))
    return count


def _flatten(node: Expression, function: str, operands: list[Expression]) -> None:
    todo = [node]
    while todo:
        node = todo.pop()
        if isinstance(node, Call) and node.function == function and node.receiver is None:
            todo.extend(reversed(node.arguments))
        else:
            operands.append(node)
