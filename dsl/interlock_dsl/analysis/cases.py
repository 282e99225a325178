"""Tests: scripts and expectations with their names resolved and their values computed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from interlock_dsl.analysis.expressions import Expressions
from interlock_dsl.analysis.facts import ToolFacts
from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.cel.environment import DEFAULT_LIMIT, CompiledExpression
from interlock_dsl.cel.errors import EvaluationError
from interlock_dsl.cel.tree import Expression
from interlock_dsl.cel.types import DYN, ERROR
from interlock_dsl.diagnostics.messages import cases as say
from interlock_dsl.diagnostics.messages import names as say_name
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.cases import Act, ModelTurn, Test, ToolReply
from interlock_dsl.schema import ValidationError, decode, encode
from interlock_dsl.syntax import tree as syntax
from interlock_dsl.syntax.tree import Ident, TestDecl

if TYPE_CHECKING:  # a program without workflows needs no networkx
    from interlock_dsl.analysis.workflows.outline import Outline

UNKNOWN = object()
"""Stands for a value that cannot be computed; it has been reported, so no program holds it."""


@dataclass(frozen=True, slots=True)
class Ids:
    """What an expectation may name: the rules and promises that deny a call, the promises that give the run up."""

    denying: tuple[str, ...]
    giving_up: tuple[str, ...]


def test_facts(
    symbols: Symbols,
    tools: Mapping[str, ToolFacts],
    outlines: Mapping[str, "Outline"],
    expressions: Expressions,
    rules: Mapping[str, Ids],
) -> tuple[Test, ...]:
    """Return the tests of the program, with its `tools`, and the ids that expectations of each workflow may name.

    Titles are unique, so that one can be named.
    """
    titles: dict[str, Span] = {}
    found: list[Test] = []
    for decl in symbols.tests:
        first = titles.setdefault(decl.title, decl.span)
        if first is not decl.span:
            symbols.report.add(say_name.duplicate("test", decl.title, decl.span, first))
        outline = _tested(decl, symbols, outlines)
        if outline is not None:
            found.append(_Case(decl, outline, symbols, tools, expressions, rules[outline.decl.name.text]).build())
    return tuple(found)


def _tested(decl: TestDecl, symbols: Symbols, outlines: Mapping[str, "Outline"]) -> "Outline | None":
    if decl.workflow is not None:
        symbols.workflow(decl.workflow)
        return outlines.get(decl.workflow.text)
    if len(outlines) == 1:
        return next(iter(outlines.values()))
    symbols.report.add(say.which_workflow(decl.span, outlines))
    return None


class _Case:
    """One test, item by item."""

    def __init__(
        self,
        decl: TestDecl,
        outline: "Outline",
        symbols: Symbols,
        tools: Mapping[str, ToolFacts],
        expressions: Expressions,
        rules: Ids,
    ) -> None:
        self._decl = decl
        self._outline = outline
        self._symbols = symbols
        self._known = tools
        self._expressions = expressions
        self._rules = rules
        self._input: dict[str, object] = {}
        self._given: dict[str, Span] = {}
        self._unknown = False
        self._principal: str | None = None
        self._roles: tuple[str, ...] = ()
        self._now: int | None = None
        self._once: dict[str, Span] = {}
        self._agents: dict[str, tuple[ModelTurn, ...]] = {}
        self._persons: dict[str, tuple[object, ...]] = {}
        self._tools: dict[str, tuple[ToolReply, ...]] = {}
        self._acts: list[Act] = []

    def build(self) -> Test:
        for item in self._decl.items:
            self._item(item)
        for name, field in self._outline.parameters.fields.items():
            if name not in self._given and not field.optional and not self._unknown:
                declared = self._outline.place(name)
                self._symbols.report.add(say.not_given(name, field.type, self._decl.span, declared))
        if not any(isinstance(item, syntax.Expect) for item in self._decl.items):
            self._symbols.report.add(say.nothing_expected(self._decl.title, self._decl.span))
        return Test(
            title=self._decl.title,
            workflow=self._outline.decl.name.text,
            input=self._input,
            principal=self._principal,
            roles=self._roles,
            now=self._now,
            agents=self._agents,
            persons=self._persons,
            tools=self._tools,
            acts=tuple(self._acts),
            span=self._decl.span,
        )

    def _item(self, item: syntax.TestItem) -> None:
        match item:
            case syntax.Given():
                self._give(item)
            case syntax.GivenNow(micros=micros):
                self._unrepeated("`given now`", item.span)
                self._now = micros
            case syntax.Starts(principal=principal, roles=roles):
                self._unrepeated("`started by`", item.span)
                self._principal, self._roles = principal, roles
            case syntax.AgentScript(step=step, tool=tool, value=value, failure=failure):
                self._step(step, syntax.AgentStep, "by an agent")
                if tool is not None:
                    self._tool(tool)
                if value is None:
                    turn = ModelTurn(None, None, failed=True, failure=failure or "")
                else:
                    turn = ModelTurn(None if tool is None else tool.text, self._value(value))
                self._agents[step.text] = (*self._agents.get(step.text, ()), turn)
            case syntax.PersonScript(step=step, value=value):
                self._step(step, syntax.AskStep, "that asks a person")
                self._persons[step.text] = (*self._persons.get(step.text, ()), self._value(value))
            case syntax.ToolScript(tool=tool, value=value, failure=failure):
                self._tool(tool)
                late = value is None and failure is None
                reply = ToolReply(None if value is None else self._value(value), failure, late)
                self._tools[tool.text] = (*self._tools.get(tool.text, ()), reply)
            case syntax.PersonDecides(role=role, approves=approves):
                self._symbols.role(role)
                self._acts.append(Act("decides", item.span, role.text, approves=approves))
            case syntax.TimePasses(duration=duration):
                self._acts.append(Act("passes", item.span, micros=duration.micros))
            case syntax.Expect():
                self._expect(item)

    def _unrepeated(self, what: str, span: Span) -> None:
        first = self._once.setdefault(what, span)
        if first is not span:
            self._symbols.report.add(say.said_twice(what, span, first))

    def _give(self, item: syntax.Given) -> None:
        name, fields = item.parameter, self._outline.parameters.fields
        if name.text not in fields:
            self._symbols.miss("parameter", name, fields)
            self._unknown = True
            return
        first = self._given.setdefault(name.text, name.span)
        if first is not name.span:
            self._symbols.report.add(say_name.repeated("the value of", name.text, name.span, first))
        value = self._value(item.value)
        self._input[name.text] = value
        if value is UNKNOWN or fields[name.text].type is ERROR:
            return
        try:
            decode(fields[name.text].type, value)
        except ValidationError as invalid:
            # Where a type was changed, every test says the same of it.
            if self._symbols.report.first_of(f"value of {self._outline.decl.name.text}.{name.text}", str(invalid)):
                self._symbols.report.add(say.invalid_value(invalid.problems, item.value.span))
        except TypeError:
            return  # a type with a mistake in it, which has been reported

    def _step(self, name: Ident, kind: type[syntax.StepNode], words: str) -> None:
        step = self._outline.steps.get(name.text)
        if step is None:
            self._symbols.miss("step", name, self._outline.steps)
        elif not isinstance(step, kind):
            self._symbols.report.add(say.wrong_step(name.text, words, name.span, step.name.span))

    def _tool(self, name: Ident) -> ToolFacts | None:
        """Return a tool, be it one that only an `undo` declares, or report that there is none."""
        if name.text not in self._known:
            self._symbols.miss("tool", name, self._known)
        return self._known.get(name.text)

    def _expect(self, item: syntax.Expect) -> None:
        name = item.name
        value = None if item.value is None else self._value(item.value)
        if name is not None:
            match item.kind:
                case "waits" | "escalates":
                    self._symbols.role(name)
                case "calls" | "never calls" | "denied":
                    tool = self._tool(name)
                    if tool is not None:
                        self._keys(f"`{name.text}`", item, value, tool.parameters.fields)
                case "ends":
                    end = self._outline.ends.get(name.text)
                    if end is None:
                        self._symbols.miss("end", name, self._outline.ends)
                    else:
                        self._keys(f"the end `{name.text}`", item, value, (v.name.text for v in end.values))
                case "visits":
                    if name.text not in self._outline.steps:
                        self._symbols.miss("step", name, self._outline.steps)
                case "fails":
                    pass
        if item.rule is not None and item.kind == "fails" and item.rule not in self._rules.giving_up:
            self._symbols.report.add(say.no_such_promise(item.rule, item.span, self._rules.giving_up))
        elif item.rule is not None and item.kind != "fails" and item.rule not in self._rules.denying:
            self._symbols.report.add(say.no_such_rule(item.rule, item.span, self._rules.denying))
        name_text = "" if name is None else name.text
        self._acts.append(Act(item.kind, item.span, name_text, value, because=item.because, rule=item.rule))

    def _keys(self, what: str, item: syntax.Expect, value: object, known: Iterable[str]) -> None:
        names = list(known)
        for key in value if isinstance(value, dict) else ():
            if key not in names and item.value is not None:
                self._symbols.report.add(say.no_such_key(what, str(key), item.value.span, names))

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
