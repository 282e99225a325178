"""What the machine decided on an event: the audit's material. Notes are derived, never stored: the journal's events
give them again, and an entry's outcome digest says whether they are still the same.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from interlock.decide.decision import Claim, Decision
from interlock.run.protocol.codes import WhyBroken, WhyCancelled, WhyGivenUp, WhyIgnored, WhyNotTaken
from interlock.run.protocol.events import Json
from interlock.run.protocol.frozen import frozen

Trigger: TypeAlias = Literal["failure", "timeout", "denied", "expiry", "over budget"]
"""What made a step, an attempt or a call fail: what a route may be taken on."""


@frozen
class StepBegan:
    """A step was entered by a route (id), with the scopes in hand there."""

    step: str
    visit: int
    route: str
    scopes: tuple[str, ...]


@frozen
class StepDone:
    """A step has its output. `rows` are those of a table that it comes from, by their places."""

    step: str
    visit: int
    output: Json
    rows: str = ""


@frozen
class StepFailed:
    """A step has none, and why: one of the triggers, and a sentence."""

    step: str
    visit: int
    trigger: Trigger
    message: str


@frozen
class StepCancelled:
    """A step was no longer needed, or its output was discarded."""

    step: str
    visit: int
    code: WhyCancelled
    why: str


@frozen
class AttemptFailed:
    """One try at a call or a turn went wrong; `retry_at` is when the next one starts, None if there is none."""

    step: str
    attempt: int
    trigger: Trigger
    message: str
    retry_at: int | None


class NotTaken(NamedTuple):
    """A route that was not chosen, and why."""

    route: str
    code: WhyNotTaken
    reason: str


@frozen
class RouteTaken:
    """A route was chosen among those of its source. `others` are the routes that were not."""

    route: str
    others: tuple[NotTaken, ...] = ()


@frozen
class Backtracked:
    """A route (id) goes back to a step: what was done in the `discarded` steps since is undone, their outputs gone."""

    route: str
    step: str
    discarded: tuple[str, ...]


@frozen
class RaceWon:
    """A step has won the race to a join over its `rivals`. What they did is undone before the join is gone on from."""

    step: str
    visit: int
    rivals: tuple[str, ...]


@frozen
class LeftRace:
    """A step has failed, so that its branch is out of the race to a join of `sources`; other branches go on."""

    step: str
    visit: int
    sources: tuple[str, ...]


@frozen
class NoValue:
    """The condition of a route (id) has no value, so that none of the routes it competes with was taken.

    `source` is the step the routes leave, or `start`; its output stays. The way on is the step's `on failure`.
    """

    source: str
    route: str
    message: str


@frozen
class PromiseBroken:
    """What the workflow promises (id) would not be kept any more, so that the run is given up."""

    promise: str
    code: WhyBroken
    reason: str


@frozen
class CallDecided:
    """A tool call was decided. `call` is the command's id if it was allowed, `approvals` those that were spent.

    What a `redact` hides is hidden here, as in `CallDone` and `StepDone`.
    """

    step: str
    agent: str
    tool: str
    args: Mapping[str, Json]
    digest: str
    decision: Decision
    call: str = ""
    approvals: tuple[str, ...] = ()


@frozen
class LedgerAnswered:
    """What a call needs of limits beyond one run was reserved (`granted`) under the command's id, or was not.

    `standings` are what was used before, for each claim. Where something of the arguments is hidden, there are none,
    and the claims are without keys and amounts. `forced`: an undo, which goes on in any case. `unavailable` says why
    the ledger did not answer.
    """

    step: str
    tool: str
    reservation: str
    claims: tuple[Claim, ...]
    standings: tuple[int, ...]
    granted: bool
    forced: bool = False
    unavailable: str = ""


@frozen
class AttemptJudged:
    """An attempt at a call was let through (`granted`) by the rate and the breaker of its tool, or was not.

    `admission` is the command's id, `trial` whether the breaker closes by what comes of it. `by` is what stands against
    it, and `again` the moment from which on it may be let through. `forced`: an undo, which goes on in any case.
    `unavailable` says why the ledger did not answer.
    """

    step: str
    tool: str
    admission: str
    granted: bool
    trial: bool = False
    by: Literal["", "rate", "breaker", "ledger"] = ""
    again: int | None = None
    forced: bool = False
    unavailable: str = ""


@frozen
class CallDone:
    """A tool call came back (`ok`), or did not: then `trigger` and `message` say why."""

    step: str
    tool: str
    call: str
    ok: bool
    result: Json
    message: str = ""
    purpose: Literal["step", "agent", "undo"] = "step"
    trigger: Trigger | None = None


@frozen
class ApprovalAsked:
    """The run waits for someone of a role."""

    approval: str
    step: str
    role: str
    count: int
    subject: Mapping[str, Json]
    digest: str
    expires: int | None


@frozen
class ApprovalCounted:
    """One of several people agreed: `given` of them have by now, and `count` must."""

    approval: str
    by: str
    role: str
    given: int
    count: int


@frozen
class ApprovalSettled:
    """An approval was given in full, denied, or ran out."""

    approval: str
    outcome: Literal["approved", "denied", "expired"]
    by: tuple[str, ...]
    reason: str = ""


@frozen
class Escalated:
    """A role was told."""

    role: str
    step: str
    reason: str


@frozen
class RoleNotified:
    """A role was told that a call is made, as a rule (id) says."""

    role: str
    step: str
    tool: str
    rule: str
    reason: str


@frozen
class SignalTaken:
    """A step takes an event that was signalled, the `signal`-th of the run: its data is the step's output."""

    signal: int
    event: str
    key: str
    step: str
    visit: int


@frozen
class SignalKept:
    """No step takes an event that was signalled, the `signal`-th of the run: it is kept for one that comes to wait."""

    signal: int
    event: str
    key: str


@frozen
class SignalUnused:
    """The run is over, and no step has taken an event that was kept."""

    signal: int
    event: str
    key: str


@frozen
class Ignored:
    """The event could not be accepted and changed nothing: late, twice, by the wrong role, for something else."""

    code: WhyIgnored
    reason: str


@frozen
class RunEnded:
    """The run is over. `code` and `reason` say why it was given up; `end` is then an end that says so, or empty."""

    status: Literal["ended", "failed", "cancelled"]
    end: str
    output: Mapping[str, Json]
    reason: str
    code: WhyGivenUp | None = None


Note: TypeAlias = (
    StepBegan
    | StepDone
    | StepFailed
    | StepCancelled
    | AttemptFailed
    | RouteTaken
    | Backtracked
    | RaceWon
    | LeftRace
    | NoValue
    | PromiseBroken
    | CallDecided
    | LedgerAnswered
    | AttemptJudged
    | CallDone
    | ApprovalAsked
    | ApprovalCounted
    | ApprovalSettled
    | Escalated
    | RoleNotified
    | SignalTaken
    | SignalKept
    | SignalUnused
    | Ignored
    | RunEnded
)
