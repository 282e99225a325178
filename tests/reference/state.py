"""What the naive machine remembers of a run, and the few things that everything else does to it.

The naive machine is the oracle for `interlock.run`: written from the description of the language, never optimised, and
compared with the product after every event. Notes and commands are plain tuples, so that nothing of the product's
classes decides what is told; `compare.py` says which tuple stands for which class. Read `machine.py` first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from interlock.decide import Claim, Consent, Principal
from interlock.run.protocol.events import Json, ModelCall
from interlock_dsl.cel.units import part
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.program.model import (
    AgentStep,
    ApprovalRule,
    End,
    Escalation,
    Grant,
    Pass,
    Program,
    Route,
    Rule,
    Step,
    Tool,
    Workflow,
)
from interlock_dsl.program.promises import CostAtMost
from reference.history import History, Past

LATEST = 253_402_300_799_999_999
"""The end of the year 9999, in microseconds."""


@dataclass(frozen=True)
class Way:
    """A route as it is taken: where to, and what it hands over. The way out of a route back is one of its own."""

    route: Route
    id: str
    targets: tuple[str, ...]
    grants: tuple[Grant, ...]
    passes: tuple[Pass, ...]
    approval: ApprovalRule | None
    escalations: tuple[Escalation, ...]
    failure: dict[str, Json] | None = None
    """What failed, where it was taken on a trigger."""
    causes: "tuple[Visit, ...]" = ()
    """The visits that it was taken because of: that of its source, those that arrived at its join."""
    passed: dict[str, Json] | None = None
    """What it passes, where that was read when it was taken."""
    branches: frozenset[tuple[int, str, str]] = frozenset()
    """The branches in which its target lies, where some race."""

    def with_passed(self, passed: dict[str, Json]) -> "Way":
        return replace(self, passed=passed)


@dataclass(eq=False)
class Conversation:
    """One attempt at an agent's step. `cost` None: no limit but the run's; `scarce`: the run had less left;
    `promised`: less cost, for the sake of a promise.
    """

    context: dict[str, Json]
    tools: tuple[str, ...]
    tokens: int
    cost: int | None
    scarce: bool
    promised: bool = False
    used_tokens: int = 0
    used_cost: int = 0
    exchanges: int = 0
    turns: list[object] = field(default_factory=list)
    asked: tuple[ModelCall, ...] = ()
    outcomes: dict[int, tuple[object, ...]] = field(default_factory=dict)


@dataclass(eq=False)
class Visit:
    """One stay at a step, or an end that waits for an approval."""

    run: "Run"
    step: Step | End
    number: int
    way: Way
    grants: tuple[Grant, ...]
    scopes: frozenset[str]
    phase: str = "entered"
    attempt: int = 1
    conversation: Conversation | None = None
    calls: list["Call"] = field(default_factory=list)
    consents: tuple[Consent, ...] = ()
    due: int | None = None
    rows: object = None
    row: "tuple[int, str, object] | None" = None
    """Which row of a fan-out it is, what the row is called, and the row itself; `group` is the visit with all rows."""
    group: "Visit | None" = None
    given: dict[str, object] | None = None
    """The input of the workflow that it runs, and that workflow."""
    inner: "Run | None" = None
    deadline_id: str = ""

    @property
    def path(self) -> str:
        return self.run.called(self.name)

    @property
    def name(self) -> str:
        return self.step.name if self.row is None else f"{self.step.name}[{self.row[0]}]"

    def is_late(self, now: int) -> bool:
        return self.due is not None and now >= self.due and self.phase != "over"


@dataclass(eq=False)
class Call:
    """One tool call with all its attempts. `purpose` is step, agent or undo; `slot` its place in a model's turn."""

    tool: Tool
    values: Mapping[str, object]
    args: Mapping[str, Json]
    purpose: str
    step: str
    run: "Run"
    visit: Visit | None = None
    agent: str = ""
    slot: int = 0
    phase: str = "deciding"
    attempt: int = 1
    id: str = ""
    key: str = ""
    digest: str = ""
    consents: tuple[Consent, ...] = ()
    perhaps: bool = False
    """Some attempt may have happened, and none is known to have."""
    lost: bool = False
    """The runtime stopped while it was under way, and it has not been sent again."""
    sent: int = 0
    orphan: bool = False
    discarded: bool = False
    """Nobody waits for it, but it has to come back."""
    undoes: str = ""
    past: "Past | None" = None
    wanted: tuple[str, tuple[Claim, ...]] = ("", ())
    """What is asked of the ledger, and under which id."""
    held: list[tuple[str, tuple[Claim, ...]]] = field(default_factory=list)
    """What the ledger holds for it."""
    asked: str = ""
    """The question whether the next attempt may be made, while it is open."""
    through: str = ""
    """The question that was answered with yes, until the attempt is made."""
    watched: str = ""
    """The question before the attempt under way, where what comes of it is reported."""
    earlier: int = 0
    """The attempts at the call in whose place it is made."""
    hidden: list[str] = field(default_factory=list)
    """The fields that some decision on it hid."""
    telling: tuple[Rule, ...] = ()
    """The rules that tell somebody of it, once it is made."""
    told: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Ask:
    """An approval asked for. `need` is the role it counts for, `role` the one that is asked now."""

    id: str
    owner: Visit | Call
    role: str
    need: str
    count: int
    within: int | None
    subject: dict[str, Json]
    digest: str
    expires: int | None
    instead: Escalation | None
    by: tuple[str, ...] = ()


