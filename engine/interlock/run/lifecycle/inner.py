"""How a workflow ends that a step runs: at an end, which is the step's output, or given up, which fails the step.

One that is given up undoes what it did before its step fails; the run goes on meanwhile.
"""

from collections.abc import Mapping

from interlock.run.moves import Complete, Fail, Undo
from interlock.run.parts import Frame
from interlock.run.protocol.codes import WhyCancelled
from interlock.run.protocol.events import Json
from interlock.run.protocol.notes import Trigger
from interlock.run.state import Run
from interlock.run.steps import visits
from interlock.run.transitions import change


def reached(run: Run, frame: Frame, end: str, value: Mapping[str, object], output: Mapping[str, Json]) -> None:
    """A workflow that a step runs is at an end: the step has its output."""
    visit = frame.parent
    assert visit is not None
    visits.close_frame(run, frame, WhyCancelled.END_REACHED, f"`{frame.plan.workflow.name}` reached `{end}`")
    run.agenda.append(Complete(visit, {"end": end, **value}, {"end": end, **output}))


def given_up(run: Run, frame: Frame, trigger: Trigger, reason: str, shown: str = "") -> None:
    """A workflow that a step runs cannot go on: what it did is undone, then the step fails.

    `shown` is what a model is shown of the reason, where that is less.
    """
    visit = frame.parent
    assert visit is not None
    if frame.over or visit.phase != "running":
        return
    name = frame.plan.workflow.name
    visits.close_frame(run, frame, WhyCancelled.GIVEN_UP, f"`{name}` was given up")
    change(run, visit, "undoing")
    run.cancel(visit.deadline)
    visit.due = None

    def inside(around: Frame, step: str, number: int) -> bool:
        return (around, step, number) == (visit.frame, visit.path, visit.number)

    why = f"`{name}` was given up: "
    run.agenda.append(Undo(visit.frame, inside, Fail(visit, trigger, why + reason, why + shown if shown else "")))
