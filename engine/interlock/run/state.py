"""The state of one run: what the events so far amount to. Plain objects; nothing here decides anything.

A run holds visits (steps under way), their conversations and calls, approvals asked for, what was spent, and what
could be undone. `Move`s are what remains to be done about the event at hand: handlers put them on the agenda instead of
calling each other, so that no module needs to know who comes after it and a chain of steps needs no stack.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from interlock.decide import ApprovalNeed, Consent, History, NotifyRole, Principal
from interlock.decide.history import PastCall
from interlock.run.plan import Plan, PlannedRoute, WorkflowPlan
from interlock.run.protocol.codes import WhyGivenUp, WhyIgnored
from interlock.run.protocol.commands import CallOutcome, Cancel, Command, Reserve, SetTimer, Turn
from interlock.run.protocol.events import Event, Json, ModelCall
from interlock.run.protocol.notes import Ignored, Note, Trigger
from interlock_dsl.cel.meter import Meter
from interlock_dsl.program.model import AgentStep, AskStep, CallStep, End, Grant, SetStep, TableStep, Tool

Phase: TypeAlias = Literal[
    "new", "running", "ending", "undoing",
    "entered", "asking model", "acting", "asking person", "calling",
    "deciding", "reserving", "in flight",
    "open",
    "in approval", "retrying", "over",
]  # fmt: skip
"""The phases of runs, visits, calls and approvals. Which of them a thing can be in, the table of transitions says."""


@dataclass(slots=True, eq=False)
class Visit:
    """One stay at a step: how it was entered, with what in hand, and what it waits for now."""

    step: "AgentStep | CallStep | AskStep | TableStep | SetStep | End"
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

    @property
    def name(self) -> str:
        """The step's name."""
        return self.step.name


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
    """One tool call, from the decision to its result, with all its attempts.

    `values` are the decoded arguments. `slot` is its place among the calls of an agent's turn. `orphan`: whoever asked
    for it is gone, but it has to come back, for what it did may have to be undone. `sent` is when its last attempt was
    dispatched; `interrupted`: a runtime stopped during that, and it was not sent again so far. `past` is what the
    history keeps of that attempt. `reserve` is what is asked of the ledger, `reserved` what it holds for the call.
    `hidden` are the fields that are shown to nobody, `telling` who is to be told when it is sent, `told` the rules for
    which people were.
    """

    tool: Tool
    values: Mapping[str, object]
    args: Mapping[str, Json]
    purpose: Literal["step", "agent", "undo"]
    step: str
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
    interrupted: bool = False
    past: PastCall | None = None
    reserve: Reserve | None = None
    reserved: tuple[Reserve, ...] = ()
    hidden: tuple[str, ...] = ()
    telling: tuple[NotifyRole, ...] = ()
    told: tuple[str, ...] = ()

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
    """What a run has consumed and what it holds back for work under way. Cost in millionths of the currency."""

    steps: int = 0
    tool_calls: int = 0
    tokens: int = 0
    cost: int = 0
    reserved_tokens: int = 0
    reserved_cost: int = 0


@dataclass(frozen=True, slots=True)
class Performed:
    """A call that changed the world: how to undo it, or why that is not possible."""

    tool: str
    step: str
    call: str
    undo: str
    args: Mapping[str, Json]
    problem: str = ""


@dataclass(slots=True)
class Join:
    """Where branches meet: who has arrived, and after it went on, who may still come and is not waited for."""

    arrived: dict[str, None] = field(default_factory=dict)
    late: set[str] = field(default_factory=set)


# --- what remains to be done about an event ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Enter:
    """Go to a step or an end by a route."""

    target: str
    route: PlannedRoute


@dataclass(frozen=True, slots=True)
class Arrive:
    """Reach an end; its approval, if its route asked for one, is there."""

    end: End


@dataclass(frozen=True, slots=True)
class Begin:
    """Do what a step does; its approval, if its route asked for one, is there."""

    visit: Visit


@dataclass(frozen=True, slots=True)
class Complete:
    """A step has its output: `value` as conditions read it, `output` as JSON, `why` where it comes from."""

    visit: Visit
    value: object
    output: Json
    why: str = ""


@dataclass(frozen=True, slots=True)
class Fail:
    """A step has none."""

    visit: Visit
    trigger: Trigger
    message: str


@dataclass(frozen=True, slots=True)
class Approved:
    """All approvals that were asked for a call or a step are there."""

    owner: Visit | Call


