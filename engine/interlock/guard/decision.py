"""What a session answers to one call that was proposed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from interlock.decide import Answer, ApprovalNeed, Reason
from interlock.run.protocol.commands import AskApproval
from interlock.run.protocol.events import Json


@dataclass(frozen=True, slots=True)
class CallDecision:
    """May this call be made? A value: true in a condition exactly when the answer is `allow`.

    `call` is the id under which to report what came of the call; empty unless it is allowed. `args` are the arguments
    to call with, as the declaration reads them (raw ones where it cannot). `key` is the idempotency key: the same for
    the same call, however often it is made. `approvals` are those that the call waits for; `missing` says by whom.
    `nearest` says, in sentences, what the nearest way to be allowed is. `id` names the decision for ever: the session,
    the number of its entry in the journal, its place there. `at` is microseconds since 1970.
    """

    id: str
    session: str
    answer: Answer
    tool: str
    args: Json
    agent: str | None
    call: str = ""
    key: str = ""
    reasons: tuple[Reason, ...] = ()
    missing: tuple[ApprovalNeed, ...] = ()
    approvals: tuple[AskApproval, ...] = ()
    nearest: tuple[str, ...] = ()
    at: int = 0
    recorded: Mapping[str, Json] = field(default_factory=dict, repr=False, compare=False)

    @property
    def allowed(self) -> bool:
        """Whether the call may be made."""
        return self.answer == "allow"

    def __bool__(self) -> bool:
        return self.answer == "allow"

    def __str__(self) -> str:
        """Return the decision and its reasons in one line."""
        said = {"allow": "allowed", "deny": "denied", "ask": "waits for approval"}[self.answer]
        return f"{self.tool}: {said}: " + "; ".join(map(_said, self.reasons))

    def explain(self) -> str:
        """Return the whole explanation: each reason with its place, what is missing, the nearest way to be allowed."""
        lines = [f"{self.tool}: {_ANSWERS[self.answer]}"]
        lines += [
            f"  {_said(reason)}" + (f"  ({place})" if (place := place_of(reason)) else "") for reason in self.reasons
        ]
        for approval in self.approvals:
            people = approval.role if approval.count == 1 else f"{approval.count} of {approval.role}"
            lines.append(f"  waits for {people}: approval {approval.id}")
        lines += [f"  to be allowed: {each}" for each in self.nearest]
        return "\n".join(lines)

    def record(self) -> Mapping[str, Json]:
        """Return the decision record: canonical JSON of the schema `decision.json`."""
        return dict(self.recorded)


_ANSWERS = {"allow": "allowed", "deny": "denied", "ask": "waits for approval"}


def _said(reason: Reason) -> str:
    return f"{reason.text} [{reason.rule}]" if reason.rule else reason.text


def place_of(reason: Reason) -> str:
    """Return where the rule of a reason stands, as `file:line`; empty for what no file says."""
    span = reason.span
    return f"{span.source.name}:{span.line}" if span is not None and span.source.text else ""
