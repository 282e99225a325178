"""From nodes of the tree to closures over a `Frame`."""

from collections.abc import Callable, Mapping

from interlock_dsl.cel import units
from interlock_dsl.cel.check.calls import qualified_name
from interlock_dsl.cel.check.scope import Scope, TypeReference, VariableReference
from interlock_dsl.cel.interpreter import access, comprehensions, operations
from interlock_dsl.cel.interpreter.calls import call_function
from interlock_dsl.cel.interpreter.frame import Evaluate, Frame
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
from interlock_dsl.cel.values import Fault, Optional, TypeValue, adapt, make_map, type_name
from interlock_dsl.diagnostics.source import Span

_ARITHMETIC = frozenset({"_+_", "_-_", "_*_", "_/_", "_%_"})


IsRecord = Callable[[Expression], bool]
"""Whether a node is known to be a record, so that a field it lacks is none that a map may lack."""


class Compiler:
    """Turns one tree into closures; `slots` is how many local variables they need at once."""

    def __init__(self, scope: Scope, records: IsRecord) -> None:
        self.scope = scope
        self._records = records
        self.slots = 0
        self._locals: dict[str, int] = {}
        self._depth = 0
        self._rules: Mapping[type[Expression], Callable[..., Evaluate]] = {
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

    def compile(self, node: Expression) -> Evaluate:
        """Return a closure that evaluates the node."""
        return self._rules[type(node)](node)

    def _literal(self, node: Literal) -> Evaluate:
        value, span = node.value, node.span

        def evaluate(frame: Frame) -> object:
            frame.spend(1, span)
            return value

        return evaluate

    def _name(self, node: Name) -> Evaluate:
        slot = None if node.absolute else self._locals.get(node.name)
        if slot is None:
            return self._global(node.name, node.absolute, node.span) or _unknown(node.name, node.span)
        span = node.span

        def evaluate(frame: Frame) -> object:
            frame.spend(1, span)
            value = frame.local[slot]
            if isinstance(value, Fault):
                raise value
            return value

        return evaluate

    def _global(self, name: str, absolute: bool, span: Span) -> Evaluate | None:
        """Return what reads a variable, or names a type, by a name with or without dots."""
        match self.scope.variable(name, absolute):
            case VariableReference(name=full):

                def read(frame: Frame) -> object:
                    frame.spend(1, span)
                    try:
                        return _placed(adapt, span, frame.variables[full])
                    except KeyError:
                        raise Fault("unbound-variable", f"`{full}` has no value", span) from None

                return read
            case TypeReference(name=full):
                type_value = TypeValue(full)

                def name_type(frame: Frame) -> object:
                    frame.spend(1, span)
                    return type_value

                return name_type
        return None

    def _select(self, node: Select) -> Evaluate:
        name = qualified_name(node)
        if name is not None and not (name[0] != "." and name.partition(".")[0] in self._locals):
            found = self._global(name.removeprefix("."), name[0] == ".", node.span)
            if found is not None:
                return found
        operand, field, span = self.compile(node.operand), node.field, node.field_span
        read = access.optional_field if node.optional else access.field
        records, of = self._records, node.operand

        def evaluate(frame: Frame) -> object:
            frame.spend(1, span)
            value = operand(frame)
            try:
                return read(value, field)
            except Fault as fault:
                missing = fault.code == "no-such-key" and records(of)
                raise Fault("no-such-field" if missing else fault.code, fault.message, fault.span or span) from None

        return evaluate

    def _present(self, node: Present) -> Evaluate:
        operand, field, span = self.compile(node.operand), node.field, node.field_span

        def evaluate(frame: Frame) -> object:
            frame.spend(1, span)
            return _placed(access.has, span, operand(frame), field)

        return evaluate

    def _index(self, node: Index) -> Evaluate:
        operand, index, span = self.compile(node.operand), self.compile(node.index), node.index.span
        read = access.optional_item if node.optional else access.item

        def evaluate(frame: Frame) -> object:
            frame.spend(1, span)
            return _placed(read, span, operand(frame), index(frame))

        return evaluate

    def _call(self, node: Call) -> Evaluate:
        if node.receiver is None:
            operator = self._operator(node)
            if operator is not None:
                return operator
            return self._function(node, node.function, node.arguments, method=False)
        prefix = qualified_name(node.receiver)
        full = f"{prefix}.{node.function}" if prefix else ""
        if full and self.scope.function(full) is not None:
            return self._function(node, full, node.arguments, method=False)
        return self._function(node, node.function, (node.receiver, *node.arguments), method=True)

    def _function(self, node: Call, name: str, arguments: tuple[Expression, ...], *, method: bool) -> Evaluate:
        function = self.scope.function(name)
        if function is None:
            return _raising("undefined-reference", f"there is no function `{name}`", node.function_span)
        return call_function(function, [self.compile(argument) for argument in arguments], node, method=method)

    def _operator(self, node: Call) -> Evaluate | None:
        function, arguments, place = node.function, node.arguments, node.function_span
        parts = list(map(self.compile, arguments)) if function[:1] in "_!-@" else []
        match function:
            case "_&&_" | "_||_":
                spans = (arguments[0].span, arguments[1].span)
                return comprehensions.logical(parts[0], parts[1], spans, place, decisive=function == "_||_")
            case "_?_:_":
                return _choice(parts[0], parts[1], parts[2], arguments[0].span)
            case "!_":
                return _unary(operations.opposite, parts[0], place)
            case "-_":
                return _unary(operations.negated, parts[0], place)
            case "@in":
                return _binary(operations.contained, units.searching, parts[0], parts[1], place)
        if function in operations.COMPARISONS:
            return _binary(operations.COMPARISONS[function], units.comparing, parts[0], parts[1], place)
        if function in _ARITHMETIC:
            cost = units.joining if function == "_+_" else _one

            def operate(left: object, right: object) -> object:
                return operations.arithmetic(function, left, right)

            return _binary(operate, cost, parts[0], parts[1], place)
        return None

    def _list(self, node: ListOf) -> Evaluate:
        items = [(self.compile(item.value), item.optional, item.value.span) for item in node.items]
        span = node.span

        def evaluate(frame: Frame) -> object:
            frame.spend(1, span)
            values: list[object] = []
            for item, optional, place in items:
                value = item(frame)
                if not optional:
                    values.append(value)
                elif _held(value, place).present:
                    values.append(_held(value, place).value)
            return values

        return evaluate

    def _map(self, node: MapOf) -> Evaluate:
        entries = [
            (self.compile(entry.key), self.compile(entry.value), entry.optional, entry.value.span)
            for entry in node.entries
        ]
        span = node.span

        def evaluate(frame: Frame) -> object:
            frame.spend(1, span)
            pairs: list[tuple[object, object]] = []
            for key, value, optional, place in entries:
                found_key, found = key(frame), value(frame)
                if not optional:
                    pairs.append((found_key, found))
                elif _held(found, place).present:
                    pairs.append((found_key, _held(found, place).value))
            return _placed(make_map, span, pairs)

        return evaluate

    def _comprehension(self, node: Comprehension) -> Evaluate:
        range_ = self.compile(node.range)
        saved = self._locals
        slots = tuple(self._slot(name) for name in node.variables)
        self._locals = {**saved, **dict(zip(node.variables, slots, strict=True))}
        condition = None if node.condition is None else self.compile(node.condition)
        body = self.compile(node.body)
        self._locals = saved
        self._depth -= len(slots)
        return comprehensions.over(node, range_, slots, condition, body)

    def _bind(self, node: Bind) -> Evaluate:
        value, span = self.compile(node.value), node.span
        saved = self._locals
        slot = self._slot(node.name)
        self._locals = {**saved, node.name: slot}
        body = self.compile(node.body)
        self._locals = saved
        self._depth -= 1

        def evaluate(frame: Frame) -> object:
            frame.spend(1, span)
            try:
                frame.local[slot] = value(frame)
            except Fault as fault:
                # An error is a value like another: it counts only where the variable is read.
                frame.local[slot] = fault
            return body(frame)

        return evaluate

    def _slot(self, name: str) -> int:
        slot = self._depth
        self._depth += 1
        self.slots = max(self.slots, self._depth)
        return slot


def _one(left: object, right: object, most: int) -> int:
    return 1


def _unary(operation: Callable[[object], object], operand: Evaluate, place: Span) -> Evaluate:
    def evaluate(frame: Frame) -> object:
        frame.spend(1, place)
        return _placed(operation, place, operand(frame))

    return evaluate


def _binary(
    operation: Callable[[object, object], object],
    cost: Callable[[object, object, int], int],
    left: Evaluate,
    right: Evaluate,
    place: Span,
) -> Evaluate:
    def evaluate(frame: Frame) -> object:
        one, other = left(frame), right(frame)
        frame.spend(cost(one, other, frame.remaining), place)
        return _placed(operation, place, one, other)

    return evaluate


def _choice(condition: Evaluate, then: Evaluate, otherwise: Evaluate, place: Span) -> Evaluate:
    def evaluate(frame: Frame) -> object:
        frame.spend(1, place)
        chosen = condition(frame)
        if type(chosen) is not bool:
            raise Fault("no-such-overload", f"the condition is of type {type_name(chosen)}, not bool", place)
        return then(frame) if chosen else otherwise(frame)

    return evaluate


def _placed(operation: Callable[..., object], place: Span, *values: object) -> object:
    """Call an operation; a fault of it that has no place gets this one."""
    try:
        return operation(*values)
    except Fault as fault:
        if fault.span is None:
            fault.span = place
        raise


def _held(value: object, place: Span) -> Optional:
    if isinstance(value, Optional):
        return value
    raise Fault("no-such-overload", f"`?` takes an optional, not a value of type {type_name(value)}", place)


def _unknown(name: str, span: Span) -> Evaluate:
    return _raising("undefined-reference", f"there is no variable `{name}`", span)


def _raising(code: str, message: str, span: Span) -> Evaluate:
    def evaluate(frame: Frame) -> object:
        frame.spend(1, span)
        raise Fault(code, message, span)

    return evaluate
