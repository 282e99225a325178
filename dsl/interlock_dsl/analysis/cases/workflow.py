"""Tests of workflows: an input, scripts for agents and people, and what must happen."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from interlock_dsl.analysis.cases.case import UNKNOWN, Case, Ids
from interlock_dsl.analysis.expressions import Expressions
from interlock_dsl.analysis.facts import ToolFacts
from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.analysis.workflows.rows import fan_out
from interlock_dsl.cel.types import ERROR, NULL
from interlock_dsl.diagnostics.messages import cases as say
from interlock_dsl.diagnostics.messages import names as say_name
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.cases import Act, ModelTurn, Test, ToolReply
from interlock_dsl.program.paths import rows_of_parts, visit_zero
from interlock_dsl.schema import ValidationError, decode
from interlock_dsl.syntax import tree as syntax
from interlock_dsl.syntax.tree import Ident, TestDecl

if TYPE_CHECKING:  # a program without workflows needs no networkx
    from interlock_dsl.analysis.workflows.events import Events
    from interlock_dsl.analysis.workflows.outline import Outline


class WorkflowCase(Case):
    """A test of one workflow."""

    def __init__(
        self,
        decl: TestDecl,
        outline: "Outline",
        outlines: Mapping[str, "Outline"],
        symbols: Symbols,
        tools: Mapping[str, ToolFacts],
        expressions: Expressions,
        rules: Ids,
        events: "Events",
    ) -> None:
        super().__init__(decl, symbols, tools, expressions, rules)
        self._events = events
        self._outline = outline
        self._outlines = outlines
        self._input: dict[str, object] = {}
        self._given: dict[str, Span] = {}
        self._unknown = False
        self._agents: dict[str, tuple[ModelTurn, ...]] = {}
        self._persons: dict[str, tuple[object, ...]] = {}
        self._tools_at: dict[str, dict[str, tuple[ToolReply, ...]]] = {}

    def build(self) -> Test:
        """Return the test, having reported what is wrong with it."""
        self._read()
        for name, field in self._outline.parameters.fields.items():
            if name not in self._given and not field.optional and not self._unknown:
                declared = self._outline.place(name)
                self._symbols.report.add(say.not_given(name, field.type, self._decl.span, declared))
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
            context=self._context,
            tools_at=self._tools_at,
        )

    def _own(self, item: syntax.TestItem) -> None:
        match item:
            case syntax.Given():
                self._give(item)
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
            case syntax.EventComes():
                self._come(item)
            case _:
                self._symbols.report.add(say.only_of_policies("`call`", item.span))

    def _reply_at(self, item: syntax.ToolScript, step: Ident, reply: ToolReply) -> None:
        found = self._found(step)
        if found is not None and not isinstance(found, syntax.CallStep | syntax.AgentStep):
            self._symbols.report.add(say.wrong_step(step.text, "that calls a tool", step.span, found.name.span))
        here = self._tools_at.setdefault(item.tool.text, {})
        here[step.text] = (*here.get(step.text, ()), reply)

    def _come(self, item: syntax.EventComes) -> None:
        """Check an event that comes: some step waits for it, and takes its data."""
        value = None if item.value is None else self._value(item.value)
        self._acts.append(Act("comes", item.span, item.event, value))
        if not self._awaited(item.event, item.span) or value is UNKNOWN or ERROR in self._events[item.event]:
            return
        problems: list[str] = []
        for data in self._events[item.event]:
            try:
                decode(NULL if data is None else data, value)
            except ValidationError as invalid:
                problems = [*problems, *invalid.problems]
            else:
                return
        span = item.span if item.value is None else item.value.span
        self._symbols.report.add(say.invalid_data(item.event, problems, span))

    def _awaited(self, event: str, span: Span) -> bool:
        if event in self._events:
            return True
        self._symbols.report.add(say.nobody_waits(self._outline.decl.name.text, event, span, self._events))
        return False

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
        step = self._found(name)
        if step is not None and not isinstance(step, kind):
            self._symbols.report.add(say.wrong_step(name.text, words, name.span, step.name.span))

    def _found(self, name: Ident) -> syntax.StepNode | None:
        """Return the step of a name, or of a path into the workflows that steps run; report where there is none."""
        outline: Outline | None = self._outline
        found: syntax.StepNode | None = None
        if visit_zero(name.text):
            self._symbols.report.add(say.no_visit(name.text, name.span))
        for at, (part, row) in enumerate(rows_of_parts(name.text)):
            if at and not isinstance(found, syntax.RunStep):
                self._symbols.report.add(say.runs_nothing(name.text, name.span))
                return None
            if isinstance(found, syntax.RunStep):
                outline = self._outlines.get(found.workflow.text)
            if outline is None:
                return None  # there is no such workflow, which has been reported
            found = outline.steps.get(part)
            if found is None:
                before = "/".join(name.text.split("/")[:at])
                self._symbols.miss("step", name, [f"{before}/{step}" if at else step for step in outline.steps])
                return None
            self._row(name, found, row)
        return found

    def _row(self, path: Ident, step: syntax.StepNode, row: int | None) -> None:
        """Report a row that a step cannot have."""
        rows = fan_out(step)
        if row is not None and rows is None:
            self._symbols.report.add(say.taken_once(step.name.text, path.span, step.name.span))
        elif row is not None and rows is not None and row >= rows.max:
            self._symbols.report.add(say.row_beyond(path.text, rows.max, path.span, rows.span))

    def _backtracked(self, name: Ident) -> None:
        """Report a step that no route backtracks to."""
        found = self._found(name)
        if found is None:
            return
        before, _, step = name.text.rpartition("/")
        outline: Outline | None = self._outline
        for part, _ in rows_of_parts(before) if before else ():
            inner = None if outline is None else outline.steps.get(part)
            outline = self._outlines.get(inner.workflow.text) if isinstance(inner, syntax.RunStep) else None
        routes = () if outline is None else outline.routes
        if outline is not None and not any(link.backtracks and link.targets[0] == step for link in routes):
            self._symbols.report.add(say.never_gone_back(name.text, name.span, found.name.span))

    def _expect(self, item: syntax.Expect) -> None:
        name = item.name
        value = None if item.value is None else self._value(item.value)
        match item.kind:
            case "allows" | "denies" | "asks":
                self._symbols.report.add(say.only_of_policies(f"`expect {item.kind}`", item.span))
                return
            case "awaits":
                self._awaited(item.event, item.span)
            case "redacts" | "never redacts":
                self._expected_fields(item)
            case "waits" | "escalates" | "notifies" | "never notifies" if name is not None:
                self._symbols.role(name)
            case "withheld":
                self._withheld(item)
            case "calls" | "never calls" | "denied":
                self._expected_call(item, value)
            case "ends" if name is not None:
                end = self._outline.ends.get(name.text)
                if end is None:
                    self._symbols.miss("end", name, self._outline.ends)
                else:
                    self._keys(f"the end `{name.text}`", item.value, value, (v.name.text for v in end.values))
            case "visits" | "never visits" if name is not None:
                self._found(name)
            case "backtracks" if name is not None:
                self._backtracked(name)
            case _:
                pass
        self._expected(item, value)
