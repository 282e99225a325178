"""Questions about the values at a place of a workflow: problems made of what is known there, and their answers.

`program.questions["refund"].ask(arrivals, [Outside(argument, wanted)])` asks whether the statement can hold where the
arrivals are: it is `Impossible` at all of them, `Possible` at one, which is told with the values, or `Unknown`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from interlock_dsl.analysis.arrivals import Arrival, Arrivals
from interlock_dsl.analysis.declarations.tables import output_type
from interlock_dsl.analysis.facts import (
    AgentStepFacts,
    AskStepFacts,
    CallStepFacts,
    Facts,
    SetStepFacts,
    StepFacts,
    TableStepFacts,
    WorkflowFacts,
)
from interlock_dsl.analysis.reasoner import Reasoner
from interlock_dsl.analysis.statements import mentioned
from interlock_dsl.analysis.values.problem import Answer, Impossible, Possible, Problem, Statement, Unknown
from interlock_dsl.cel.types import NULL, DoubleType, Field, IntType, RecordType, StringType, Type
from interlock_dsl.program.builtins import EVERYWHERE, RUN


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a question at a place, and the arrival at which it is `Possible`."""

    answer: Answer
    arrival: Arrival | None = None


class Questions:
    """Asks about the values of one workflow. `variables` are all that its conditions can read, with their types."""

    def __init__(self, workflow: WorkflowFacts, facts: Facts, reasoner: Reasoner) -> None:
        self.workflow = workflow
        self.facts = facts
        self.arrivals = Arrivals(workflow, facts)
        self.reasoner = reasoner
        name = StringType((workflow.decl.name.text,))
        fields = workflow.parameters.fields
        self.variables: Mapping[str, Type] = {
            **EVERYWHERE,
            "run": replace(RUN, fields={**RUN.fields, "workflow": Field(name)}),
            **{parameter: field.type for parameter, field in fields.items()},
            **{step: output(made, facts) for step, made in workflow.steps.items()},
        }
        self._optional = frozenset(parameter for parameter, field in fields.items() if field.optional)

    def possible(self, arrivals: Iterable[Arrival]) -> tuple[Arrival, ...]:
        """Return the arrivals but those whose claims contradict each other: nothing comes to a place so."""
        return tuple(each for each in arrivals if not isinstance(self.ask((each,), ()).answer, Impossible))

    def problem(
        self,
        arrival: Arrival,
        statements: Iterable[Statement] = (),
        extra: Mapping[str, Type] | None = None,
        *,
        known: bool = True,
    ) -> Problem:
        """Return the question whether statements can hold at an arrival, together with what is known there.

        `extra` are variables beside those of the workflow, such as `args`. With `known=False` nothing is said of
        conditions on the way: where the answer is `Impossible` then, it is so with them.
        """
        said = (*arrival.claims, *statements) if known else tuple(statements)
        read = frozenset(name for statement in said for name in mentioned(statement))
        types = {**self.variables, **(extra or {})}
        steps = self.workflow.steps.keys() & read
        return Problem(
            said,
            {name: types[name] for name in types if name in read},
            (self._optional & read) | frozenset(steps - arrival.written - arrival.absent),
            frozenset(steps & arrival.absent),
        )

    def ask(
        self,
        arrivals: Sequence[Arrival],
        statements: Sequence[Statement],
        extra: Mapping[str, Type] | None = None,
    ) -> Found:
        """Return whether statements can hold at any of several arrivals, and where."""
        unknown: Unknown | None = None
        for arrival in arrivals:
            if arrival.claims and isinstance(self._ask(arrival, statements, extra, known=False), Impossible):
                continue
            answer = self._ask(arrival, statements, extra, known=True)
            match answer:
                case Possible():
                    return Found(answer, arrival)
                case Unknown():
                    unknown = unknown or answer
                case Impossible():
                    pass
                case _:
                    assert_never(answer)
        return Found(unknown or Impossible())

    def answer(
        self, step: str, type: Type, statements: Sequence[Statement], values: Mapping[str, object]
    ) -> object | None:
        """Return an output of a step with which statements hold, where all else has these values, or None."""
        read = frozenset(name for statement in statements for name in mentioned(statement))
        fixed = {name: only(self.variables[name], values.get(name)) for name in read if name != step}
        steps = frozenset(name for name in fixed if name in self.workflow.steps and not values.get(name))
        answer = self.reasoner.ask(Problem(tuple(statements), {**fixed, step: type}, absent=steps))
        return answer.bindings.get(step) if isinstance(answer, Possible) else None

    def _ask(
        self, arrival: Arrival, statements: Sequence[Statement], extra: Mapping[str, Type] | None, *, known: bool
    ) -> Answer:
        return self.reasoner.ask(self.problem(arrival, statements, extra, known=known))


def only(type: Type, value: object) -> Type:
    """Return the part of a type that has as little as possible beside one value; what it has is to be checked."""
    match type, value:
        case IntType(), int():
            return IntType(int(value), int(value))
        case DoubleType(), float():
            return DoubleType(value, value)
        case StringType(), str():
            return StringType((value,))
        case RecordType(name=name, fields=fields), Mapping():
            there = {key: replace(field, type=only(field.type, value.get(key))) for key, field in fields.items()}
            return RecordType(name, there)
        case _:
            return type


def output(step: StepFacts, facts: Facts) -> Type:
    """Return the type of what a step gives."""
    match step:
        case AgentStepFacts(returns=returns) | AskStepFacts(returns=returns):
            return returns
        case CallStepFacts(call=call):
            return facts.tools[call.tool].result or NULL
        case TableStepFacts(decl=decl):
            return output_type(facts.tables[decl.table.text])
        case SetStepFacts(values=values):
            return RecordType("", {name: Field(value.type) for name, value in values.items()})
