"""Entering a step or an end: charge it, hand over what its route grants, and begin what it does."""

from interlock.decide import ApprovalNeed
from interlock.run import budget, visits
from interlock.run.lifecycle import finish
from interlock.run.protocol.events import Json
from interlock.run.protocol.notes import StepBegan
from interlock.run.routing import handoff
from interlock.run.state import Agreed, Begin, Enter, Fail, Refused, Run, Visit
from interlock.run.steps import agents as conversation
from interlock.run.steps import approvals as approval
from interlock.run.steps import people as questions
from interlock.run.steps import rules
from interlock_dsl.program.model import AgentStep, AskStep, CallStep, End, SetStep, TableStep
from interlock_dsl.schema.canonical import digest


def enter(run: Run, move: Enter) -> None:
    """Go to a step or an end."""
    planned, target = move.route, move.target
    end = run.workflow.workflow.ends.get(target)
    asks = planned.route.approval is not None
    if end is not None and not asks:
        finish.end(run, end)
        return
    grants, scopes = handoff.grants_for(run, planned, target)
    step = end or run.workflow.workflow.steps[target]
    visit = visits.open_visit(run, step, planned, grants, scopes)
    run.notes.append(StepBegan(target, visit.number, planned.id, tuple(sorted(scopes))))
    over = budget.charge_step(run) if end is None else ""
    if over:
        run.agenda.append(Fail(visit, "over budget", over))
    elif asks and not isinstance(step, CallStep):
        _gate(run, visit)
    else:
        begin(run, Begin(visit))


def begin(run: Run, move: Begin) -> None:
    """Do what a step does."""
    visit = move.visit
    match visit.step:
        case SetStep():
            rules.set_values(run, visit)
        case TableStep():
            rules.decide(run, visit)
        case AgentStep():
            conversation.begin(run, visit)
        case CallStep():
            rules.call(run, visit)
        case AskStep():
            questions.ask(run, visit)
        case End():
            visits.close(run, visit)
            finish.end(run, visit.step)


def _gate(run: Run, visit: Visit) -> None:
    """Ask for the approval a route wants before its target may begin: of the scopes and fields it hands over."""
    rule = visit.route.route.approval
    assert rule is not None
    scopes: list[Json] = []
    scopes.extend(sorted(visit.scopes))
    subject: dict[str, Json] = {
        "run": run.id,
        "step": visit.name,
        "visit": visit.number,
        "agent": visit.step.agent.name if isinstance(visit.step, AgentStep) else "",
        "scopes": scopes,
        "context": handoff.context_of(run, visit.route),
    }
    visit.phase = "gated"
    visit.digest = digest(subject)
    need = ApprovalNeed(rule.role, rule.count, rule.within, "")
    approval.ask_all(run, visit, (need,), subject, visit.digest, visit.route.route)


def agreed(run: Run, move: Agreed) -> None:
    """The approval of a handover is there. It counts only now, before its expiry, and only for this visit."""
    visit = move.owner
    if isinstance(visit, Visit) and visit.phase == "gated":
        visit.phase = "entered"
        begin(run, Begin(visit))


def refused(run: Run, move: Refused) -> None:
    """It was denied or ran out."""
    visit = move.owner
    if isinstance(visit, Visit) and visit.phase == "gated":
        run.agenda.append(Fail(visit, move.trigger, move.message))
