"""The answer to one request: allow, deny or ask, with the reasons. A value that can be printed, stored, explained."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from interlock_dsl.diagnostics.source import Span

Answer: TypeAlias = Literal["allow", "deny", "ask"]

Cause: TypeAlias = Literal[
    "unknown-tool", "unknown-agent", "arguments", "not-shown", "missing-scope", "no-permit", "permit", "grant",
    "approval", "forbid", "require", "never", "limit", "rate", "breaker", "budget", "promise", "repeated",
    "redact", "notify",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule or check that determined the answer, and where it stands in the source."""

    cause: Cause
    text: str
    rule: str = ""
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class ApprovalNeed:
    """An approval that is still missing: by whom, and how long it may take (microseconds)."""

    role: str
    count: int
    within: int | None
    rule: str


@dataclass(frozen=True, slots=True)
class RedactFields:
    """An obligation: these fields of the call, as `args.note` or `result.ssn`, are shown to nobody.

    The tool gets its arguments and conditions read the result as they are; what an agent, a record or a display shows
    of them has something else in their place.
    """

    fields: tuple[str, ...]
    rule: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class NotifyRole:
    """An obligation: the people of a role are told that the call is made, and why they are told."""

    role: str
    reason: str
    rule: str
    span: Span | None = None


Obligation: TypeAlias = RedactFields | NotifyRole
"""What goes with a decision, and whoever enforces the decision has to see to."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a call would take of a limit that holds beyond one run: `amount` of `most` in `period` microseconds.

    `limit` is the limit's identity, `rule` the id of its rule, `key` whose it is: the canonical JSON of a list (the
    principal's normalised name, the agent, values of arguments; empty where the limit holds overall).
    """

    limit: str
    rule: str
    key: str
    amount: int
    most: int
    period: int


@dataclass(frozen=True, slots=True)
class Decision:
    """`answer`, all determining reasons, for `ask` what is still needed, and the obligations that go with it.

    What is to be redacted is said with every answer, whom to notify only where the call is allowed.

    `claims` come with `allow` only: nothing but the limits that they are about can still stand against the call.
    `counts` are the identities of the limits for each run, of those with a condition, that an allowed call counts for.
    `subject` is what an approval has to be for (`Consent.digest`) where `Authorizer` asks for one; in a run the subject
    is the machine's.
    """

    answer: Answer
    reasons: tuple[Reason, ...]
    needs: tuple[ApprovalNeed, ...] = ()
    subject: str = ""
    obligations: tuple[Obligation, ...] = ()
    claims: tuple[Claim, ...] = ()
    counts: tuple[str, ...] = ()
