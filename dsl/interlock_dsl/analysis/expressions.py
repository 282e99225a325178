"""Expressions of a file: rewritten where the language adds to CEL, and checked in their scope."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import cast

from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.cel.check import Checked, LocalReference, Scope, check
from interlock_dsl.cel.environment import CompiledExpression
from interlock_dsl.cel.errors import EvaluationError
from interlock_dsl.cel.library import FUNCTIONS as LIBRARY
from interlock_dsl.cel.library.declare import merge
from interlock_dsl.cel.tree import (
    Bind,
    Call,
    Comprehension,
    Expression,
    Index,
    ListItem,
    ListOf,
    Literal,
    MapEntry,
    MapOf,
    Name,
    Present,
    Select,
    children,
)
from interlock_dsl.cel.types import ERROR, DoubleType, IntType, ListType, RecordType, StringType, Type, UintType
from interlock_dsl.cel.values import Fault
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.messages import permissions as say
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.program.builtins import (
    EVERYWHERE,
    FUNCTIONS,
    HISTORY,
    SUM,
    past_calls,
    past_functions,
    period_micros,
)
from interlock_dsl.schema.person import UnusableName, normalised
from interlock_dsl.syntax.tree import Ident

READ = ("matches", "timestamp", "duration")
"""Functions that read a text, which may not be readable."""


class Expressions:
    """Checks expressions and reports what is wrong with them. One with a mistake in it has the type `ERROR`."""

    def __init__(self, symbols: Symbols, everywhere: Mapping[str, Type] = EVERYWHERE) -> None:
        self._symbols = symbols
        self.everywhere = everywhere
        """What every condition of the program sees."""
        self.report: Report = symbols.report
        self._functions = merge((LIBRARY.values(), FUNCTIONS.values()))
        self._filled = frozenset(id(use.pack.span.source) for use in symbols.uses)

    def know(self, tools: Mapping[str, tuple[RecordType, Type | None]]) -> None:
        """Let expressions go over the calls of tools, of which the parameters and the result are given."""
        self._functions.update(past_functions(tools))

    def scope(
        self,
        variables: Mapping[str, Type],
        optional: frozenset[str] = frozenset(),
        certain: Callable[[frozenset[str], frozenset[str]], frozenset[str]] | None = None,
    ) -> Scope:
        """Return a scope with these variables; the optional ones may be absent."""
        return Scope(variables, self._functions, optional_variables=optional, certain=certain)

    def check(
        self,
        tree: Expression,
        scope: Scope,
        expected: Type | None = None,
        told: Callable[[Diagnostic], Diagnostic | None] = lambda found: found,
    ) -> Checked:
        """Return an expression checked in a scope, which must give a value of the expected type.

        What is wrong is reported as `told` words it; None is what has been reported with something else.
        """
        tree = self._rewritten(tree)
        checked = check(tree, scope, expected)
        self.report.extend(worded for found in checked.diagnostics if (worded := told(found)) is not None)
        if checked.diagnostics or self._clashes(checked, expected):
            return replace(checked, type=ERROR)
        if self._may_say(tree, *READ) and not self._readable(tree):
            return replace(checked, type=ERROR)
        if self._may_say(tree, "principal") and not self._comparable(checked):
            return replace(checked, type=ERROR)
        return checked

    def _may_say(self, tree: Expression, *words: str) -> bool:
        """Say whether one of some words may stand in an expression; a pack's may hold what is written elsewhere."""
        return any(word in tree.span.text for word in words) or id(tree.span.source) in self._filled

    def _comparable(self, checked: Checked) -> bool:
        """Say whether the principal's name is compared with names in their normalised form; report the others."""
        comparable = True
        for literal in _compared_names(checked):
            name = cast(str, literal.value)
            try:
                compared, problem = normalised(name), ""
            except UnusableName as unusable:
                compared, problem = "", str(unusable)
            if problem or compared != name:
                self.report.add(say.unnormalised_name(name, compared, problem, literal.span))
                comparable = False
        return comparable

    def fits(self, tree: Expression, scope: Scope, expected: Type) -> bool:
        """Say whether the checker finds nothing wrong with an expression in a scope; report nothing about it."""
        return not check(self._rewritten(tree), scope, expected).diagnostics

    def _readable(self, tree: Expression) -> bool:
        """Say whether every pattern, instant and duration that is written out can be read; report the others."""
        readable = True
        for node in walk(tree):
            match node:
                case Call(function="timestamp" | "duration", receiver=None, arguments=(Literal(value=str()) as text,)):
                    probe = node
                case Call(function="matches", receiver=receiver, arguments=(Literal(value=str()) as text,)) if (
                    receiver is not None
                ):
                    probe = replace(node, receiver=Literal("", node.span))
                case _:
                    continue
            scope = self.scope({})
            try:
                CompiledExpression(probe, scope, check(probe, scope, None)).evaluate({})
            except EvaluationError as error:
                self.report.add(say.unreadable(node.function, error.message, text.span))
                readable = False
        return readable

    def _clashes(self, checked: Checked, expected: Type | None) -> bool:
        if expected is None or not enum_clash(checked.type, expected) or spelled_out(checked.expression):
            return False
        self.report.add(say.enum_mismatch(checked.type, expected, checked.expression.span))
        return True

    def _rewritten(self, tree: Expression) -> Expression:
        return rewrite(tree, self._calls) if self._may_say(tree, "calls") else tree

    def _calls(self, node: Expression) -> Expression:
        """Turn `calls(a.tool)` into `calls($history, "a.tool")`."""
        match node:
            case Call(function="calls", receiver=None, arguments=arguments):
                pass
            case Call(function="within", receiver=Call(function="calls"), arguments=(Literal(value=str() as period),)):
                self._check_period(period, node)
                return node
            case Call(function="count", receiver=Call(function="within", receiver=Call(function="calls")) as counted):
                return self._calls(counted) if not node.arguments else node
            case Comprehension(range=range_):
                listed = self._listed(range_)
                return node if listed is None else replace(node, range=listed)
            case Call(function="sum", receiver=receiver, arguments=arguments) if receiver is not None:
                listed = self._listed(receiver)
                return node if listed is None else self._sum(node, listed, arguments)
            case _:
                return node
        name = self._tool(node, arguments)
        if name is None:
            return Literal(None, node.span)
        return replace(node, arguments=(Name(HISTORY, node.function_span), Literal(name, arguments[0].span)))

    def _tool(self, node: Expression, arguments: tuple[Expression, ...]) -> str | None:
        """Return the tool that `calls` is about; None where it names none, which is reported."""
        name = dotted(arguments[0]) if len(arguments) == 1 else None
        if name is None:
            self.report.add(say.calls_argument(node.span, self._symbols.tools))
        else:
            self._symbols.tool(Ident(name, span=arguments[0].span))
        return name

    def _listed(self, node: Expression) -> Expression | None:
        """Return the list that `calls(a.tool)` or `calls(a.tool).within("1h")` goes over; None for anything else."""
        periods: tuple[Expression, ...] = ()
        match node:
            case Call(function="within", receiver=Call(function="calls") as calls, arguments=(period,)):
                if isinstance(period, Literal) and isinstance(period.value, str):
                    self._check_period(period.value, node)
                periods = (period,)
            case Call(function="calls") as calls:
                pass
            case _:
                return None
        if calls.receiver is not None:
            return None
        name = self._tool(calls, calls.arguments)
        if name is None or past_calls(name) not in self._functions:
            return ListOf((), node.span)
        history = Name(HISTORY, calls.function_span)
        return Call(past_calls(name), (history, *periods), node.span, calls.function_span)

    def _sum(self, node: Call, listed: Expression, arguments: tuple[Expression, ...]) -> Expression:
        """Turn `calls(a.tool).sum(c, E)` into the sum of `E` for each of the calls."""
        match arguments:
            case (Name(name=variable), body):
                amounts = Comprehension("map", listed, (variable,), body, node.span)
                return Call(SUM, (amounts,), node.span, node.function_span)
            case _:
                self.report.add(say.sum_form(node.span))
                return Literal(0, node.span)

    def _check_period(self, period: str, node: Call) -> None:
        try:
            period_micros(period)
        except Fault as fault:
            self.report.add(say.bad_period(fault.message, node.arguments[0].span))


