"""Approvals: asked for exactly one subject, given by enough different people in time, or not.

All approvals a call or a step needs are asked for at once. Each is bound to its subject by a digest that must come back
with it. None is ever accepted from the principal, from a person twice, for another role, or at or after its expiry; and
where several roles must approve one subject, nobody approves for two of them.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from interlock.decide import ApprovalNeed, Consent
from interlock.run.agreement import unacceptable, uncounted
from interlock.run.moves import Approved, NotApproved
from interlock.run.parts import Approval, Call, Visit
from interlock.run.protocol.codes import WhyIgnored
from interlock.run.protocol.commands import AskApproval, Notify
from interlock.run.protocol.events import ApprovalDenied, ApprovalGiven, Json, TimerFired
from interlock.run.protocol.notes import ApprovalAsked, ApprovalCounted, ApprovalSettled, Escalated
from interlock.run.state import Run
from interlock.run.steps import obligations, visits
from interlock_dsl.program.model import Route


def ask_all(
    run: Run,
    owner: Visit | Call,
    needs: Iterable[ApprovalNeed],
    subject: Mapping[str, Json],
    digest: str,
    route: Route | None,
) -> None:
    """Ask for all approvals that are missing. The expiry of the route's own one may escalate, as the route says."""
    own = route.approval if route is not None else None
    owner.approvals = tuple(
        _ask(run, owner, need, need.role, subject, digest, _stand_in(route) if own and own.role == need.role else None)
        for need in needs
    )


def _stand_in(route: Route | None) -> tuple[str, str] | None:
    for escalation in route.escalations if route is not None else ():
        if escalation.on_expiry:
            return escalation.role, escalation.because
    return None


def _ask(
    run: Run,
    owner: Visit | Call,
    need: ApprovalNeed,
    role: str,
    subject: Mapping[str, Json],
    digest: str,
    escalate: tuple[str, str] | None,
) -> Approval:
    expires = None if need.within is None else run.now + need.within
    step = owner.path if isinstance(owner, Visit) else owner.step
    approval = Approval(run.new_id("a"), owner, role, need, subject, digest, expires, escalate)
    run.ask(approval, AskApproval(approval.id, step, role, need.count, subject, digest, expires))
    shown = obligations.subject(owner, subject)
    run.notes.append(ApprovalAsked(approval.id, step, role, need.count, shown, digest, expires))
    if expires is not None:
        approval.timer = run.set_timer(approval, expires, "expiry")
    return approval


def given(run: Run, approval: Approval, event: ApprovalGiven) -> None:
    """Someone agreed."""
    problem = unacceptable(approval, event.by, event.role, run.now) or _uncounted(run, approval, event)
    if problem:
        run.ignore(*problem)
        return
    approval.by = (*approval.by, event.by)
    if len(approval.by) < approval.need.count:
        run.notes.append(ApprovalCounted(approval.id, event.by, event.role, len(approval.by), approval.need.count))
        return
    owner = approval.owner
    _settle(run, approval, "approved")
    consent = Consent(approval.id, approval.need.role, approval.digest, approval.by, approval.expires)
    owner.consents = (*owner.consents, consent)
    if not owner.approvals:
        run.agenda.append(Approved(owner))


def denied(run: Run, approval: Approval, event: ApprovalDenied) -> None:
    """Someone refused: that is enough."""
    problem = unacceptable(approval, event.by, event.role, run.now)
    if problem:
        run.ignore(*problem)
        return
    approval.by = (event.by,)
    _settle(run, approval, "denied", event.reason)
    reason = f"{event.by} ({approval.role}) did not approve" + (f": {event.reason}" if event.reason else "")
    run.agenda.append(NotApproved(approval.owner, "denied", reason))


def expired(run: Run, approval: Approval, event: TimerFired) -> None:
    """Nobody, or not enough people, agreed in time: another role is asked if the route says so."""
    owner, escalate = approval.owner, approval.escalate
    _settle(run, approval, "expired")
    if escalate is None:
        run.agenda.append(NotApproved(owner, "expiry", f"nobody of {approval.role} approved in time"))
        return
    role, because = escalate
    step = owner.path if isinstance(owner, Visit) else owner.step
    reason = because or f"the approval by {approval.role} expired"
    run.notes.append(Escalated(role, step, reason))
    run.commands.append(Notify(run.new_id("n"), role, step, reason))
    asked = _ask(run, owner, approval.need, role, approval.subject, approval.digest, None)
    owner.approvals = (*owner.approvals, asked)


def _uncounted(run: Run, approval: Approval, event: ApprovalGiven) -> tuple[WhyIgnored, str] | None:
    owner = approval.owner
    others = [(each.need.role, each.by) for each in owner.approvals]
    others += [(consent.role, consent.by) for consent in owner.consents]
    return uncounted(approval, event, run.principal.name, "run", others)


def _settle(run: Run, approval: Approval, outcome: Literal["approved", "denied", "expired"], reason: str = "") -> None:
    run.notes.append(ApprovalSettled(approval.id, outcome, approval.by, reason))
    run.open.pop(approval.id, None)
    visits.drop_approval(run, approval)
    owner = approval.owner
    owner.approvals = tuple(other for other in owner.approvals if other is not approval)
