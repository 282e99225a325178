"""Who may answer an open approval, and whose agreement counts: the same for runs of workflows and for sessions."""

from collections.abc import Iterable
from typing import Protocol

from interlock.decide import ApprovalNeed
from interlock.run.protocol.codes import WhyIgnored
from interlock.run.protocol.events import ApprovalGiven


class OpenApproval(Protocol):
    """An approval that was asked for. `role` is who is asked, `need.role` whose approval it counts as."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def role(self) -> str: ...  # noqa: D102
    @property
    def need(self) -> ApprovalNeed: ...  # noqa: D102
    @property
    def digest(self) -> str: ...  # noqa: D102
    @property
    def expires(self) -> int | None: ...  # noqa: D102
    @property
    def by(self) -> tuple[str, ...]: ...  # noqa: D102


def unacceptable(approval: OpenApproval, by: str, role: str, now: int) -> tuple[WhyIgnored, str] | None:
    """Return why someone cannot answer an open approval, for it or against it; None if they can."""
    if not by:
        return WhyIgnored.NAMELESS, "an approval is given by a person with a name"
    if role != approval.role:
        asked = f"`{approval.id}` waits for someone of {approval.role}, not of {role or 'no role'}"
        return WhyIgnored.WRONG_ROLE, asked
    if approval.expires is not None and now >= approval.expires:
        return WhyIgnored.EXPIRED, f"`{approval.id}` has expired"
    return None


def uncounted(
    approval: OpenApproval,
    event: ApprovalGiven,
    principal: str,
    started: str,
    others: Iterable[tuple[str, Iterable[str]]],
) -> tuple[WhyIgnored, str] | None:
    """Return why an agreement does not count, though the approval is open and its role is asked; None if it does.

    `principal` is who asks, `started` what they started, `others` who agreed to the same subject for which roles.
    """
    by, role = event.by, approval.need.role
    if event.digest != approval.digest:
        other = "the approval is for something else: its digest is not that of what was asked"
        return WhyIgnored.WRONG_SUBJECT, other
    if by == principal:
        return WhyIgnored.OWN_REQUEST, f"{by} started the {started} and cannot approve what it asks for"
    if by in approval.by:
        return WhyIgnored.APPROVED_BEFORE, f"{by} has already approved; {approval.need.count} different people must"
    for known, people in others:
        if known != role and by in people:
            return WhyIgnored.OTHER_ROLE, f"{by} has already approved this for {known}; somebody else must for {role}"
    return None
