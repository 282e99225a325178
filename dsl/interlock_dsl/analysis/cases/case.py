"""What tests of workflows and of policies have in common: names resolved, values computed, lines said once."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from interlock_dsl.analysis.declarations.obligations import check_field
from interlock_dsl.analysis.expressions import Expressions
from interlock_dsl.analysis.facts import ToolFacts
from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.cel.environment import DEFAULT_LIMIT, CompiledExpression
from interlock_dsl.cel.errors import EvaluationError
from interlock_dsl.cel.tree import Expression
from interlock_dsl.cel.types import DYN, ERROR
from interlock_dsl.diagnostics.messages import cases as say
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.cases import Act, ToolReply
from interlock_dsl.schema import ValidationError, decode, encode
from interlock_dsl.syntax import tree as syntax
from interlock_dsl.syntax.tree import Ident, TestDecl

UNKNOWN = object()
"""Stands for a value that cannot be computed; it has been reported, so no program holds it."""


@dataclass(frozen=True, slots=True)
class Ids:
    """What an expectation may name: the rules and promises that deny a call, the promises that give the run up."""

    denying: tuple[str, ...]
    giving_up: tuple[str, ...]


class Case(ABC):
    """One test, item by item. What may stand in it, and what its expectations are about, the two kinds say."""

    def __init__(
        self,
        decl: TestDecl,
        symbols: Symbols,
        tools: Mapping[str, ToolFacts],
        expressions: Expressions,
        rules: Ids,
    ) -> None:
        self._decl = decl
        self._symbols = symbols
        self._known = tools
        self._expressions = expressions
        self._rules = rules
        self._principal: str | None = None
        self._roles: tuple[str, ...] = ()
        self._now: int | None = None
        self._context: Mapping[str, object] | None = None
        self._once: dict[str, Span] = {}
        self._tools: dict[str, tuple[ToolReply, ...]] = {}
        self._acts: list[Act] = []

    def _read(self) -> None:
        """Take in every item, and refuse a test that expects nothing."""
        for item in self._decl.items:
            self._item(item)
        if not any(isinstance(item, syntax.Expect) for item in self._decl.items):
            self._symbols.report.add(say.nothing_expected(self._decl.title, self._decl.span))

    def _item(self, item: syntax.TestItem) -> None:
        match item:
            case syntax.GivenNow(micros=micros):
                self._unrepeated("`given now`", item.span)
                self._now = micros
            case syntax.GivenContext():
                self._unrepeated("`given context`", item.span)
                self._give_context(item)
            case syntax.ToolScript(tool=tool, value=value, failure=failure, step=step):
                self._tool(tool)
                late = value is None and failure is None
                reply = ToolReply(None if value is None else self._value(value), failure, late)
                if step is None:
                    self._tools[tool.text] = (*self._tools.get(tool.text, ()), reply)
                else:
                    self._reply_at(item, step, reply)
            case syntax.PersonDecides(role=role, approves=approves):
                self._symbols.role(role)
                self._acts.append(Act("decides", item.span, role.text, approves=approves))
            case syntax.TimePasses(duration=duration):
                self._acts.append(Act("passes", item.span, micros=duration.micros))
            case syntax.Expect():
                self._expect(item)
            case _:
                self._own(item)

    def _give_context(self, item: syntax.GivenContext) -> None:
        declared = self._expressions.everywhere.get("context")
        if declared is None:
            self._symbols.report.add(say.no_context(item.span))
            return
        value = self._value(item.value)
        try:
            decode(declared, value)
        except ValidationError as invalid:
            self._symbols.report.add(say.invalid_value(invalid.problems, item.value.span))
        except TypeError:
            return  # a type with a mistake in it, or a value that has been reported
        self._context = cast("Mapping[str, object]", value)

    def _expected_fields(self, item: syntax.Expect) -> None:
        """Check an expectation about what is hidden of the calls of a tool."""
        assert item.name is not None
        tool = self._tool(item.name)
        if tool is not None:
            for field in item.fields:
                check_field(field, [tool], self._symbols.report)

    def _reply_at(self, item: syntax.ToolScript, step: Ident, reply: ToolReply) -> None:
        """Take in what a tool gives back at one step, which only a test of a workflow can say."""
        self._symbols.report.add(say.only_of_workflows("`at`", step.span))

    @abstractmethod
    def _own(self, item: syntax.TestItem) -> None:
        """Take in an item that only one kind of test has."""

    @abstractmethod
    def _expect(self, item: syntax.Expect) -> None:
        """Take in an expectation."""

    def _unrepeated(self, what: str, span: Span) -> None:
        first = self._once.setdefault(what, span)
        if first is not span:
            self._symbols.report.add(say.said_twice(what, span, first))

    def _tool(self, name: Ident) -> ToolFacts | None:
        """Return a tool, be it one that only an `undo` declares, or report that there is none."""
        if name.text not in self._known:
            self._symbols.miss("tool", name, self._known)
        return self._known.get(name.text)

    def _expected_call(self, item: syntax.Expect, value: object) -> None:
        """Check an expectation about calls of a tool that it names."""
        assert item.name is not None
        tool = self._tool(item.name)
        if tool is not None:
            self._keys(f"`{item.name.text}`", item.value, value, tool.parameters.fields)

    def _withheld(self, item: syntax.Expect) -> None:
        """Check that attempts at calls of a tool can be withheld by what an expectation names."""
        assert item.name is not None
        tool = self._tool(item.name)
        if tool is None or tool.decl is None:
            return
        clauses = {"rate": tool.decl.rate, "breaker": tool.decl.breaker}
        wanted = list(clauses) if item.rule is None else [item.rule]
        if all(clauses[each] is None for each in wanted):
            self._symbols.report.add(say.nothing_withheld(item.name.text, " or ".join(wanted), item.span))

    def _expected(self, item: syntax.Expect, value: object) -> None:
        """Check the rule that an expectation names, and keep the expectation."""
        if item.rule is not None and item.kind == "fails" and item.rule not in self._rules.giving_up:
            self._symbols.report.add(say.no_such_promise(item.rule, item.span, self._rules.giving_up))
        elif item.rule is not None and item.kind not in ("fails", "withheld") and item.rule not in self._rules.denying:
            self._symbols.report.add(say.no_such_rule(item.rule, item.span, self._rules.denying))
        name = item.event if item.name is None else item.name.text
        fields = tuple(field.text for field in item.fields)
        self._acts.append(
            Act(item.kind, item.span, name, value, False, 0, item.because, item.rule, None, item.count, fields)
        )

    def _keys(self, what: str, tree: Expression | None, value: object, known: Iterable[str]) -> None:
        names = list(known)
        for key in value if isinstance(value, dict) else ():
            if key not in names and tree is not None:
                self._symbols.report.add(say.no_such_key(what, str(key), tree.span, names))

    def _value(self, tree: Expression) -> object:
        """Return the plain value of an expression without variables.

        The interpreter gives it: compiling costs more than it saves where an expression is evaluated once.
        """
        scope = self._expressions.scope({})
        checked = self._expressions.check(tree, scope)
        if checked.type is ERROR:
            return UNKNOWN
        compiled = CompiledExpression(checked.expression, scope, checked)
        try:
            return encode(DYN, compiled.interpreter.evaluate({}, DEFAULT_LIMIT))
        except EvaluationError as error:
            self._symbols.report.add(say.not_constant(error.message, error.span))
        except TypeError as error:
            self._symbols.report.add(say.not_constant(str(error), tree.span))
        return UNKNOWN
