"""A step that runs another workflow: what it is given, and the frame in which it runs.

What the route into the step grants is all that can be granted inside, and what is done inside counts in the budgets
around. The rules and promises of every workflow around hold for calls made inside, each on its own values.
"""

from collections.abc import Mapping
from typing import cast

from interlock.run import values
from interlock.run.moves import Fail, Start
from interlock.run.parts import Arguments, Frame, Visit
from interlock.run.protocol.events import Json
from interlock.run.state import Run
from interlock.run.transitions import change
from interlock_dsl.cel import EvaluationError
from interlock_dsl.program.model import RunStep
from interlock_dsl.schema import ValidationError, decode, encode

SHARED = ("run", "principal", "context", "$history")
"""What conditions read of the run, in whichever workflow they stand."""


def prepare(run: Run, visit: Visit) -> bool:
    """Evaluate what the workflow is given; return whether it has values. If not, the step has failed.

    Where somebody approved what all rows are given, it is not evaluated again.
    """
    together = None if visit.row is None else visit.row.of.rows
    if visit.row is not None and together is not None and together.prepared:
        prepared = together.prepared[visit.row.index]
        given = prepared if isinstance(prepared, str) else prepared[0]
    else:
        given = _given(run, visit)
    if isinstance(given, str):
        run.agenda.append(Fail(visit, "failure", given))
        return False
    visit.given = given
    return True


def input_of(run: Run, visit: Visit) -> Arguments | str:
    """Return what the workflow is given, or why that does not fit."""
    given = _given(run, visit)
    return given if isinstance(given, str) else (given, _shown(run, visit, given))


def _given(run: Run, visit: Visit) -> Mapping[str, object] | str:
    step = _step(visit)
    parameters = run.plan.workflows[step.workflow].workflow.parameters
    try:
        given = values.evaluate(run, step.arguments, visit.reads(run.now))
        return cast(Mapping[str, object], decode(parameters, encode(parameters, given)))
    except (EvaluationError, ValidationError, ValueError, TypeError) as error:
        return f"the input of `{step.workflow}` does not fit: {error}"


def begin(run: Run, visit: Visit) -> None:
    """Begin the workflow; every visit of the step runs it in a frame of its own."""
    if visit.given is None and not prepare(run, visit):
        return
    planned = run.plan.workflows[_step(visit).workflow]
    path = visit.path if visit.number == 1 else f"{visit.path}#{visit.number}"
    around = visit.frame.around
    shared = {name: around[0].values[name] for name in SHARED if name in around[0].values}
    change(run, visit, "running")
    visit.inner = Frame(planned, path, visit, around, values=shared)
    run.agenda.append(Start(visit.inner, visit.given or {}))


def subject(run: Run, visit: Visit) -> dict[str, Json]:
    """Return what an approval of the step is for besides what every one is: the workflow and its input."""
    return {"workflow": _step(visit).workflow, "args": dict(_shown(run, visit, visit.given or {}))}


def _shown(run: Run, visit: Visit, given: Mapping[str, object]) -> Mapping[str, Json]:
    parameters = run.plan.workflows[_step(visit).workflow].workflow.parameters
    return cast(Mapping[str, Json], run.plan.shown(parameters, given))


def _step(visit: Visit) -> RunStep:
    assert isinstance(visit.step, RunStep)
    return visit.step
