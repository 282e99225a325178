"""What approvals are worth: for exactly one subject, from enough different people, none of whom asked for it."""

from collections.abc import Iterable

from interlock.decide.decision import ApprovalNeed, Reason
from interlock.decide.request import Request
from interlock_dsl.program.model import NeverRule


def agreed(request: Request, role: str) -> frozenset[str]:
    """Return who, in a role, agreed to exactly this call, in approvals that still count.

    # INVARIANT: a request without a subject has no approval: an empty digest matches nothing, not even itself.
    """
    if not request.subject:
        return frozenset()
    principal = request.principal.name
    people = {
        person
        for consent in request.consents
        if consent.role == role
        and consent.digest == request.subject
        and not consent.spent
        and (consent.expires is None or request.now < consent.expires)
        for person in consent.by
    }
    return frozenset(person for person in people if person and person != principal)


def missing(request: Request, needs: Iterable[ApprovalNeed]) -> tuple[ApprovalNeed, ...]:
    """Return the needs that are not met, one for each role: the highest count, the shortest time."""
    merged: dict[str, ApprovalNeed] = {}
    for need in needs:
        if request.consents and len(agreed(request, need.role)) >= need.count:
            continue
        known = merged.get(need.role)
        if known is None:
            merged[need.role] = need
        else:
            shorter = min((w for w in (known.within, need.within) if w is not None), default=None)
            merged[need.role] = ApprovalNeed(need.role, max(known.count, need.count), shorter, known.rule)
    return tuple(merged.values())


def unapproved(request: Request, never: NeverRule, asked: Iterable[ApprovalNeed]) -> Reason | None:
    """Return why a `never ... before approval` speaks against a call; None when its approval is there or asked for."""
    if agreed(request, never.role) or any(need.role == never.role for need in asked):
        return None
    return Reason("never", f"`{never.tool}` needs an approval by {never.role} here", never.id, never.span)
