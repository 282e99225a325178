"""Where expressions stand in a program: each with what it is for, and the place of a run at which it is evaluated."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from interlock_dsl.analysis.facts import (
    AlwaysFacts,
    CallStepFacts,
    EventStepFacts,
    Facts,
    NeverBeforeFacts,
    NeverUnapprovedFacts,
    RouteFacts,
    RunStepFacts,
    SetStepFacts,
    TableFacts,
    TableStepFacts,
    TimeStepFacts,
    WorkflowFacts,
    rows_of,
)
from interlock_dsl.analysis.values.problem import Claim, Outcome, Statement
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.types import TIMESTAMP, Type

Kind: TypeAlias = Literal["route", "grant", "escalation", "event", "promise", "row", "rule", "value"]


@dataclass(frozen=True, slots=True)
class Place:
    """An expression. `kind` says what is done with its value; conditions are all but `value`.

    `step` is the step or end that begins, `route` the route that is considered, where there is one. `wanted` is the
    type of the value, `names` says what the value is of, such as an argument. `given` are statements that hold there.
    """

    checked: Checked
    kind: Kind
    workflow: str | None = None
    step: str | None = None
    route: RouteFacts | None = None
    wanted: Type | None = None
    names: str = ""
    given: tuple[Statement, ...] = ()


def places(facts: Facts) -> Iterator[Place]:
    """Yield every expression of a program but those of tests."""
    for name, workflow in facts.workflows.items():
        yield from _of_workflow(name, workflow, facts)
    for table in facts.tables.values():
        yield from _of_table(table)
    for tool in facts.tools.values():
        if tool.key is not None:
            yield Place(tool.key, "value", names=f"the key of `{tool.name}`")
        if tool.fallback is not None:
            other = facts.tools[tool.fallback.tool]
            for argument, checked in tool.fallback.arguments.items():
                type = other.parameters.fields[argument].type
                yield Place(checked, "value", wanted=type, names=f"the argument `{argument}` of `{other.name}`")
        if tool.undo is not None:
            undo = facts.tools.get(tool.undo.tool)
            for argument, checked in tool.undo.arguments.items():
                wanted = undo.parameters.fields[argument].type if undo is not None else None
                yield Place(checked, "value", wanted=wanted, names=f"the argument `{argument}` of `{tool.undo.tool}`")
    for _, rules in facts.policies.values():
        for rule in rules:
            for condition in (rule.when, rule.unless):
                if condition is not None:
                    yield Place(condition, "rule")
            given = () if rule.when is None else (Claim(rule.when),)
            if rule.amount is not None:
                yield Place(rule.amount, "value", names=f"the amount of `{rule.id}`", given=given)
            for key in rule.keys:
                if isinstance(key, Checked):
                    yield Place(key, "value", names=f"a key of `{rule.id}`", given=given)


def _of_workflow(name: str, workflow: WorkflowFacts, facts: Facts) -> Iterator[Place]:
    for route in workflow.routes:
        yield from _of_route(name, route)
        if route.out is not None:
            yield from _of_route(name, route.out, own=route)
    for step in workflow.steps.values():
        if isinstance(step, EventStepFacts) and step.where is not None:
            yield Place(step.where, "event", name)
    for rule in workflow.rules:
        for condition in (rule.when, rule.unless):
            if condition is not None:
                yield Place(condition, "promise", name)
    for promise in workflow.promises:
        match promise:
            case NeverUnapprovedFacts(where=where) | NeverBeforeFacts(where=where):
                if where is not None:
                    yield Place(where, "promise", name)
            case AlwaysFacts(condition=condition):
                yield Place(condition, "promise", name)
            case _:
                pass
    yield from values(name, workflow, facts)


def _of_route(name: str, route: RouteFacts, own: RouteFacts | None = None) -> Iterator[Place]:
    if route.when is not None and (own is None or route.when is not own.when):
        yield Place(route.when, "route", name, route=route)
    for grant in route.grants:
        if grant.where is not None and (own is None or grant not in own.grants):
            yield Place(grant.where, "grant", name, route=route)
    for escalation in route.escalations:
        if escalation.when is not None and (own is None or escalation not in own.escalations):
            yield Place(escalation.when, "escalation", name, route=route)


def values(name: str, workflow: WorkflowFacts, facts: Facts) -> Iterator[Place]:
    """Yield the expressions whose values are handed on: arguments, moments, what is set, outputs of ends."""
    for step, made in workflow.steps.items():
        rows = rows_of(made)
        if rows is not None:
            yield Place(rows.list, "value", name, step, names=f"the rows of `{step}`")
        match made:
            case CallStepFacts(call=call):
                wanted = facts.tools[call.tool].parameters.fields
                for argument, checked in call.arguments.items():
                    names = f"the argument `{argument}` of `{call.tool}`"
                    yield Place(checked, "value", name, step, wanted=wanted[argument].type, names=names)
            case TableStepFacts(decl=decl, arguments=arguments):
                wanted = facts.tables[decl.table.text].parameters.fields
                for argument, checked in arguments.items():
                    names = f"the argument `{argument}` of `{decl.table.text}`"
                    yield Place(checked, "value", name, step, wanted=wanted[argument].type, names=names)
            case RunStepFacts(workflow=inner, arguments=arguments):
                wanted = facts.workflows[inner].parameters.fields
                for argument, checked in arguments.items():
                    names = f"the argument `{argument}` of `{inner}`"
                    yield Place(checked, "value", name, step, wanted=wanted[argument].type, names=names)
            case TimeStepFacts(until=until) if until is not None:
                names = f"the moment that `{step}` waits until"
                yield Place(until, "value", name, step, wanted=TIMESTAMP, names=names)
            case SetStepFacts(values=set_values):
                for field, checked in set_values.items():
                    yield Place(checked, "value", name, step, names=f"`{step}.{field}`")
            case _:
                pass
    for end, ended in workflow.ends.items():
        for field, checked in ended.values.items():
            yield Place(checked, "value", name, end, names=f"`{field}` of the end `{end}`")


def _of_table(table: TableFacts) -> Iterator[Place]:
    before: list[Statement] = []
    for row in table.rows:
        matched = () if row.condition is None else (Claim(row.condition),)
        if row.condition is not None:
            yield Place(row.condition, "row")
        for column, checked in row.outputs.items():
            names = f"the output `{column}` of `{table.decl.name.text}`"
            first = table.decl.hit != "collect"
            given = (*(before if first else ()), *matched)
            yield Place(checked, "value", wanted=table.result.fields[column].type, names=names, given=given)
        if row.condition is not None:
            before.append(Claim(row.condition, Outcome.FALSE))
