"""The variables of one question, and everything that is stated while it is encoded."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

import z3

from interlock_dsl.analysis.prove.logic import Bool, Whole, conj, disj, neg, pick, real, total, within
from interlock_dsl.analysis.prove.shapes import (
    Calls,
    Double,
    Items,
    Key,
    Null,
    Number,
    Opaque,
    Perhaps,
    Record,
    Rest,
    Slot,
    Table,
    Term,
    Text,
    Truth,
    Union,
    Value,
)
from interlock_dsl.analysis.prove.texts import Texts
from interlock_dsl.analysis.values.problem import Problem
from interlock_dsl.cel.types import (
    AbstractType,
    Basic,
    Cases,
    DoubleType,
    Field,
    IntType,
    ListType,
    MapType,
    OptionalType,
    RecordType,
    StringType,
    Type,
    UintType,
)
from interlock_dsl.cel.values import INT_HIGH, INT_LOW, TIMESTAMP_HIGH, TIMESTAMP_LOW, UINT_HIGH

MOST_ENCODED: Final = 20_000
"""Expressions that are encoded for a question."""
LARGEST: Final = Fraction(float.fromhex("0x1.fffffffffffffp+1023"))
EXPANDED: Final = 6
"""Lists of at most so many items are modelled item by item."""
EMPTY: Final = Record(lambda key: Slot(False, Null()), ())
"""What a variable without a value is bound to."""


class TooMany(Exception):
    """A question has more expressions to encode than it may: macros within macros multiply."""


class Space:
    """The variables of a question with what holds of them; `stated` is to be asserted beside the question."""

    def __init__(self, problem: Problem) -> None:
        self.context = z3.Context()
        self.problem = problem
        self.stated: list[Bool] = []
        self.texts = Texts(self.context, "string")
        self.bytes = Texts(self.context, "bytes")
        self.histories: dict[tuple[str, int | None], z3.ArithRef] = {}
        """How many calls of a tool there were, in so many microseconds or ever."""
        self.results: dict[tuple[str, tuple[object, ...]], Term] = {}
        """What functions that are not modelled gave, by their arguments."""
        self._number = 0
        self._encoded = 0
        self._kept: list[object] = []
        self._terms: dict[int, z3.ExprRef] = {}
        self._variables: dict[str, tuple[Bool, Value]] = {}

    def forget(self) -> None:
        """Let go of all that refers back to this, once the question is answered: a solver's context is large."""
        for kept in (self.results, self._terms, self._variables):
            kept.clear()
        self._kept.clear()

    def number(self) -> int:
        """Return a number that no other thing has."""
        self._number += 1
        return self._number

    def count(self) -> None:
        """Count an expression that is encoded; raise `TooMany` past what a question may have."""
        self._encoded += 1
        if self._encoded > MOST_ENCODED:
            raise TooMany

    def identity(self, term: z3.ExprRef) -> int:
        """Return what tells a term apart from others, for as long as the question is encoded."""
        number = int(term.get_id())
        self._terms[number] = term
        return number

    def kept_term(self, number: int) -> z3.ExprRef | None:
        """Return the term of an identity."""
        return self._terms.get(number)

    def keep(self, value: object) -> int:
        """Return what tells a value apart from others, for as long as the question is encoded."""
        self._kept.append(value)
        return id(value)

    def truth(self, name: str = "b") -> z3.BoolRef:
        """Return a bool that nothing is known of."""
        return z3.Bool(f"{name}!{self.number()}", self.context)

    def whole(self, name: str = "i") -> z3.ArithRef:
        """Return a whole number that nothing is known of."""
        return z3.Int(f"{name}!{self.number()}", self.context)

    def state(self, fact: Bool) -> None:
        """State what holds in every case."""
        if fact is not True:
            self.stated.append(fact)

    def names(self) -> tuple[str, ...]:
        """Return the variables that were read."""
        return tuple(self._variables)

    def variable(self, name: str, type: Type) -> Value:
        """Return a variable: empty where it is absent. `type` is what is known of one that the question lacks."""
        present, value = self.held(name, type)
        if present is True:
            return value
        if isinstance(value, Record):
            return Record(lambda key: _under(present, value.slot(key)), value.keys)
        return Union(((present, value), (neg(present), EMPTY)))

    def held(self, name: str, type: Type) -> tuple[Bool, Value]:
        """Return whether a variable is there, and its value then."""
        if name not in self._variables:
            problem = self.problem
            present: Bool = name not in problem.absent
            if present and name in problem.optional:
                present = self.truth(f"has-{name}")
            self._variables[name] = present, self.fresh(problem.variables.get(name, type), name)
        return self._variables[name]

    def fresh(self, type: Type, name: str = "v") -> Value:
        """Return any value of a type."""
        match type:
            case Basic("bool"):
                return Truth(self.truth(name))
            case Basic("null_type"):
                return Null()
            case Basic("timestamp"):
                return self._bounded("timestamp", name, TIMESTAMP_LOW, TIMESTAMP_HIGH)
            case Basic("duration"):
                return self._bounded("duration", name, INT_LOW, INT_HIGH)
            case Basic("bytes"):
                return self._text("bytes", name, None)
            case IntType(low, high):
                return self._bounded("int", name, INT_LOW if low is None else low, INT_HIGH if high is None else high)
            case UintType(low, high):
                return self._bounded("uint", name, low or 0, UINT_HIGH if high is None else high)
            case DoubleType(low, high):
                term = z3.Real(f"{name}!{self.number()}", self.context)
                self.state(term >= real(-LARGEST if low is None else Fraction(low), self.context))
                self.state(term <= real(LARGEST if high is None else Fraction(high), self.context))
                return Double(term)
            case StringType(values=values, max=most):
                found = self._text("string", name, most)
                if values is not None:
                    self.state(disj(*(found.term == self.texts.name(value) for value in values)))
                return found
            case RecordType(fields=fields, cases=cases):
                keys: tuple[Key, ...] = tuple(("str", field) for field in fields)
                if cases is None:
                    return Record(lambda key: self._field(fields, key, name), keys)
                return self._of_cases(fields, keys, cases, name)
            case ListType(element, most):
                return self._list(element, most, name)
            case MapType(key, value, most):
                size = self._size(name, most)
                return Table(self.number(), key, value, size)
            case OptionalType(of):
                return Perhaps(self.truth(name), self.fresh(of, name))
            case AbstractType("History"):
                return Calls(None)
            case _:
                return Opaque(self.number(), type)

    def free(self, type: Type) -> Value:
        """Return any value of a type as a result: a double may be infinite or no number."""
        if isinstance(type, DoubleType):
            return Double(z3.Real(f"r!{self.number()}", self.context), self.truth("nan"))
        return self.fresh(type)

    def _bounded(self, kind: str, name: str, low: int, high: int) -> Number:
        term = self.whole(name)
        self.state(within(term, low, high))
        match kind:
            case "int" | "uint" | "timestamp" | "duration":
                return Number(kind, term)
        raise AssertionError(kind)

    def _text(self, kind: str, name: str, most: int | None) -> Text:
        term = self.whole(name)
        if kind == "bytes":
            self.state(self.bytes.variable(term, most))
            return Text("bytes", term)
        self.state(self.texts.variable(term, most))
        return Text("string", term)

    def _field(self, fields: Mapping[str, Field], key: Key, name: str) -> Slot:
        field = fields[str(key[1])]
        path = f"{name}.{key[1]}"
        present: Bool = self.truth(f"has-{path}") if field.optional else True
        return Slot(present, self.fresh(field.type, path))

    def _of_cases(self, fields: Mapping[str, Field], keys: tuple[Key, ...], cases: Cases, name: str) -> Record:
        told = frozenset[str]().union(*(names for _, names in cases.present))

        def slot(key: Key) -> Slot:
            field = str(key[1])
            if field not in told:
                return self._field(fields, key, name)
            teller = made.slot(("str", cases.field)).value
            there = [self._is(teller, value) for value, names in cases.present if field in names]
            return Slot(disj(*there), self.fresh(fields[field].type, f"{name}.{field}"))

        made = Record(slot, keys)
        return made

    def _is(self, value: Value, constant: str | bool) -> Bool:
        match value:
            case Truth(term):
                return term if constant is True else neg(term)
            case Text(term=term):
                return term == self.texts.name(str(constant))
            case _:
                raise AssertionError(value)

    def _size(self, name: str, most: int | None) -> z3.ArithRef:
        size = self.whole(f"size-{name}")
        self.state(within(size, 0, most))
        return size

    def _list(self, element: Type, most: int | None, name: str) -> Items:
        size = self._size(name, most)
        if most is not None and most <= EXPANDED:
            made = [self.fresh(element, f"{name}[{at}]") for at in range(most)]
            return Items(tuple(Slot(size > at, value) for at, value in enumerate(made)))
        return Items((), Rest(self.number(), element, size))

    def calls(self, tool: str, micros: int | None) -> Whole:
        """Return how many calls of a tool there were, ever or in the last microseconds: more in a longer time."""
        key = (tool, micros)
        if key not in self.histories:
            found = self.histories[key] = self.whole(f"calls-{tool}")
            self.state(within(found, 0, INT_HIGH))
            for (other, period), count in self.histories.items():
                if other == tool and period != micros:
                    longer = micros is None or (period is not None and period < micros)
                    self.state(count <= found if longer else found <= count)
        return self.histories[key]

    def size(self, value: Items) -> Whole:
        """Return how many items a list has."""
        known = total(pick(slot.present, 1, 0) for slot in value.items)
        return known if value.rest is None else total((known, value.rest.size))


def _under(present: Bool, slot: Slot) -> Slot:
    return Slot(conj(present, slot.present), slot.value)
