"""From an expression to a term: its value, and when it has none, for every value of its variables.

What is modelled is modelled exactly: whole numbers with their overflow, comparisons, records with fields that may be
absent, `&&` and `||` that absorb errors, the choice, lists item by item where they are short. Everything else becomes a
value of its type about which nothing is known, and which may be missing. So what is shown impossible is impossible;
what is found possible is confirmed by an evaluation (`confirm`).
"""

from collections.abc import Mapping
from fractions import Fraction

from interlock_dsl.analysis.expressions import free_names
from interlock_dsl.analysis.prove import access, functions, operators, quantify
from interlock_dsl.analysis.prove.compare import choose
from interlock_dsl.analysis.prove.logic import neg
from interlock_dsl.analysis.prove.shapes import (
    Double,
    Items,
    Key,
    Null,
    Number,
    Opaque,
    Perhaps,
    Record,
    Slot,
    Term,
    Text,
    Truth,
    Value,
    first_of,
    joined,
    where,
)
from interlock_dsl.analysis.prove.space import LARGEST, Space
from interlock_dsl.analysis.prove.terms import absorbing, boolean, each, truth_of, unknown
from interlock_dsl.cel.addresses import Address, Network
from interlock_dsl.cel.check import TYPE_NAMES, CallReference, Checked, LocalReference, VariableReference
from interlock_dsl.cel.environment import CompiledExpression
from interlock_dsl.cel.errors import EvaluationError
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
from interlock_dsl.cel.types import DYN, RecordType
from interlock_dsl.cel.urls import Url
from interlock_dsl.cel.values import Duration, Optional, Timestamp, UInt, type_name

Locals = Mapping[str, Term]


def encode(space: Space, checked: Checked) -> Term:
    """Return the term of a checked expression in the space of a question."""
    return _Encoder(space, checked).term(checked.expression, {})


