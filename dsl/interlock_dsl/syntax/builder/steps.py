"""Steps and ends of workflows."""

from typing import Final, cast

from interlock_dsl.cel.tree import Expression
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.syntax.builder.pieces import Clause, Clauses, reduction
from interlock_dsl.syntax.builder.rows import RowBuilder
from interlock_dsl.syntax.tree import (
    AgentStep,
    Argument,
    AskStep,
    CallStep,
    Duration,
    EndDecl,
    EventStep,
    FanOut,
    Ident,
    NamedType,
    RecordType,
    RunStep,
    SetStep,
    TableStep,
    TimeStep,
    ToolCall,
    TypeNode,
)

BECAUSE: Final = "because"


class StepBuilder(RowBuilder):
    """Builds steps and ends."""

    @reduction
    def agent_step(self, name: Ident, agent: Ident, *parts: Clause | FanOut) -> AgentStep:
        """`step name by agent for each ... { clauses }`."""
        rows, clauses = self.fanned(parts)
        return AgentStep(
            name,
            agent,
            task=clauses.get("task", str),
            returns=_answer(clauses),
            tools=clauses.get("tools", tuple),
            within=clauses.get("within", Duration),
            rows=rows,
            span=self.here(),
        )

    @reduction
    def task_clause(self, text: str) -> Clause:
        """`task "text"`."""
        return self.clause("task", text)

    @reduction
    def returns_clause(self, type_: RecordType | NamedType) -> Clause:
        """`returns { fields }`, or the name of a declared record."""
        return self.clause("returns", type_)

    @reduction
    def tools_clause(self, names: tuple[Ident, ...]) -> Clause:
        """`tools names`."""
        return self.clause("tools", names)

    @reduction
    def call_step(self, name: Ident, call: ToolCall, *parts: Clause | FanOut) -> CallStep:
        """`step name calls tool(arguments) for each ... within 5m`."""
        rows, clauses = self.fanned(parts)
        return CallStep(name, call, clauses.get("within", Duration), rows, span=self.here())

    @reduction
    def ask_step(self, name: Ident, role: Ident, *parts: Clause | FanOut) -> AskStep:
        """`step name asks role for each ... { clauses }`."""
        rows, clauses = self.fanned(parts)
        return AskStep(
            name,
            role,
            question=clauses.get("question", str),
            returns=_answer(clauses),
            within=clauses.get("within", Duration),
            rows=rows,
            span=self.here(),
        )

    @reduction
    def question_clause(self, text: str) -> Clause:
        """`question "text"`."""
        return self.clause("question", text)

    @reduction
    def within_clause(self, duration: Duration) -> Clause:
        """`within 4h`."""
        return self.clause("within", duration)

    @reduction
    def event_step(self, name: Ident, event: str, *parts: object) -> EventStep:
        """`step name waits for event "name" -> type where condition within 2d`."""
        clauses = self.gather(part for part in parts if isinstance(part, Clause))
        data = next((part for part in parts if not isinstance(part, Clause)), None)
        return EventStep(
            name,
            event,
            data=cast("TypeNode | None", data),
            where=clauses.expression("where"),
            within=clauses.get("within", Duration),
            span=self.here(),
        )

    @reduction
    def event_where_clause(self, condition: Expression) -> Clause:
        """`where condition`."""
        return self.clause("where", condition)

    @reduction
    def pause_step(self, name: Ident, pause: Duration) -> TimeStep:
        """`step name waits for 10m`."""
        return TimeStep(name, pause=pause, span=self.here())

    @reduction
    def until_step(self, name: Ident, until: Expression) -> TimeStep:
        """`step name waits until expression`."""
        return TimeStep(name, until=until, span=self.here())

    @reduction
    def table_step(
        self, name: Ident, table: Ident, arguments: tuple[Argument, ...], rows: FanOut | None = None
    ) -> TableStep:
        """`step name decides table(arguments) for each ...`."""
        return TableStep(name, table, arguments, rows, span=self.here())

    @reduction
    def set_step(self, name: Ident, values: tuple[Argument, ...]) -> SetStep:
        """`step name sets { values }`."""
        return SetStep(name, values, span=self.here())

    @reduction
    def run_step(
        self, name: Ident, workflow: Ident, arguments: tuple[Argument, ...], *parts: Clause | FanOut
    ) -> RunStep:
        """`step name runs workflow(arguments) for each ... within 5m`."""
        rows, clauses = self.fanned(parts)
        return RunStep(name, workflow, arguments, clauses.get("within", Duration), rows, span=self.here())

    @reduction
    def end(self, name: Ident, values: tuple[Argument, ...] = ()) -> EndDecl:
        """`end name { values }`."""
        return EndDecl(name, values, span=self.here())

    @reduction
    def end_given_up(self, name: Ident, reason: Argument) -> EndDecl:
        """`end name gives up { because reason }`."""
        return EndDecl(name, (reason,), gives_up=True, span=self.here())

    @reduction
    def reason(self, because: Expression) -> Argument:
        """`because reason`."""
        span = self.here()
        word = Span(span.source, span.start, span.start + len(BECAUSE))
        return Argument(Ident(BECAUSE, span=word), because, span=span)


def _answer(clauses: Clauses) -> RecordType | NamedType | None:
    """Return the type that a model or a person answers with, if one is given."""
    return clauses.get("returns", RecordType) or clauses.get("returns", NamedType)
