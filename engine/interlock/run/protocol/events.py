"""What happened: the only input of the machine, and the only thing a journal holds.

Events are facts in the past tense, made of JSON values. Whatever the outside says (a model, a tool, a person, a timer)
arrives as one; nothing in it is trusted: the machine checks every field against its own state and the program.
`type` is an event's name in a journal; adding a field with a default keeps older journals readable, anything else needs
a new type. `at` is microseconds since 1970-01-01T00:00:00Z, given by the runtime; the machine has no other clock.

Names of people (`by`, `principal`) are normalised before they come here; `typed` is what was typed, where that is
something else: it is for display, and nothing is decided by it.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from interlock.run.protocol.frozen import frozen
from interlock_dsl.schema.json_value import Json as Json


@frozen
class Usage:
    """What a model's turn consumed: tokens in and out, cost in millionths of the currency."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: int = 0

    @property
    def tokens(self) -> int:
        """All tokens."""
        return self.input_tokens + self.output_tokens


@frozen
class AnsweredBy:
    """Who answers for the models (and may answer for people) of a run: `models` themselves, a `script`, or `nobody`.

    Of a script, `digest` is the SHA-256 of its canonical JSON and `source` the name it was read from.
    """

    kind: Literal["models", "script", "nobody"]
    digest: str = ""
    source: str = ""

    def is_same(self, other: "AnsweredBy") -> bool:
        """Whether both give the same answers, whatever a script's file is called."""
        return (self.kind, self.digest) == (other.kind, other.digest)

    def __str__(self) -> str:
        if self.kind != "script":
            return "the models" if self.kind == "models" else "nobody"
        return f"the scripted answers `{self.source or 'without a name'}` ({self.digest[:12]})"


@frozen
class ModelCall:
    """A tool call a model asks for. `key` is the model's own name for it, unique in its turn."""

    key: str
    tool: str
    args: Json


@frozen
class RunStarted:
    """A run began, on behalf of a principal. `scopes` None means the principal holds every scope. `answered_by` is on
    record only: nothing is decided by it. `context` is what the embedding service says of the circumstances, by the
    fields that the program declares; None where it says nothing.
    """

    at: int
    run: str
    program: str
    workflow: str
    input: Mapping[str, Json]
    principal: str = ""
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] | None = None
    answered_by: AnsweredBy | None = None
    typed: str = ""
    context: Mapping[str, Json] | None = None
    type: Literal["started"] = field(default="started", kw_only=True, repr=False)


@frozen
class SessionStarted:
    """A session began: policies around an agent that follows no workflow, on behalf of a principal.

    `scopes` None means the principal holds every scope. `context` is what the service knows beside it, as the program
    declares it; `request` what the session is about, in the user's words. Nothing is decided by `request`.
    """

    at: int
    run: str
    program: str
    principal: str = ""
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] | None = None
    context: Mapping[str, Json] | None = None
    request: str = ""
    typed: str = ""
    type: Literal["session_started"] = field(default="session_started", kw_only=True, repr=False)


@frozen
class CallProposed:
    """Someone wants to make a call in a session. `args` are raw; `unreadable` says why JSON cannot say them.

    `agent` is None for a call that no agent makes. `key` is the caller's own name for the call, unique in the session:
    a call proposed again under its key is that call, and not another one.
    """

    at: int
    tool: str
    args: Json
    agent: str | None = None
    key: str = ""
    unreadable: str = ""
    type: Literal["proposed"] = field(default="proposed", kw_only=True, repr=False)


@frozen
class ModelReplied:
    """The reply to one `AskModel`: calls to make, or an output (`answered` tells which).

    `raw` is the provider's own message, kept so that the conversation can go on after a restart.
    """

    at: int
    command: str
    answered: bool
    output: Json = None
    calls: tuple[ModelCall, ...] = ()
    usage: Usage = Usage()
    raw: Json = None
    type: Literal["replied"] = field(default="replied", kw_only=True, repr=False)


@frozen
class ModelFailed:
    """An `AskModel` did not give a reply. `jitter` is 0..1000, chosen by the runtime for the backoff."""

    at: int
    command: str
    kind: Literal["error", "timeout"]
    message: str
    usage: Usage = Usage()
    jitter: int = 0
    type: Literal["model_failed"] = field(default="model_failed", kw_only=True, repr=False)


@frozen
class ToolReturned:
    """A `CallTool` gave a result."""

    at: int
    command: str
    result: Json = None
    type: Literal["returned"] = field(default="returned", kw_only=True, repr=False)


