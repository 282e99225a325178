"""A compiled file: immutable, sealed with a digest, and all that the evaluator ever sees.

Names are resolved, types are `cel.types`, conditions are compiled expressions. Everything has an `id` that is stable
under reformatting and a `span` for people. Two programs with the same digest decide the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from interlock_dsl.cel.types import RecordType, Type
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.attempts import NO_RETRY
from interlock_dsl.program.attempts import Breaker as Breaker
from interlock_dsl.program.attempts import Rate as Rate
from interlock_dsl.program.attempts import RetryPlan as RetryPlan
from interlock_dsl.program.cases import Test
from interlock_dsl.program.promises import Promise
from interlock_dsl.program.rules import Policy as Policy
from interlock_dsl.program.rules import Rule as Rule
from interlock_dsl.program.tables import Row as Row
from interlock_dsl.program.tables import Table as Table

if TYPE_CHECKING:
    from networkx import MultiDiGraph

    from interlock_dsl.cel import CompiledExpression

Effect: TypeAlias = Literal["read", "write", "irreversible"]


@dataclass(frozen=True, slots=True)
class Call:
    """A tool and the expression of each argument."""

    tool: str
    arguments: Mapping[str, "CompiledExpression"]
    span: Span


@dataclass(frozen=True, slots=True)
class Tool:
    """A typed call to the world. `timeout` in microseconds, `cost` of a call in millionths of the currency.

    `idempotency_key` reads the parameters by name; `undo` reads them and `result`. `fallback` reads the parameters: it
    is called where this one has failed; both only read, and give the same type. `rate` and `breaker` hold over all runs
    and sessions of a journal.
    """

    name: str
    parameters: RecordType
    result: Type | None
    needs: frozenset[str]
    effect: Effect
    span: Span
    idempotency_key: "CompiledExpression | None" = None
    timeout: int | None = None
    retry: RetryPlan = NO_RETRY
    undo: Call | None = None
    cost: int = 0
    description: str = ""
    fallback: Call | None = None
    rate: Rate | None = None
    breaker: Breaker | None = None

    @property
    def repeatable(self) -> bool:
        """Whether a call that may already have happened may be made again."""
        return self.effect == "read" or self.idempotency_key is not None


@dataclass(frozen=True, slots=True)
class Agent:
    """A model-driven worker. `tokens` and `cost` bound one attempt at a step, `turns` the exchanges in it.

    With a `fallback` there are as many attempts again, with that model.
    """

    name: str
    span: Span
    model: str = ""
    instructions: str = ""
    may: frozenset[str] = frozenset()
    tokens: int = 8_000
    turns: int = 10
    cost: int = 0
    timeout: int | None = None
    retry: RetryPlan = NO_RETRY
    fallback: str = ""

    @property
    def models(self) -> tuple[str, ...]:
        """Its model, and its fallback if it has one."""
        return (self.model, self.fallback) if self.fallback else (self.model,)

    def model_of(self, attempt: int) -> str:
        """Return the model of an attempt, counted from 1: the fallback once those with the first are used up."""
        return self.fallback if self.fallback and attempt > self.retry.times + 1 else self.model


@dataclass(frozen=True, slots=True)
class Role:
    """People who approve or take an escalation, and how they are reached."""

    name: str
    span: Span
    reach: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one run; None is unlimited. `cost` in millionths of the currency, `time` in microseconds."""

    steps: int | None = None
    tool_calls: int | None = None
    tokens: int | None = None
    cost: int | None = None
    currency: str = "usd"
    time: int | None = None


@dataclass(frozen=True, slots=True)
class FanOut:
    """A step is taken for each row of a list of at most `max`, and gives a list.

    `row` is what its expressions call the row, which is an `element`. At most `width` rows are under way at once (None:
    all). `merge` of them are needed (0: all); with `collects` a row that fails is one that says so.
    """

    row: str
    list: "CompiledExpression"
    element: Type
    max: int
    span: Span
    width: int | None = None
    merge: int = 0
    collects: bool = False


@dataclass(frozen=True, slots=True)
class AgentStep:
    """A model answers with a value of `returns`, `within` microseconds; `tools` are all that it may be shown."""

    name: str
    agent: Agent
    task: str
    returns: RecordType
    tools: tuple[str, ...]
    span: Span
    within: int | None = None
    rows: FanOut | None = None


@dataclass(frozen=True, slots=True)
class CallStep:
    """One call; its output is the tool's result (null where it returns nothing). `within` as that of an agent's."""

    name: str
    call: Call
    span: Span
    within: int | None = None
    rows: FanOut | None = None


@dataclass(frozen=True, slots=True)
class AskStep:
    """A person of a role answers with a value of `returns`, within microseconds where that is given."""

    name: str
    role: str
    question: str
    returns: RecordType
    within: int | None
    span: Span
    rows: FanOut | None = None


@dataclass(frozen=True, slots=True)
class EventStep:
    """The data of an event that somebody signals, of type `data` (null where that is None), is the output.

    `where` reads the run's values and, as `event`, the data; `within` is in microseconds.
    """

    name: str
    event: str
    data: Type | None
    where: "CompiledExpression | None"
    within: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class TimeStep:
    """Time passes: `pause` microseconds, or (where that is None) until the moment that `until` says."""

    name: str
    pause: int | None
    until: "CompiledExpression | None"
    span: Span


