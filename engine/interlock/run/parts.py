"""The parts of a run: workflows and steps under way, what they wait for, what they spent. Plain objects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from interlock.decide import ApprovalNeed, Consent, NotifyRole
from interlock.decide.history import PastCall
from interlock.run.branching import UNBRANCHED, Branch, Lineage
from interlock.run.plan import PlannedRoute, WorkflowPlan
from interlock.run.protocol.codes import WhyGivenUp
from interlock.run.protocol.commands import Admit, CallOutcome, Reserve, Turn
from interlock.run.protocol.events import Json, ModelCall
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.program.builtins import FAILURE, MOST_SAID
from interlock_dsl.program.model import End, Grant, Step, Tool

Phase: TypeAlias = Literal[
    "new", "running", "ending", "undoing",
    "entered", "asking model", "acting", "asking person", "calling", "awaiting event", "awaiting time", "fanning out",
    "deciding", "reserving", "in flight",
    "open",
    "in approval", "retrying", "over",
]  # fmt: skip
"""The phases of runs, visits, calls and approvals. Which of them a thing can be in, the table of transitions says."""


@dataclass(slots=True, eq=False)
class Frame:
    """One workflow under way. `values` is what conditions read; `shown` the same parameters and outputs as JSON.

    `path` is what the names of its steps begin with, empty for the run's own workflow, and `parent` the visit that runs
    it. `outer` are the frames it is in, the outermost first; `around` those and itself, for what is done in it counts
    in all of them. `deadline` is the moment when its time is over, `promised` the one by which it promises to be at an
    end, and `timer` is set for the next of them. `sizes` are those of what is shown. `returned` are tools of which a
    call has returned, as far as a promise asks for them, and `came` those calls. `marks` are the visits that there were
    when a step was last entered that a route backtracks to, by its name. `now` is the moment that `values` has. `over`:
    nothing more happens in it. `lineages` are those of all visits by step and number; where branches race, `forked`
    counts how often the workflow has forked, and `beaten` are branches that are out of their race.
    """

    plan: WorkflowPlan
    path: str = ""
    parent: "Visit | None" = None
    outer: "tuple[Frame, ...]" = ()
    values: dict[str, object] = field(default_factory=dict)
    shown: dict[str, Json] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)
    active: "dict[tuple[str, int], Visit]" = field(default_factory=dict)
    joins: "dict[str, Join]" = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    returned: set[str] = field(default_factory=set)
    came: "list[Came]" = field(default_factory=list)
    marks: dict[str, dict[str, int]] = field(default_factory=dict)
    spent: "Spending" = field(default_factory=lambda: Spending())
    deadline: int | None = None
    promised: int | None = None
    timer: str = ""
    now: int = -1
    over: bool = False
    forked: int = 0
    lineages: dict[tuple[str, int], Lineage] = field(default_factory=dict)
    beaten: set[Branch] = field(default_factory=set)
    around: "tuple[Frame, ...]" = field(init=False)

    def __post_init__(self) -> None:
        self.around = (*self.outer, self)

    def reads(self, now: int) -> dict[str, object]:
        """Return what expressions of the frame read at a moment."""
        if now != self.now:
            self.now = now
            self.values["now"] = Timestamp(now * 1000)
        return self.values

    def lineage(self, step: str, number: int) -> Lineage:
        """Return the branches in which a visit lies, as far as the workflow has to tell them apart."""
        return self.lineages.get((step, number), UNBRANCHED)

    def at(self, step: str) -> str:
        """Return how one of the steps is called in notes and commands."""
        return f"{self.path}/{step}" if self.path else step


@dataclass(frozen=True, slots=True)
class Came:
    """A call that returned, and the frame, the path and the number of the visit that it was made in."""

    tool: str
    frame: Frame
    step: str
    visit: int


@dataclass(frozen=True, slots=True)
class Failure:
    """What a step failed of: `kind` is the trigger, or `no-value`; `text` is what models and people are shown of it."""

    step: str
    kind: str
    text: str
    attempts: int

    def value(self) -> dict[str, Json]:
        """Return it as conditions and models see it."""
        said = self.text[:MOST_SAID]
        return {"step": self.step, "kind": self.kind, "message": said, "attempts": self.attempts}


def with_failure(values: Mapping[str, object], failure: Failure | None) -> Mapping[str, object]:
    """Return what expressions read where a route was taken on a failure."""
    return values if failure is None else {**values, FAILURE: failure.value()}


Arguments: TypeAlias = tuple[Mapping[str, object], Mapping[str, Json]]
"""The arguments of a call, as the tool's parameters hold them and as JSON."""


