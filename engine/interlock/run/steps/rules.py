"""Steps that need nobody: a deterministic call is prepared, a table looked up, values set. All at once, all pure."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from interlock.run.protocol.events import Json
from interlock.run.state import Call, Complete, Fail, Run, Visit
from interlock.run.steps import calls
from interlock.run.transitions import change
from interlock_dsl.cel import EvaluationError
from interlock_dsl.cel.types import DYN
from interlock_dsl.program.model import CallStep, Row, SetStep, Table, TableStep
from interlock_dsl.schema import ValidationError, decode, encode

if TYPE_CHECKING:
    from interlock_dsl.cel import CompiledExpression


def call(run: Run, visit: Visit) -> None:
    """Evaluate the arguments of a step's call and have it decided."""
    step = visit.step
    assert isinstance(step, CallStep)
    tool = run.plan.tools[step.call.tool]
    try:
        given = {name: argument.evaluate(run.values) for name, argument in step.call.arguments.items()}
        values, args = calls.arguments(tool, given)
    except (EvaluationError, ValidationError, TypeError) as error:
        run.agenda.append(Fail(visit, "failure", f"the arguments of {tool.name} do not fit: {error}"))
        return
    change(run, visit, "calling")
    visit.call = Call(tool, values, args, "step", visit.name, visit)
    calls.decide(run, visit.call)


def set_values(run: Run, visit: Visit) -> None:
    """Evaluate a record of expressions."""
    assert isinstance(visit.step, SetStep)
    try:
        value, shown = evaluate(visit.step.values, run.values)
    except (EvaluationError, ValueError, TypeError) as error:
        run.agenda.append(Fail(visit, "failure", f"a value could not be set: {error}"))
        return
    run.agenda.append(Complete(visit, value, shown))


def evaluate(
    expressions: Mapping[str, "CompiledExpression"], bindings: Mapping[str, object]
) -> tuple[dict[str, object], dict[str, Json]]:
    """Return what a record of expressions comes to, and its JSON.

    Raises `EvaluationError`, TypeError for a value without a form in JSON, ValueError for an infinite one or NaN.
    """
    value: dict[str, object] = {}
    shown: dict[str, Json] = {}
    for name, expression in expressions.items():
        value[name] = item = expression.evaluate(bindings)
        kind = item.__class__
        if kind is float and not -_HUGE <= cast(float, item) <= _HUGE:
            raise ValueError(f"`{name}` is not a finite number")
        shown[name] = cast(Json, item if kind in _PLAIN else encode(DYN, item))
    return value, shown


_HUGE = 1.7976931348623157e308
_PLAIN = frozenset({str, int, bool, float, type(None)})


def decide(run: Run, visit: Visit) -> None:
    """Look a decision table up."""
    step = visit.step
    assert isinstance(step, TableStep)
    table = step.table
    try:
        given = {name: argument.evaluate(run.values) for name, argument in step.arguments.items()}
        arguments = cast(Mapping[str, object], decode(table.parameters, encode(table.parameters, given)))
        found = matching(table, arguments)
        outputs = [evaluate(row.outputs, arguments)[1] for row in found]
        values = [decode(table.result, output) for output in outputs]
    except (EvaluationError, ValueError, TypeError) as error:
        run.agenda.append(Fail(visit, "failure", f"table `{table.name}`: {error}"))
        return
    shown = [run.plan.shown(table.result, value) for value in values]
    if table.hit == "collect":
        run.agenda.append(Complete(visit, values, shown))
    else:
        run.agenda.append(Complete(visit, values[0], shown[0]))


def matching(table: Table, arguments: Mapping[str, object]) -> list[Row]:
    """Return the rows of a table that match, as its hit policy says.

    Raises ValueError where none or, under `unique`, two do; `EvaluationError` where a row cannot be decided.
    """
    found: list[Row] = []
    for row in table.rows:
        if row.condition is None:
            if not found:
                found.append(row)
            continue
        met = row.condition.evaluate(arguments)
        if met is not True and met is not False:
            raise ValueError(f"the condition at {row.span} is neither true nor false")
        if met:
            found.append(row)
            if table.hit == "first":
                break
    if not found and table.hit != "collect":
        raise ValueError(f"no row matches (table at {table.span})")
    if len(found) > 1 and table.hit == "unique":
        raise ValueError("two rows match: " + " and ".join(str(row.span) for row in found[:2]))
    return found