@dataclass
class Open:
    """Something asked of the world: what kind, for whom, and (a timer) when it is due."""

    kind: str
    owner: Visit | Call | Ask | None
    at: int = 0
    command: tuple[object, ...] = ()


@dataclass(frozen=True)
class Came:
    """An event that was signalled, the so-manieth of the run."""

    number: int
    event: str
    key: str
    data: Json


@dataclass(frozen=True)
class Done:
    """A call that changed the world, and how to undo it, or why that cannot be."""

    tool: str
    step: str
    undo: str
    args: Mapping[str, Json]
    possible: bool
    visit: int = 0
    call: "Call | None" = None
    number: int = 0
    run: "Run | None" = None


class Whole:
    """What there is one of in a run, whatever workflows run in it."""

    def __init__(self) -> None:
        self.frames: list[Run] = []
        self.phase = "new"
        self.id = ""
        self.principal = Principal()
        self.now = 0
        self.history = History()
        self.open: dict[str, Open] = {}
        self.done: list[Done] = []
        self.performed = 0
        self.undoings: list[object] = []
        self.orphans: list[Call] = []
        self.doubts: list[str] = []
        self.left_over: list[str] = []
        self.stuck: list[Call] = []
        """Calls that were not undone though they were to be, and those that may have happened."""
        self.remade: set[str] = set()
        """Keys of calls that were undone, and of those that undid them."""
        self.signals = 0
        self.keys: list[tuple[str, str]] = []
        self.kept: list[Came] = []
        self.ending: tuple[str, str, dict[str, Json], str] = ("", "", {}, "")
        self.words: dict[tuple[str, int], str] = {}
        """What the product says of rows that failed, by path and number: programs may read it, and nothing else is."""
        self.ids: dict[str, int] = {}
        self.notes: list[tuple[object, ...]] = []
        self.commands: list[tuple[object, ...]] = []
        self.todo: list[tuple[Callable[..., None], tuple[object, ...]]] = []