@dataclass(slots=True, eq=False)
class Visit:
    """One stay at a step: how it was entered, with what in hand, and what it waits for now.

    `path` is how the step is called in notes and commands, `failure` what its route was taken on, if on a trigger,
    `passed` what its route passes, where that was read before the visit.
    `due` is the moment by which it has to be done, and `deadline` the timer for that. A step that runs a workflow has
    the values `given` to that, and its frame, `inner`. A step that is taken for each row of a list has a visit with
    `rows`, and for each of them a visit that says of which `row` it is.
    """

    frame: Frame
    path: str
    step: "Step | End"
    number: int
    route: PlannedRoute
    grants: tuple[Grant, ...]
    scopes: frozenset[str]
    phase: Phase = "entered"
    attempt: int = 1
    command: str = ""
    timer: str = ""
    conversation: "Conversation | None" = None
    call: "Call | None" = None
    digest: str = ""
    approvals: "tuple[Approval, ...]" = ()
    consents: tuple[Consent, ...] = ()
    failure: "Failure | None" = None
    passed: Mapping[str, Json] | None = None
    due: int | None = None
    deadline: str = ""
    given: Mapping[str, object] | None = None
    inner: Frame | None = None
    rows: "Rows | None" = None
    row: "Row | None" = None

    @property
    def name(self) -> str:
        """The step's name in its workflow."""
        return self.step.name

    @property
    def attempts(self) -> int:
        """How many attempts were made at what the step does."""
        return self.attempt if self.call is None else self.call.earlier + self.call.attempt

    def reads(self, now: int) -> Mapping[str, object]:
        """Return what expressions of the step read at a moment."""
        values = with_failure(self.frame.reads(now), self.failure)
        return values if self.row is None else {**values, self.row.name: self.row.value}