def _compared_names(checked: Checked) -> Iterator[Literal]:
    """Yield the texts that the principal's name is compared with."""
    for node in walk(checked.expression):
        match node:
            case Call(function="@in", arguments=(one, ListOf(items=items))) if _is_principal_name(checked, one):
                offered = [item.value for item in items]
            case Call(function="_==_" | "_!=_", arguments=(one, other)) if _is_principal_name(checked, one):
                offered = [other]
            case Call(function="_==_" | "_!=_", arguments=(one, other)) if _is_principal_name(checked, other):
                offered = [one]
            case _:
                continue
        yield from (each for each in offered if isinstance(each, Literal) and isinstance(each.value, str))


def _is_principal_name(checked: Checked, node: Expression) -> bool:
    match node:
        case Select(operand=Name(name="principal") as person, field="name"):
            return not isinstance(checked.reference_of(person), LocalReference)
        case _:
            return False


def walk(node: Expression) -> Iterator[Expression]:
    """Yield every node of a tree, outermost first."""
    yield node
    for child in children(node):
        yield from walk(child)


def enum_clash(offered: Type, wanted: Type) -> bool:
    """Say whether text that may be none of an enum's values is offered for it, or a number always out of bounds."""
    match offered, wanted:
        case StringType(values=given), StringType(values=values) if values is not None:
            return given is None or not set(given) & set(values)
        case (IntType(low, high), IntType(least, most)) | (UintType(low, high), UintType(least, most)):
            return apart(low, high, least, most)
        case DoubleType(low, high), DoubleType(least, most):
            return apart(low, high, least, most)
        case ListType(element), ListType(other):
            return enum_clash(element, other)
        case RecordType(fields=given), RecordType(fields=fields):
            return any(name in given and enum_clash(given[name].type, field.type) for name, field in fields.items())
        case _:
            return False


