"""What the machine asks of the world. The runtime performs commands and answers with events; it decides nothing.

A command's `id` is derived from the run's own counters, so the same events give the same ids everywhere.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from interlock.decide.decision import Claim
from interlock.run.protocol.codes import WhyGivenUp
from interlock.run.protocol.events import Json, ModelCall
from interlock.run.protocol.frozen import frozen
from interlock_dsl.program.model import Breaker, Rate


@frozen
class CallOutcome:
    """What a model is told about a call it asked for: `decision` is allow or deny; then a result or an error."""

    key: str
    tool: str
    ok: bool
    result: Json = None
    error: str = ""


@frozen
class Turn:
    """One past exchange with a model: the calls it asked for and what came of each, or why its answer did not fit."""

    calls: tuple[ModelCall, ...] = ()
    outcomes: tuple[CallOutcome, ...] = ()
    raw: Json = None
    refused_output: Json = None
    complaint: str = ""


@frozen
class AskModel:
    """Have a model take one turn at a step. It sees `context` (what the routes passed) and nothing else of the run.

    `tools` are the names it may ask for, `tokens` what is left for it, `timeout` microseconds.
    """

    id: str
    step: str
    agent: str
    model: str
    task: str
    context: Mapping[str, Json]
    tools: tuple[str, ...]
    turns: tuple[Turn, ...]
    tokens: int
    timeout: int | None


@frozen
class CallTool:
    """Make one call that was decided `allow`. The same `key` means the same call, however often it is made."""

    id: str
    step: str
    tool: str
    args: Mapping[str, Json]
    key: str
    attempt: int
    timeout: int | None
    purpose: Literal["step", "agent", "undo"]


@frozen
class AskPerson:
    """Put a typed question to someone of a role; `expires` is a moment like `at`, or None."""

    id: str
    step: str
    role: str
    question: str
    context: Mapping[str, Json]
    expires: int | None


@frozen
class AwaitEvent:
    """Wait for somebody to signal an event; `expires` is a moment like `at`, or None. Nothing is done about it."""

    id: str
    step: str
    event: str
    expires: int | None


@frozen
class AskApproval:
    """Ask `count` people of a role to agree to exactly `subject`, whose digest they must give back."""

    id: str
    step: str
    role: str
    count: int
    subject: Mapping[str, Json]
    digest: str
    expires: int | None


@frozen
class SetTimer:
    """Report `TimerFired` at the moment `at`: for another attempt, because nobody answered, at the end of time, or
    because a step waits for that moment.
    """

    id: str
    at: int
    purpose: Literal["retry", "expiry", "deadline", "wait"]


@frozen
class Reserve:
    """Take what a call needs of the limits that hold beyond one run: all of it or nothing, held under `id`.

    The answer, `Reserved` or `Exhausted`, is recorded in the transaction that reserves. `forced` (an undo) is counted
    and never refused.
    """

    id: str
    step: str
    claims: tuple[Claim, ...]
    forced: bool = False


@frozen
class Release:
    """Give back what is held under `reservation`, in the transaction that records the event at hand. No answer."""

    id: str
    reservation: str


@frozen
class Admit:
    """Ask whether one attempt at a call may be made now, as the `rate` and the `breaker` of its tool say.

    The answer, `Admitted` or `Withheld`, is recorded in the transaction that counts the attempt. `lapse` is how long
    (microseconds) nobody else makes a trial if this one becomes it and nothing is heard of it. `forced` (an undo) is
    counted and never refused.
    """

    id: str
    step: str
    tool: str
    rate: Rate | None
    breaker: Breaker | None
    lapse: int
    forced: bool = False


@frozen
class Report:
    """Tell the breaker of a tool what came of an attempt that was let through as `admission`, in the transaction that
    records the event at hand. After `unknown` nothing is counted, and somebody else may make the trial. No answer.
    """

    id: str
    tool: str
    admission: str
    breaker: Breaker
    came: Literal["returned", "failed", "unknown"]


@frozen
class Cancel:
    """What was asked under this id is no longer needed; an answer to it will be ignored."""

    id: str
    command: str


@frozen
class Notify:
    """Tell a role that something was escalated to it, or that a call is made. Needs no answer."""

    id: str
    role: str
    step: str
    reason: str


@frozen
class FinishRun:
    """Nothing more will be asked. `code` and `reason` say why the run was given up, if it was."""

    id: str
    status: Literal["ended", "failed", "cancelled"]
    end: str
    output: Mapping[str, Json]
    reason: str
    code: WhyGivenUp | None = None


Command: TypeAlias = (
    AskModel
    | CallTool
    | AskPerson
    | AwaitEvent
    | AskApproval
    | SetTimer
    | Reserve
    | Release
    | Admit
    | Report
    | Cancel
    | Notify
    | FinishRun
)
