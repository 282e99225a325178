"""How a run begins: checked before there is an event, and again when the event arrives."""

from collections.abc import Mapping
from typing import cast

from interlock.decide import History, Principal
from interlock.decide.request import decode_context
from interlock.errors import InvalidInput, abridged
from interlock.run import promises
from interlock.run.moves import Start
from interlock.run.parts import Frame, Visit
from interlock.run.plan import Plan, WorkflowPlan, plan_of
from interlock.run.protocol.codes import WhyIgnored
from interlock.run.protocol.events import Json, RunStarted
from interlock.run.routing import routes
from interlock.run.state import Run
from interlock.run.transitions import change
from interlock_dsl.cel.units import part
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.diagnostics.spelling import nearest
from interlock_dsl.program.model import Program
from interlock_dsl.schema import ValidationError, decode
from interlock_dsl.schema.person import UnusableName, entered

NOBODY = Principal()
"""A nameless principal that holds every scope."""


def prepare(
    program: Program,
    workflow: str,
    input: Mapping[str, Json],
    *,
    run: str,
    at: int,
    principal: Principal = NOBODY,
    context: Mapping[str, Json] | None = None,
) -> RunStarted:
    """Return the event that starts a run. `at` is microseconds since 1970.

    The principal's name is normalised. Without a `context`, no condition that reads it has a value. Raises
    `InvalidInput` for a name that cannot be, and when there is no such workflow or the input or the context does not
    fit what is declared, and TypeError for a principal that is none.
    """
    if not isinstance(principal, Principal):
        raise TypeError(f"`principal`: expected a Principal, got {abridged(principal)}")
    problem = _problem(plan_of(program), workflow, input)
    if isinstance(problem, str):
        raise InvalidInput(problem)
    _, unfit = decode_context(program.context, context)
    if unfit:
        raise InvalidInput(unfit)
    try:
        name, typed = entered(principal.name)
    except UnusableName as unusable:
        raise InvalidInput(f"the principal: {unusable}") from None
    scopes = None if principal.scopes is None else tuple(sorted(principal.scopes))
    return RunStarted(
        at, run, program.digest, workflow, input, name, principal.roles, scopes, typed=typed, context=context
    )


def _problem(plan: Plan, workflow: str, given: Mapping[str, Json]) -> tuple[WorkflowPlan, Mapping[str, object]] | str:
    planned = plan.workflows.get(workflow)
    if planned is None:
        near = nearest(workflow, plan.workflows)
        return f"there is no workflow `{workflow}`" + (f", did you mean `{near}`?" if near else "")
    try:
        values = decode(planned.workflow.parameters, given)
    except ValidationError as invalid:
        return f"the input of `{workflow}` does not fit: {invalid}"
    return planned, cast(Mapping[str, object], values)


def started(run: Run, owner: None, event: RunStarted) -> None:
    """A run began."""
    if event.program != run.plan.digest:
        run.ignore(WhyIgnored.WRONG_PROGRAM, "the run belongs to another program than the one given")
        return
    found = _problem(run.plan, event.workflow, event.input)
    if isinstance(found, str):
        run.ignore(WhyIgnored.INVALID_INPUT, found)
        return
    context, unfit = decode_context(run.plan.context, event.context)
    if unfit:
        run.ignore(WhyIgnored.INVALID_INPUT, unfit)
        return
    planned, values = found
    run.id = event.run
    change(run, None, "running")
    scopes = None if event.scopes is None else frozenset(event.scopes)
    run.principal = Principal(event.principal, event.roles, scopes)
    run.history = History(run.id, started=event.at)
    run.history.now = run.now
    frame = run.root = Frame(planned)
    frame.values["run"] = {"id": run.id, "workflow": event.workflow, "started": Timestamp(event.at * 1000)}
    frame.values["principal"] = run.principal.value()
    if context is not None:
        frame.values["context"] = context
    frame.values["$history"] = run.history
    begin(run, frame, values, event.at, None)


def begin(run: Run, frame: Frame, values: Mapping[str, object], at: int, owner: Visit | None) -> None:
    """Begin a workflow with the values of its parameters at a moment; `owner` is told when its time is over."""
    workflow = frame.plan.workflow
    for name, field in workflow.parameters.fields.items():
        if name in values:
            shown = run.plan.shown(field.type, values[name])
            run.record(frame, name, values[name], shown, part(shown))
    for name in frame.plan.records:
        # What a step would have written, were it to run: `has` and `.?` find nothing in it, and nothing is an error.
        frame.values.setdefault(name, {})
    limits = frame.plan.limits
    if limits.time is not None:
        frame.deadline = at + limits.time
        frame.timer = run.set_timer(owner, frame.deadline, "deadline")
    if limits.promised_time is not None:
        frame.promised = at + limits.promised_time.time
    if promises.hold(run, frame):
        routes.leave(run, frame, "start")


def begin_inner(run: Run, move: Start) -> None:
    """Begin a workflow that a step runs."""
    if not move.frame.over:
        begin(run, move.frame, move.values, run.now, move.frame.parent)
