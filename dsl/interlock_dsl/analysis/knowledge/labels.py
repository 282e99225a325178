"""Where labelled data stands: which labels the values have that an expression reads.

Labels stand on fields: of parameters, of what tools return, agents answer and people say. A value has the labels of its
own field, of the records around it, and of what is inside it. What a model answers has only the labels declared for it.
All data of an event is untrusted.
"""

from collections.abc import Sequence
from typing import Final

from interlock_dsl.analysis.facts import (
    AgentStepFacts,
    AskStepFacts,
    CallStepFacts,
    EventStepFacts,
    Facts,
    FanOutFacts,
    RunStepFacts,
    SetStepFacts,
    StepFacts,
    TableStepFacts,
    WorkflowFacts,
    rows_of,
)
from interlock_dsl.analysis.knowledge.sources import ELEMENT, read_paths, sources_of
from interlock_dsl.cel.tree import Expression
from interlock_dsl.cel.types import STRING, ListType, MapType, OptionalType, RecordType, StringType, Type
from interlock_dsl.program.builtins import FAILURE, failure_type

UNTRUSTED: Final = "untrusted"
FAILURE_LABELS: Final = frozenset({UNTRUSTED})
"""The labels of why a row has failed."""


def labels_read(
    node: Expression, workflow: WorkflowFacts, facts: Facts, seen: frozenset[tuple[str, ...]] = frozenset()
) -> dict[str, str]:
    """Return the labels of the text that an expression puts into its value, each with a path that has it.

    `seen` are the values that this one is put into: a step in a loop may set a value from its own earlier one.
    """
    found: dict[str, str] = {}
    for path in read_paths(node):
        for label in labels_at(path, workflow, facts, seen):
            found.setdefault(label, ".".join(name for name in path if name != ELEMENT))
    return found


def labels_at(
    path: tuple[str, ...], workflow: WorkflowFacts, facts: Facts, seen: frozenset[tuple[str, ...]] = frozenset()
) -> frozenset[str]:
    """Return the labels of the text at a path into the values of a run; none where it can carry no text."""
    labels, type = _at(path, workflow, facts, seen)
    return labels | labels_inside(type) if carries_text(type) else frozenset()


def _at(
    path: tuple[str, ...], workflow: WorkflowFacts, facts: Facts, seen: frozenset[tuple[str, ...]]
) -> tuple[frozenset[str], Type | None]:
    """Return the labels on the way along a path, and the type of what is there; None where that is not known."""
    root, *names = path
    labels: frozenset[str] = frozenset()
    type: Type | None
    rows = [rows for step in workflow.steps.values() if (rows := rows_of(step)) and rows.decl.row.text == root]
    if root == FAILURE:
        type = failure_type()
    elif root in workflow.parameters.fields:
        labels, type = workflow.parameters.fields[root].labels, workflow.parameters.fields[root].type
    elif rows:
        return _of_rows(rows, names, workflow, facts, seen)
    else:
        step = workflow.steps.get(root)
        if isinstance(step, SetStepFacts) and names and names[0] in step.values:
            set_value = (root, names[0])
            if set_value in seen:
                return frozenset(), None
            return _made(step.values[names[0]].expression, names[1:], workflow, facts, seen | {set_value}), STRING
        if isinstance(step, RunStepFacts):
            return _labels_of_ends(step, names, facts), STRING
        type = _output(step, facts)
        if isinstance(step, EventStepFacts) and type is not None:
            labels = frozenset({UNTRUSTED})  # whoever can signal the run chooses what is in it
    for name in names:
        if name == ELEMENT or name.isdigit():
            type = _element(type)
            continue
        if not isinstance(type, RecordType) or name not in type.fields:
            return labels | labels_inside(type), STRING
        labels, type = labels | type.fields[name].labels, type.fields[name].type
    return labels, type


def _element(type: Type | None) -> Type | None:
    match type:
        case ListType(element=element) | OptionalType(of=element) | MapType(value=element):
            return element
        case _:
            return type


def _of_rows(
    rows: Sequence[FanOutFacts],
    names: Sequence[str],
    workflow: WorkflowFacts,
    facts: Facts,
    seen: frozenset[tuple[str, ...]],
) -> tuple[frozenset[str], Type | None]:
    """Return the labels of a row of a list, or of what is in it at a path, and the type of that."""
    type: Type | None = rows[0].element
    for name in names:
        if isinstance(type, RecordType) and name in type.fields:
            type = type.fields[name].type
    given = (_made(each.list.expression, (ELEMENT, *names), workflow, facts, seen) for each in rows)
    return frozenset[str]().union(*given), type


def _made(
    node: Expression, names: Sequence[str], workflow: WorkflowFacts, facts: Facts, seen: frozenset[tuple[str, ...]]
) -> frozenset[str]:
    """Return the labels of the text at a path into the value of an expression."""
    sources = sources_of(node)
    for name in names:
        sources = [source.element() if name == ELEMENT else source.field(name) for source in sources]
    return frozenset[str]().union(*(labels_at(source.path, workflow, facts, seen) for source in sources))


def _labels_of_ends(step: RunStepFacts, path: Sequence[str], facts: Facts) -> frozenset[str]:
    """Return the labels of the text that the ends of a workflow give at a path: of all of it where there is none."""
    inner, failures = facts.workflows[step.workflow], frozenset[str]()
    names = [name for name in path if name != ELEMENT and not name.isdigit()]
    if step.rows is not None and step.rows.decl.collects:
        if names and names[0] != "value":
            return FAILURE_LABELS if names[0] == "failure" else frozenset()
        failures = FAILURE_LABELS if not names else failures
        names = names[1:]
    given = [(name, value) for end in inner.ends.values() for name, value in end.values.items()]
    values = [value for name, value in given if not names or name == names[0]]
    return failures.union(*(labels_read(value.expression, inner, facts) for value in values))


def labels_inside(type: Type | None) -> frozenset[str]:
    """Return the labels of all text inside a type."""
    match type:
        case RecordType(fields=fields):
            inner = (field.labels | labels_inside(field.type) for field in fields.values() if carries_text(field.type))
            return frozenset().union(*inner)
        case ListType(element=element) | OptionalType(of=element) | MapType(value=element):
            return labels_inside(element)
        case _:
            return frozenset()


def carries_text(type: Type | None) -> bool:
    """Say whether a value of a type can hold a text that somebody chooses: not a number, and not one of an enum."""
    match type:
        case StringType(values=values):
            return values is None
        case RecordType(fields=fields):
            return any(carries_text(field.type) for field in fields.values())
        case ListType(element=element) | OptionalType(of=element) | MapType(value=element):
            return carries_text(element)
        case _:
            return False


def _output(step: StepFacts | None, facts: Facts) -> Type | None:
    rows = rows_of(step)
    if rows is not None:
        return rows.output
    match step:
        case AgentStepFacts(returns=returns) | AskStepFacts(returns=returns) | RunStepFacts(returns=returns):
            return returns
        case CallStepFacts(call=call):
            return facts.tools[call.tool].result
        case EventStepFacts(data=data):
            return data
        case TableStepFacts(decl=decl):
            return facts.tables[decl.table.text].result
        case _:
            return None