def apart(low: float | None, high: float | None, least: float | None, most: float | None) -> bool:
    """Say whether two ranges have nothing in common (None is no bound)."""
    return (high is not None and least is not None and high < least) or (
        low is not None and most is not None and low > most
    )


def spelled_out(node: Expression) -> bool:
    """Say whether an expression is made of constants, which have been compared with the expected type one by one."""
    match node:
        case Literal():
            return True
        case ListOf(items=items):
            return all(spelled_out(item.value) for item in items)
        case Call(function="_?_:_", arguments=(_, then, otherwise)):
            return spelled_out(then) and spelled_out(otherwise)
        case _:
            return False


def dotted(node: Expression) -> str | None:
    """Return the name that a chain of selections (or a text) spells, None for anything else."""
    match node:
        case Literal(value=str() as name):
            return name
        case Name(name=name):
            return name
        case Select(operand=operand, field=field, optional=False):
            head = dotted(operand) if not isinstance(operand, Literal) else None
            return None if head is None else f"{head}.{field}"
        case _:
            return None


def free_names(node: Expression, bound: frozenset[str] = frozenset()) -> Iterator[Name]:
    """Yield the names that an expression reads from outside, in order."""
    match node:
        case Name(name=name):
            if name not in bound:
                yield node
        case Comprehension(range=range_, variables=variables):
            yield from free_names(range_, bound)
            for child in children(node)[1:]:
                yield from free_names(child, bound | set(variables))
        case Call(function="sum", receiver=Call() as summed, arguments=(Name(name=name), body)):
            yield from free_names(summed, bound)
            yield from free_names(body, bound | {name})
        case Bind(name=name, value=value, body=body):
            yield from free_names(value, bound)
            yield from free_names(body, bound | {name})
        case _:
            for child in children(node):
                yield from free_names(child, bound)


def rewrite(node: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """Return a tree in which `change` has been applied to every node, outermost first."""
    node = change(node)
    match node:
        case Literal() | Name():
            return node
        case Select() | Present():
            return replace(node, operand=rewrite(node.operand, change))
        case Index():
            return replace(node, operand=rewrite(node.operand, change), index=rewrite(node.index, change))
        case Call():
            receiver = None if node.receiver is None else rewrite(node.receiver, change)
            arguments = tuple(rewrite(argument, change) for argument in node.arguments)
            return replace(node, receiver=receiver, arguments=arguments)
        case ListOf():
            return replace(node, items=tuple(ListItem(rewrite(i.value, change), i.optional) for i in node.items))
        case MapOf():
            entries = (MapEntry(rewrite(e.key, change), rewrite(e.value, change), e.optional) for e in node.entries)
            return replace(node, entries=tuple(entries))
        case Comprehension():
            condition = None if node.condition is None else rewrite(node.condition, change)
            range_, body = rewrite(node.range, change), rewrite(node.body, change)
            return replace(node, range=range_, body=body, condition=condition)
        case Bind():
            return replace(node, value=rewrite(node.value, change), body=rewrite(node.body, change))
