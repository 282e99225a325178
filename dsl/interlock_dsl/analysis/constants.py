"""Constants: every `let` is evaluated once, and its value put wherever its name stands, before anything is judged.

What comes after sees literals alone, so a constant costs nothing, is part of the digest by its value only, and is
known to the proofs. A name that something else has in a workflow, tool or table is no name for a constant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar, cast, get_args

from interlock_dsl.analysis.expressions import Expressions, free_names
from interlock_dsl.analysis.symbols import Declarations, Symbols
from interlock_dsl.analysis.types import Types
from interlock_dsl.cel.environment import DEFAULT_LIMIT, CompiledExpression
from interlock_dsl.cel.errors import EvaluationError
from interlock_dsl.cel.library.instants import duration_text, timestamp_text
from interlock_dsl.cel.tree import (
    Bind,
    Call,
    Comprehension,
    Expression,
    ListItem,
    ListOf,
    Literal,
    MapEntry,
    MapOf,
    Name,
)
from interlock_dsl.cel.types import ERROR
from interlock_dsl.cel.values import Duration as Length
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.diagnostics.messages import constants as say
from interlock_dsl.diagnostics.messages import names as say_name
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.builtins import RESERVED
from interlock_dsl.syntax.tree import Duration, Ident, LetDecl, NamedNumber, Node

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_T = TypeVar("_T")
_Node = TypeVar("_Node", bound="DataclassInstance")
_EXPRESSIONS: Final = get_args(Expression)


@dataclass(frozen=True, slots=True)
class _Constant:
    """The value of a `let`: as the tree of its literals, and as microseconds where it is a length of time."""

    value: object
    tree: Expression


def put_constants(declarations: Declarations, report: Report) -> Declarations:
    """Return the declarations with the values of constants in the places of their names; report what has none."""
    symbols = declarations.reporting(report)
    _check_names(symbols)
    putting = _Putting(_Folding(symbols).all(), symbols)
    policies = putting.in_mapping(declarations.policies)
    # A policy of a pack is told by its identity: what the pack is given belongs to exactly this one.
    made = {id(old): policies[name] for name, old in declarations.policies.items()}
    uses = tuple(
        replace(use, policy=made.get(id(use.policy), use.policy), given=putting.in_mapping(use.given))
        for use in declarations.uses
    )
    return replace(
        declarations,
        uses=uses,
        types=putting.in_mapping(declarations.types),
        tools=putting.in_mapping(declarations.tools),
        agents=putting.in_mapping(declarations.agents),
        workflows=putting.in_mapping(declarations.workflows),
        policies=policies,
        tables=putting.in_mapping(declarations.tables),
        constants=putting.in_mapping(declarations.constants),
        context=putting.in_value(declarations.context),
        tests=tuple(putting.in_value(test) for test in declarations.tests),
    )


def check_constants(symbols: Symbols, expressions: Expressions, types: Types) -> None:
    """Report the constants that are not of the type that is written for them."""
    for decl in symbols.constants.values():
        if decl.type is not None:
            given = decl.value
            value = literal_of(Length(given.micros * 1000), given.span) if isinstance(given, Duration) else given
            expressions.check(value, expressions.scope({}), types.type(decl.type))


def _check_names(symbols: Symbols) -> None:
    """Report the names of constants that already mean something where expressions read them."""
    constants = symbols.constants
    for decl in constants.values():
        if decl.name.text in RESERVED:
            symbols.report.add(say_name.reserved("constant", decl.name.text, decl.name.span, RESERVED))
    for what, name in _local_names(symbols):
        known = constants.get(name.text)
        if known is not None:
            symbols.report.add(say_name.clash(what, name.text, name.span, "constant", known.name.span))


def _local_names(symbols: Symbols) -> Iterator[tuple[str, Ident]]:
    for tool in symbols.tools.values():
        yield from (("parameter", field.name) for field in tool.parameters)
    for table in symbols.tables.values():
        yield from (("parameter", field.name) for field in table.parameters)
    for workflow in symbols.workflows.values():
        yield from (("parameter", field.name) for field in workflow.parameters)
        yield from (("step", step.name) for step in workflow.steps)
        yield from (("end", end.name) for end in workflow.ends)


class _Folding:
    """Evaluates constants, each after those that it reads."""

    def __init__(self, symbols: Symbols) -> None:
        self._symbols = symbols
        self._expressions = Expressions(symbols)
        self._done: dict[str, _Constant | None] = {}
        self._open: list[str] = []

    def all(self) -> Mapping[str, _Constant]:
        """Return all constants that have a value."""
        found = {name: self._value(name) for name in self._symbols.constants}
        return {name: value for name, value in found.items() if value is not None}

    def _value(self, name: str) -> _Constant | None:
        if name in self._done:
            return self._done[name]
        decl = self._symbols.constants[name]
        if name in self._open:
            cycle = [*self._open[self._open.index(name) :], name]
            self._symbols.report.add(say.recursive(cycle, decl.name.span))
            return None
        self._open.append(name)
        self._done[name] = self._evaluated(decl)
        self._open.pop()
        return self._done[name]

    def _evaluated(self, decl: LetDecl) -> _Constant | None:
        if isinstance(decl.value, Duration):
            length = Length(decl.value.micros * 1000)
            return _Constant(length, literal_of(length, decl.value.span))
        known: dict[str, _Constant] = {}
        for name in {each.name for each in free_names(decl.value)} & self._symbols.constants.keys():
            constant = self._value(name)
            if constant is None:
                return None
            known[name] = constant
        tree = _substituted(decl.value, known, frozenset())
        scope = self._expressions.scope({})
        checked = self._expressions.check(tree, scope)
        if checked.type is ERROR:
            return None
        try:
            compiled = CompiledExpression(checked.expression, scope, checked)
            value = compiled.interpreter.evaluate({}, DEFAULT_LIMIT)
            return _Constant(value, literal_of(value, decl.value.span))
        except EvaluationError as error:
            self._symbols.report.add(say.no_value(decl.name.text, error.message, error.span))
        except TypeError:
            self._symbols.report.add(say.no_literal(decl.name.text, decl.value.span))
        return None


class _Putting:
    """Puts values into trees. A tree in which no constant is named stays the same object."""

    def __init__(self, values: Mapping[str, _Constant], symbols: Symbols) -> None:
        self._values = values
        self._symbols = symbols
        self._report = symbols.report

    def _constant(self, name: Ident) -> _Constant | None:
        """Return the constant of a name that stands where a number or a duration does, or report that there is none."""
        if name.text not in self._symbols.constants:
            self._symbols.miss("constant", name, self._symbols.constants)
        return self._values.get(name.text)

    def in_mapping(self, given: Mapping[str, _T]) -> Mapping[str, _T]:
        """Return declarations by name, with constants in the places of their names."""
        return {name: self.in_value(value) for name, value in given.items()}

    def in_value(self, value: _T) -> _T:
        """Return a part of a declaration with constants in the places of their names."""
        match value:
            case NamedNumber():
                return cast(_T, self._number(value))
            case Duration(name=Ident() as name):
                return cast(_T, self._duration(value, name))
            case tuple():
                parts = [self.in_value(part) for part in value]
                same = all(new is old for new, old in zip(parts, value, strict=True))
                return value if same else cast(_T, tuple(parts))
            case _ if isinstance(value, _EXPRESSIONS):
                return cast(_T, _substituted(cast(Expression, value), self._values, frozenset()))
            case _ if isinstance(value, Node) and is_dataclass(value):
                held = {field.name: getattr(value, field.name) for field in fields(value) if field.name != "span"}
                made = {name: self.in_value(part) for name, part in held.items()}
                changed = {name: part for name, part in made.items() if part is not held[name]}
                return cast(_T, replace(value, **changed)) if changed else value
            case _:
                return value

    def _number(self, number: NamedNumber) -> int | float:
        name = number.ident
        constant = self._constant(name)
        if constant is None:
            return number
        value = constant.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._report.add(say.no_number(name.text, name.span, constant.tree.span))
            return number
        return int(value) if isinstance(value, int) else value

    def _duration(self, node: Duration, name: Ident) -> Duration:
        constant = self._constant(name)
        if constant is None:
            return node
        if not isinstance(constant.value, Length) or constant.value.nanoseconds < 0:
            self._report.add(say.no_duration(name.text, name.span, constant.tree.span))
            return node
        return Duration(constant.value.nanoseconds // 1000, span=node.span)


def _substituted(node: Expression, values: Mapping[str, _Constant], bound: frozenset[str]) -> Expression:
    """Return an expression with the values of constants in the places of names that nothing in it binds."""
    match node:
        case Name(name=name) if name in values and name not in bound:
            return replace_span(values[name].tree, node.span)
        case Literal() | Name():
            return node
        case Comprehension(variables=variables):
            inner = bound | set(variables)
            condition = None if node.condition is None else _substituted(node.condition, values, inner)
            range_, body = _substituted(node.range, values, bound), _substituted(node.body, values, inner)
            return _changed(node, range=range_, body=body, condition=condition)
        case Bind(name=name):
            value = _substituted(node.value, values, bound)
            return _changed(node, value=value, body=_substituted(node.body, values, bound | {name}))
        case Call():
            receiver = None if node.receiver is None else _substituted(node.receiver, values, bound)
            arguments = _same(node.arguments, tuple(_substituted(each, values, bound) for each in node.arguments))
            return _changed(node, receiver=receiver, arguments=arguments)
        case ListOf(items=items):
            made = tuple(_changed(item, value=_substituted(item.value, values, bound)) for item in items)
            return _changed(node, items=_same(items, made))
        case MapOf(entries=entries):
            pairs = tuple(
                _changed(each, key=_substituted(each.key, values, bound), value=_substituted(each.value, values, bound))
                for each in entries
            )
            return _changed(node, entries=_same(entries, pairs))
        case _:
            inside = {"operand", "index"} & {field.name for field in fields(node)}
            parts = {name: _substituted(getattr(node, name), values, bound) for name in inside}
            return _changed(node, **parts)


def _same(old: tuple[_T, ...], new: tuple[_T, ...]) -> tuple[_T, ...]:
    return old if all(one is other for one, other in zip(old, new, strict=True)) else new


def _changed(node: _Node, **parts: object) -> _Node:
    same = all(getattr(node, name) is part for name, part in parts.items())
    return node if same else replace(node, **parts)


def literal_of(value: object, span: Span) -> Expression:
    """Return the expression that a value is written as; raises TypeError for one that has none, such as an optional."""
    match value:
        case Timestamp():
            return Call("timestamp", (Literal(timestamp_text(value), span),), span, span)
        case Length():
            return Call("duration", (Literal(duration_text(value), span),), span, span)
        case None | bool() | int() | float() | str() | bytes():
            return Literal(value, span)
        case list() | tuple():
            return ListOf(tuple(ListItem(literal_of(item, span)) for item in value), span)
        case Mapping():
            entries = (MapEntry(literal_of(key, span), literal_of(item, span)) for key, item in value.items())
            return MapOf(tuple(entries), span)
        case _:
            raise TypeError(f"a {type(value).__name__} is not written as an expression")


def replace_span(node: Expression, span: Span) -> Expression:
    """Return the tree of a constant as if it stood at a place."""
    match node:
        case Literal(value=value):
            return Literal(value, span)
        case Call(function=function, arguments=arguments):
            return Call(function, tuple(replace_span(each, span) for each in arguments), span, span)
        case ListOf(items=items):
            return ListOf(tuple(ListItem(replace_span(each.value, span)) for each in items), span)
        case MapOf(entries=entries):
            pairs = (MapEntry(replace_span(each.key, span), replace_span(each.value, span)) for each in entries)
            return MapOf(tuple(pairs), span)
        case _:
            return node