class Run:
    """One workflow under way, the run's own or one that a step runs (`parent`), and the `whole` that it is part of."""

    def __init__(self, program: Program, parent: Visit | None = None) -> None:
        self.program = program
        self.parent = parent
        self.whole = Whole() if parent is None else parent.run.whole
        self.whole.frames.append(self)
        self.around: list[Run] = [self] if parent is None else [*parent.run.around, self]
        self.path = "" if parent is None else parent.path + ("" if parent.number == 1 else f"#{parent.number}")
        self.workflow: Workflow | None = None
        self.over = False
        self.began = 0
        self.deadline: int | None = None
        self.deadline_id = ""
        self.values: dict[str, object] = {}
        self.shown: dict[str, Json] = {}
        self.steps = self.calls = self.tokens = self.cost = 0
        self.visits: dict[str, int] = {}
        self.returned: list[tuple[str, Visit | None]] = []
        self.entered: list[Visit] = []
        self.last: dict[str, Visit] = {}
        self.decided: dict[tuple[object, ...], list[Visit]] = {}
        self.blank: list[str] = []
        """Steps and parameters that are records."""
        self.active: list[Visit] = []
        self.arrived: dict[tuple[object, ...], list[str]] = {}
        self.turn = 0
        self.rounds: dict[tuple[object, ...], int] = {}
        """At which turn each join was last decided without waiting for all."""
        self.taken: dict[str, int] = {}
        self.forked = 0
        self.lineage: dict[str, frozenset[tuple[int, str, str]]] = {}
        self.beaten: set[tuple[int, str, str]] = set()

    @property
    def of(self) -> Workflow:
        assert self.workflow is not None
        return self.workflow

    @property
    def root(self) -> "Run":
        return self.whole.frames[0]

    def called(self, name: str) -> str:
        """Return how a step, or a route, is called in what is told."""
        return f"{self.path}/{name}" if self.path else name

    def at(self, now: int) -> None:
        self.whole.now = self.whole.history.now = min(now, LATEST)
        for frame in self.whole.frames:
            frame.values["now"] = Timestamp(self.whole.now * 1000)

    def reads(self, failure: dict[str, Json] | None) -> dict[str, object]:
        """Return what expressions read where a way was taken on a failure, or was not."""
        return self.values if failure is None else {**self.values, "failure": failure}

    def note(self, *told: object) -> None:
        self.whole.notes.append(told)

    def later(self, do: Callable[..., None], *about: object) -> None:
        """Put off what follows until everything before it is done: first come, first served."""
        self.whole.todo.append((do, about))

    def new_id(self, kind: str) -> str:
        self.whole.ids[kind] = self.whole.ids.get(kind, 0) + 1
        return f"{kind} {self.whole.ids[kind]}"

    def ask(self, kind: str, owner: Visit | Call | Ask | None, *about: object, at: int = 0, id: str = "") -> str:
        """Ask something of the world that will be answered."""
        id = id or self.new_id(kind)
        command = (kind, id, *about)
        self.whole.open[id] = Open(kind, owner, at, command)
        self.whole.commands.append(command)
        return id

    def timer(self, owner: Visit | Call | Ask | None, at: int, why: str) -> str:
        at = min(at, LATEST)
        return self.ask("timer", owner, at, why, at=at)

    def tell(self, role: str, step: str, reason: str) -> None:
        self.note("escalated", role, step, reason)
        self.whole.commands.append(("notify", role, step, reason))

    def take_back(self, id: str) -> None:
        """Take back one thing that is open."""
        if self.whole.open.pop(id, None) is not None:
            self.whole.commands.append(("cancel", id))

    def call_off(self, owner: Visit | Call | Ask | None) -> None:
        """Take back all that is open for someone."""
        for id in [id for id, waiting in self.whole.open.items() if waiting.owner is owner]:
            self.take_back(id)

    def size(self) -> int:
        """Return the size of all that the run holds."""
        values = [part(shown) for frame in self.whole.frames if not frame.over for shown in frame.shown.values()]
        return sum(values) + sum(part(came.data) for came in self.whole.kept)

    def record(self, name: str, value: object, shown: Json) -> None:
        self.values[name] = value
        self.shown[name] = shown

    def forget(self, name: str) -> None:
        """A step has given nothing: as if it had not run."""
        del self.shown[name]
        del self.values[name]
        if name in self.blank:
            self.values[name] = {}

    # --- what agents hold back of the workflow's budget, also in those inside

    def conversations(self) -> list[Conversation]:
        inside = [frame for frame in self.whole.frames if self in frame.around]
        visits = [visit for frame in inside for visit in frame.active]
        return [visit.conversation for visit in visits if visit.conversation is not None]

    def held_tokens(self) -> int:
        if self.of.budget.tokens is None:
            return 0
        return sum(max(0, one.tokens - one.used_tokens) for one in self.conversations())

    def held_cost(self) -> int:
        if self.cost_limit() is None:
            return 0
        return sum(max(0, one.cost - one.used_cost) for one in self.conversations() if one.cost is not None)

    def overdue(self) -> bool:
        return self.deadline is not None and self.whole.now >= self.deadline

    def cost_limit(self) -> int | None:
        """Return what the workflow may cost at most: the least of what the budget and the promises say."""
        said = [self.of.budget.cost, *(each.cost for each in self.of.promises if isinstance(each, CostAtMost))]
        return min((cost for cost in said if cost is not None), default=None)

    def cost_is_spent(self) -> bool:
        """Say whether the workflow, or one around it, has cost all it may."""
        return any(limit is not None and each.cost >= limit for each in self.around for limit in [each.cost_limit()])


def is_agent(step: Step | End) -> AgentStep:
    assert isinstance(step, AgentStep)
    return step