@dataclass(frozen=True, slots=True)
class TableStep:
    """A decision table on evaluated arguments."""

    name: str
    table: Table
    arguments: Mapping[str, "CompiledExpression"]
    span: Span
    rows: FanOut | None = None


@dataclass(frozen=True, slots=True)
class SetStep:
    """A record of evaluated expressions."""

    name: str
    values: Mapping[str, "CompiledExpression"]
    span: Span


@dataclass(frozen=True, slots=True)
class RunStep:
    """Another workflow on evaluated arguments. Its output is the name of the `end` reached, and that end's fields.

    `within` as that of an agent's.
    """

    name: str
    workflow: str
    arguments: Mapping[str, "CompiledExpression"]
    returns: RecordType
    span: Span
    within: int | None = None
    rows: FanOut | None = None


Step: TypeAlias = AgentStep | CallStep | AskStep | EventStep | TimeStep | TableStep | SetStep | RunStep


def fan_out(step: "Step | End") -> FanOut | None:
    """Return what says that a step is taken for each row of a list; None for one that is taken once."""
    return step.rows if isinstance(step, AgentStep | CallStep | AskStep | TableStep | RunStep) else None


@dataclass(frozen=True, slots=True)
class End:
    """Where a run finishes, and what it gives back. One that `gives_up` has the run undone: its value is `because`."""

    name: str
    values: Mapping[str, "CompiledExpression"]
    span: Span
    gives_up: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """Scopes handed over, for calls whose arguments meet `where` (always, when None)."""

    scopes: frozenset[str]
    where: "CompiledExpression | None"
    span: Span


@dataclass(frozen=True, slots=True)
class Pass:
    """A path into the run's values, such as `("classify", "topic")`."""

    path: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """`count` different people of `role` must agree, within microseconds where that is given."""

    role: str
    count: int
    within: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who is told: when the approval expires, when a condition holds, or (neither) whenever the route is taken."""

    role: str
    on_expiry: bool
    when: "CompiledExpression | None"
    because: str
    span: Span


@dataclass(frozen=True, slots=True)
class Bound:
    """A route back: at most `times` times in a run, then to `then`. One that backtracks undoes what it `discards`."""

    times: int
    then: str | None
    span: Span
    discards: tuple[str, ...] = ()


Trigger: TypeAlias = Literal["failure", "timeout", "denied", "expiry", "over budget"]


@dataclass(frozen=True, slots=True)
class Route:
    """A guarded edge. `id` is `source->target#n`, n counting routes with the same ends from 1.

    Several `sources` make a join, decided when `merge` have arrived; several `targets` run at once. `trigger` is what
    must have happened to the source, None on an ordinary route. Routes of a join (same sources, same merge) are a group
    like those of one step. One with a `bound` leads back; `out` is taken instead once that is used up. Where sources
    `race`, what the others did is undone first.
    """

    id: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    span: Span
    trigger: Trigger | None = None
    when: "CompiledExpression | None" = None
    otherwise: bool = False
    grants: tuple[Grant, ...] = ()
    passes: tuple[Pass, ...] = ()
    approval: ApprovalRule | None = None
    escalations: tuple[Escalation, ...] = ()
    bound: Bound | None = None
    merge: int = 1
    out: "Route | None" = None
    race: bool = False

    @property
    def bounded(self) -> bool:
        """Whether it may be taken only so many times in a run; it is then a route back."""
        return self.bound is not None


@dataclass(frozen=True)
class Workflow:
    """A typed input, a goal, a budget, steps, routes and ends. `start` is the source of the first routes.

    `network` is the frozen graph of all routes, back ones too, as `interlock_dsl.program.graph.build` makes it. It is
    the only place where routes are held: `routes` are those on its edges in the order written, `graph` is its view
    without the routes back, which is acyclic. `rules` hold in its runs alone, and read its inputs and outputs too.
    """

    name: str
    parameters: RecordType
    goal: str
    budget: Budget
    may: frozenset[str] | None
    steps: Mapping[str, Step]
    ends: Mapping[str, End]
    network: "MultiDiGraph[str]" = field(repr=False, compare=False)
    routes: tuple[Route, ...] = field(init=False)
    promises: tuple[Promise, ...]
    first: frozenset[str]
    span: Span
    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        edges = self.network.edges(data=True)
        routes: dict[int, Route] = {data["number"]: data["route"] for _, _, data in edges if data["way"] != "out"}
        object.__setattr__(self, "routes", tuple(routes[number] for number in sorted(routes)))

    @cached_property
    def graph(self) -> "MultiDiGraph[str]":
        """The acyclic view of the network: no routes back, but their ways out."""
        from interlock_dsl.program.graph import forward

        return forward(self.network)


@dataclass(frozen=True)
class Program:
    """Everything of the files that were compiled together.

    `digest` is the SHA-256 (hex) of the canonical JSON (RFC 8785) of what the program means: formatting, comments and
    tests do not change it. `sources` maps paths to texts, so that a program can be compiled again from a journal.
    `context` is the type of what the embedding service says of the circumstances, None where nothing is declared.
    """

    digest: str
    sources: Mapping[str, str] = field(repr=False)
    types: Mapping[str, Type]
    tools: Mapping[str, Tool]
    agents: Mapping[str, Agent]
    roles: Mapping[str, Role]
    workflows: Mapping[str, Workflow]
    policies: Mapping[str, Policy]
    tables: Mapping[str, Table]
    tests: tuple[Test, ...] = ()
    context: RecordType | None = None
