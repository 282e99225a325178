"""Types as declared become types as meant: names are followed, bounds are checked, records are finite."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from interlock_dsl.analysis.extent import MOST_LEVELS, Extents
from interlock_dsl.analysis.symbols import Symbols, unique
from interlock_dsl.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    ERROR,
    INT,
    STRING,
    TIMESTAMP,
    UINT,
    Basic,
    DoubleType,
    Field,
    IntType,
    ListType,
    MapType,
    RecordType,
    StringType,
    Type,
    UintType,
)
from interlock_dsl.cel.values import INT_HIGH, INT_LOW, UINT_HIGH
from interlock_dsl.diagnostics.messages import types as say
from interlock_dsl.diagnostics.report import instead
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.syntax.tree import EnumType, FieldNode, Ident, NamedType, TypeNode
from interlock_dsl.syntax.tree import ListType as ListNode
from interlock_dsl.syntax.tree import MapType as MapNode
from interlock_dsl.syntax.tree import RecordType as RecordNode

BUILT_IN: Mapping[str, Type] = {
    "bool": BOOL,
    "int": INT,
    "uint": UINT,
    "double": DOUBLE,
    "string": STRING,
    "bytes": BYTES,
    "timestamp": TIMESTAMP,
    "duration": DURATION,
}

LONGEST = 2**31 - 1
"""The largest `max`: beyond it nothing is bounded in practice."""


class Types:
    """Types as they are written. A type with a mistake in it is `ERROR`, which silences what would follow.

    `known` are the declared types, as `declared` returned them in an earlier stage.
    """

    def __init__(self, symbols: Symbols, known: Mapping[str, Type] = MappingProxyType({})) -> None:
        self._symbols = symbols
        self._report = symbols.report
        self._done: dict[str, Type] = dict(known)
        self._open: list[str] = []
        self._extents = Extents()
        self._too_large: set[str] = set()

    def declared(self) -> dict[str, Type]:
        """Return every declared type; report those that are called like a built-in one."""
        for name in BUILT_IN.keys() & self._symbols.types.keys():
            self._report.add(say.built_in(name, self._symbols.types[name].name.span))
        return {name: self._named(name, decl.name.span) for name, decl in self._symbols.types.items()}

    def type(self, node: TypeNode, name: str = "") -> Type:
        """Return the type a node of the tree means; `name` is that of the record it declares."""
        match node:
            case NamedType():
                return self._reference(node)
            case EnumType(values=values):
                return self._enum(values, node.span)
            case ListNode(element=element, max=max):
                self._max(max, node.span)
                return ListType(self.type(element), max)
            case MapNode(key=key, value=value, max=max):
                self._max(max, node.span)
                return MapType(self._key(key), self.type(value), max)
            case RecordNode(fields=fields):
                return self.record(fields, name)

    def record(self, fields: Iterable[FieldNode], name: str = "", what: str = "the field") -> RecordType:
        """Return the record of some fields or parameters."""
        nodes = tuple(fields)
        known = unique(self._report, what, (node.name for node in nodes))
        return RecordType(
            name, {node.name.text: self._field(node) for node in nodes if known[node.name.text] is node.name}
        )

    def answer(self, node: RecordNode | NamedType | None) -> RecordType | None:
        """Return the record that a model or a person answers with; None for what is no record, which is reported."""
        if node is None or isinstance(node, RecordNode):
            return self.record(() if node is None else node.fields)
        found = self.type(node)
        if isinstance(found, RecordType):
            return found
        if found is not ERROR:
            self._report.add(say.answer_is_no_record(node.name.text, found, node.span))
        return None

    def _field(self, node: FieldNode) -> Field:
        for label in node.labels:
            if label.text not in say.LABELS:
                self._report.add(say.unknown_label(label.text, label.span, instead(label.text, say.LABELS)))
            elif label.text == "secret":
                self._report.add(say.secret(node.name.text, label.span))
        labels = frozenset(label.text for label in node.labels)
        return Field(self.type(node.type), node.optional, labels, node.description)

    def _named(self, name: str, span: Span) -> Type:
        if name in self._done:
            return self._done[name]
        declaration = self._symbols.types[name]
        if name in self._open:
            cycle = [*self._open[self._open.index(name) :], name]
            self._report.add(say.recursive(cycle, span, declaration.name.span))
            return ERROR
        if len(self._open) >= MOST_LEVELS:
            self._refuse(name, f"nests more than {MOST_LEVELS} levels deep", span)
            self._too_large.update(self._open)
            return ERROR
        self._open.append(name)
        found = self.type(declaration.type, name)
        self._open.pop()
        problem = self._extents.too_large(found)
        if problem is not None:
            self._refuse(name, problem, declaration.name.span)
        if name in self._too_large:
            found = ERROR
        self._done[name] = found
        return found

    def _refuse(self, name: str, problem: str, span: Span) -> None:
        """Report the first type that is too large: the others hold it, or are cut off by it."""
        if not self._too_large:
            self._report.add(say.too_large_a_type(name, problem, span))
        self._too_large.add(name)

    def _reference(self, node: NamedType) -> Type:
        name = node.name.text
        if name in self._symbols.types:
            type = self._named(name, node.name.span)
            if name in self._too_large:
                self._too_large.update(self._open)
        elif name in BUILT_IN:
            type = BUILT_IN[name]
        else:
            self._symbols.miss("type", node.name, [*self._symbols.types, *BUILT_IN])
            return ERROR
        if node.low is not None or node.high is not None:
            type = self._bounded(type, node)
        return type if node.max is None else self._sized(type, node.max, node.name, node.span)

    def _bounded(self, type: Type, node: NamedType) -> Type:
        low, high, span = node.low, node.high, node.span
        for bound in (low, high):
            if isinstance(bound, float) and not math.isfinite(bound):
                self._report.add(say.non_finite("a bound", span))
                return ERROR
        if low is not None and high is not None and low > high:
            self._report.add(say.backwards(f"{low:_}", f"{high:_}", span))
            return ERROR
        match type:
            case DoubleType(least, most):
                if any(isinstance(bound, int) and abs(bound) > 2**1023 for bound in (low, high)):
                    self._report.add(say.non_finite("a bound", span))
                    return ERROR
                floats = (None if low is None else float(low)), (None if high is None else float(high))
                return self._narrowed(type, (least, most), DoubleType(*floats), floats, node)
            case IntType() | UintType():
                if isinstance(low, float) or isinstance(high, float):
                    self._report.add(say.fraction(node.name.text, span))
                    return ERROR
                return self._whole(type, low, high, node)
            case _ if type is not ERROR:
                self._report.add(say.no_bounds(node.name.text, span))
        return ERROR

    def _whole(self, type: IntType | UintType, low: int | None, high: int | None, node: NamedType) -> Type:
        outer = type.low, type.high
        if isinstance(type, IntType):
            if self._within(low, high, INT_LOW, INT_HIGH, node.span):
                return self._narrowed(type, outer, IntType(low, high), (low, high), node)
        elif low is not None and low < 0:
            self._report.add(say.negative_uint(node.span))
        elif self._within(low, high, 0, UINT_HIGH, node.span):
            return self._narrowed(type, outer, UintType(low, high), (low, high), node)
        return ERROR

    def _within(self, low: float | None, high: float | None, least: int, most: int, span: Span) -> bool:
        if (low is None or low >= least) and (high is None or high <= most):
            return True
        self._report.add(say.too_big("a bound", span))
        return False

    def _narrowed(
        self,
        type: Type,
        outer: tuple[float | None, float | None],
        narrow: Type,
        inner: tuple[float | None, float | None],
        node: NamedType,
    ) -> Type:
        below = outer[0] is not None and (inner[0] is None or inner[0] < outer[0])
        above = outer[1] is not None and (inner[1] is None or inner[1] > outer[1])
        if below or above:
            self._report.add(say.wider(node.name.text, type, node.span))
        return narrow

    def _sized(self, type: Type, max: int, name: Ident, span: Span) -> Type:
        self._max(max, span)
        match type:
            case StringType(None, most) | ListType(_, most) | MapType(_, _, most) if most is not None and max > most:
                self._report.add(say.wider(name.text, type, span))
                return type
            case StringType(values=None):
                return StringType(max=max)
            case ListType(element):
                return ListType(element, max)
            case MapType(key, value):
                return MapType(key, value, max)
            case _ if type is not ERROR:
                self._report.add(say.no_max(name.text, span))
        return ERROR

    def _max(self, max: int | None, span: Span) -> None:
        if max is not None and max < 1:
            self._report.add(say.not_positive("`max`", span))
        elif max is not None and max > LONGEST:
            self._report.add(say.too_big("`max`", span))

    def _enum(self, values: tuple[str, ...], span: Span) -> Type:
        if not values:
            self._report.add(say.empty_enum(span))
            return ERROR
        for value in [value for value, times in Counter(values).items() if times > 1]:
            self._report.add(say.repeated_value(value, span))
        return StringType(tuple(dict.fromkeys(values)))

    def _key(self, node: TypeNode) -> Type:
        key = self.type(node)
        match key:
            case StringType() | IntType() | UintType():
                return key
            case Basic("bool" | "error"):
                return key
            case _:
                self._report.add(say.bad_key(key, node.span))
                return ERROR
