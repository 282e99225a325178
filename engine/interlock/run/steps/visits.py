"""The life of a visit: opened when a step is entered, closed when it is done, has failed, or is no longer needed."""

from typing import Final

from interlock.run import budget
from interlock.run.branching import UNBRANCHED, Lineage
from interlock.run.parts import Approval, Call, Frame, Performed, Visit
from interlock.run.plan import PlannedRoute
from interlock.run.protocol.codes import WhyCancelled
from interlock.run.protocol.notes import StepCancelled
from interlock.run.state import Run
from interlock.run.steps import admissions, reservations
from interlock.run.transitions import change
from interlock_dsl.program.model import End, Grant, Step

PERHAPS: Final = "it may have happened"
"""Why a call is not undone of which nobody knows whether it was made."""


def open_visit(
    frame: Frame,
    step: Step | End,
    route: PlannedRoute,
    grants: tuple[Grant, ...],
    scopes: frozenset[str],
    lineage: Lineage = UNBRANCHED,
) -> Visit:
    """Open a visit to a step of a workflow."""
    number = frame.visits.get(step.name, 0) + 1
    part = frame.plan.marked.get(step.name)
    if part is not None:
        frame.marks[step.name] = {name: frame.visits.get(name, 0) for name in part}
    frame.visits[step.name] = number
    visit = Visit(frame, frame.at(step.name), step, number, route, grants, scopes)
    frame.active[step.name, number] = visit
    if lineage:
        frame.lineages[step.name, number] = lineage
    return visit


def close(run: Run, visit: Visit) -> None:
    """Close a visit. Whatever it still waits for is called off, but for calls under way that change the world:
    these become orphans, and come back to the run.
    """
    if visit.phase == "over":
        return
    change(run, visit, "over")
    frame = visit.frame
    if visit.row is None:
        del frame.active[visit.name, visit.number]
    elif visit.row.of.rows is not None:
        del visit.row.of.rows.under_way[visit.row.index]
    cancel_rows(run, visit, WhyCancelled.ROWS_DECIDED, "the step is over")
    if not frame.active and frame.parent is not None:
        run.idle.append(frame)
    for id in (visit.command, visit.timer, visit.deadline):
        run.cancel(id)
    drop_approvals(run, visit)
    if visit.call is not None:
        _let_go(run, visit.call)
    if visit.conversation is not None:
        budget.release(visit.frame, visit.conversation)
        for call in visit.conversation.calls:
            _let_go(run, call)


def close_frame(run: Run, frame: Frame, code: WhyCancelled, why: str) -> None:
    """Close a workflow that a step runs, with everything under way in it."""
    if frame.over:
        return
    frame.over = True
    for visit in list(frame.active.values()):
        cancel(run, visit, code, why)
    run.cancel(frame.timer)
    run.held -= sum(frame.sizes.values())


def cancel(run: Run, visit: Visit, code: WhyCancelled, why: str) -> None:
    """Close a visit that is no longer needed, with its rows or what runs inside, and note it."""
    cancel_rows(run, visit, code, why)
    if visit.inner is not None:
        close_frame(run, visit.inner, code, why)
    run.notes.append(StepCancelled(visit.path, visit.number, code, why))
    close(run, visit)


def cancel_rows(run: Run, visit: Visit, code: WhyCancelled, why: str) -> None:
    """Close the rows of a fan-out that are under way; no other is entered."""
    if visit.rows is not None:
        visit.rows.decided = True
        for row in list(visit.rows.under_way.values()):
            cancel(run, row, code, why)


def drop_approvals(run: Run, owner: Visit | Call) -> None:
    """Call off the approvals that were asked for a step or a call."""
    for approval in owner.approvals:
        drop_approval(run, approval)
    owner.approvals = ()


def drop_approval(run: Run, approval: Approval) -> None:
    """Call off one approval."""
    change(run, approval, "over")
    run.cancel(approval.id)
    run.cancel(approval.timer)


def doubt(run: Run, call: Call) -> None:
    """Note that a call may have happened, and that nobody knows."""
    run.doubts.append(call.tool.name)
    if call.visit is not None:
        number, why = call.visit.number, PERHAPS
        run.stuck.append(Performed(call.frame, call.tool.name, call.step, number, call.command, "", {}, why))


def _let_go(run: Run, call: Call) -> None:
    drop_approvals(run, call)
    if call.phase == "in flight" and call.tool.effect != "read":
        call.orphan = True
        run.orphans[call.command] = call
        return
    admissions.let_go(run, call)
    if call.in_doubt and call.phase != "over":
        doubt(run, call)
    if call.phase not in ("over", "in flight"):
        reservations.give_back(run, call)
    if call.phase != "over":
        change(run, call, "over")
    if call.reserve is not None:
        run.cancel(call.reserve.id)
    run.cancel(call.command)
    run.cancel(call.timer)
