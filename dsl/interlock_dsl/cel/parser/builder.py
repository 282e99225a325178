"""From what the grammar recognises to the syntax tree: one method for each rule or alias of `grammar.lark`.

Each takes the parts of its rule: values of the rules in it, and all its tokens. The methods are called while the parser
reduces, so nothing here recurses. A grammar that imports this one subclasses `ExpressionBuilder`, and receives finished
trees from the rule `expression`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Final, TypeVar, cast

from lark import Token

from interlock_dsl.cel.parser import literals, macros
from interlock_dsl.cel.parser.lexer import end_of, start_of
from interlock_dsl.cel.tree import (
    KEYWORDS,
    OPERATORS,
    RESERVED,
    Call,
    Expression,
    Index,
    ListItem,
    ListOf,
    Literal,
    MapEntry,
    MapOf,
    Name,
    Select,
    children,
)
from interlock_dsl.diagnostics import Diagnostic, DiagnosticError, Label
from interlock_dsl.diagnostics.source import Source, Span

MAX_DEPTH: Final = 100
"""Levels of nesting in an expression: whatever walks a tree by recursion stays far from the limit of Python's stack."""

_Result = TypeVar("_Result")


def takes_parts(method: Callable[..., _Result]) -> Callable[["ExpressionBuilder", Sequence[object]], _Result]:
    """Make a method that names the parts of a rule one that takes them as a list, as the parser calls it."""

    @wraps(method)
    def callback(self: "ExpressionBuilder", parts: Sequence[object]) -> _Result:
        return method(self, *parts)

    return callback


