"""Steps and ends of a workflow."""

from collections.abc import Mapping
from typing import Final

from interlock_dsl.analysis.arguments import check_arguments
from interlock_dsl.analysis.declarations.tables import output_type
from interlock_dsl.analysis.extent import Extents
from interlock_dsl.analysis.facts import (
    AgentStepFacts,
    AskStepFacts,
    CallFacts,
    CallStepFacts,
    EndFacts,
    EventStepFacts,
    FanOutFacts,
    RunStepFacts,
    SetStepFacts,
    StepFacts,
    TableFacts,
    TableStepFacts,
    TimeStepFacts,
    ToolFacts,
    Values,
    WorkflowFacts,
)
from interlock_dsl.analysis.symbols import Symbols, unique
from interlock_dsl.analysis.types import Types
from interlock_dsl.analysis.workflows.inner import result
from interlock_dsl.analysis.workflows.places import Reader
from interlock_dsl.analysis.workflows.rows import fan_out, fan_out_facts, output_of, row_variable
from interlock_dsl.cel.types import (
    BOOL,
    ERROR,
    NULL,
    STRING,
    TIMESTAMP,
    Field,
    ListType,
    MapType,
    OptionalType,
    RecordType,
    Type,
    TypeType,
)
from interlock_dsl.diagnostics.messages import names as say_name
from interlock_dsl.diagnostics.messages import permissions as say
from interlock_dsl.diagnostics.messages import types as say_type
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.builtins import EVENT
from interlock_dsl.syntax import tree as syntax
from interlock_dsl.syntax.tree import Argument

NO_FIELDS: Final = RecordType("", {})
"""What the step of an agent or a person is taken to return where its `returns` names no record."""


