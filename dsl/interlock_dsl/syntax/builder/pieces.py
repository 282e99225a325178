"""What the parts of a file are made of: names, texts, quantities, types, arguments, and clauses in any order."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeVar, cast

from interlock_dsl.cel import literals
from interlock_dsl.cel.builder import ExpressionBuilder, takes_parts
from interlock_dsl.cel.tree import Expression, Literal
from interlock_dsl.diagnostics import Diagnostic, DiagnosticError
from interlock_dsl.diagnostics.messages import syntax as messages
from interlock_dsl.diagnostics.source import Source, Span
from interlock_dsl.syntax.scan import Token
from interlock_dsl.syntax.tree import (
    Argument,
    Duration,
    EnumType,
    FieldNode,
    Ident,
    ListType,
    MapType,
    Money,
    NamedType,
    RecordType,
    ToolCall,
    TypeNode,
)

MAX_TYPE_DEPTH: Final = 32
"""Levels of nesting in a type."""
MAX_MICROS: Final = 2**63 - 1
UNITS: Final = {
    "d": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000, "us": 1,
}  # fmt: skip
"""Microseconds in each unit of a duration, the largest first."""

_AMOUNTS: Final = re.compile("([0-9_]+)([a-z]+)")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a declaration that may stand anywhere among the others: its word, what it says, its place."""

    word: str
    value: object
    span: Span


class Clauses:
    """The clauses of one declaration, by word."""

    def __init__(self, clauses: Iterable[Clause]) -> None:
        self.all = tuple(clauses)
        self.first: dict[str, Clause] = {}
        self.repeated: list[tuple[Clause, Clause]] = []
        for clause in self.all:
            kept = self.first.setdefault(clause.word, clause)
            if kept is not clause:
                self.repeated.append((kept, clause))

    def get(self, word: str, type_: type[_T]) -> _T | None:
        """Return what the clause says, or None without one."""
        clause = self.first.get(word)
        return clause.value if clause is not None and isinstance(clause.value, type_) else None

    def expression(self, word: str) -> Expression | None:
        """Return the clause's expression, or None without one."""
        clause = self.first.get(word)
        return cast("Expression", clause.value) if clause is not None else None

    def names(self, word: str) -> tuple[Ident, ...]:
        """Return the clause's names; none without one."""
        return cast("tuple[Ident, ...]", self.get(word, tuple) or ())

    @property
    def places(self) -> dict[str, Span]:
        """Where each clause stands."""
        return {word: clause.span for word, clause in self.first.items()}


