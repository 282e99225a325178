"""What is known of the output of a step that computes: the values that `sets` writes, and those of a decision table.

Of a step that is taken for each row of a list: that it gives as many as the list has, or as are needed.

A table gives one case for each row that may match: the row's condition and the negation of those that would have come
before, over the arguments of the step, and the values of the row. The names of the table's parameters are replaced by
the arguments, so that everything is said of the variables of the workflow.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, cast

from interlock_dsl.analysis.expressions import rewrite, walk
from interlock_dsl.analysis.facts import (
    EventStepFacts,
    Facts,
    FanOutFacts,
    RowFacts,
    SetStepFacts,
    TableFacts,
    TableStepFacts,
    WorkflowFacts,
    rows_of,
)
from interlock_dsl.analysis.knowledge.statements import parts
from interlock_dsl.analysis.values.problem import Bound, Claim, Outcome, Statement
from interlock_dsl.cel.check import Checked, Scope, check
from interlock_dsl.cel.tree import Bind, Call, Comprehension, Expression, Literal, Name
from interlock_dsl.cel.types import BOOL
from interlock_dsl.program.builtins import EVENT

MOST_ROWS: Final = 8
"""Rows of a table that are told apart; of a longer one nothing is known but the types of its outputs."""


def cases(step: str, workflow: WorkflowFacts, facts: Facts) -> tuple[tuple[Statement, ...], ...]:
    """Return what is known of the output of a step: one of these cases. Of a step that does not compute, nothing."""
    rows = rows_of(workflow.steps[step])
    if rows is not None:
        return (_sized(step, rows),)
    match workflow.steps[step]:
        case SetStepFacts(values=values):
            # What reads the output it replaces reads an earlier one, of which nothing is known any more.
            return (tuple(Bound((step, name), value) for name, value in values.items() if step not in value.variables),)
        case TableStepFacts(decl=decl, arguments=arguments):
            return _rows(step, facts.tables[decl.table.text], arguments)
        case EventStepFacts(where=where) if where is not None and step not in where.variables:
            return (_taken(step, where),)
        case _:
            return ((),)


def _sized(step: str, rows: FanOutFacts) -> tuple[Statement, ...]:
    """Return how many items there are: one for each of the list, or as many as rows are needed, which the list has."""
    span, given = rows.decl.span, rows.list.expression
    out = Call("size", (Name(step, span),), span, span)
    # A list made of the step's own earlier output says nothing of the one that replaces it.
    own = step in rows.list.variables
    listed = () if own else (Call("size", (given,), span, span),)
    scope = replace(rows.list.scope, variables={**rows.list.scope.variables, step: rows.output})
    if rows.least:
        least = Literal(rows.least, span)
        conditions = [Call("_>=_", (size, least), span, span) for size in (out, *listed)]
    else:
        conditions = [Call("_==_", (out, size), span, span) for size in listed]
    made = [check(condition, scope) for condition in conditions]
    return tuple(part for each in made if not each.diagnostics for part in parts(Claim(each)))


def _taken(step: str, where: Checked) -> tuple[Statement, ...]:
    """Return what holds of an event that was taken: it is the output of the step."""
    type = where.scope.variables.get(EVENT)
    if type is None:
        return tuple(parts(Claim(where)))
    scope = replace(where.scope, variables={**where.scope.variables, step: type})
    output = check(Name(step, where.expression.span), scope)
    condition = Replaced({EVENT: output}, {EVENT: where}).within(where)
    return () if condition is None else tuple(parts(Claim(condition)))


def _rows(step: str, table: TableFacts, arguments: Mapping[str, Checked]) -> tuple[tuple[Statement, ...], ...]:
    plain = table.decl.hit != "collect" and len(table.rows) <= MOST_ROWS
    itself = any(step in argument.variables for argument in arguments.values())
    if not plain or itself or arguments.keys() < table.parameters.fields.keys():
        return ((),)
    replaced = Replaced(arguments, table.rows[0].outputs)
    found = [_row(step, table, row, replaced) for row in table.rows]
    if any(row is None for row in found):
        return ((),)
    return tuple(cast("list[tuple[Statement, ...]]", found))


def _row(step: str, table: TableFacts, row: RowFacts, replaced: "Replaced") -> tuple[Statement, ...] | None:
    """Return what holds where a row is the one that matches; None where that cannot be said."""
    statements: list[Statement] = []
    for other in table.rows:
        if other is row and table.decl.hit == "first":
            break
        if other is not row and other.condition is not None:
            condition = replaced.within(other.condition)
            if condition is None:
                return None
            statements.extend(parts(Claim(condition, Outcome.FALSE)))
    if row.condition is not None:
        condition = replaced.within(row.condition)
        if condition is None:
            return None
        statements.extend(parts(Claim(condition)))
    for field, output in row.outputs.items():
        value = replaced.within(output)
        if value is not None:
            statements.append(Bound((step, field), value))
    return tuple(statements)


class Replaced:
    """Expressions over the parameters of something that is called, said of the arguments of one call."""

    def __init__(self, arguments: Mapping[str, Checked], like: Mapping[str, Checked]) -> None:
        self._arguments = arguments
        scopes = [argument.scope for argument in arguments.values()]
        functions = next(iter(like.values())).scope.functions if like else {}
        variables = {name: type for scope in scopes for name, type in scope.variables.items()}
        optional = frozenset(name for scope in scopes for name in scope.optional_variables)
        self._scope = Scope(variables, functions, optional_variables=optional)

    def within(self, checked: Checked) -> Checked | None:
        """Return an expression with arguments in place of parameters; None where that is not possible."""
        if any(isinstance(node, Comprehension | Bind) for node in walk(checked.expression)):
            return None
        # First a name that no argument can have, so that nothing is replaced twice.
        tree = rewrite(checked.expression, lambda node: self._marked(node))
        tree = rewrite(tree, lambda node: self._argument(node))
        made = check(tree, self._scope, BOOL if checked.type == BOOL else None)
        return None if made.diagnostics else made

    def _marked(self, node: Expression) -> Expression:
        return replace(node, name=f"\0{node.name}") if isinstance(node, Name) and node.name in self._arguments else node

    def _argument(self, node: Expression) -> Expression:
        marked = isinstance(node, Name) and node.name.startswith("\0")
        return self._arguments[cast(Name, node).name[1:]].expression if marked else node
