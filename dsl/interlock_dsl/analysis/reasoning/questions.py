"""Questions about the values at a place of a workflow: problems made of what is known there, and their answers.

`program.questions["refund"].ask(arrivals, [Outside(argument, wanted)])` asks whether the statement can hold where the
arrivals are: it is `Impossible` at all of them, `Possible` at one, which is told with the values, or `Unknown`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never

from interlock_dsl.analysis.declarations.tables import output_type
from interlock_dsl.analysis.facts import (
    AgentStepFacts,
    AskStepFacts,
    CallStepFacts,
    EventStepFacts,
    Facts,
    RunStepFacts,
    SetStepFacts,
    StepFacts,
    TableStepFacts,
    TimeStepFacts,
    WorkflowFacts,
    rows_of,
)
from interlock_dsl.analysis.knowledge.arrivals import Arrival, Arrivals
from interlock_dsl.analysis.knowledge.statements import CHANGING, Linked, failure_in, linked, mentioned
from interlock_dsl.analysis.reasoning.reasoner import Reasoner
from interlock_dsl.analysis.values.domain import MANY, Choice, Numbers, Text
from interlock_dsl.analysis.values.failing import Failing
from interlock_dsl.analysis.values.problem import Answer, Claim, Impossible, Possible, Problem, Statement, Unknown
from interlock_dsl.analysis.values.state import State
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.types import NULL, DoubleType, Field, IntType, RecordType, StringType, Type
from interlock_dsl.program.builtins import FAILURE, RUN, failure_type

MOST_ASKED: Final = 3_000
"""Statements in all questions about one workflow; what is asked then is asked in a cheaper way."""
MOST_NEAR: Final = 6
"""Claims that are said then."""


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
            **facts.everywhere,
            FAILURE: failure_type(),
            "run": replace(RUN, fields={**RUN.fields, "workflow": Field(name)}),
            **{parameter: field.type for parameter, field in fields.items()},
            **{step: _bounded(output(made, facts), made) for step, made in workflow.steps.items()},
        }
        found = (rows_of(made) for made in workflow.steps.values())
        self._rows = frozenset(rows.decl.row.text for rows in found if rows is not None)
        self._parts: dict[int, tuple[Arrival, tuple[Linked, ...]]] = {}
        self._places: dict[int, tuple[Arrival, dict[str, list[int]]]] = {}
        """For each arrival the places of its claims by the variables they are about."""
        self._whole: dict[int, Answer] = {}
        self.outcomes: dict[int, bool | None] = {}
        """What the conditions of routes always come to, by the identity of the route (`certain.always_taken`)."""
        self._held: dict[tuple[tuple[int, ...], frozenset[str], frozenset[str]], Answer] = {}
        self._asked = 0
        """How many statements all questions so far had together."""
        self._optional = frozenset(parameter for parameter, field in fields.items() if field.optional)

    def possible(self, arrivals: Iterable[Arrival]) -> tuple[Arrival, ...]:
        """Return the arrivals but those whose claims contradict each other: nothing comes to a place so."""
        return tuple(each for each in arrivals if not isinstance(self.ask((each,), ()).answer, Impossible))

    def problem(
        self, arrival: Arrival, statements: Iterable[Statement] = (), extra: Mapping[str, Type] | None = None
    ) -> Problem:
        """Return the question whether statements can hold at an arrival, together with all that is known there.

        `extra` are variables beside those of the workflow, such as `args`.
        """
        return self._problem(arrival, (*arrival.claims, *statements), extra or {})

    def _problem(self, arrival: Arrival, said: tuple[Statement, ...], extra: Mapping[str, Type]) -> Problem:
        read = frozenset[str]().union(*map(mentioned, said))
        failure = failure_in(said) if FAILURE in read else None
        extra = extra if failure is None else {**extra, FAILURE: failure}
        steps = self.workflow.steps.keys() & read
        types = {**self._row_types(said), **self.variables, **extra}
        return Problem(
            said,
            {name: types[name] for name in sorted(read)},
            (self._optional & read) | frozenset(steps - arrival.written - arrival.absent),
            frozenset(steps & arrival.absent),
        )

    def _row_types(self, said: Iterable[Statement]) -> dict[str, Type]:
        """Return the types of the rows that statements are about, each in the step that it is a row of."""
        if not self._rows:
            return {}
        scopes = [s.condition.scope if isinstance(s, Claim) else s.expression.scope for s in said]
        return {name: scope.variables[name] for scope in scopes for name in self._rows if name in scope.variables}

    def ask(
        self,
        arrivals: Sequence[Arrival],
        statements: Sequence[Statement],
        extra: Mapping[str, Type] | None = None,
    ) -> Found:
        """Return whether statements can hold at any of several arrivals, and where."""
        unknown: Unknown | None = None
        for arrival in arrivals:
            answer = self._ask(arrival, statements, extra or {})
            match answer:
                case Possible() if any(self._rows & mentioned(statement) for statement in statements):
                    unknown = unknown or Unknown("what the rows of a list can be is not looked at")
                case Possible():
                    return Found(answer, arrival)
                case Unknown():
                    unknown = unknown or answer
                case Impossible():
                    pass
                case _:
                    assert_never(answer)
        return Found(unknown or Impossible())

    def _ask(self, arrival: Arrival, statements: Sequence[Statement], extra: Mapping[str, Type]) -> Answer:
        """Ask with the claims that have to do with the statements; the others must hold as well, by themselves."""
        about = frozenset[str]().union(*map(mentioned, statements))
        if self._asked > MOST_ASKED:
            return self._nearby(arrival, about, statements, extra)
        touching = [part for part in self._linked(arrival) if not part.names.isdisjoint(about)]
        alone = self.reasoner.ask(self._problem(arrival, tuple(statements), extra)) if statements else Possible({})
        if isinstance(alone, Impossible):
            return alone
        if touching:
            said = (*(claim for part in touching for claim in part.claims), *statements)
            self._asked += len(said)
            alone = self.reasoner.ask(self._problem(arrival, said, extra))
        if not isinstance(alone, Possible):
            return alone
        others = self._together(arrival)
        if isinstance(others, Possible):
            return Possible({**others.bindings, **alone.bindings})
        for part in self._linked(arrival):
            if part not in touching and not isinstance(answer := self._holds(arrival, part), Possible):
                return answer
        return alone

    def _nearby(
        self, arrival: Arrival, about: frozenset[str], statements: Sequence[Statement], extra: Mapping[str, Type]
    ) -> Answer:
        """Ask at the first glance, with a few of the last claims, in a workflow of which so much was asked already.

        What is impossible with few claims is so with all; what is possible then is unknown.
        """
        if not statements:
            return Unknown("the workflow is too large")
        if len(statements) > 1 and self.reasoner.refutes(self._problem(arrival, tuple(statements), extra)):
            return Impossible()
        near = self._near(arrival, about)
        refuted = self.reasoner.refutes(self._problem(arrival, (*near, *statements), extra))
        return Impossible() if refuted else Unknown("the workflow is too large")

    def _near(self, arrival: Arrival, about: frozenset[str]) -> list[Statement]:
        """Return the last claims of an arrival that are about some variables."""
        known = self._places.get(id(arrival))
        if known is None:
            by_name: dict[str, list[int]] = {}
            for at, claim in enumerate(arrival.claims):
                for name in mentioned(claim):
                    by_name.setdefault(name, []).append(at)
            known = self._places[id(arrival)] = arrival, by_name
        found = sorted({at for name in about for at in known[1].get(name, ())})
        return [arrival.claims[at] for at in found[-MOST_NEAR:]]

    def _together(self, arrival: Arrival) -> Answer:
        """Return whether all that is known at an arrival can hold."""
        known = self._whole.get(id(arrival))
        if known is None:
            bindings: dict[str, object] = {}
            known = Possible(bindings)
            for part in self._linked(arrival):
                answer = self._holds(arrival, part)
                if not isinstance(answer, Possible):
                    known = answer
                    break
                bindings.update(answer.bindings)
            self._whole[id(arrival)] = known
        return known

    def _linked(self, arrival: Arrival) -> tuple[Linked, ...]:
        known = self._parts.get(id(arrival))
        if known is None:
            known = self._parts[id(arrival)] = arrival, linked(arrival.claims)
        return known[1]

    def _holds(self, arrival: Arrival, part: Linked) -> Answer:
        """Return whether some of what is known at an arrival can hold, which is the same wherever it is known."""
        missing = frozenset(name for name in part.names if name in self.workflow.steps and name not in arrival.written)
        key = tuple(map(id, part.claims)), missing, missing & arrival.absent
        if key not in self._held:
            self._asked += len(part.claims)
            self._held[key] = self.reasoner.ask(self._problem(arrival, part.claims, {}))
        return self._held[key]

    def answer(
        self, step: str, type: Type, statements: Sequence[Statement], values: Mapping[str, object]
    ) -> object | None:
        """Return an output of a step with which statements hold, where all else has these values, or None."""
        read = frozenset(name for statement in statements for name in mentioned(statement))
        fixed = {name: only(self.variables[name], values.get(name)) for name in read if name != step}
        steps = frozenset(name for name in fixed if name in self.workflow.steps and not values.get(name))
        answer = self.reasoner.ask(Problem(tuple(statements), {**fixed, step: type}, absent=steps))
        return answer.bindings.get(step) if isinstance(answer, Possible) else None


def _bounded(type: Type, step: StepFacts) -> Type:
    """Return the type of what a step gives, with the bounds of values that are made of what is soon forgotten.

    A value made of others is known by its expression. Of what differs from place to place only the bounds remain.
    """
    if not isinstance(step, SetStepFacts) or not isinstance(type, RecordType):
        return type
    changing = {name: value for name, value in step.values.items() if value.variables & CHANGING}
    if not changing:
        return type
    fields = {name: Field(_within_bounds(value)) for name, value in changing.items()}
    return replace(type, fields={**type.fields, **fields})


def _within_bounds(value: Checked) -> Type:
    domain, _ = Failing(value).evaluate(value.expression, State(value.scope.variables, value.scope.optional_variables))
    match value.type, domain:
        case StringType(values=None), Text(high=most) if most < MANY:
            return StringType(max=most)
        case StringType(values=None), Choice(values) if all(isinstance(each, str) for each in values):
            return StringType(tuple(sorted(map(str, values))))
        case IntType(), Numbers(kind="int", low=low, high=high):
            return IntType(int(low), int(high))
        case _:
            return value.type


def only(type: Type, value: object) -> Type:
    """Return the part of a type that has as little as possible beside one value; what it has is to be checked."""
    match type, value:
        case IntType(), int():
            return IntType(int(value), int(value))
        case DoubleType(), float():
            return DoubleType(value, value)
        case StringType(), str():
            return StringType((value,))
        case RecordType(fields=fields), Mapping():
            there = {key: replace(field, type=only(field.type, value.get(key))) for key, field in fields.items()}
            return replace(type, fields=there)
        case _:
            return type


def output(step: StepFacts, facts: Facts) -> Type:
    """Return the type of what a step gives, of all its rows if it has any."""
    rows = rows_of(step)
    if rows is not None:
        return rows.output
    match step:
        case AgentStepFacts(returns=returns) | AskStepFacts(returns=returns) | RunStepFacts(returns=returns):
            return returns
        case CallStepFacts(call=call):
            return facts.tools[call.tool].result or NULL
        case EventStepFacts(data=data):
            return data or NULL
        case TimeStepFacts():
            return NULL
        case TableStepFacts(decl=decl):
            return output_type(facts.tables[decl.table.text])
        case SetStepFacts(values=values):
            return RecordType("", {name: Field(value.type) for name, value in values.items()})
