"""A step that is taken for each row of a list: its rows entered as its width allows, and merged into one output.

The visit of the step itself (the fan-out) holds the list; each row is a visit of its own, charged and retried by itself
and called `step[2]`. The list is read once, when the step is entered: an approval on the route is for exactly these
rows, and where the step calls a tool, for exactly the calls of these rows.

A row that fails fails the step, unless failures are collected or enough others can still succeed. When the fan-out is
decided, the rows that are still under way are cancelled; where only some rows are needed, what all others did is undone
before the step is done.
"""

from collections.abc import Iterable
from typing import cast

from interlock.run import budget, promises, values
from interlock.run.moves import Begin, Complete, Fail, Part, StopRows, Undo
from interlock.run.parts import Call, Frame, Row, Rows, Visit
from interlock.run.protocol.codes import WhyCancelled
from interlock.run.protocol.events import Json
from interlock.run.protocol.notes import StepBegan, StepDone, StepFailed
from interlock.run.state import Run
from interlock.run.steps import calls, inner, rules, visits
from interlock.run.transitions import change
from interlock_dsl.cel import EvaluationError
from interlock_dsl.cel.units import part
from interlock_dsl.program.model import CallStep, FanOut, RunStep, fan_out
from interlock_dsl.schema import encode


def read(run: Run, visit: Visit, declared: FanOut) -> bool:
    """Read the list of a fan-out; say whether it can be gone over, and let the step fail otherwise."""
    try:
        found = values.value_of(run, declared.list, visit.reads(run.now))
        listed = list(cast("list[object]", found))
        shown = [cast(Json, encode(declared.element, row)) for row in listed]
    except (EvaluationError, ValueError, TypeError) as error:
        problem = f"its rows have no value: {error}"
    else:
        visit.rows = Rows(listed, shown)
        problem = ""
        if len(listed) > declared.max:
            problem = f"its list has {len(listed)} rows, and at most {declared.max} may be"
        elif len(listed) < declared.merge:
            problem = f"{declared.merge} rows are needed, and its list has {len(listed)}"
    if problem:
        run.agenda.append(Fail(visit, "failure", problem))
    return not problem


def subject_of(run: Run, visit: Visit) -> dict[str, Json]:
    """Return what of its rows somebody approves, if a step has any: what each calls or runs, else the rows."""
    if visit.rows is None:
        return {}
    rows = visit.rows
    if isinstance(visit.step, RunStep):
        for index in range(len(rows.values)):
            run.meter.restore()  # as it is where rows begin
            rows.prepared.append(inner.input_of(run, _visit_of(visit, index)))
        inputs: list[Json] = [None if isinstance(each, str) else dict(each[1]) for each in rows.prepared]
        return {"workflow": visit.step.workflow, "rows": inputs}
    if not isinstance(visit.step, CallStep):
        return {"rows": list(rows.shown)}
    tool = run.plan.tools[visit.step.call.tool]
    asked: list[Json] = []
    rows.displayed = []
    for index in range(len(rows.values)):
        run.meter.restore()  # as it is where rows begin
        row = _visit_of(visit, index)
        prepared = rules.arguments_of(run, row)
        rows.prepared.append(prepared)
        if isinstance(prepared, str):
            asked.append(None)
            rows.displayed.append(None)
            continue
        call = Call(tool, prepared[0], prepared[1], "step", row.path, visit.frame, row)
        asked.append(dict(prepared[1]))
        rows.displayed.append(dict(calls.displayed(run, call)))
    return {"tool": tool.name, "rows": asked}


def begin(run: Run, visit: Visit) -> None:
    """Enter the first rows."""
    change(run, visit, "fanning out")
    _go_on(run, visit)


def _go_on(run: Run, visit: Visit) -> None:
    """Enter rows as long as the width allows; when there are none left and none is under way, the step is done."""
    rows, declared = _rows(visit), _declared(visit)
    width = declared.width or declared.max
    while not rows.decided and len(rows.under_way) < width and rows.next < len(rows.values):
        _enter(run, visit)
    if not rows.decided and not rows.under_way and rows.next == len(rows.values):
        rows.decided = True
        _merge(run, visit)


def _enter(run: Run, visit: Visit) -> None:
    rows = _rows(visit)
    over = budget.over_for_step(run, visit.frame)
    if over is not None and over.promise is not None:
        rows.decided = True
        promises.break_promise(run, over.frame, over.promise, over.why)
        return
    row = _visit_of(visit, rows.next)
    rows.under_way[rows.next] = row
    rows.next += 1
    route = visit.frame.at(row.route.id)
    run.notes.append(StepBegan(row.path, row.number, route, tuple(sorted(row.scopes))))
    if over is not None:
        run.agenda.append(Fail(row, "over budget", over.why))
        return
    budget.charge_step(visit.frame)
    run.agenda.append(Begin(row))


