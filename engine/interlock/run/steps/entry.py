"""Entering a step or an end: charge it, hand over what its route grants, and begin what it does."""

from interlock.decide import ApprovalNeed
from interlock.run import budget, promises
from interlock.run.moves import Arrive, Begin, Enter, Fail
from interlock.run.parts import Visit
from interlock.run.protocol.events import Json
from interlock.run.protocol.notes import StepBegan, Trigger
from interlock.run.state import Run
from interlock.run.steps import agents, approvals, deadlines, handoff, inner, people, rows, rules, visits, waits
from interlock.run.transitions import change
from interlock_dsl.program.model import (
    AgentStep,
    AskStep,
    CallStep,
    End,
    EventStep,
    RunStep,
    SetStep,
    TableStep,
    TimeStep,
    fan_out,
)
from interlock_dsl.schema.canonical import digest


def enter(run: Run, move: Enter) -> None:
    """Go to a step or an end."""
    frame, planned, target = move.frame, move.route, move.target
    if frame.over:
        return
    end = frame.plan.workflow.ends.get(target)
    needs_approval = planned.route.approval is not None
    if end is not None and not needs_approval:
        run.agenda.appendleft(Arrive(frame, end, move.failure))
        return
    step = end or frame.plan.workflow.steps[target]
    fanned = fan_out(step)
    over = budget.over_for_step(run, frame) if end is None and fanned is None else None
    if over is not None and over.promise is not None:
        promises.break_promise(run, over.frame, over.promise, over.why)
        return
    grants, scopes = handoff.grants_for(run, frame, planned, target)
    visit = visits.open_visit(frame, step, planned, grants, scopes, move.lineage)
    visit.failure, visit.passed = move.failure, move.passed
    run.notes.append(StepBegan(visit.path, visit.number, frame.at(planned.id), tuple(sorted(scopes))))
    if over is not None:
        run.agenda.append(Fail(visit, "over budget", over.why))
        return
    if fanned is not None:
        if not rows.read(run, visit, fanned):
            return
    elif end is None:
        budget.charge_step(frame)
    if needs_approval and (fanned is not None or not isinstance(step, CallStep)):
        _ask_approval(run, visit)
    else:
        begin(run, Begin(visit))


def begin(run: Run, move: Begin) -> None:
    """Do what a step does, unless it is over already: a row may have been decided by others."""
    visit = move.visit
    if visit.phase == "over":
        return
    if visit.rows is not None:
        rows.begin(run, visit)
        return
    if visit.row is not None:
        run.meter.restore()  # what is evaluated for one row may cost as much as for one step
    deadlines.start(run, visit)
    match visit.step:
        case SetStep():
            rules.set_values(run, visit)
        case TableStep():
            rules.decide(run, visit)
        case AgentStep():
            agents.begin(run, visit)
        case CallStep():
            rules.call(run, visit)
        case AskStep():
            people.ask(run, visit)
        case EventStep():
            waits.wait(run, visit)
        case TimeStep():
            waits.pause(run, visit)
        case RunStep():
            inner.begin(run, visit)
        case End():
            visits.close(run, visit)
            run.agenda.appendleft(Arrive(visit.frame, visit.step, visit.failure))


def _ask_approval(run: Run, visit: Visit) -> None:
    """Ask for the approval a route wants before its target may begin: of the scopes and fields it hands over."""
    rule = visit.route.route.approval
    assert rule is not None
    runs = isinstance(visit.step, RunStep) and visit.rows is None
    if runs and not inner.prepare(run, visit):
        return
    scopes: list[Json] = []
    scopes.extend(sorted(visit.scopes))
    subject: dict[str, Json] = {
        "run": run.id,
        "step": visit.path,
        "visit": visit.number,
        "agent": visit.step.agent.name if isinstance(visit.step, AgentStep) else "",
        "scopes": scopes,
        "context": handoff.context_of(visit),
        **rows.subject_of(run, visit),
    }
    if runs:
        subject |= inner.subject(run, visit)
    change(run, visit, "in approval")
    visit.digest = digest(subject)
    need = ApprovalNeed(rule.role, rule.count, rule.within, "")
    approvals.ask_all(run, visit, (need,), subject, visit.digest, visit.route.route)


def approved(run: Run, visit: Visit) -> None:
    """The approval of a handover is there. It counts only now, before its expiry, and only for this visit."""
    if visit.phase == "in approval":
        change(run, visit, "entered")
        begin(run, Begin(visit))


def not_approved(run: Run, visit: Visit, trigger: Trigger, message: str) -> None:
    """It was denied or ran out."""
    if visit.phase == "in approval":
        run.agenda.append(Fail(visit, trigger, message))