class _Encoder:
    """Encodes one checked expression."""

    def __init__(self, space: Space, checked: Checked) -> None:
        self._space = space
        self._checked = checked

    def term(self, node: Expression, local: Locals) -> Term:
        """Return the term of a node."""
        self._space.count()
        space, type = self._space, self._checked.type_of(node)
        match node:
            case Literal(value=value):
                return Term(constant(space, value))
            case Name() | Select():
                return self._read(node, local)
            case Present(field=field):
                return each((self.term(node.operand, local),), lambda held: access.has(space, held, field))
            case Index(optional=optional):
                parts = self.term(node.operand, local), self.term(node.index, local)
                return each(parts, lambda held, at: access.item(space, held, at, optional=optional, type=type))
            case Call():
                return self._call(node, local)
            case ListOf():
                return self._list(node, local)
            case MapOf():
                return self._map(node, local)
            case Comprehension(condition=condition, body=body):
                range_ = self.term(node.range, local)
                kept = None if condition is None else lambda bound: self.term(condition, {**local, **bound})
                return quantify.over(space, node, range_, kept, lambda bound: self.term(body, {**local, **bound}), type)
            case Bind():
                return self.term(node.body, {**local, node.name: self.term(node.value, local)})

    def _read(self, node: Name | Select, local: Locals) -> Term:
        type = self._checked.type_of(node)
        match self._checked.reference_of(node):
            case LocalReference(name=name) if name in local:
                return local[name]
            case VariableReference(name=name, type=declared):
                return Term(self._space.variable(name, declared))
        if isinstance(node, Name):
            return local[node.name] if node.name in local else unknown(self._space, type)
        operand = self.term(node.operand, local)
        lost = "no-such-field" if isinstance(self._checked.type_of(node.operand), RecordType) else "no-such-key"
        return each(
            (operand,),
            lambda held: access.select(self._space, held, node.field, optional=node.optional, lost=lost, type=type),
        )

    def _call(self, node: Call, local: Locals) -> Term:
        name, parts, type = node.function, node.arguments, self._checked.type_of(node)
        if node.receiver is None:
            match name:
                case "_&&_" | "_||_":
                    sides = [boolean(self._space, self.term(part, local)) for part in parts]
                    return absorbing(sides, decisive=name == "_||_")
                case "_?_:_":
                    return self._choice(node, local)
            if name in operators.OPERATORS:
                return operators.operate(self._space, name, [self.term(part, local) for part in parts], type)
        if (known := self._folded(node)) is not None:
            return known
        reference = self._checked.reference_of(node)
        if isinstance(reference, CallReference):
            name = reference.function.name
        if node.receiver is not None and not (isinstance(reference, CallReference) and not reference.method):
            parts = (node.receiver, *parts)
        return functions.apply(self._space, name, [self.term(part, local) for part in parts], type)

    def _folded(self, node: Call) -> Term | None:
        """Return the term of a call that reads nothing, by evaluating it."""
        if any(True for _ in free_names(node)):
            return None
        try:
            value = CompiledExpression(node, self._checked.scope, None).evaluate({})
        except EvaluationError as error:
            return Term(Null(), {error.code: True})
        return Term(constant(self._space, value))

    def _choice(self, node: Call, local: Locals) -> Term:
        condition, then, otherwise = (self.term(part, local) for part in node.arguments)
        condition = boolean(self._space, condition)
        chosen = truth_of(condition)
        taken = joined(where(chosen, then.fails), where(neg(chosen), otherwise.fails))
        return Term(choose(chosen, then.value, otherwise.value), first_of(condition.fails, taken))

    def _list(self, node: ListOf, local: Locals) -> Term:
        terms = [self.term(item.value, local) for item in node.items]
        slots: list[Slot] = []
        for part, term in zip(node.items, terms, strict=True):
            if not part.optional:
                slots.append(Slot(True, term.value))
            elif isinstance(term.value, Perhaps):
                slots.append(Slot(term.value.present, term.value.value))
            else:
                return unknown(self._space, self._checked.type_of(node), *terms)
        packed = all(slot.present is True for slot in slots)
        return Term(Items(tuple(slots), packed=packed), first_of(*(term.fails for term in terms)))

    def _map(self, node: MapOf, local: Locals) -> Term:
        made: dict[Key, Slot] = {}
        parts = [self.term(entry.value, local) for entry in node.entries]
        for entry, part in zip(node.entries, parts, strict=True):
            value, key = part.value, entry.key
            if entry.optional and isinstance(value, Perhaps):
                slot = Slot(value.present, value.value)
            else:
                slot = Slot(not entry.optional, value)
            if not isinstance(key, Literal) or slot.present is False or key_of(key.value) in made:
                return unknown(self._space, self._checked.type_of(node), *parts)
            made[key_of(key.value)] = slot
        return Term(Record(made.__getitem__, tuple(made)), first_of(*(part.fails for part in parts)))


def constant(space: Space, value: object) -> Value:
    """Return a value of the language as it is."""
    match value:
        case bool():
            return Truth(value)
        case None:
            return Null()
        case UInt():
            return Number("uint", int(value))
        case int():
            return Number("int", value)
        case float():
            if value != value:
                return Double(Fraction(0), True)
            infinite = value in (float("inf"), float("-inf"))
            return Double((2 * LARGEST if value > 0 else -2 * LARGEST) if infinite else Fraction(value))
        case str():
            return Text("string", space.texts.name(value))
        case bytes():
            return Text("bytes", space.bytes.name(value.decode("latin-1")))
        case Timestamp():
            return Number("timestamp", value.nanoseconds)
        case Duration():
            return Number("duration", value.nanoseconds)
        case list() | tuple():
            return Items(tuple(Slot(True, constant(space, each)) for each in value))
        case Mapping():
            made = {key_of(key): Slot(True, constant(space, each)) for key, each in value.items()}
            return Record(made.__getitem__, tuple(made))
        case Optional():
            return Perhaps(value.present, constant(space, value.value) if value.present else Null())
        case Address() | Network() | Url():
            return Opaque(space.number(), TYPE_NAMES[type_name(value)])
        case _:
            return Opaque(space.number(), DYN)


def key_of(value: object) -> Key:
    """Return the key of a map that a value is; numbers of one size are one key."""
    if isinstance(value, bool):
        return "bool", value
    if isinstance(value, int | float):
        return "number", int(value) if value == value and value == int(value) else value
    return "str", value