def _visit_of(visit: Visit, index: int) -> Visit:
    path = f"{visit.path}[{index}]"
    row = Row(visit, index, _declared(visit).row, _rows(visit).values[index])
    return Visit(
        visit.frame,
        path,
        visit.step,
        visit.number,
        visit.route,
        visit.grants,
        visit.scopes,
        failure=visit.failure,
        passed=visit.passed,
        row=row,
    )


def completed(run: Run, move: Complete) -> None:
    """A row has its output."""
    visit = move.visit
    if visit.phase == "over" or visit.row is None:
        return
    group, size = visit.row.of, part(move.output)
    rows = _rows(group)
    problem = values.too_large(run, group.frame, group.name, rows.size + size)
    if problem:
        failed(run, Fail(visit, "failure", problem))
        return
    visits.close(run, visit)
    rows.size += size
    rows.given[visit.row.index] = move.value, move.output
    run.notes.append(StepDone(visit.path, visit.number, move.output, move.why))
    needed = _declared(group).merge
    if needed and len(rows.given) >= needed:
        _enough(run, group)
    else:
        _go_on(run, group)


def failed(run: Run, move: Fail) -> None:
    """A row has none: the step fails, unless that is said or enough others can still succeed."""
    visit = move.visit
    if visit.phase == "over" or visit.row is None:
        return
    group, index = visit.row.of, visit.row.index
    rows, declared = _rows(group), _declared(group)
    visits.close(run, visit)
    run.notes.append(StepFailed(visit.path, visit.number, move.trigger, move.message))
    said = move.shown or move.message  # what programs and models may read of it
    rows.failed[index] = said
    rows.size += part(said)
    if declared.collects or 0 < declared.merge <= len(rows.values) - len(rows.failed):
        _go_on(run, group)
        return
    rows.decided = True
    _cancel(run, group, "a row has failed")
    why = f"row {index} failed: "
    run.agenda.append(Fail(group, move.trigger, why + move.message, why + said))


def _enough(run: Run, visit: Visit) -> None:
    """As many rows as are needed have succeeded: what all others did is undone first."""
    rows = _rows(visit)
    rows.decided = True
    _cancel(run, visit, "as many rows as are needed have succeeded")
    others = [index for index in range(rows.next) if index not in rows.given]
    run.agenda.append(Undo(visit.frame, _part(visit, others), _merged(visit)))


def stop(run: Run, move: StopRows) -> None:
    """Workflows that rows run are given up and undo what they did, then the step fails. One that is decided already
    comes to its end by itself, once what it waits for is undone.
    """
    visit = move.visit
    rows = _rows(visit)
    if visit.phase == "over" or rows.decided:
        return
    rows.decided, unfinished = True, list(rows.under_way)
    for row in list(rows.under_way.values()):
        visits.cancel(run, row, WhyCancelled.GIVEN_UP, move.message)
    run.agenda.append(Undo(visit.frame, _part(visit, unfinished), Fail(visit, move.trigger, move.message)))


def _part(visit: Visit, rows: Iterable[int]) -> Part:
    """Return a part of what was done: what some rows did."""
    paths = {f"{visit.path}[{index}]" for index in rows}

    def within(frame: Frame, path: str, number: int) -> bool:
        return frame is visit.frame and number == visit.number and path in paths

    return within


def _cancel(run: Run, visit: Visit, why: str) -> None:
    for row in list(_rows(visit).under_way.values()):
        visits.cancel(run, row, WhyCancelled.ROWS_DECIDED, why)


def _merge(run: Run, visit: Visit) -> None:
    run.agenda.append(_merged(visit))


def _merged(visit: Visit) -> Complete:
    """Return the output of a fan-out: what its rows gave, in the order of the list."""
    rows = _rows(visit)
    if not _declared(visit).collects:
        given = [rows.given[index] for index in sorted(rows.given)]
        return Complete(visit, [value for value, _ in given], [output for _, output in given])
    found: list[object] = []
    shown: list[Json] = []
    for index in range(len(rows.values)):
        if index not in rows.given:
            failure = {"ok": False, "failure": rows.failed[index]}
            found.append(failure)
            shown.append(cast(Json, failure))
        else:
            value, output = rows.given[index]
            # Only what a tool without a result gives is nothing, and the type has no `value` then.
            found.append({"ok": True} if value is None else {"ok": True, "value": value})
            shown.append({"ok": True} if value is None else {"ok": True, "value": output})
    return Complete(visit, found, shown)


def _rows(visit: Visit) -> Rows:
    assert visit.rows is not None
    return visit.rows


def _declared(visit: Visit) -> FanOut:
    declared = fan_out(visit.step)
    assert declared is not None
    return declared