@dataclass(frozen=True, slots=True)
class NotApproved:
    """One of them was denied or ran out."""

    owner: Visit | Call
    trigger: Literal["denied", "expiry"]
    message: str


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call has come to its end: `trigger` is None and there is a result, or why there is none.

    `message` says why for people, `shown` what of it a model is shown.
    """

    call: Call
    trigger: Trigger | None
    value: object = None
    result: Json = None
    message: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Abandon:
    """The run cannot go on: undo what can be undone, then stop."""

    code: WhyGivenUp
    reason: str
    status: Literal["failed", "cancelled"] = "failed"


@dataclass(frozen=True, slots=True)
class Unwind:
    """Undo the next thing, or finish."""


Move: TypeAlias = Enter | Arrive | Begin | Complete | Fail | Approved | NotApproved | CallEnded | Abandon | Unwind
Owner: TypeAlias = "Visit | Call | Approval | None"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ends, once nothing is under way any more."""

    status: Literal["ended", "failed", "cancelled"]
    end: str = ""
    output: Mapping[str, Json] = field(default_factory=dict)
    reason: str = ""
    code: WhyGivenUp | None = None


class Run:
    """Everything about one run. `values` is what conditions read; `shown` the same parameters and outputs as JSON.

    `sizes` are those of what is shown, `held` their sum. `returned` are tools of which a call has
    returned, as far as a promise asks for them.

    `open` holds what was asked of the world and not answered, with who waits for it (None: the run itself), in the
    order of asking. `orphans` are calls that nobody waits for and that must come back before the run may end.
    `notes`, `commands` and `agenda` belong to the event at hand; so do `subject`, what it is about, and `cause`, the
    event's class until the subject has changed its phase.
    """

    __slots__ = (
        "active", "agenda", "asked", "cause", "commands", "deadline", "done", "doubts", "ending", "held", "history",
        "id", "joins", "left_over", "meter", "notes", "now", "open", "orphans", "phase", "plan", "principal",
        "returned", "shown", "sizes", "spent", "subject", "taken", "timer", "values", "visits", "workflow",
    )  # fmt: skip

    workflow: WorkflowPlan

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.phase: Phase = "new"
        self.id = ""
        self.principal = Principal()
        self.now = 0
        self.deadline: int | None = None
        self.timer = ""
        self.history = History("", started=0)
        self.meter = Meter()
        self.spent = Spending()
        self.returned: set[str] = set()
        self.values: dict[str, object] = {}
        self.shown: dict[str, Json] = {}
        self.sizes: dict[str, int] = {}
        self.held = 0
        self.visits: dict[str, int] = {}
        self.active: dict[tuple[str, int], Visit] = {}
        self.open: dict[str, tuple[Owner, Command]] = {}
        self.joins: dict[str, Join] = {}
        self.taken: dict[str, int] = {}
        self.done: list[Performed] = []
        self.orphans: dict[str, Call] = {}
        self.doubts: list[str] = []
        self.left_over: list[str] = []
        self.asked = 0
        self.ending: Ending | None = None
        self.cause: type[Event] | None = None
        self.subject: Owner = None
        self.notes: list[Note] = []
        self.commands: list[Command] = []
        self.agenda: deque[Move] = deque()

    def new_id(self, kind: str) -> str:
        """Return the id of the next command: a letter for its kind and the run's own count."""
        self.asked += 1
        return f"{kind}{self.asked}"

    def ask(self, owner: Owner, command: Command) -> None:
        """Approval something of the world, to be answered to `owner`."""
        self.open[command.id] = owner, command
        self.commands.append(command)

    def set_timer(self, owner: Owner, at: int, purpose: Literal["retry", "expiry", "deadline"]) -> str:
        """Have `owner` told at a moment; return the timer's id."""
        id = self.new_id("t")
        self.ask(owner, SetTimer(id, at, purpose))
        return id

    def cancel(self, id: str) -> None:
        """Call off what was asked under an id, if it is still open."""
        if id in self.open:
            del self.open[id]
            self.commands.append(Cancel(self.new_id("x"), id))

    def record(self, name: str, value: object, shown: Json, size: int) -> None:
        """Write a parameter or a step's output; `size` is that of what is shown."""
        self.values[name] = value
        self.shown[name] = shown
        self.held += size - self.sizes.get(name, 0)
        self.sizes[name] = size

    def ignore(self, code: WhyIgnored, reason: str) -> None:
        """Say that the event changes nothing, and why. Handlers do so before they change anything."""
        self.notes.append(Ignored(code, reason))
