"""From a model of the solver back to values of the variables."""

from collections.abc import Mapping
from fractions import Fraction

import z3

from interlock_dsl.analysis.prove.logic import Bool, Real, Whole
from interlock_dsl.analysis.prove.shapes import (
    Calls,
    Double,
    Items,
    Null,
    Number,
    Opaque,
    Perhaps,
    Record,
    Table,
    Text,
    Truth,
    Union,
    Value,
)
from interlock_dsl.analysis.prove.space import Space
from interlock_dsl.analysis.values.problem import Problem
from interlock_dsl.cel.types import BOOL, DYN, AbstractType, ListType, MapType, RecordType, StringType, Type
from interlock_dsl.cel.values import NONE, Duration, Optional, Timestamp, UInt, equal
from interlock_dsl.schema.sample import sample

LONGEST = 1000
"""A longer list or map is not written out."""


class TooLarge(Exception):
    """A model needs a value that is too large to be written out."""


class Past:
    """A history of calls with the counts that a model gives."""

    def __init__(self, counts: Mapping[tuple[str, int | None], int]) -> None:
        self.counts = counts

    def count(self, tool: str) -> int:
        """Return how many calls of a tool there were."""
        within = (count for (name, _), count in self.counts.items() if name == tool)
        return self.counts.get((tool, None), max(within, default=0))

    def within(self, tool: str, micros: int) -> int:
        """Return how many there were in the last so many microseconds."""
        return self.counts.get((tool, micros), 0)

    def past(self, tool: str, micros: int | None) -> list[Mapping[str, object]]:
        """Return no calls: what they held is not made up, and no question about it is answered by values."""
        return []


class Reading:
    """Reads values off a model."""

    def __init__(self, space: Space, model: z3.ModelRef) -> None:
        self._space = space
        self._model = model
        self._texts = space.texts.spelled(model)
        self._bytes = space.bytes.spelled(model)

    def bindings(self, problem: Problem) -> dict[str, object]:
        """Return the values of the variables, without those that are absent."""
        found: dict[str, object] = {}
        read = self._space.names()
        for name, type in problem.variables.items():
            if name in read:
                present, value = self._space.held(name, type)
                if self.truth(present):
                    found[name] = self.value(value, type)
            elif name not in problem.absent and name not in problem.optional:
                found[name] = Past({}) if isinstance(type, AbstractType) else _sample(type)
        return found

    def truth(self, term: Bool) -> bool:
        """Return whether a condition holds."""
        return term if isinstance(term, bool) else z3.is_true(self._model.eval(term, model_completion=True))

    def whole(self, term: Whole) -> int:
        """Return a whole number."""
        return term if isinstance(term, int) else int(self._model.eval(term, model_completion=True).as_long())

    def value(self, value: Value, type: Type) -> object:
        """Return a value as the evaluator takes it."""
        match value:
            case Truth(term):
                return self.truth(term)
            case Null():
                return None
            case Number(kind, term):
                return _number(kind, self.whole(term))
            case Double(term, nan):
                return float("nan") if self.truth(nan) else self._double(term)
            case Text("string", term):
                return self._texts.text(self.whole(term))
            case Text(_, term):
                return self._bytes.text(self.whole(term)).encode("latin-1")
            case Record():
                return self._record(value, type)
            case Table():
                return self._table(value)
            case Items():
                return self._items(value, type)
            case Perhaps(present, inner):
                return Optional.of(self.value(inner, DYN)) if self.truth(present) else NONE
            case Union(options):
                chosen = next((each for guard, each in options if self.truth(guard)), Null())
                return self.value(chosen, type)
            case Calls():
                counts = {key: self.whole(term) for key, term in self._space.histories.items()}
                return Past(counts)
            case Opaque():
                return _sample(value.type)

    def _double(self, term: Real) -> float:
        if isinstance(term, Fraction):
            return _float(term)
        found = self._model.eval(term, model_completion=True)
        if z3.is_algebraic_value(found):
            found = found.approx(20)
        return _float(Fraction(found.numerator_as_long(), found.denominator_as_long()))

    def _record(self, value: Record, type: Type) -> object:
        fields = type.fields if isinstance(type, RecordType) else {}
        found: dict[str, object] = {}
        for key in value.keys:
            name = str(key[1])
            field = fields.get(name)
            if key in value.made:
                slot = value.slot(key)
                if self.truth(slot.present):
                    found[name] = self.value(slot.value, DYN if field is None else field.type)
            elif field is not None and not field.optional:
                found[name] = _sample(field.type)
        return found

    def _table(self, value: Table) -> object:
        size = self.whole(value.size)
        found: dict[object, object] = {}
        for key, slot in value.slots.values():
            if self.truth(slot.present):
                found[self.value(key, value.key)] = self.value(slot.value, value.value)
        if size > LONGEST:
            raise TooLarge
        for more in _several(value.key, size - len(found), list(found)):
            found[more] = _sample(value.value)
        return found

    def _items(self, value: Items, type: Type) -> object:
        element = type.element if isinstance(type, ListType) else DYN
        found = [self.value(slot.value, element) for slot in value.items if self.truth(slot.present)]
        if value.rest is None:
            return found
        rest = value.rest
        size = self.whole(rest.size)
        if size > LONGEST:
            raise TooLarge
        places = {
            at: self.value(rest.places[key], rest.type)
            for key in rest.places
            for at in [self.place(key)]
            if at is not None
        }
        held: list[object] = []
        outside: list[object] = []
        for member, inside, exact in rest.members:
            shown = self.value(member, rest.type)
            if self.truth(inside):
                if not any(equal(shown, other) for other in (*held, *places.values())):
                    held.append(shown)
            elif exact:
                outside.append(shown)
        filling = iter([*held, *_several(rest.type, size, outside, distinct=False)])
        return found + [places[at] if at in places else next(filling) for at in range(size)]

    def place(self, key: object) -> int | None:
        """Return the place in a list that an index stands for."""
        match key:
            case ("number", int() as number):
                return number
            case (_, int() as identity):
                term = self._space.kept_term(identity)
                return None if term is None else self.whole(term)
            case _:
                return None


def _number(kind: str, number: int) -> object:
    match kind:
        case "uint":
            return UInt(number)
        case "timestamp":
            return Timestamp(number)
        case "duration":
            return Duration(number)
        case _:
            return number


def _float(number: Fraction) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def _sample(type: Type) -> object:
    try:
        return sample(type)
    except TypeError:
        return None


def _several(type: Type, count: int, without: list[object], *, distinct: bool = True) -> list[object]:
    """Return so many values of a type that are none of some others."""
    found: list[object] = []
    candidates: list[object]
    match type:
        case StringType(values=values) if values is not None:
            candidates = list(values)
        case StringType():
            candidates = [f"x{at}" if at else "x" for at in range(len(without) + max(count, 1))]
        case ListType() | MapType() | RecordType():
            candidates = [_sample(type)]
        case _ if type == BOOL:
            candidates = [False, True]
        case _:
            candidates = [_sample(type), *range(len(without) + max(count, 1))]
    usable = [each for each in candidates if not any(equal(each, other) for other in without)]
    while len(found) < count and usable:
        found.append(usable[len(found) % len(usable)])
        if distinct and len(found) >= len(usable):
            break
    return found if distinct or usable else [_sample(type)] * max(count, 0)