@frozen
class ToolFailed:
    """A `CallTool` gave none. After `uncertain` nobody knows whether the call took effect; after `error` and
    `timeout` of a repeatable tool it may be made again. In a session, `unsent` says that the call was not made.

    `message` may be shown to a model; `raised` says, for people alone, which exception was raised and where. Neither
    holds what an exception says, unless the tool's author chose those words.
    """

    at: int
    command: str
    kind: Literal["error", "timeout", "uncertain", "unsent"]
    message: str
    jitter: int = 0
    raised: str = ""
    type: Literal["tool_failed"] = field(default="tool_failed", kw_only=True, repr=False)


@frozen
class PersonAnswered:
    """A person answered an `AskPerson`."""

    at: int
    command: str
    by: str
    role: str
    answer: Json
    typed: str = ""
    type: Literal["answered"] = field(default="answered", kw_only=True, repr=False)


@frozen
class ApprovalGiven:
    """Someone agreed to exactly what `digest` is the digest of."""

    at: int
    approval: str
    by: str
    role: str
    digest: str
    typed: str = ""
    type: Literal["approved"] = field(default="approved", kw_only=True, repr=False)


@frozen
class ApprovalDenied:
    """Someone refused."""

    at: int
    approval: str
    by: str
    role: str
    reason: str = ""
    typed: str = ""
    type: Literal["denied"] = field(default="denied", kw_only=True, repr=False)


@frozen
class SignalReceived:
    """Somebody signalled the run that something happened outside, which a step waits for or may come to wait for.

    `name` is the event's name. `key` is the sender's own name for what happened: what is signalled again under the key
    of an earlier signal of that name is the same event. `by` may be empty: systems signal as well as people.
    """

    at: int
    name: str
    data: Json = None
    key: str = ""
    by: str = ""
    typed: str = ""
    type: Literal["signalled"] = field(default="signalled", kw_only=True, repr=False)


@frozen
class TimerFired:
    """The time of a `SetTimer` has come."""

    at: int
    command: str
    type: Literal["fired"] = field(default="fired", kw_only=True, repr=False)


@frozen
class Reserved:
    """A `Reserve` was granted. `standings` are what was used before it, for each of its claims.

    Written in the transaction that reserves, so that one is never there without the other.
    """

    at: int
    command: str
    standings: tuple[int, ...]
    type: Literal["reserved"] = field(default="reserved", kw_only=True, repr=False)


@frozen
class Exhausted:
    """A `Reserve` was refused, and nothing was taken. `limits` are the identities of those that have too little left.

    `unavailable` says why the ledger could not answer; then there may be no standings.
    """

    at: int
    command: str
    standings: tuple[int, ...] = ()
    limits: tuple[str, ...] = ()
    unavailable: str = ""
    type: Literal["exhausted"] = field(default="exhausted", kw_only=True, repr=False)


@frozen
class Admitted:
    """An `Admit` was granted. `used` is what was used of the rate before it; `trial`: the breaker was open before, and
    what comes of this attempt says whether it closes.

    Written in the transaction that counts the attempt, so that one is never there without the other.
    """

    at: int
    command: str
    used: int = 0
    trial: bool = False
    type: Literal["admitted"] = field(default="admitted", kw_only=True, repr=False)


@frozen
class Withheld:
    """An `Admit` was refused, and nothing was counted. `by` says what stands against the attempt, `again` from when on
    (a moment like `at`) it may be let through.

    `unavailable` says why the ledger could not answer; then it is by `ledger`.
    """

    at: int
    command: str
    by: Literal["rate", "breaker", "ledger"]
    again: int | None = None
    unavailable: str = ""
    type: Literal["withheld"] = field(default="withheld", kw_only=True, repr=False)


@frozen
class RunCancelled:
    """Someone called the run off."""

    at: int
    by: str
    reason: str = ""
    typed: str = ""
    type: Literal["cancelled"] = field(default="cancelled", kw_only=True, repr=False)


@frozen
class RunResumed:
    """A runtime took the run up again after it stopped; whatever was under way then may or may not have happened.
    `answered_by` is given where somebody else answers from here on.
    """

    at: int
    answered_by: AnsweredBy | None = None
    type: Literal["resumed"] = field(default="resumed", kw_only=True, repr=False)


Event: TypeAlias = (
    RunStarted
    | SessionStarted
    | CallProposed
    | ModelReplied
    | ModelFailed
    | ToolReturned
    | ToolFailed
    | PersonAnswered
    | ApprovalGiven
    | ApprovalDenied
    | SignalReceived
    | TimerFired
    | Reserved
    | Exhausted
    | Admitted
    | Withheld
    | RunCancelled
    | RunResumed
)
