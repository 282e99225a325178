"""The answer to one request: allow, deny or ask, with the reasons. A value that can be printed, stored, explained."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from interlock_dsl.diagnostics.source import Span

Answer: TypeAlias = Literal["allow", "deny", "ask"]

Cause: TypeAlias = Literal[
    "unknown-tool", "unknown-agent", "arguments", "not-shown", "missing-scope", "no-permit", "permit", "grant",
    "approval", "forbid", "require", "never", "limit", "budget", "promise",
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
class Decision:
    """`answer`, all determining reasons, and for `ask` what is still needed.

    `subject` is what an approval has to be for (`Consent.digest`) where `Authorizer` asks for one; in a run the subject
    is the machine's.
    """

    answer: Answer
    reasons: tuple[Reason, ...]
    needs: tuple[ApprovalNeed, ...] = ()
    subject: str = ""
