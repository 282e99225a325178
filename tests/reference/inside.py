"""Workflows that steps run: each in a frame of its own, that ends, or is given up and undone while the run goes on."""

from collections.abc import Mapping

from interlock.run.protocol.events import Json
from interlock_dsl.cel.types import RecordType
from interlock_dsl.program.model import CallStep, EventStep, Program, RunStep, TableStep, TimeStep, Workflow
from reference import promised, routing, rows
from reference.state import Run, Visit
from reference.values import Given, NoValue, encoded, typed, written

SHARED = ("run", "principal", "context", "$history", "now")


def input_of(run: Run, visit: Visit) -> Given:
    """Return what a workflow is given, as values and as JSON; None where that does not fit."""
    assert isinstance(visit.step, RunStep)
    parameters = run.program.workflows[visit.step.workflow].parameters
    try:
        given = {name: written(one, rows.reads(run, visit)) for name, one in visit.step.arguments.items()}
        values, shown = typed(parameters, given)
    except NoValue:
        return None
    return dict(values), dict(shown)


def prepare(run: Run, visit: Visit) -> bool:
    """Evaluate the input, if nobody has approved it; the step fails where it has no value."""
    found = input_of(run, visit) if visit.row is None or visit.group is None else None
    if visit.row is not None and visit.group is not None:
        together = rows.of(visit.group).arguments
        found = together[visit.row[0]] if together else input_of(run, visit)
    if found is None:
        run.later(routing.fail, run, visit, "failure")
        return False
    visit.given = found[0]
    return True


def begin(run: Run, visit: Visit) -> None:
    """Run the workflow."""
    assert isinstance(visit.step, RunStep)
    if visit.given is None and not prepare(run, visit):
        return
    visit.phase = "running"
    visit.inner = inner = Run(run.program, visit)
    inner.workflow = run.program.workflows[visit.step.workflow]
    inner.values = {name: run.values[name] for name in SHARED if name in run.values}
    run.later(start, inner, visit.given, run.whole.now)


def start(frame: Run, values: dict[str, object], at: int) -> None:
    """Begin a workflow with the values of its parameters."""
    if frame.over:
        return
    frame.began = at
    limits = promised.time_limits(frame)
    if limits:
        frame.deadline = at + limits[0]
        frame.deadline_id = frame.timer(frame.parent, frame.deadline, "deadline")
    fill(frame, values)
    if promised.holds(frame):
        routing.leave(frame, "start")


def reached(frame: Run, end: str, values: dict[str, object], output: dict[str, Json]) -> None:
    """The workflow is at an end: its step has its output."""
    assert frame.parent is not None
    close(frame, "end-reached")
    visit = frame.parent
    visit.run.later(routing.complete, visit.run, visit, {"end": end, **values}, {"end": end, **output})


def given_up(frame: Run, trigger: str) -> None:
    """The workflow cannot go on: what it did is undone, then its step fails."""
    visit = frame.parent
    assert visit is not None
    if frame.over or visit.phase != "running":
        return
    close(frame, "given-up")
    visit.phase, visit.due = "undoing", None
    visit.run.call_off(visit)
    visit.run.later(rows.undo, visit.run, [visit], (routing.fail, (visit.run, visit, trigger)))


def close(frame: Run, why: str) -> None:
    """Nothing more happens in a workflow."""
    if frame.over:
        return
    frame.over = True
    for visit in [visit for visit in frame.active if visit.row is None]:
        cancel(visit, why)
    frame.take_back(frame.deadline_id)


def cancel(visit: Visit, why: str) -> None:
    """Close a visit that is not needed any more, with all that is inside it."""
    rows.cancel(visit, why)
    if visit.inner is not None:
        close(visit.inner, why)
    visit.run.note("step cancelled", visit.path, visit.number, why)
    routing.close(visit)


def live(run: Run) -> list[Run]:
    """Return the workflows under way, those around before those inside."""
    frames = [frame for frame in run.whole.frames if not frame.over]
    return sorted(frames, key=lambda frame: len(frame.around))


def idle(run: Run) -> list[Run]:
    """Return the workflows inside in which nothing is left under way."""
    inner = [frame for frame in live(run) if frame.parent is not None and frame.parent.phase == "running"]
    return [frame for frame in inner if not frame.active]


def time_is_up(frame: Run) -> None:
    """The time of a workflow is over: what is under way in it is given up, or fails."""
    promise = promised.time_broken(frame)
    if promise is not None:
        promised.broken(frame, promise, "exceeded")
        return
    _, *later = promised.time_limits(frame)
    waiting = frame.whole.open.get(frame.deadline_id)
    if later and (waiting is None or waiting.at < frame.began + later[0]):
        frame.take_back(frame.deadline_id)
        frame.deadline_id = frame.timer(frame.parent, frame.began + later[0], "deadline")
    for visit in [visit for visit in frame.active if visit.row is None]:
        if visit.inner is not None:
            frame.later(given_up, visit.inner, "over budget")
        elif visit.rows is not None and (rows.of(visit).decided or isinstance(visit.step, RunStep)):
            frame.later(rows.stop, frame, visit, "over budget")
        else:
            frame.later(routing.fail, frame, visit, "over budget")


def late(visit: Visit) -> None:
    """A step is behind its deadline."""
    if visit.inner is not None:
        visit.run.later(given_up, visit.inner, "timeout")
    else:
        visit.run.later(routing.fail, visit.run, visit, "timeout")


def fill(run: Run, values: Mapping[str, object]) -> None:
    """Write the parameters. What has not run, or was not given, has no fields: reading one is an error."""
    run.blank = with_fields(run.program, run.of)
    for name in run.blank:
        run.values[name] = {}
    for name, field in run.of.parameters.fields.items():
        if name in values:
            run.record(name, values[name], encoded(field.type, values[name]))


def with_fields(program: Program, workflow: Workflow) -> list[str]:
    """Return the steps and parameters that are records."""
    found = [name for name, field in workflow.parameters.fields.items() if isinstance(field.type, RecordType)]
    for name, step in workflow.steps.items():
        if rows.fan_out(step) is not None:
            whole = True
        elif isinstance(step, CallStep):
            whole = not isinstance(program.tools[step.call.tool].result, RecordType)
        elif isinstance(step, EventStep | TimeStep):
            whole = isinstance(step, TimeStep) or not isinstance(step.data, RecordType)
        else:
            whole = isinstance(step, TableStep) and step.table.hit == "collect"
        found += [] if whole else [name]
    return found
