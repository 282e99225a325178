"""What approvals are worth: for exactly one subject, from enough different people, none of whom asked for it."""

from collections.abc import Iterable

from interlock.decide.decision import ApprovalNeed, Reason
from interlock.decide.request import Request
from interlock_dsl.program.promises import NeverBefore, NeverUnapproved


def agreed(request: Request, role: str | None) -> frozenset[str]:
    """Return who, in a role (None: in any), agreed to exactly this call, in approvals that still count.

    # INVARIANT: a request without a subject has no approval: an empty digest matches nothing, not even itself.
    """
    if not request.subject:
        return frozenset()
    principal = request.principal.name
    people = {
        person
        for consent in request.consents
        if role in (None, consent.role)
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


def broken(request: Request, never: NeverUnapproved | NeverBefore, asked: Iterable[ApprovalNeed]) -> Reason | None:
    """Return why a `never` speaks against a call; None when what comes before it is there, or is asked for."""
    if isinstance(never, NeverBefore):
        return None if never.first & request.returned else _reason(never, request, _returned(never.first))
    role, count = never.role, never.count
    if len(agreed(request, role)) >= count or any(role in (None, need.role) and need.count >= count for need in asked):
        return None
    people = role if count == 1 else f"{count} of {role}"
    return _reason(never, request, "an approval" if role is None else f"an approval by {people}")


def _returned(first: frozenset[str]) -> str:
    names = sorted(first)
    shown = names if len(names) <= _SHOWN else [*names[:_SHOWN], f"{len(names) - _SHOWN} more"]
    return f"that a call of {' or '.join(shown)} has returned"


def _reason(never: NeverUnapproved | NeverBefore, request: Request, needed: str) -> Reason:
    return Reason("never", f"`{request.tool}` needs {needed} here", never.id, never.span)


_SHOWN = 3