class Steps:
    """Judges the steps of one workflow, in the order in which they can run, and notes the types of their outputs."""

    def __init__(
        self,
        reader: Reader,
        symbols: Symbols,
        types: Types,
        tools: Mapping[str, ToolFacts],
        tables: Mapping[str, TableFacts],
        workflows: Mapping[str, WorkflowFacts],
    ) -> None:
        self._reader = reader
        self._symbols = symbols
        self._types = types
        self._tools = tools
        self._within_reach: dict[str, tuple[str, ...]] = {}
        self._tables = tables
        self._workflows = workflows
        self._ones: dict[str, Type] = {}
        self._extents = Extents()
        self._too_large = False

    def steps(self) -> dict[str, StepFacts]:
        """Return the steps by name, as far as what they refer to is there."""
        outline = self._reader.outline
        answers = {
            name: self._types.answer(step.returns)
            for name, step in outline.steps.items()
            if isinstance(step, syntax.AgentStep | syntax.AskStep)
        }
        for name, step in outline.steps.items():
            self._ones[name] = self._one(name, step, answers)
            self._reader.outputs[name] = output_of(step, self._ones[name])
        ordered = (name for name in outline.flow.order if name in outline.steps)
        found = {name: self._step(name, outline.steps[name], answers) for name in ordered}
        return {name: made for name in outline.steps if (made := found.get(name)) is not None}

    def _one(self, name: str, step: syntax.StepNode, answers: Mapping[str, RecordType | None]) -> Type:
        """Return the type of what a step gives, in each of its rows; that of `sets` comes when it is made."""
        match step:
            case syntax.AgentStep() | syntax.AskStep():
                return answers[name] or ERROR
            case syntax.CallStep(call=call):
                tool = self._tools.get(call.tool.text)
                return ERROR if tool is None else NULL if tool.result is None else tool.result
            case syntax.TableStep(table=table_name):
                table = self._tables.get(table_name.text)
                return ERROR if table is None else output_type(table)
            case syntax.EventStep(data=data):
                return NULL if data is None else self._types.type(data)
            case syntax.TimeStep():
                return NULL
            case syntax.RunStep(workflow=run):
                inner = self._workflows.get(run.text)
                return ERROR if inner is None else result(inner, run.span, self._symbols.report)
            case _:
                return ERROR

    def _step(self, name: str, step: syntax.StepNode, answers: Mapping[str, RecordType | None]) -> StepFacts | None:
        fanned = fan_out(step)
        rows = None
        if fanned is not None:
            rows = fan_out_facts(self._reader, name, fanned, self._ones[name])
            self._refuse_unwritable(rows.list.type, fanned.list.span)
        match step:
            case syntax.AgentStep():
                return self._agent(step, answers[name] or NO_FIELDS, rows)
            case syntax.CallStep():
                return self._call(name, step, rows)
            case syntax.AskStep():
                self._symbols.role(step.role)
                return AskStepFacts(step, answers[name] or NO_FIELDS, rows)
            case syntax.EventStep():
                return self._event(name, step)
            case syntax.TimeStep(until=until):
                here = self._reader.step(name)
                return TimeStepFacts(step, None if until is None else self._reader.check(until, here, TIMESTAMP))
            case syntax.TableStep():
                return self._table(name, step, rows)
            case syntax.SetStep():
                return self._set(name, step)
            case syntax.RunStep():
                return self._run(name, step, rows)

    def _event(self, name: str, step: syntax.EventStep) -> EventStepFacts:
        if not step.event.strip():
            self._symbols.report.add(say_name.nameless_event(step.name.text, step.span))
        data, where = self._reader.outputs[name], None
        if step.where is not None:
            seen = {} if step.data is None else {EVENT: data}
            where = self._reader.check(step.where, self._reader.step(name), BOOL, seen)
        return EventStepFacts(step, None if step.data is None else data, where)

    def _agent(self, step: syntax.AgentStep, returns: RecordType, rows: FanOutFacts | None) -> AgentStepFacts | None:
        self._shown(step)
        agent = self._symbols.agent(step.agent)
        if agent is None:
            return None
        if step.tools is not None:
            return AgentStepFacts(step, returns, tuple(tool.text for tool in step.tools), rows)
        name = step.agent.text
        if name not in self._within_reach:
            may = {scope.text for scope in agent.may}
            reach = sorted(tool.name for tool in self._tools.values() if tool.needs and tool.needs <= may)
            self._within_reach[name] = tuple(reach)
        return AgentStepFacts(step, returns, self._within_reach[name], rows)

    def _shown(self, step: syntax.AgentStep) -> None:
        report = self._symbols.report
        unique(report, "the tool", step.tools or ())
        agent = self._symbols.agents.get(step.agent.text)
        for name in step.tools or ():
            tool = self._symbols.tool(name)
            if tool is None or agent is None:
                continue
            lacking = {scope.text for scope in tool.needs} - {scope.text for scope in agent.may}
            if lacking - self._symbols.meant_scopes:
                report.add(say.tool_out_of_reach(name.text, agent.name.text, lacking, name.span, agent.name.span))

    def _call(self, name: str, step: syntax.CallStep, rows: FanOutFacts | None) -> CallStepFacts | None:
        decl = self._symbols.tool(step.call.tool)
        tool = self._tools.get(step.call.tool.text)
        parameters = RecordType("", {}) if tool is None else tool.parameters
        if decl is None or tool is None:
            self._values(name, step.call.arguments, rows=rows)
            return None
        arguments = self._arguments(
            name, step.call.arguments, parameters, tool.name, step.call.tool.span, decl.name.span, rows
        )
        return CallStepFacts(step, CallFacts(tool.name, arguments, step.call.span), rows)

    def _table(self, name: str, step: syntax.TableStep, rows: FanOutFacts | None) -> TableStepFacts | None:
        decl = self._symbols.table(step.table)
        table = self._tables.get(step.table.text)
        if decl is None or table is None:
            self._values(name, step.arguments, rows=rows)
            return None
        arguments = self._arguments(
            name, step.arguments, table.parameters, step.table.text, step.table.span, decl.name.span, rows
        )
        return TableStepFacts(step, arguments, rows)

    def _run(self, name: str, step: syntax.RunStep, rows: FanOutFacts | None) -> RunStepFacts | None:
        decl = self._symbols.workflow(step.workflow)
        inner = self._workflows.get(step.workflow.text)
        returns = self._ones[name]
        if decl is None or inner is None or not isinstance(returns, RecordType):
            self._values(name, step.arguments, rows=rows)
            return None
        called, place = step.workflow.text, step.workflow.span
        arguments = self._arguments(name, step.arguments, inner.parameters, called, place, decl.name.span, rows)
        return RunStepFacts(step, called, arguments, returns, rows)

    def _arguments(
        self,
        name: str,
        given: tuple[Argument, ...],
        wanted: RecordType,
        called: str,
        place: Span,
        declared: Span,
        rows: FanOutFacts | None,
    ) -> Values:
        here, row = self._reader.step(name), row_variable(rows)
        return check_arguments(
            given,
            wanted,
            called,
            place,
            declared,
            lambda tree, expected: self._reader.check(tree, here, expected, row),
            self._symbols.report,
        )

    def _set(self, name: str, step: syntax.SetStep) -> SetStepFacts:
        values = self._kept(name, step.values)
        fields = {key: Field(value.type) for key, value in values.items()}
        output = RecordType("", fields)
        problem = self._extents.too_large(output)
        if problem is not None and not self._too_large:
            self._too_large = True
            self._symbols.report.add(say_type.too_large_a_type(name, problem, step.name.span))
        self._reader.outputs[name] = ERROR if problem is not None else output
        return SetStepFacts(step, values)

    def ends(self) -> dict[str, EndFacts]:
        """Return the ends by name."""
        return {
            name: EndFacts(end, self._kept(name, end.values, STRING if end.gives_up else None))
            for name, end in self._reader.outline.ends.items()
        }

    def _kept(self, name: str, values: tuple[Argument, ...], expected: Type | None = None) -> Values:
        """Check values that are written down: each must have a form in JSON."""
        found = self._values(name, values, expected)
        for value in values:
            self._refuse_unwritable(found[value.name.text].type, value.value.span)
        return found

    def _refuse_unwritable(self, type: Type, span: Span) -> None:
        if (unwritable := _unwritable(type)) is not None:
            self._symbols.report.add(say_type.unwritable(unwritable, span))

    def _values(
        self,
        name: str,
        values: tuple[Argument, ...],
        expected: Type | None = None,
        rows: FanOutFacts | None = None,
    ) -> Values:
        unique(self._symbols.report, "the field", (value.name for value in values))
        here, row = self._reader.step(name), row_variable(rows)
        return {value.name.text: self._reader.check(value.value, here, expected, row) for value in values}


def _unwritable(type: Type) -> Type | None:
    """Return the part of a type that has no form in JSON."""
    match type:
        case OptionalType() | TypeType():
            return type
        case ListType(element=element):
            return _unwritable(element)
        case MapType(value=value):
            return _unwritable(value)
        case RecordType(fields=fields):
            return next(filter(None, (_unwritable(field.type) for field in fields.values())), None)
        case _:
            return None