class ExpressionBuilder:
    """Builds the tree of one text: offsets of tokens are places in `source`."""

    def __init__(self, source: Source, *, macros: bool = True) -> None:
        self.source, self.macros = source, macros
        self._grouped: Expression | None = None
        self._groups = 0

    def refused(self, parts: list[object], error: DiagnosticError) -> object:
        """Return what takes the place of parts that a method refused: nothing does here."""
        raise error

    def place(self, token: Token) -> Span:
        """Return the span of a token."""
        return Span(self.source, start_of(token), end_of(token))

    @takes_parts
    def expression(self, tree: Expression) -> Expression:
        """Accept a finished expression, unless it is nested too deeply."""
        self._grouped = None
        deep = _too_deep(tree)
        if deep is not None:
            raise _refuse("too-deep", f"an expression nests at most {MAX_DEPTH} levels", deep)
        return tree

    @takes_parts
    def choice(
        self, condition: Expression, _mark: Token, then: Expression, _colon: Token, otherwise: Expression
    ) -> Expression:
        """`condition ? then : otherwise`."""
        span = condition.span.to(otherwise.span)
        return Call("_?_:_", (condition, then, otherwise), span, span)

    def disjunction(self, parts: list[Expression | Token]) -> Expression:
        """`a || b || c`, as a balanced tree."""
        return self._balanced("_||_", parts)

    def conjunction(self, parts: list[Expression | Token]) -> Expression:
        """`a && b && c`, as a balanced tree."""
        return self._balanced("_&&_", parts)

    def _balanced(self, function: str, parts: list[Expression | Token]) -> Expression:
        # Both operators are associative, in value, in what they absorb and in what they leave unevaluated.
        operands = cast("list[Expression]", parts[::2])
        places = [self.place(token) for token in cast("list[Token]", parts[1::2])]
        while len(operands) > 1:
            paired: list[Expression] = []
            for left, right, place in zip(operands[::2], operands[1::2], places[::2], strict=False):
                paired.append(Call(function, (left, right), left.span.to(right.span), place))
            if len(operands) % 2:
                paired.append(operands[-1])
            operands, places = paired, places[1::2]
        return operands[0]

    def relation(self, parts: list[Expression | Token]) -> Expression:
        """`a < b`, `a in b`, ..."""
        return self._from_the_left(parts)

    def sum(self, parts: list[Expression | Token]) -> Expression:
        """`a + b - c`."""
        return self._from_the_left(parts)

    def product(self, parts: list[Expression | Token]) -> Expression:
        """`a * b / c % d`."""
        return self._from_the_left(parts)

    def _from_the_left(self, parts: list[Expression | Token]) -> Expression:
        tree, *others = cast("list[Expression]", parts[::2])
        for token, right in zip(cast("list[Token]", parts[1::2]), others, strict=True):
            function = "_-_" if token == "-" else OPERATORS[token]
            tree = Call(function, (tree, right), tree.span.to(right.span), self.place(token))
        return tree

    @takes_parts
    def prefixed(self, sign: Token, operand: Expression) -> Expression:
        """`!a` or `-a`."""
        place = self.place(sign)
        return Call(OPERATORS[sign], (operand,), place.to(operand.span), place)

    @takes_parts
    def select(self, operand: Expression, _dot: Token, field: Token) -> Expression:
        """`operand.field`."""
        name, place = self._field(field)
        return Select(operand, name, operand.span.to(place), place)

    @takes_parts
    def optional_select(self, operand: Expression, _dot: Token, _mark: Token, field: Token) -> Expression:
        """`operand.?field`."""
        name, place = self._field(field)
        return Select(operand, name, operand.span.to(place), place, optional=True)

    def _field(self, token: Token) -> tuple[str, Span]:
        place = self.place(token)
        if token.startswith("`"):
            return token[1:-1], place
        if token in KEYWORDS:
            raise _refuse("reserved-word", f"`{token}` cannot be a field after a dot", place, f'write `["{token}"]`')
        return str(token), place

    @takes_parts
    def method_call(
        self,
        receiver: Expression,
        _dot: Token,
        function: Token,
        _open: Token,
        arguments: tuple[Expression, ...],
        close: Token,
    ) -> Expression:
        """`receiver.function(arguments)`."""
        name, place = self._field(function)
        return self._call(Call(name, arguments, receiver.span.to(self.place(close)), place, receiver))

    @takes_parts
    def index(self, operand: Expression, _open: Token, index: Expression, close: Token) -> Expression:
        """`operand[index]`."""
        return Index(operand, index, operand.span.to(self.place(close)))

    @takes_parts
    def optional_index(
        self, operand: Expression, _open: Token, _mark: Token, index: Expression, close: Token
    ) -> Expression:
        """`operand[?index]`."""
        return Index(operand, index, operand.span.to(self.place(close)), optional=True)

    @takes_parts
    def name(self, name: Token) -> Expression:
        """`name`."""
        place = self.place(name)
        return Name(self._identifier(name, place), place)

    @takes_parts
    def absolute_name(self, dot: Token, name: Token) -> Expression:
        """`.name`."""
        place = self.place(name)
        return Name(self._identifier(name, place), self.place(dot).to(place), absolute=True)

    @takes_parts
    def call(self, function: Token, _open: Token, arguments: tuple[Expression, ...], close: Token) -> Expression:
        """`function(arguments)`."""
        place = self.place(function)
        name = self._identifier(function, place)
        return self._call(Call(name, arguments, place.to(self.place(close)), place))

    @takes_parts
    def absolute_call(
        self, dot: Token, function: Token, _open: Token, arguments: tuple[Expression, ...], close: Token
    ) -> Expression:
        """`.function(arguments)`."""
        place = self.place(function)
        name = "." + self._identifier(function, place)
        return Call(name, arguments, self.place(dot).to(self.place(close)), place)

    def _identifier(self, token: Token, place: Span) -> str:
        if token in RESERVED or token in KEYWORDS:
            raise _refuse("reserved-word", f"`{token}` is a reserved word and cannot be a name", place)
        return str(token)

    def _call(self, call: Call) -> Expression:
        return macros.expand(call) if self.macros else call

    @takes_parts
    def group(self, open_: Token, inner: Expression, close: Token) -> Expression:
        """`(inner)`."""
        # Parentheses leave no node behind, so their own depth is counted here.
        self._groups = self._groups + 1 if inner is self._grouped else 1
        span = self.place(open_).to(self.place(close))
        if self._groups > MAX_DEPTH:
            raise _refuse("too-deep", f"an expression nests at most {MAX_DEPTH} levels", span)
        self._grouped = replace(inner, span=span)
        return self._grouped

    def arguments(self, parts: list[Expression]) -> tuple[Expression, ...]:
        """The arguments of a call."""
        return tuple(parts[::2])

    @takes_parts
    def list_of(self, open_: Token, items: tuple[ListItem, ...], close: Token) -> Expression:
        """`[items]`."""
        return ListOf(items, self.place(open_).to(self.place(close)))

    def list_items(self, parts: list[ListItem | Token]) -> tuple[ListItem, ...]:
        """The items of a list."""
        return tuple(part for part in parts if isinstance(part, ListItem))

    @takes_parts
    def list_item(self, value: Expression) -> ListItem:
        """`value`."""
        return ListItem(value)

    @takes_parts
    def optional_list_item(self, _mark: Token, value: Expression) -> ListItem:
        """`?value`."""
        return ListItem(value, optional=True)

    @takes_parts
    def map_of(self, open_: Token, entries: tuple[MapEntry, ...], close: Token) -> Expression:
        """`{entries}`."""
        return MapOf(entries, self.place(open_).to(self.place(close)))

    def map_entries(self, parts: list[MapEntry | Token]) -> tuple[MapEntry, ...]:
        """The entries of a map."""
        return tuple(part for part in parts if isinstance(part, MapEntry))

    @takes_parts
    def map_entry(self, key: Expression, _colon: Token, value: Expression) -> MapEntry:
        """`key: value`."""
        return MapEntry(key, value)

    @takes_parts
    def optional_map_entry(self, _mark: Token, key: Expression, _colon: Token, value: Expression) -> MapEntry:
        """`?key: value`."""
        return MapEntry(key, value, optional=True)

    @takes_parts
    def int_literal(self, token: Token) -> Expression:
        """`10_000`, `-1`, `0xff`."""
        place = self.place(token)
        return Literal(literals.read_int(token, place), place)

    @takes_parts
    def uint_literal(self, token: Token) -> Expression:
        """`7u`."""
        place = self.place(token)
        return Literal(literals.read_uint(token, place), place)

    @takes_parts
    def double_literal(self, token: Token) -> Expression:
        """`0.5`, `.5`, `1e9`."""
        place = self.place(token)
        return Literal(literals.read_double(token, place), place)

    @takes_parts
    def string_literal(self, token: Token) -> Expression:
        """`"text"` in any of its forms."""
        place = self.place(token)
        return Literal(literals.read_string(token, place), place)

    @takes_parts
    def bytes_literal(self, token: Token) -> Expression:
        """`b"octets"` in any of its forms."""
        place = self.place(token)
        return Literal(literals.read_bytes(token, place), place)

    @takes_parts
    def constant(self, token: Token) -> Expression:
        """`true`, `false`, `null`."""
        return Literal({"true": True, "false": False}.get(token), self.place(token))


def _too_deep(tree: Expression) -> Span | None:
    """Return the place of a node nested deeper than `MAX_DEPTH`, if there is one."""
    level: list[Expression] = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in children(node)]
        if not level:
            return None
    return level[0].span


def _refuse(code: str, message: str, span: Span, help: str | None = None) -> DiagnosticError:
    return DiagnosticError([Diagnostic(code, message, (Label(span),), help=help)])
