"""Steps that need nobody: a deterministic call is prepared, a table looked up, values set. All at once, all pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from interlock.decide import Consent
from interlock.run import values
from interlock.run.moves import Complete, Fail
from interlock.run.parts import Arguments, Call, Visit
from interlock.run.state import Run
from interlock.run.steps import calls, keeping
from interlock.run.transitions import change
from interlock_dsl.cel import EvaluationError
from interlock_dsl.program.model import CallStep, Row, SetStep, Table, TableStep
from interlock_dsl.schema import ValidationError, decode, encode
from interlock_dsl.schema.canonical import digest


def call(run: Run, visit: Visit) -> None:
    """Evaluate the arguments of a step's call and have it decided."""
    step = visit.step
    assert isinstance(step, CallStep)
    tool = run.plan.tools[step.call.tool]
    together = None if visit.row is None else visit.row.of.rows
    if visit.row is not None and together is not None and together.prepared:
        prepared = together.prepared[visit.row.index]
    else:
        prepared = arguments_of(run, visit)
    if isinstance(prepared, str):
        run.agenda.append(Fail(visit, "failure", prepared))
        return
    change(run, visit, "calling")
    visit.call = Call(tool, *prepared, "step", visit.path, visit.frame, visit)
    if visit.row is not None:
        visit.call.consents = _agreed(run, visit.row.of, visit.call)
    calls.decide(run, visit.call)


def arguments_of(run: Run, visit: Visit) -> Arguments | str:
    """Return the arguments of a step's call, or why they do not fit."""
    step = visit.step
    assert isinstance(step, CallStep)
    tool = run.plan.tools[step.call.tool]
    try:
        return keeping.arguments(tool, values.evaluate(run, step.call.arguments, visit.reads(run.now)))
    except (EvaluationError, ValidationError, TypeError) as error:
        return f"the arguments of {tool.name} do not fit: {error}"


def _agreed(run: Run, fan_out: Visit, call: Call) -> tuple[Consent, ...]:
    """Return what somebody agreed to for all calls of a fan-out, as it counts for one of them, however late."""
    if not fan_out.consents:
        return ()
    subject = digest(calls.subject_of(run, call))
    return tuple(replace(consent, digest=subject, expires=None) for consent in fan_out.consents)


def set_values(run: Run, visit: Visit) -> None:
    """Evaluate a record of expressions."""
    assert isinstance(visit.step, SetStep)
    try:
        value, shown = values.record_of(run, visit.step.values, visit.reads(run.now))
    except (EvaluationError, ValueError, TypeError) as error:
        run.agenda.append(Fail(visit, "failure", f"a value could not be set: {error}"))
        return
    run.agenda.append(Complete(visit, value, shown))


def decide(run: Run, visit: Visit) -> None:
    """Look a decision table up."""
    step = visit.step
    assert isinstance(step, TableStep)
    table = step.table
    try:
        given = values.evaluate(run, step.arguments, visit.reads(run.now))
        arguments = cast(Mapping[str, object], decode(table.parameters, encode(table.parameters, given)))
        found = matching(run, table, arguments)
        outputs = [values.record_of(run, row.outputs, arguments)[1] for row in found]
        read = [decode(table.result, output) for output in outputs]
    except (EvaluationError, ValueError, TypeError) as error:
        run.agenda.append(Fail(visit, "failure", f"table `{table.name}`: {error}"))
        return
    shown = [run.plan.shown(table.result, value) for value in read]
    places = ", ".join(f"{row.span.source.name}:{row.span.line}" for row in found)
    if table.hit == "collect":
        run.agenda.append(Complete(visit, read, shown, places))
    else:
        run.agenda.append(Complete(visit, read[0], shown[0], places))


def matching(run: Run, table: Table, arguments: Mapping[str, object]) -> list[Row]:
    """Return the rows of a table that match, as its hit policy says.

    Raises ValueError where none or, under `unique`, two do; `EvaluationError` where a row cannot be decided.
    """
    found: list[Row] = []
    for row in table.rows:
        if row.condition is None:
            if not found:
                found.append(row)
            continue
        met = row.condition.metered(arguments, run.meter)
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
