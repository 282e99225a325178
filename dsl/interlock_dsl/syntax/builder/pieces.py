"""What the parts of a file are made of: names, texts, quantities, types, arguments, and clauses in any order."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import wraps
from typing import Final, TypeVar, cast

from lark import Token

from interlock_dsl.cel.parser import literals
from interlock_dsl.cel.parser.builder import ExpressionBuilder
from interlock_dsl.cel.parser.lexer import Reading
from interlock_dsl.cel.tree import Expression, Literal
from interlock_dsl.diagnostics import Diagnostic, DiagnosticError
from interlock_dsl.diagnostics.messages import syntax as messages
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.syntax.tree import (
    Argument,
    Duration,
    EnumType,
    FieldNode,
    Ident,
    ListType,
    MapType,
    Money,
    NamedNumber,
    NamedType,
    Node,
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
_VALUES: Final = frozenset({"IDENTIFIER", "STRING", "INT", "DOUBLE", "DURATION", "MOMENT", "VISIT"})
"""The kinds of token that say something by themselves; the words and signs around them only lead there."""

_T = TypeVar("_T")
_Result = TypeVar("_Result")


def reduction(method: Callable[..., _Result]) -> Callable[["PieceBuilder", list[object]], _Result]:
    """Make a method that names the parts of a rule one that Lark calls with all of them.

    It notes the place of the rule, and leaves out the words and signs.
    """

    @wraps(method)
    def reduced(self: "PieceBuilder", parts: list[object]) -> _Result:
        self.extent = self.extent_of(parts)
        named = [part for part in parts if type(part) is not Token or part.type in _VALUES]
        return method(self, *named)

    return reduced


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

    def __init__(self, reading: Reading) -> None:
        super().__init__(reading.source)
        self.reading = reading
        self.extent: tuple[int, int] = (0, 0)
        """The offsets of what is being reduced."""
        self.diagnostics: list[Diagnostic] = []
        self.named: list[Ident] = []
        """The names of constants where numbers and durations stand."""
        self._too_deep: Span | None = None
        self.places: dict[tuple[int, int], dict[str, Span]] = {}
        """Where the clauses of a node stand, by the offsets of the node: what the tree itself does not hold."""

    def extent_of(self, parts: Sequence[object]) -> tuple[int, int]:
        """Return the offsets of the rule with these parts; it ends with the token that was taken last."""
        start, last_end = _start(parts[0]), self.reading.last_end
        return start, max(start, last_end)

    def refused(self, parts: list[object], error: DiagnosticError) -> Expression:
        """Report why a method refused its parts, and return an expression that takes their place."""
        self.diagnostics.extend(error.diagnostics)
        return Literal(None, Span(self.source, *self.extent_of(parts)))

    def here(self) -> Span:
        """The place of what is being reduced."""
        return Span(self.source, *self.extent)

    def sound(self) -> bool:
        """Whether no mistake was found in what is being reduced: if one was, other findings may be its echo."""
        return all(found.span.start < self.extent[0] for found in self.diagnostics)

    def clause(self, word: str, value: object) -> Clause:
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

    @reduction
    def plain(self, name: Token) -> Ident:
        """`name`."""
        return Ident(str(name), span=self.here())

    @reduction
    def dotted(self, front: Ident, name: Token) -> Ident:
        """`front.name`."""
        return Ident(f"{front.text}.{name}", span=self.here())

    @reduction
    def any_pattern(self) -> Ident:
        """`*`."""
        return Ident("*", span=self.here())

    @reduction
    def family_pattern(self, front: Ident) -> Ident:
        """`front.*`."""
        return Ident(f"{front.text}.*", span=self.here())

    @reduction
    def agents_pattern(self, front: Token) -> Ident:
        """`front*`."""
        return Ident(f"{front}*", span=self.here())

    @reduction
    def _idents(self, *names: Ident) -> tuple[Ident, ...]:
        return names

    scope_names = tool_names = passed_names = target_names = redacted_names = patterns = _idents

    @reduction
    def text(self, token: Token) -> str:
        """`"text"`."""
        try:
            return literals.read_string(token, self.here())
        except DiagnosticError as error:
            self.diagnostics.extend(error.diagnostics)
            return ""

    @reduction
    def count(self, token: Token) -> int:
        """A whole number that is not negative."""
        return self.whole(token)

    def whole(self, token: Token) -> int:
        """Return the value of a token that is a count."""
        place = self.place(token)
        value = self._int(token, place)
        if value < 0:
            self.diagnostics.append(messages.negative_count(place))
        return value

    @reduction
    def number(self, token: Token) -> int | float:
        """A bound of a type."""
        if token.type == "INT":
            return self._int(token, self.here())
        try:
            return literals.read_double(token, self.here())
        except DiagnosticError as error:
            self.diagnostics.extend(error.diagnostics)
            return 0.0

    def _int(self, token: Token, place: Span) -> int:
        try:
            return literals.read_int(token, place)
        except DiagnosticError as error:
            self.diagnostics.extend(error.diagnostics)
            return 0

    @reduction
    def duration(self, token: Token) -> Duration:
        """`5s`, `1h30m`."""
        return self.duration_of(token, self.here())

    def duration_of(self, token: Token, place: Span) -> Duration:
        """Return the duration that a token is."""
        micros = micros_of(token)
        if micros is None:
            self.diagnostics.append(messages.too_long_a_time(place))
        return Duration(micros or 0, span=place)

    @reduction
    def named_duration(self, token: Token) -> Duration:
        """The name of a `let` where a duration stands."""
        self.named.append(Ident(str(token), span=self.here()))
        return Duration(1, self.named[-1], span=self.here())

    @reduction
    def named_count(self, token: Token) -> int:
        """The name of a `let` where a number stands."""
        self.named.append(Ident(str(token), span=self.here()))
        return NamedNumber(self.named[-1])

    @reduction
    def money(self, amount: Token, currency: Ident) -> Money:
        """`0.50 usd`."""
        micros = Decimal(amount.replace("_", "")) * 1_000_000 if len(amount) <= 100 and "x" not in amount else None
        if micros is None or micros != micros.to_integral_value() or not 0 <= micros <= MAX_MICROS:
            self.diagnostics.append(messages.bad_money(self.here()))
            micros = Decimal(0)
        return Money(int(micros), currency.text, span=self.here())

    # --- types

    def fields(self, parts: list[FieldNode | Token]) -> tuple[FieldNode, ...]:
        """The fields of a record, or the parameters of a declaration."""
        return tuple(part for part in parts if isinstance(part, FieldNode))

    @reduction
    def field(self, name: Ident, type_: TypeNode, *rest: Ident | str) -> FieldNode:
        """`name: type @label "description"`."""
        return self._field_node(name, type_, rest, optional=False)

    @reduction
    def optional_field(self, name: Ident, type_: TypeNode, *rest: Ident | str) -> FieldNode:
        """`name?: type @label "description"`."""
        return self._field_node(name, type_, rest, optional=True)

    def _field_node(self, name: Ident, type_: TypeNode, rest: Iterable[Ident | str], *, optional: bool) -> FieldNode:
        if isinstance(type_, ListType | MapType | RecordType) and _depth(type_) > MAX_TYPE_DEPTH:
            self._report_depth(type_.span)
        labels = tuple(part for part in rest if isinstance(part, Ident))
        description = next((part for part in rest if isinstance(part, str)), None)
        return FieldNode(name, type_, optional, labels, description, span=self.here())

    @reduction
    def label(self, name: Ident) -> Ident:
        """`@label`."""
        return name

    @reduction
    def named_type(self, name: Ident, *bounds: Clause) -> NamedType:
        """`int in 1..10`, `string max 20`."""
        gathered = self.gather(bounds)
        low, high = gathered.get("in", tuple) or (None, None)
        return NamedType(name, low, high, gathered.get("max", int), span=self.here())

    @reduction
    def range_bound(self, low: int | float, high: int | float) -> Clause:
        """`in low..high`."""
        return self.clause("in", (low, high))

    @reduction
    def most(self, count: int) -> Clause:
        """`max n`."""
        return self.clause("max", count)

    @reduction
    def enum_type(self, *values: str) -> EnumType:
        """`enum("paid", "shipped")`."""
        return EnumType(values, span=self.here())

    @reduction
    def list_type(self, element: TypeNode, most: Clause | None = None) -> TypeNode:
        """`list<T> max n`."""
        return self._nested(element) or ListType(element, _limit(most), span=self.here())

    @reduction
    def map_type(self, key: TypeNode, value: TypeNode, most: Clause | None = None) -> TypeNode:
        """`map<K, V> max n`."""
        return self._nested(key) or self._nested(value) or MapType(key, value, _limit(most), span=self.here())

    def _nested(self, part: TypeNode) -> TypeNode | None:
        """Report a part that is too deep to be put into another type, and return it in place of that type."""
        if _depth(part) < MAX_TYPE_DEPTH:
            return None
        self._report_depth(part.span)
        return part

    def _report_depth(self, span: Span) -> None:
        """Report a type that is too deep, once for all that it is a part of."""
        if self._too_deep is None or not span.start <= self._too_deep.start <= self._too_deep.end <= span.end:
            self._too_deep = span
            self.diagnostics.append(messages.too_deep_a_type(MAX_TYPE_DEPTH, span))

    @reduction
    def record_type(self, fields: tuple[FieldNode, ...]) -> RecordType:
        """`{ fields }`."""
        return RecordType(fields, span=self.here())

    # --- arguments

    def values(self, parts: list[Argument | Token]) -> tuple[Argument, ...]:
        """The arguments of a call, or the fields of a record of values."""
        return tuple(part for part in parts if isinstance(part, Argument))

    @reduction
    def argument(self, name: Ident, value: Expression) -> Argument:
        """`name: expression`."""
        return Argument(name, value, span=self.here())

    @reduction
    def tool_call(self, tool: Ident, arguments: tuple[Argument, ...]) -> ToolCall:
        """`tool(arguments)`."""
        return ToolCall(tool, arguments, span=self.here())


def micros_of(text: str) -> int | None:
    """Return the microseconds of a duration such as `1h30m`, or None if 64 bits do not hold them."""
    if len(text) > 100:
        return None
    micros = sum(int(amount.replace("_", "")) * UNITS[unit] for amount, unit in _AMOUNTS.findall(text))
    return micros if micros <= MAX_MICROS else None


def _start(part: object) -> int:
    """Return where the first part of a rule starts."""
    while isinstance(part, tuple):
        part = part[0]
    if type(part) is Token:
        assert part.start_pos is not None
        return part.start_pos
    return cast("Node | Clause", part).span.start


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
