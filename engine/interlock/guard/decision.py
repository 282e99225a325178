"""What a session answers to one call that was proposed."""

from collections.abc import Callable
from dataclasses import field

from interlock.decide import Answer, ApprovalNeed, Obligation, Reason, RedactFields
from interlock.guard.record import DecisionRecord
from interlock.run.protocol.commands import AskApproval
from interlock.run.protocol.events import Json
from interlock.run.protocol.frozen import frozen


@frozen
class CallDecision:
    """May this call be made? A value: true in a condition exactly when the answer is `allow`.

    `call` is the id under which to report what came of the call; empty unless it is allowed. `args` are the arguments
    to call with, as the declaration reads them; of a call that is not allowed, what may be shown of them. `key` is the
    idempotency key: the same for the same call, however often it is made. `obligations` go with the answer: fields to
    hide, roles to tell. `approvals` are those that the call waits for; `missing` says by whom. `nearest` says, in
    sentences, what the nearest way to be allowed is. `id` names the decision for ever: the session, the number of its
    entry in the journal, its place there. `at` is microseconds since 1970.
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
    obligations: tuple[Obligation, ...] = ()
    at: int = 0
    made: Callable[[], DecisionRecord] | None = field(default=None, repr=False, compare=False)

    @property
    def allowed(self) -> bool:
        """Whether the call may be made."""
        return self.answer == "allow"

    def __bool__(self) -> bool:
        return self.answer == "allow"

    def __str__(self) -> str:
        """Return the decision and its reasons in one line."""
        return f"{self.tool}: {_ANSWERS[self.answer]}: " + "; ".join(map(_said, self.reasons))

    def explain(self) -> str:
        """Return the whole explanation: each reason with its place, the nearest way to be allowed, the obligations."""
        lines = [f"{self.tool}: {_ANSWERS[self.answer]}"]
        lines += [
            f"  {_said(reason)}" + (f"  ({place})" if (place := place_of(reason)) else "") for reason in self.reasons
        ]
        lines += [f"  to be allowed: {each}" for each in self.nearest]
        lines += [f"  {_obligation(each)}" for each in self.obligations]
        return "\n".join(lines)

    def record(self) -> DecisionRecord:
        """Return the decision record, as JSON (schema `decision`): the one that `interlock show --format json` has."""
        assert self.made is not None
        return self.made()


_ANSWERS = {"allow": "allowed", "deny": "denied", "ask": "waits for approval"}


def _said(reason: Reason) -> str:
    text = "; ".join(reason.text.splitlines())
    return f"{text} [{reason.rule}]" if reason.rule else text


def _obligation(given: Obligation) -> str:
    at = f" [{given.rule}]" if given.rule else ""
    if isinstance(given, RedactFields):
        return f"not shown: {', '.join(given.fields)}{at}"
    return f"{given.role} is told" + (f": {given.reason}" if given.reason else "") + at


def place_of(reason: Reason) -> str:
    """Return where the rule of a reason stands, as `file:line`; empty for what no file says."""
    span = reason.span
    return f"{span.source.name}:{span.line}" if span is not None and span.source.text else ""