class PieceBuilder(ExpressionBuilder):
    """Builds the parts that several declarations share."""

    extent: tuple[int, int]

    def begin(self, source: Source, *, macros: bool = True) -> None:
        """Prepare for a text."""
        super().begin(source, macros=macros)
        self.extent = (0, 0)
        self.diagnostics: list[Diagnostic] = []
        self.places: dict[tuple[int, int], dict[str, Span]] = {}
        """Where the clauses of a node stand, by the offsets of the node: what the tree itself does not hold."""

    def stand_in(self, span: Span) -> Expression:
        """Return what takes the place of an expression that was refused."""
        return Literal(None, span)

    def here(self) -> Span:
        """The place of what is being reduced."""
        return Span(self.source, *self.extent)

    def sound(self) -> bool:
        """Whether no mistake was found in what is being reduced: if one was, other findings may be its echo."""
        return all(found.span.start < self.extent[0] for found in self.diagnostics)

    def said(self, word: str, value: object) -> Clause:
        """Return the clause that is being reduced."""
        return Clause(word, value, self.here())

    def gather(self, clauses: Iterable[Clause]) -> Clauses:
        """Return the clauses of the node that is being reduced, and report those that are repeated."""
        gathered = Clauses(clauses)
        for kept, again in gathered.repeated if self.sound() else ():
            self.diagnostics.append(messages.repeated_clause(again.word, kept.span, again.span))
        if gathered.first:
            self.places[self.extent] = gathered.places
        return gathered

    # --- names, texts and quantities

    @takes_parts
    def plain(self, name: Token) -> Ident:
        """`name`."""
        return Ident(str(name), span=self.here())

    @takes_parts
    def dotted(self, front: Ident, name: Token) -> Ident:
        """`front.name`."""
        return Ident(f"{front.text}.{name}", span=self.here())

    @takes_parts
    def any_pattern(self, _star: Token) -> Ident:
        """`*`."""
        return Ident("*", span=self.here())

    @takes_parts
    def family_pattern(self, front: Ident, _star: Token) -> Ident:
        """`front.*`."""
        return Ident(f"{front.text}.*", span=self.here())

    def _idents(self, parts: list[Ident]) -> tuple[Ident, ...]:
        return tuple(parts)

    scope_names = tool_names = passed_names = target_names = patterns = _idents

    @takes_parts
    def text(self, token: Token) -> str:
        """`"text"`."""
        try:
            return literals.read_string(token, self.here())
        except DiagnosticError as error:
            self.diagnostics.extend(error.diagnostics)
            return ""

    @takes_parts
    def count(self, token: Token) -> int:
        """A whole number that is not negative."""
        value = self._whole(token)
        if value < 0:
            self.diagnostics.append(messages.negative_count(self.here()))
        return value

    @takes_parts
    def number(self, token: Token) -> int | float:
        """A bound of a type."""
        if token.kind == "INT":
            return self._whole(token)
        try:
            return literals.read_double(token, self.here())
        except DiagnosticError as error:
            self.diagnostics.extend(error.diagnostics)
            return 0.0

    def _whole(self, token: Token) -> int:
        try:
            return literals.read_int(token, self.here())
        except DiagnosticError as error:
            self.diagnostics.extend(error.diagnostics)
            return 0

    @takes_parts
    def duration(self, token: Token) -> Duration:
        """`5s`, `1h30m`."""
        micros = micros_of(token)
        if micros is None:
            self.diagnostics.append(messages.too_long_a_time(self.here()))
        return Duration(micros or 0, span=self.here())

    @takes_parts
    def money(self, amount: Token, currency: Ident) -> Money:
        """`0.50 usd`."""
        micros = Decimal(amount.replace("_", "")) * 1_000_000 if len(amount) <= 100 and "x" not in amount else None
        if micros is None or micros != micros.to_integral_value() or not 0 <= micros <= MAX_MICROS:
            self.diagnostics.append(messages.bad_money(self.here()))
            micros = Decimal(0)
        return Money(int(micros), currency.text, span=self.here())

    # --- types

    def fields(self, parts: list[FieldNode]) -> tuple[FieldNode, ...]:
        """The fields of a record, or the parameters of a declaration."""
        return tuple(parts)

    @takes_parts
    def field(self, name: Ident, type_: TypeNode, *rest: Ident | str) -> FieldNode:
        """`name: type @label "description"`."""
        return self._field_node(name, type_, rest, optional=False)

    @takes_parts
    def optional_field(self, name: Ident, type_: TypeNode, *rest: Ident | str) -> FieldNode:
        """`name?: type @label "description"`."""
        return self._field_node(name, type_, rest, optional=True)

    def _field_node(self, name: Ident, type_: TypeNode, rest: Iterable[Ident | str], *, optional: bool) -> FieldNode:
        if isinstance(type_, ListType | MapType | RecordType) and _depth(type_) > MAX_TYPE_DEPTH:
            self.diagnostics.append(messages.too_deep_a_type(MAX_TYPE_DEPTH, type_.span))
        labels = tuple(part for part in rest if isinstance(part, Ident))
        description = next((part for part in rest if isinstance(part, str)), None)
        return FieldNode(name, type_, optional, labels, description, span=self.here())

    @takes_parts
    def label(self, name: Ident) -> Ident:
        """`@label`."""
        return name

    @takes_parts
    def named_type(self, name: Ident, *bounds: Clause) -> NamedType:
        """`int in 1..10`, `string max 20`."""
        gathered = self.gather(bounds)
        low, high = gathered.get("in", tuple) or (None, None)
        return NamedType(name, low, high, gathered.get("max", int), span=self.here())

    @takes_parts
    def range_bound(self, _in: Token, low: int | float, high: int | float) -> Clause:
        """`in low..high`."""
        return self.said("in", (low, high))

    @takes_parts
    def most(self, count: int) -> Clause:
        """`max n`."""
        return self.said("max", count)

    def enum_type(self, parts: list[str]) -> EnumType:
        """`enum("paid", "shipped")`."""
        return EnumType(tuple(parts), span=self.here())

    @takes_parts
    def list_type(self, element: TypeNode, most: Clause | None = None) -> ListType:
        """`list<T> max n`."""
        return ListType(element, _limit(most), span=self.here())

    @takes_parts
    def map_type(self, key: TypeNode, value: TypeNode, most: Clause | None = None) -> MapType:
        """`map<K, V> max n`."""
        return MapType(key, value, _limit(most), span=self.here())

    @takes_parts
    def record_type(self, fields: tuple[FieldNode, ...]) -> RecordType:
        """`{ fields }`."""
        return RecordType(fields, span=self.here())

    # --- arguments

    def values(self, parts: list[Argument]) -> tuple[Argument, ...]:
        """The arguments of a call, or the fields of a record of values."""
        return tuple(parts)

    @takes_parts
    def argument(self, name: Ident, value: Expression) -> Argument:
        """`name: expression`."""
        return Argument(name, value, span=self.here())

    @takes_parts
    def tool_call(self, tool: Ident, arguments: tuple[Argument, ...]) -> ToolCall:
        """`tool(arguments)`."""
        return ToolCall(tool, arguments, span=self.here())


def micros_of(text: str) -> int | None:
    """Return the microseconds of a duration such as `1h30m`, or None if 64 bits do not hold them."""
    if len(text) > 100:
        return None
    micros = sum(int(amount.replace("_", "")) * UNITS[unit] for amount, unit in _AMOUNTS.findall(text))
    return micros if micros <= MAX_MICROS else None


def _limit(most: Clause | None) -> int | None:
    return most.value if most is not None and isinstance(most.value, int) else None


def _depth(type_: TypeNode) -> int:
    """Return the levels of nesting, counted no further than one past the most there may be."""
    level: list[TypeNode] = [type_]
    for depth in range(MAX_TYPE_DEPTH + 1):
        if not level:
            return depth
        level = [part for node in level for part in _parts(node)]
    return MAX_TYPE_DEPTH + 1


def _parts(node: TypeNode) -> tuple[TypeNode, ...]:
    match node:
        case ListType(element=element):
            return (element,)
        case MapType(key=key, value=value):
            return (key, value)
        case RecordType(fields=fields):
            return tuple(field.type for field in fields)
        case _:
            return ()
