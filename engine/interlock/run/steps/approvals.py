"""Approvals: asked for exactly one subject, given by enough different people in time, or not.

All approvals a call or a step needs are asked for at once. Each is bound to its subject by a digest that must come back
with it. None is ever accepted from the principal, from a person twice, for another role, or at or after its expiry.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from interlock.decide import ApprovalNeed, Consent
from interlock.run import visits
from interlock.run.protocol.codes import WhyIgnored
from interlock.run.protocol.commands import AskApproval, Notify
from interlock.run.protocol.events import ApprovalDenied, ApprovalGiven, Json, TimerFired
from interlock.run.protocol.notes import ApprovalAsked, ApprovalSettled, Escalated
from interlock.run.state import Agreed, Ask, Call, Refused, Run, Visit
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
    owner.asks = tuple(
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
) -> Ask:
    expires = None if need.within is None else run.now + need.within
    step = owner.name if isinstance(owner, Visit) else owner.step
    ask = Ask(run.new_id("a"), owner, role, need, subject, digest, expires, escalate)
    run.ask(ask, AskApproval(ask.id, step, role, need.count, subject, digest, expires))
    run.notes.append(ApprovalAsked(ask.id, step, role, need.count, subject, digest, expires))
    if expires is not None:
        ask.timer = run.set_timer(ask, expires, "expiry")
    return ask


def given(run: Run, ask: Ask, event: ApprovalGiven) -> None:
    """Someone agreed."""
    problem = _unacceptable(run, ask, event.by, event.role) or _uncounted(run, ask, event)
    if problem:
        run.ignore(*problem)
        return
    ask.by = (*ask.by, event.by)
    if len(ask.by) < ask.need.count:
        return
    owner = ask.owner
    _settle(run, ask, "approved")
    owner.consents = (*owner.consents, Consent(ask.id, ask.need.role, ask.digest, ask.by, ask.expires))
    if not owner.asks:
        run.agenda.append(Agreed(owner))


def denied(run: Run, ask: Ask, event: ApprovalDenied) -> None:
    """Someone refused: that is enough."""
    problem = _unacceptable(run, ask, event.by, event.role)
    if problem:
        run.ignore(*problem)
        return
    ask.by = (event.by,)
    _settle(run, ask, "denied", event.reason)
    said = f"{event.by} ({ask.role}) did not approve" + (f": {event.reason}" if event.reason else "")
    run.agenda.append(Refused(ask.owner, "denied", said))


def expired(run: Run, ask: Ask, event: TimerFired) -> None:
    """Nobody, or not enough people, agreed in time: another role is asked if the route says so."""
    owner, escalate = ask.owner, ask.escalate
    _settle(run, ask, "expired")
    if escalate is None:
        run.agenda.append(Refused(owner, "expiry", f"nobody of {ask.role} approved in time"))
        return
    role, because = escalate
    step = owner.name if isinstance(owner, Visit) else owner.step
    reason = because or f"the approval by {ask.role} expired"
    run.notes.append(Escalated(role, step, reason))
    run.commands.append(Notify(run.new_id("n"), role, step, reason))
    owner.asks = (*owner.asks, _ask(run, owner, ask.need, role, ask.subject, ask.digest, None))


def _unacceptable(run: Run, ask: Ask, by: str, role: str) -> tuple[WhyIgnored, str] | None:
    if not by:
        return WhyIgnored.NAMELESS, "an approval is given by a person with a name"
    if role != ask.role:
        return WhyIgnored.WRONG_ROLE, f"`{ask.id}` waits for someone of {ask.role}, not of {role or 'no role'}"
    if ask.expires is not None and run.now >= ask.expires:
        return WhyIgnored.EXPIRED, f"`{ask.id}` has expired"
    return None


def _uncounted(run: Run, ask: Ask, event: ApprovalGiven) -> tuple[WhyIgnored, str] | None:
    if event.digest != ask.digest:
        said = "the approval is for something else: its digest is not that of what was asked"
        return WhyIgnored.WRONG_SUBJECT, said
    if event.by == run.principal.name:
        return WhyIgnored.OWN_REQUEST, f"{event.by} started the run and cannot approve what it asks for"
    if event.by in ask.by:
        said = f"{event.by} has already approved; {ask.need.count} different people must"
        return WhyIgnored.APPROVED_BEFORE, said
    return None


def _settle(run: Run, ask: Ask, outcome: Literal["approved", "denied", "expired"], reason: str = "") -> None:
    run.notes.append(ApprovalSettled(ask.id, outcome, ask.by, reason))
    run.open.pop(ask.id, None)
    visits.drop_ask(run, ask)
    ask.owner.asks = tuple(other for other in ask.owner.asks if other is not ask)