@dataclass(slots=True, eq=False)
class Rows:
    """The rows of a fan-out: its list, the visits under way by the place of their row, and what came of the others.

    `prepared` are the arguments of all calls where somebody approves them together, or why they do not fit; `displayed`
    are those as records show them. `next` is the first row that was not entered. `size` is that of what rows gave.
    """

    values: list[object]
    shown: list[Json]
    prepared: "list[Arguments | str]" = field(default_factory=list)
    displayed: list[Json] = field(default_factory=list)
    next: int = 0
    under_way: "dict[int, Visit]" = field(default_factory=dict)
    given: dict[int, tuple[object, Json]] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    size: int = 0
    decided: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A row of a fan-out: the visit with all of them, its place, and what expressions call it and read."""

    of: Visit
    index: int
    name: str
    value: object


@dataclass(slots=True, eq=False)
class Conversation:
    """An attempt at an agent's step: its exchanges so far, the calls of the one at hand, what it may consume.

    `tokens` and `cost` are what it may use, held back from the run's budget until it is over; `scarce`: the run had
    less left than the agent may use; `promised`: less cost, for the sake of a promise.
    """

    context: dict[str, Json]
    tools: tuple[str, ...]
    tokens: int
    cost: int | None
    scarce: bool
    promised: bool
    used_tokens: int = 0
    used_cost: int = 0
    exchanges: int = 0
    turns: list[Turn] = field(default_factory=list)
    asked: tuple[ModelCall, ...] = ()
    raw: Json = None
    calls: "list[Call]" = field(default_factory=list)
    outcomes: dict[int, CallOutcome] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Call:
    """One tool call, from the decision to its result, with all its attempts. `step` is the path of its step.

    `values` are the decoded arguments. `slot` is its place among the calls of an agent's turn. `orphan`: whoever asked
    for it is gone, but it has to come back, for what it did may have to be undone; `discarded`: that is gone back over,
    and no promise counts the call. `sent` is when its last attempt was dispatched; `interrupted`: a runtime stopped
    during that, and it was not sent again so far. `past` is what the
    history keeps of that attempt. `reserve` is what is asked of the ledger, `reserved` what it holds for the call.
    `hidden` are the fields that are shown to nobody, `telling` who is to be told when it is sent, `told` the rules for
    which people were. `earlier` are the attempts at the call in whose place it is made, none where there is no such.
    `admit` asks whether its next attempt is let through, `admitted` was granted and is not sent yet, and what comes of
    the attempt under way is reported for `watched`.
    """

    tool: Tool
    values: Mapping[str, object]
    args: Mapping[str, Json]
    purpose: Literal["step", "agent", "undo"]
    step: str
    frame: Frame
    visit: Visit | None = None
    subject: str = ""
    agent: str = ""
    slot: int = 0
    phase: Phase = "deciding"
    attempt: int = 1
    command: str = ""
    timer: str = ""
    key: str = ""
    approvals: "tuple[Approval, ...]" = ()
    consents: tuple[Consent, ...] = ()
    undoes: str = ""
    sent: int = 0
    doubtful: bool = False
    orphan: bool = False
    discarded: bool = False
    interrupted: bool = False
    past: PastCall | None = None
    reserve: Reserve | None = None
    reserved: tuple[Reserve, ...] = ()
    hidden: tuple[str, ...] = ()
    telling: tuple[NotifyRole, ...] = ()
    told: tuple[str, ...] = ()
    earlier: int = 0
    admit: Admit | None = None
    admitted: Admit | None = None
    watched: Admit | None = None

    @property
    def in_doubt(self) -> bool:
        """Whether some attempt may have changed the world, and none is known to have."""
        return (self.doubtful or self.interrupted) and self.tool.effect != "read"


@dataclass(slots=True, eq=False)
class Approval:
    """An approval asked for. `role` is who is asked now, `need.role` whose approval it counts as."""

    id: str
    owner: "Visit | Call"
    role: str
    need: ApprovalNeed
    subject: Mapping[str, Json]
    digest: str
    expires: int | None
    escalate: tuple[str, str] | None
    phase: Phase = "open"
    timer: str = ""
    by: tuple[str, ...] = ()


@dataclass(slots=True)
class Spending:
    """What a workflow has consumed and what it holds back for work under way. Cost in millionths of the currency."""

    steps: int = 0
    tool_calls: int = 0
    tokens: int = 0
    cost: int = 0
    reserved_tokens: int = 0
    reserved_cost: int = 0


@dataclass(frozen=True, slots=True)
class Performed:
    """A call that changed the world: how to undo it, or why that is not possible.

    It was made in a visit of a frame; `step` is the path of that visit and `visited` its number. `number` counts what
    was performed in the run. `key` is the idempotency key, if the author says one.
    """

    frame: Frame
    tool: str
    step: str
    visited: int
    call: str
    undo: str
    args: Mapping[str, Json]
    problem: str = ""
    number: int = 0
    key: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """An event that was signalled, the `number`-th of the run. `size` is that of its data."""

    number: int
    event: str
    key: str
    data: Json
    size: int


@dataclass(slots=True)
class Join:
    """Where branches meet: who has arrived, and the `branches` in which those lie that have.

    `rounds` counts how often it was decided without waiting for all.
    """

    arrived: dict[str, None] = field(default_factory=dict)
    rounds: int = 0
    branches: dict[str, Lineage] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ends, once nothing is under way any more."""

    status: Literal["ended", "failed", "cancelled"]
    end: str = ""
    output: Mapping[str, Json] = field(default_factory=dict)
    reason: str = ""
    code: WhyGivenUp | None = None


Owner: TypeAlias = Visit | Call | Approval | None
"""What an event can be about; None is the run itself."""
