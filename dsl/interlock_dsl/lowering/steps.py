"""Steps and ends of a workflow."""

from collections.abc import Mapping

from interlock_dsl.analysis.symbols import Symbols, unique
from interlock_dsl.analysis.types import Types
from interlock_dsl.cel.environment import CompiledExpression
from interlock_dsl.cel.types import ERROR, NULL, Field, RecordType, Type
from interlock_dsl.diagnostics.messages import permissions as say
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.lowering.arguments import compile_arguments
from interlock_dsl.lowering.declarations import micros
from interlock_dsl.lowering.places import Reader
from interlock_dsl.lowering.tables import output_type
from interlock_dsl.program import model as program
from interlock_dsl.program.model import Agent, Table, Tool
from interlock_dsl.syntax import tree as syntax
from interlock_dsl.syntax.tree import Argument


class Steps:
    """Makes the steps of one workflow, in the order in which they can run, and notes the types of their outputs."""

    def __init__(
        self,
        reader: Reader,
        symbols: Symbols,
        types: Types,
        tools: Mapping[str, Tool],
        agents: Mapping[str, Agent],
        tables: Mapping[str, Table],
    ) -> None:
        self._reader = reader
        self._symbols = symbols
        self._types = types
        self._tools = tools
        self._agents = agents
        self._tables = tables

    def build(self) -> dict[str, program.Step]:
        """Return the steps by name, as far as what they refer to is there."""
        outline = self._reader.outline
        answers = {
            name: self._types.record(() if step.returns is None else step.returns.fields)
            for name, step in outline.steps.items()
            if isinstance(step, syntax.AgentStep | syntax.AskStep)
        }
        for name, step in outline.steps.items():
            self._reader.outputs[name] = answers[name] if name in answers else self._output(step)
        ordered = (name for name in outline.flow.order if name in outline.steps)
        found = {name: self._step(name, outline.steps[name], answers) for name in ordered}
        return {name: made for name in outline.steps if (made := found.get(name)) is not None}

    def _output(self, step: syntax.StepNode) -> Type:
        """Return the type of the output of a step that does not declare it; that of `sets` comes when it is made."""
        match step:
            case syntax.CallStep(call=call):
                tool = self._tools.get(call.tool.text)
                return ERROR if tool is None else NULL if tool.result is None else tool.result
            case syntax.TableStep(table=name):
                table = self._tables.get(name.text)
                return ERROR if table is None else output_type(table)
            case _:
                return ERROR

    def _step(self, name: str, step: syntax.StepNode, answers: Mapping[str, RecordType]) -> program.Step | None:
        match step:
            case syntax.AgentStep():
                return self._agent(name, step, answers[name])
            case syntax.CallStep():
                return self._call(name, step)
            case syntax.AskStep():
                self._symbols.role(step.role)
                return program.AskStep(
                    name, step.role.text, step.question or "", answers[name], micros(step.within), step.span
                )
            case syntax.TableStep():
                return self._table(name, step)
            case syntax.SetStep():
                return self._set(name, step)

    def _agent(self, name: str, step: syntax.AgentStep, returns: RecordType) -> program.AgentStep | None:
        self._shown(step)
        if self._symbols.agent(step.agent) is None:
            return None
        agent = self._agents[step.agent.text]
        if step.tools is None:
            tools = tuple(sorted(t.name for t in self._tools.values() if t.needs and t.needs <= agent.may))
        else:
            tools = tuple(tool.text for tool in step.tools)
        return program.AgentStep(name, agent, step.task or "", returns, tools, step.span)

    def _shown(self, step: syntax.AgentStep) -> None:
        report = self._symbols.report
        unique(report, "the tool", step.tools or ())
        agent = self._agents.get(step.agent.text)
        for name in step.tools or ():
            tool = self._symbols.tool(name)
            if tool is None or agent is None:
                continue
            lacking = {scope.text for scope in tool.needs} - agent.may
            if lacking:
                declared = self._symbols.agents[agent.name].name.span
                report.add(say.tool_out_of_reach(name.text, agent.name, lacking, name.span, declared))

    def _call(self, name: str, step: syntax.CallStep) -> program.CallStep | None:
        decl = self._symbols.tool(step.call.tool)
        tool = self._tools.get(step.call.tool.text)
        parameters = RecordType("", {}) if tool is None else tool.parameters
        if decl is None or tool is None:
            self._values(name, step.call.arguments)
            return None
        arguments = self._arguments(
            name, step.call.arguments, parameters, tool.name, step.call.tool.span, decl.name.span
        )
        return program.CallStep(name, program.Call(tool.name, arguments, step.call.span), step.span)

    def _table(self, name: str, step: syntax.TableStep) -> program.TableStep | None:
        decl = self._symbols.table(step.table)
        table = self._tables.get(step.table.text)
        if decl is None or table is None:
            self._values(name, step.arguments)
            return None
        arguments = self._arguments(name, step.arguments, table.parameters, table.name, step.table.span, decl.name.span)
        return program.TableStep(name, table, arguments, step.span)

    def _arguments(
        self, name: str, given: tuple[Argument, ...], wanted: RecordType, called: str, place: Span, declared: Span
    ) -> Mapping[str, CompiledExpression]:
        here = self._reader.step(name)
        return compile_arguments(
            given,
            wanted,
            called,
            place,
            declared,
            lambda tree, expected: self._reader.compile(tree, here, expected),
            self._symbols.report,
        )

    def _set(self, name: str, step: syntax.SetStep) -> program.SetStep:
        values = self._values(name, step.values)
        fields = {key: Field(value.type) for key, value in values.items()}
        self._reader.outputs[name] = RecordType("", fields)
        return program.SetStep(name, values, step.span)

    def ends(self) -> dict[str, program.End]:
        """Return the ends by name."""
        return {
            name: program.End(name, self._values(name, end.values), end.span)
            for name, end in self._reader.outline.ends.items()
        }

    def _values(self, name: str, values: tuple[Argument, ...]) -> dict[str, CompiledExpression]:
        unique(self._symbols.report, "the field", (value.name for value in values))
        here = self._reader.step(name)
        return {value.name.text: self._reader.compile(value.value, here) for value in values}
