"""Approvals in a session: asked for exactly one call, answered by people, worth something once and for a time.

What is asked stays open, whoever proposed the call may go and come back. Nothing fires when time is up: what has
expired is dropped on the next event, and counts for nothing before that. A refusal holds as long as the approval would
have: until it expires, or for the session.
"""

from collections.abc import Iterable
from dataclasses import replace

from interlock.decide import ApprovalNeed, Consent
from interlock.run import redaction
from interlock.run.agreement import unacceptable, uncounted
from interlock.run.protocol.codes import WhyIgnored
from interlock.run.protocol.commands import AskApproval
from interlock.run.protocol.events import ApprovalDenied, ApprovalGiven, Json
from interlock.run.protocol.notes import ApprovalAsked, ApprovalCounted, ApprovalSettled
from interlock.run.session.state import Approval, Call, SessionState
from interlock.run.session.transitions import change


def ask_all(state: SessionState, call: Call, needs: Iterable[ApprovalNeed], subject: dict[str, Json]) -> None:
    """Have all approvals asked for that are missing; what is open already is not asked for again.

    Where more people must agree by now than when it was asked, the open approval waits for as many.
    """
    open = {approval.role: approval for approval in call.approvals}
    for need in needs:
        known = open.get(need.role)
        if known is None:
            expires = None if need.within is None else state.now + need.within
            approval = Approval(state.new_id("a"), call, need, call.digest, expires)
            call.approvals = (*call.approvals, approval)
            _ask(state, approval, subject)
        elif known.need.count < need.count:
            known.need = replace(known.need, count=need.count)
            _ask(state, known, subject)


def _ask(state: SessionState, approval: Approval, subject: dict[str, Json]) -> None:
    need, id, digest, expires = approval.need, approval.id, approval.digest, approval.expires
    state.ask(approval, AskApproval(id, "", need.role, need.count, subject, digest, expires))
    shown = redaction.subject(approval.call.tool, subject, approval.call.hidden)
    state.notes.append(ApprovalAsked(id, "", need.role, need.count, shown, digest, expires))


def refused(
    state: SessionState, approval: Approval, event: ApprovalGiven | ApprovalDenied, now: int
) -> tuple[WhyIgnored, str] | None:
    """Return why an answer to an open approval is not accepted; None if it is."""
    problem = unacceptable(approval, event.by, event.role, now)
    if problem is not None or isinstance(event, ApprovalDenied):
        return problem
    call = approval.call
    others = [(each.need.role, each.by) for each in call.approvals]
    others += [(consent.role, consent.by) for consent in call.consents]
    return uncounted(approval, event, state.principal.name, "session", others)


def given(state: SessionState, approval: Approval, event: ApprovalGiven) -> None:
    """Someone agreed. What it allows is decided when the call is proposed again."""
    approval.by = (*approval.by, event.by)
    need = approval.need
    if len(approval.by) < need.count:
        state.notes.append(ApprovalCounted(approval.id, event.by, event.role, len(approval.by), need.count))
        return
    call = approval.call
    call.consents = (*call.consents, Consent(approval.id, need.role, approval.digest, approval.by, approval.expires))
    del state.open[approval.id]
    _over(state, approval)
    state.notes.append(ApprovalSettled(approval.id, "approved", approval.by))


def denied(state: SessionState, approval: Approval, event: ApprovalDenied) -> None:
    """Someone refused: that is enough for all that was asked for the call."""
    call = approval.call
    call.refusal = f"{event.by} ({approval.role}) did not approve" + (f": {event.reason}" if event.reason else "")
    call.refused_until = approval.expires
    call.consents = ()
    del state.open[approval.id]
    _over(state, approval)
    state.notes.append(ApprovalSettled(approval.id, "denied", (event.by,), event.reason))
    withdraw(state, call)


def withdraw(state: SessionState, call: Call) -> None:
    """Call off what is still asked for a call."""
    for approval in call.approvals:
        _over(state, approval)
        state.cancel(approval.id)


def expire(state: SessionState) -> None:
    """Drop what is worth nothing any more by now."""
    for call in list(state.waiting.values()):
        for approval in call.approvals:
            if _past(state, approval.expires):
                del state.open[approval.id]
                _over(state, approval)
                state.notes.append(ApprovalSettled(approval.id, "expired", approval.by))
        call.consents = tuple(consent for consent in call.consents if not _past(state, consent.expires))
        if _past(state, call.refused_until):
            call.refusal, call.refused_until = "", None
        if not call.waits:
            forget(state, call)


def forget(state: SessionState, call: Call) -> None:
    """End a call of which nothing is left that was asked for it."""
    del state.waiting[call.digest]
    change(state, call, "over")


def _past(state: SessionState, moment: int | None) -> bool:
    return moment is not None and state.now >= moment


def _over(state: SessionState, approval: Approval) -> None:
    call = approval.call
    change(state, approval, "over")
    call.approvals = tuple(other for other in call.approvals if other is not approval)
