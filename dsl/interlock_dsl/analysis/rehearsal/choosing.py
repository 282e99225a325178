"""What is chosen for given values: the route of a group, the rows of a table. As the machine does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from interlock_dsl.analysis.declarations.tables import output_type
from interlock_dsl.analysis.facts import RouteFacts, RowFacts, TableFacts
from interlock_dsl.analysis.knowledge.groups import Group
from interlock_dsl.analysis.rehearsal.evaluating import evaluate, outcome
from interlock_dsl.analysis.values.problem import Outcome
from interlock_dsl.cel.types import Type
from interlock_dsl.schema import decode, encode


@dataclass(frozen=True, slots=True)
class Stopped:
    """A condition has no value, so that nothing is chosen."""


@dataclass(frozen=True, slots=True)
class Several:
    """More than one matches where exactly one must."""


Choice: TypeAlias = RouteFacts | Stopped | Several | None


def choose(group: Group, values: Mapping[str, object]) -> Choice:
    """Return the route of a group that is taken; None where none matches."""
    chosen: list[RouteFacts] = []
    for route in group.routes:
        if route.link.decl.otherwise or (group.first and chosen):
            continue
        met = Outcome.TRUE if route.when is None else outcome(route.when, values)
        if met is Outcome.NO_VALUE:
            return Stopped()
        if met is Outcome.TRUE:
            chosen.append(route)
    if len(chosen) > 1:
        return Several()
    return chosen[0] if chosen else group.otherwise


def row_values(table: TableFacts, arguments: Mapping[str, object]) -> object | Stopped | Several | None:
    """Return what a table gives; raise `EvaluationError` where an output has no value, None where no row matches."""
    found: list[RowFacts] = []
    for row in table.rows:
        if row.condition is None:
            if not found:
                found.append(row)
            continue
        met = outcome(row.condition, arguments)
        if met is Outcome.NO_VALUE:
            return Stopped()
        if met is Outcome.TRUE:
            found.append(row)
            if table.decl.hit == "first":
                break
    outputs = [{name: evaluate(value, arguments) for name, value in row.outputs.items()} for row in found]
    if table.decl.hit == "collect":
        return outputs
    if len(outputs) > 1:
        return Several()
    return outputs[0] if outputs else None


def looked_up(table: TableFacts, given: Mapping[str, object]) -> object | Stopped | Several | None:
    """Return what a table gives, as one of its type; raise `ValidationError` where it is none."""
    found = row_values(table, cast(Mapping[str, object], fitted(table.parameters, given)))
    return found if found is None or isinstance(found, Stopped | Several) else fitted(output_type(table), found)


def fitted(type: Type, value: object) -> object:
    """Return a value as one of a type; raise `ValidationError` where it is none."""
    return decode(type, encode(type, value))
