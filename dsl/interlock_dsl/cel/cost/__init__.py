"""The static worst-case cost of an expression, in the units of `units`, from the bounds of the declared types.

For bindings that fit their declared types, an evaluation never counts more. Where a size that matters has no bound
there is no worst case, and the cost says which part of the expression is to blame.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from interlock_dsl.cel.check import CallReference, Checked, Introduction, LocalReference, kind
from interlock_dsl.cel.check.operators import EQUALITIES, ORDERINGS
from interlock_dsl.cel.cost.shapes import (
    SCALAR,
    UNKNOWN,
    Shape,
    add,
    declared,
    held,
    least,
    listed,
    mapped,
    most,
    text,
    times,
    whole,
    widest,
)
from interlock_dsl.cel.library.standard import affix_cost
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
)
from interlock_dsl.cel.types import MapType, OptionalType, RecordType
from interlock_dsl.cel.units import CHUNK

KEEPING = frozenset(("lowerAscii", "upperAscii", "trim", "substring", "charAt", "reverse", "slice", "distinct", "sort"))
"""Functions whose result is no larger than their first argument."""


@dataclass(frozen=True, slots=True)
class Cost:
    """`worst` units at most; None if `unbounded`, the innermost part that no bound limits, says otherwise."""

    worst: int | None
    unbounded: Expression | None = None


def estimate(checked: Checked) -> Cost:
    """Return the worst case of an expression that checks; of one that does not, nothing is known."""
    if checked.diagnostics:
        return Cost(None, checked.expression)
    estimator = _Estimator(checked)
    worst, _ = estimator.visit(checked.expression)
    return Cost(worst, estimator.unbounded if worst is None else None)


Found = tuple[int | None, Shape]


class _Estimator:
    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        self.unbounded: Expression | None = None
        self._locals: dict[int, Shape] = {}
        self._rules: Mapping[type[Expression], Callable[..., Found]] = {
            Literal: self._literal,
            Name: self._name,
            Select: self._select,
            Present: self._present,
            Index: self._index,
            Call: self._call,
            ListOf: self._list,
            MapOf: self._map,
            Comprehension: self._comprehension,
            Bind: self._bind,
        }

    def visit(self, node: Expression) -> Found:
        """Return the cost of a node, and how large its value can be."""
        cost, shape = self._rules[node.__class__](node)
        if cost is None and self.unbounded is None:
            self.unbounded = node
        return cost, shape

    def _declared(self, node: Expression) -> Shape:
        return declared(self.checked.type_of(node))

    def _literal(self, node: Literal) -> Found:
        value = node.value
        if isinstance(value, str | bytes):
            return 1, text(len(value))
        return 1, whole(abs(value)) if isinstance(value, int) and not isinstance(value, bool) else SCALAR

    def _name(self, node: Name) -> Found:
        reference = self.checked.reference_of(node)
        if isinstance(reference, LocalReference):
            return 1, self._locals.get(reference.number, UNKNOWN)
        return 1, self._declared(node)

    def _select(self, node: Select) -> Found:
        if self.checked.reference_of(node) is not None:
            return 1, self._declared(node)
        cost, operand = self.visit(node.operand)
        return add(cost, 1), self._read(node, operand)

    def _read(self, node: Select | Index, operand: Shape) -> Shape:
        """Return the shape of a part: what the type says, or what the whole is known to hold."""
        of = self.checked.type_of(node.operand)
        if isinstance(of, RecordType) or operand.item is None:
            return self._declared(node)
        item = operand.item
        return held(item) if isinstance(self.checked.type_of(node), OptionalType) else item

    def _present(self, node: Present) -> Found:
        cost, _ = self.visit(node.operand)
        return add(cost, 1), SCALAR

    def _index(self, node: Index) -> Found:
        cost, operand = self.visit(node.operand)
        index, _ = self.visit(node.index)
        return add(cost, index, 1), self._read(node, operand)

    def _list(self, node: ListOf) -> Found:
        cost: int | None = 1
        item: Shape | None = None
        for entry in node.items:
            spent, shape = self.visit(entry.value)
            cost = add(cost, spent)
            item = shape if item is None else widest(item, shape)
        return cost, listed(len(node.items), item or SCALAR)

    def _map(self, node: MapOf) -> Found:
        cost: int | None = 1
        keys: Shape | None = None
        values: Shape | None = None
        for entry in node.entries:
            for_key, key = self.visit(entry.key)
            for_value, value = self.visit(entry.value)
            cost = add(cost, for_key, for_value)
            keys = key if keys is None else widest(keys, key)
            values = value if values is None else widest(values, value)
        return cost, mapped(len(node.entries), keys or SCALAR, values or SCALAR)

    def _bind(self, node: Bind) -> Found:
        cost, shape = self.visit(node.value)
        self._introduce(node, shape)
        body, result = self.visit(node.body)
        return add(1, cost, body), result

    def _introduce(self, node: Expression, *shapes: Shape) -> None:
        reference = self.checked.reference_of(node)
        if isinstance(reference, Introduction):
            self._locals.update(zip((local.number for local in reference.locals), shapes, strict=True))

    def _comprehension(self, node: Comprehension) -> Found:
        cost, range_ = self.visit(node.range)
        key, item = range_.key or UNKNOWN, range_.item or UNKNOWN
        over_map = isinstance(self.checked.type_of(node.range), MapType | RecordType)
        one = key if over_map else item
        if range_.item is None:
            one = UNKNOWN
        self._introduce(node, *((key, item) if len(node.variables) == 2 else (one,)))
        step: int | None = 1
        if node.condition is not None:
            step = add(step, self.visit(node.condition)[0])
        body, result = self.visit(node.body)
        cost = add(1, cost, times(range_.count, add(step, body)))
        match node.kind:
            case "all" | "exists" | "exists_one":
                return cost, SCALAR
            case "filter":
                return cost, listed(range_.count, key if len(node.variables) == 2 else one)
            case "map" | "transform_list":
                return cost, listed(range_.count, result)
            case "transform_map":
                return cost, mapped(range_.count, key, result)
            case "transform_map_entry":
                count = times(range_.count, result.count)
                return cost, mapped(count, result.key or UNKNOWN, result.item or UNKNOWN)

    def _call(self, node: Call) -> Found:
        reference = self.checked.reference_of(node)
        if isinstance(reference, CallReference):
            return self._function(node, reference)
        spent, shapes = zip(*map(self.visit, node.arguments), strict=True)
        function = node.function
        if function == "_?_:_":
            return add(1, spent[0], most(spent[1], spent[2])), widest(shapes[1], shapes[2])
        extra: int | None = 0
        result = SCALAR
        if function in EQUALITIES or function in ORDERINGS:
            extra = self._compared(node, shapes[0], shapes[1])
        elif function == "@in":
            extra = self._searched(node, shapes[0], shapes[1])
        elif function == "_+_":
            extra = _chunks(add(shapes[0].extent, shapes[1].extent))
            result = _joined(shapes[0], shapes[1])
        elif function in ("_-_", "_*_", "_/_", "_%_", "-_"):
            result = self._declared(node)
        return add(1, extra, *spent), result

    def _searched(self, node: Call, item: Shape, among: Shape) -> int | None:
        return times(among.count, add(1, self._compared(node, item, among.item or UNKNOWN)))

    def _compared(self, node: Call, one: Shape, other: Shape) -> int | None:
        """Return what a comparison looks at: text in chunks, containers part by part."""
        extent = least(one.extent, other.extent)
        of_text = any(kind(self.checked.type_of(argument)) in ("string", "bytes") for argument in node.arguments)
        return _chunks(extent) if of_text else extent

    def _function(self, node: Call, reference: CallReference) -> Found:
        taken = (node.receiver, *node.arguments) if reference.method and node.receiver else node.arguments
        spent: int | None = 0
        shapes: list[Shape] = []
        for argument in taken:
            cost, shape = self.visit(argument)
            spent = add(spent, cost)
            shapes.append(shape)
        sizes = [shape.size for shape in shapes]
        worst: int | None = 1
        for overload in reference.overloads:
            if overload.cost is not None:
                read = [0, *sizes[1:]] if overload.cost is affix_cost else sizes
                known = [size for size in read if size is not None]
                own = max(1, overload.cost(*known)) if len(known) == len(sizes) else None
                worst = most(worst, own)
        return add(spent, worst), self._result(node, reference, shapes)

    def _result(self, node: Call, reference: CallReference, shapes: list[Shape]) -> Shape:
        name = reference.function.name
        if name in KEEPING and shapes:
            return shapes[0]
        if name in ("dyn", "optional.of", "value", "optional.ofNonZeroValue") and len(shapes) == 1:
            return held(shapes[0]) if name.startswith("optional") else shapes[0]
        if name in ("or", "orValue") and len(shapes) == 2:
            return widest(*shapes)
        if name == "size" and shapes:
            length = shapes[0].count if shapes[0].item is not None else shapes[0].size
            return whole(length)
        return self._declared(node)


def _chunks(extent: int | None) -> int | None:
    return None if extent is None else extent // CHUNK


def _joined(left: Shape, right: Shape) -> Shape:
    if left.item is not None and right.item is not None:
        return listed(add(left.count, right.count), widest(left.item, right.item))
    if left.extent == 0 and right.extent == 0:
        return whole(None)
    return text(add(left.extent, right.extent))
