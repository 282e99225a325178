"""Where labelled data stands: which labels the values have that an expression reads.

Labels stand on fields: of parameters, of what tools return, agents answer and people say. A value has the labels of its
own field, of the records around it, and of what is inside it. What a model answers has only the labels declared for it.
All data of an event is untrusted.
"""

from collections.abc import Iterator, Sequence
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
from interlock_dsl.cel.tree import Call, Expression, Name, Present, Select, children
from interlock_dsl.cel.types import STRING, ListType, MapType, OptionalType, RecordType, StringType, Type
from interlock_dsl.program.builtins import FAILURE, failure_type

UNTRUSTED: Final = "untrusted"


def labels_read(
    node: Expression, workflow: WorkflowFacts, facts: Facts, seen: frozenset[tuple[str, ...]] = frozenset()
) -> dict[str, str]:
    """Return the labels of the text that an expression puts into its value, each with a path that has it.

    `seen` are the values that this one is put into: a step in a loop may set a value from its own earlier one.
    """
    found: dict[str, str] = {}
    for path in read_paths(node):
        for label in labels_at(path, workflow, facts, seen):
            found.setdefault(label, ".".join(path))
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
        labels = frozenset[str]().union(*(_of_row(each, workflow, facts, seen) for each in rows))
        type = rows[0].element
    else:
        step = workflow.steps.get(root)
        if isinstance(step, SetStepFacts) and names and names[0] in step.values:
            set_value = (root, names[0])
            if set_value in seen:
                return frozenset(), None
            expression = step.values[names[0]].expression
            return frozenset(labels_read(expression, workflow, facts, seen | {set_value})), STRING
        if isinstance(step, RunStepFacts):
            return _labels_of_ends(step, names, facts), STRING
        type = _output(step, facts)
        if isinstance(step, EventStepFacts) and type is not None:
            labels = frozenset({UNTRUSTED})  # whoever can signal the run chooses what is in it
    for name in names:
        if name.isdigit():
            type = type.element if isinstance(type, ListType) else type
            continue
        if not isinstance(type, RecordType) or name not in type.fields:
            return labels, STRING
        labels, type = labels | type.fields[name].labels, type.fields[name].type
    return labels, type


def _of_row(
    rows: FanOutFacts, workflow: WorkflowFacts, facts: Facts, seen: frozenset[tuple[str, ...]]
) -> frozenset[str]:
    """Return the labels that every row of a list has, whatever labels its own fields have."""
    path = _path(rows.list.expression)
    if path is None:
        return frozenset(labels_read(rows.list.expression, workflow, facts, seen))
    return _at(path, workflow, facts, seen)[0]


def _labels_of_ends(step: RunStepFacts, path: Sequence[str], facts: Facts) -> frozenset[str]:
    """Return the labels of the text that the ends of a workflow give at a path: of all of it where there is none."""
    inner = facts.workflows[step.workflow]
    given = [(name, value) for end in inner.ends.values() for name, value in end.values.items()]
    values = [value for name, value in given if not path or name == path[0]]
    return frozenset().union(*(labels_read(value.expression, inner, facts) for value in values))


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


def read_paths(node: Expression) -> Iterator[tuple[str, ...]]:
    """Yield the paths whose values become part of the value of an expression: `a.b.c`, not `a` and `a.b` too.

    What only decides (a condition of `?:`, `has`, a comparison, a size) does not become part of it.
    """
    match node:
        case Name() | Select():
            path = _path(node)
            if path is not None:
                yield path
            elif isinstance(node, Select):
                yield from read_paths(node.operand)
        case Call(function="_?_:_", arguments=(_, then, otherwise)):
            yield from read_paths(then)
            yield from read_paths(otherwise)
        case Present() | Call(function="size" | "_==_" | "_!=_" | "_<_" | "_<=_" | "_>_" | "_>=_" | "@in" | "matches"):
            return
        case _:
            for child in children(node):
                yield from read_paths(child)


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


def _path(node: Expression) -> tuple[str, ...] | None:
    match node:
        case Name(name=name):
            return (name,)
        case Select(operand=operand, field=field):
            before = _path(operand)
            return None if before is None else (*before, field)
        case _:
            return None
