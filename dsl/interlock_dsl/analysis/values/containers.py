"""What fields, items, lists, maps and what goes over them can come to."""

from interlock_dsl.analysis.values.arithmetic import (
    NO_ERRORS,
    signs_of,
)
from interlock_dsl.analysis.values.clocks import SHOWN_BY_CLOCKS
from interlock_dsl.analysis.values.domain import (
    ANYTHING,
    EITHER,
    NOTHING,
    Choice,
    Domain,
    Numbers,
    Perhaps,
    Sized,
    bools,
    domain_of,
    perhaps,
    size_of,
)
from interlock_dsl.analysis.values.lists import Result
from interlock_dsl.analysis.values.points import constants, contains
from interlock_dsl.analysis.values.reading import INDEX, KEY, MISSING, OVERLOAD, Reading, truths_of
from interlock_dsl.analysis.values.state import State
from interlock_dsl.cel.check import Introduction
from interlock_dsl.cel.tree import (
    Comprehension,
    Expression,
    Index,
    ListOf,
    Literal,
    MapOf,
    Select,
)
from interlock_dsl.cel.types import DYN, ListType, MapType, OptionalType, RecordType
from interlock_dsl.program.builtins import is_past_call


class Containers(Reading):
    """Evaluates what holds other values, and what reads of it."""

    def contained(self, item: Expression, among: Expression, state: State) -> Result:
        """Return what `item in among` can come to."""
        one, failing = self.evaluate(item, state)
        holder, errors = self.evaluate(among, state)
        errors = errors | failing
        if one is NOTHING or holder is NOTHING:
            return NOTHING, errors
        if isinstance(among, ListOf) and not any(part.optional for part in among.items):
            signs = [signs_of(one, self.evaluate(part.value, state)[0]) for part in among.items]
            if any(found == {0} for found in signs):
                return bools(True), errors
            return (EITHER if any(0 in found for found in signs) else bools(False)), errors
        path = self.path(among)
        key = constants(one)
        named = isinstance(self.checked.type_of(among), RecordType | MapType)
        if named and path is not None and key is not None and len(key) == 1 and isinstance(key[0], str):
            return self.there((*path, key[0]), state), errors
        if isinstance(holder, Sized):
            if holder.high == 0:
                return bools(False), errors
            if key is not None and len(key) == 1 and holder.kind == "list":
                if key[0] in holder.having:
                    return bools(True), errors
                apart = signs_of(one, domain_of(holder.element))
                return (bools(False) if key[0] in holder.lacking or 0 not in apart else EITHER), errors
            return EITHER, errors
        return EITHER, errors if isinstance(self.checked.type_of(among), RecordType) else errors | OVERLOAD

    def presence_of(self, operand: Expression, field: str, state: State) -> Result:
        """Return what `has(operand.field)` can come to."""
        path = self.path(operand)
        if path is None or path[0] in self.definitions:
            found, errors = self.evaluate(operand, state)
            type = self.checked.type_of(operand)
            known = isinstance(type, RecordType | OptionalType | MapType)
            return (NOTHING if found is NOTHING else EITHER), errors if known else errors | OVERLOAD
        if len(path) > 1 and state.lacks(path):
            return NOTHING, MISSING
        errors = self.open_at(path, state)
        type = state.type_at(path)
        return self.there((*path, field), state), errors if isinstance(
            type, RecordType | MapType
        ) else errors | OVERLOAD

    def selected(self, node: Select | Index, operand: Expression, index: Expression, state: State) -> Result:
        """Return what a field, an item or the value of a key can be."""
        holder, errors = self.evaluate(operand, state)
        at, failing = self.evaluate(index, state)
        errors = errors | failing
        if holder is NOTHING or at is NOTHING:
            path = self.path(operand)
            if node.optional and path is not None and len(path) == 1 and holder is NOTHING:
                return Perhaps(ANYTHING, some=False), NO_ERRORS  # the variable is absent
            return NOTHING, errors
        type = self.checked.type_of(operand)
        optional = node.optional or isinstance(type, OptionalType)
        inner = type.of if isinstance(type, OptionalType) else type
        result = self.checked.type_of(node)
        found = domain_of(result.of if isinstance(result, OptionalType) else result)
        none, some = True, True
        path = self.path(operand)
        key = index.value if isinstance(index, Literal) and isinstance(index.value, str) else None
        if path is not None and key is not None and isinstance(inner, RecordType | MapType):
            there = self.there((*path, key), state)
            none, some = contains(there, False), contains(there, True)
            found = state.domain((*path, key)) if path[0] not in self.definitions else found
        elif isinstance(inner, ListType) and isinstance(holder, Sized) and isinstance(at, Numbers):
            none = at.low < 0 or at.high >= holder.low
            some = at.high >= 0 and at.low < holder.high
        if isinstance(holder, Perhaps):
            none, some = none or holder.none, some and holder.some
        if optional:
            return perhaps(found, some, none), errors
        error = INDEX if isinstance(inner, ListType) else KEY if isinstance(inner, MapType) else KEY | OVERLOAD | INDEX
        error = NO_ERRORS if isinstance(inner, RecordType) and key is not None else error
        return (found if some else NOTHING), errors | (error if none else NO_ERRORS)

    def comprehension(self, node: Comprehension, state: State) -> Result:
        """Return what a macro over a list or map can come to."""
        holder, errors = self.evaluate(node.range, state)
        if holder is NOTHING:
            return NOTHING, errors
        if not isinstance(holder, Sized):
            errors = errors | OVERLOAD
        low, high = size_of(holder)
        if isinstance(holder, Sized) and holder.high == 0:
            return self._over_nothing(node), errors
        inside = self.inside(node, state)
        self._among_constants(node, inside)
        self._among_calls(node, inside)
        body, failing = self.evaluate(node.body, inside)
        filtered = node.condition is not None
        if node.condition is not None:
            _, more = self.evaluate(node.condition, inside)
            failing = failing | more
        truths = truths_of(body)
        match node.kind:
            case "all" | "exists":
                decisive = node.kind == "exists"
                may = [decisive] if decisive in truths else []
                # With errors and nothing that decides there is no value; no items decide nothing.
                rest = [not decisive] if low == 0 or (not decisive) in truths else []
                return bools(*may, *rest), errors | failing
            case "exists_one":
                return EITHER, errors | failing
            case "filter":
                return Sized("list", low if truths == {True} and not failing else 0, high), errors | failing
            case "map" | "transform_list":
                none = body is NOTHING and low > 0 and not filtered
                return NOTHING if none else Sized("list", 0 if filtered else low, high), errors | failing
            case _:
                return Sized("map", 0, high), errors | failing | {"duplicate-key", "bad-key"}

    def _among_constants(self, node: Comprehension, inside: State) -> None:
        """Know that the items of a written list of constants are these."""
        introduced = self.checked.reference_of(node)
        if isinstance(node.range, ListOf) and isinstance(introduced, Introduction):
            values = [item.value.value for item in node.range.items if isinstance(item.value, Literal)]
            if len(values) == len(node.range.items) and all(isinstance(value, str) for value in values):
                inside.domains[introduced.locals[-1].number,] = Choice(frozenset(values))

    def _among_calls(self, node: Comprehension, inside: State) -> None:
        """Know that an earlier call was made when a clock showed it."""
        introduced, listed = self.checked.reference_of(node), self.checked.type_of(node.range)
        if isinstance(introduced, Introduction) and isinstance(listed, ListType) and is_past_call(listed.element):
            inside.domains[introduced.locals[-1].number, "at"] = SHOWN_BY_CLOCKS

    def _over_nothing(self, node: Comprehension) -> Domain:
        match node.kind:
            case "all":
                return bools(True)
            case "exists" | "exists_one":
                return bools(False)
            case "filter" | "map" | "transform_list":
                return Sized("list", 0, 0)
            case _:
                return Sized("map", 0, 0)

    def list_of(self, node: ListOf, state: State) -> Result:
        """Return what `[a, b]` can be."""
        errors = NO_ERRORS
        having: set[object] = set()
        domains = []
        for item in node.items:
            found, failing = self.evaluate(item.value, state)
            errors = errors | failing
            domains.append(found)
            few = constants(found)
            if few is not None and len(few) == 1 and not item.optional and few[0].__class__ in (str, int, bool):
                having.add(few[0])
        if NOTHING in domains:
            return NOTHING, errors
        type = self.checked.type_of(node)
        element = type.element if isinstance(type, ListType) else DYN
        least = sum(not item.optional for item in node.items)
        alike = len({value.__class__ for value in having}) <= 1
        return Sized("list", least, len(node.items), element, frozenset(having if alike else ())), errors

    def map_of(self, node: MapOf, state: State) -> Result:
        """Return what `{k: v}` can be."""
        errors = NO_ERRORS
        distinct = len({entry.key for entry in node.entries if isinstance(entry.key, Literal)}) == len(node.entries)
        for entry in node.entries:
            key, failing = self.evaluate(entry.key, state)
            value, more = self.evaluate(entry.value, state)
            errors = errors | failing | more
            if key is NOTHING or value is NOTHING:
                return NOTHING, errors
        least = sum(not entry.optional for entry in node.entries)
        if isinstance(self.checked.type_of(node), RecordType):
            return ANYTHING, errors
        more = NO_ERRORS if distinct else frozenset({"duplicate-key", "bad-key"})
        return Sized("map", min(1, least) if not distinct else least, len(node.entries)), errors | more

    def joined(self, one: Domain, other: Domain) -> Domain:
        """Return what texts, lists or bytes put together can be."""
        few, more = constants(one), constants(other)
        if few and more and len(few) * len(more) <= 16 and isinstance(few[0], str) and isinstance(more[0], str):
            return Choice(frozenset(str(left) + str(right) for left in few for right in more))
        low, high = size_of(one)
        least, most = size_of(other)
        if isinstance(one, Sized):
            element = one.element if isinstance(other, Sized) and other.element == one.element else DYN
            having = one.having | (other.having if isinstance(other, Sized) else frozenset())
            return Sized(one.kind, low + least, high + most, element, having)
        from interlock_dsl.analysis.values.domain import Text

        prefix = str(few[0]) if few and len(few) == 1 else one.prefix if isinstance(one, Text) else ""
        suffix = str(more[0]) if more and len(more) == 1 else other.suffix if isinstance(other, Text) else ""
        return Text(low + least, high + most, prefix, suffix)
