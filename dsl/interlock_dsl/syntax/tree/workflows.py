"""Workflows: budget, steps, ends and routes."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from interlock_dsl.cel.tree import Expression
from interlock_dsl.syntax.tree.declarations import Argument, ToolCall
from interlock_dsl.syntax.tree.pieces import Approval, Duration, Ident, Money, Node
from interlock_dsl.syntax.tree.promises import Promise
from interlock_dsl.syntax.tree.rules import RuleDecl
from interlock_dsl.syntax.tree.types import FieldNode, NamedType, RecordType, TypeNode


@dataclass(frozen=True, slots=True)
class BudgetDecl(Node):
    """`budget { steps 12  tool_calls 8  tokens 60_000  cost 0.50 usd  time 8h }`; what is absent is unlimited."""

    steps: int | None = None
    tool_calls: int | None = None
    tokens: int | None = None
    cost: Money | None = None
    time: Duration | None = None


@dataclass(frozen=True, slots=True)
class Merge(Node):
    """`merge all`, `merge any`, `merge 2 of 3`: how many sources must arrive; None is all of them.

    `first` (`merge first`): the first that arrives, and what the others did is undone. `reconcile` (of routes only)
    names a step that is entered first where the sources contradict each other.
    """

    count: int | None = None
    of: int | None = None
    first: bool = False
    reconcile: "Reconcile | None" = None


@dataclass(frozen=True, slots=True)
class FanOut(Node):
    """`for each row in list max 20 width 4 merge 2 collect failures`: a step that is taken for each row of a list.

    `width` is how many rows are under way at once at most (None: all), `merge` how many are needed (None: all).
    """

    row: Ident
    list: Expression
    max: int
    width: int | None = None
    merge: Merge | None = None
    collects: bool = False


@dataclass(frozen=True, slots=True)
class AgentStep(Node):
    """`step s by agent { task "..."  returns { ... }  within 5m }`. `tools` narrows what the agent is shown."""

    name: Ident
    agent: Ident
    task: str | None = None
    returns: RecordType | NamedType | None = None
    tools: tuple[Ident, ...] | None = None
    within: Duration | None = None
    rows: FanOut | None = None


@dataclass(frozen=True, slots=True)
class CallStep(Node):
    """`step s calls tool(...) within 5m`."""

    name: Ident
    call: ToolCall
    within: Duration | None = None
    rows: FanOut | None = None


@dataclass(frozen=True, slots=True)
class AskStep(Node):
    """`step s asks role { question "..."  returns { ... }  within 4h }`."""

    name: Ident
    role: Ident
    question: str | None = None
    returns: RecordType | NamedType | None = None
    within: Duration | None = None
    rows: FanOut | None = None


@dataclass(frozen=True, slots=True)
class EventStep(Node):
    """`step s waits for event "payment.received" -> Payment where event.order == request.order within 2d`."""

    name: Ident
    event: str
    data: TypeNode | None = None
    where: Expression | None = None
    within: Duration | None = None


@dataclass(frozen=True, slots=True)
class TimeStep(Node):
    """`step s waits for 10m` or `step s waits until request.due`: one of `pause` and `until` is there."""

    name: Ident
    pause: Duration | None = None
    until: Expression | None = None


@dataclass(frozen=True, slots=True)
class TableStep(Node):
    """`step s decides table(argument: expression, ...)`."""

    name: Ident
    table: Ident
    arguments: tuple[Argument, ...]
    rows: FanOut | None = None


@dataclass(frozen=True, slots=True)
class SetStep(Node):
    """`step s sets { field: expression }`."""

    name: Ident
    values: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class RunStep(Node):
    """`step s runs workflow(argument: expression, ...) within 5m`."""

    name: Ident
    workflow: Ident
    arguments: tuple[Argument, ...]
    within: Duration | None = None
    rows: FanOut | None = None


StepNode: TypeAlias = AgentStep | CallStep | AskStep | EventStep | TimeStep | TableStep | SetStep | RunStep


@dataclass(frozen=True, slots=True)
class EndDecl(Node):
    """`end refunded { amount: assess.amount }`, or `end abandoned gives up { because "..." }`.

    The only value of one that gives the run up is `because`.
    """

    name: Ident
    values: tuple[Argument, ...] = ()
    gives_up: bool = False


@dataclass(frozen=True, slots=True)
class Grant(Node):
    """`grant refunds.write where args.amount <= 10_000`."""

    scopes: tuple[Ident, ...]
    where: Expression | None = None


@dataclass(frozen=True, slots=True)
class Escalate(Node):
    """`escalate to role [on expiry | when cel] [because "..."]`."""

    role: Ident
    on_expiry: bool = False
    when: Expression | None = None
    because: str | None = None


@dataclass(frozen=True, slots=True)
class WayOut(Node):
    """`{ grant ... pass ... after approval ... escalate ... }` after `then -> x`: what the way out has of its own."""

    grants: tuple[Grant, ...] = ()
    passes: tuple[Ident, ...] = ()
    approval: Approval | None = None
    escalations: tuple[Escalate, ...] = ()


@dataclass(frozen=True, slots=True)
class Reconcile(Node):
    """`reconcile by arbiter when condition { grant ... pass ... }`: a step that is entered before the route's target.

    Without a block nothing is handed to it.
    """

    arbiter: Ident
    when: Expression
    own: WayOut | None = None


@dataclass(frozen=True, slots=True)
class Bound(Node):
    """`at most 3 times, then -> editor`. Without a block of its own the way out takes over its route's clauses.

    `backtracks`: what was done since the target was entered is discarded.
    """

    times: int
    then: Ident | None = None
    own: WayOut | None = None
    backtracks: bool = False


Trigger: TypeAlias = Literal["failure", "timeout", "denied", "expiry", "over budget"]


@dataclass(frozen=True, slots=True)
class RouteDecl(Node):
    """`sources -> targets [on trigger] clauses`. `sources` may be the name `start`."""

    sources: tuple[Ident, ...]
    targets: tuple[Ident, ...]
    trigger: Trigger | None = None
    when: Expression | None = None
    otherwise: bool = False
    grants: tuple[Grant, ...] = ()
    passes: tuple[Ident, ...] = ()
    approval: Approval | None = None
    escalations: tuple[Escalate, ...] = ()
    bound: Bound | None = None
    merge: Merge | None = None


@dataclass(frozen=True, slots=True)
class RoutesMode(Node):
    """`routes assess first`: at this step the first route that matches is taken, in the order written."""

    step: Ident


@dataclass(frozen=True, slots=True)
class WorkflowDecl(Node):
    """`workflow refund(request: Request) { ... }`. `may` is the ceiling of scopes any route may grant."""

    name: Ident
    parameters: tuple[FieldNode, ...]
    goal: str | None = None
    may: tuple[Ident, ...] | None = None
    budget: BudgetDecl | None = None
    steps: tuple[StepNode, ...] = ()
    ends: tuple[EndDecl, ...] = ()
    routes: tuple[RouteDecl, ...] = ()
    promises: tuple[Promise, ...] = ()
    first: tuple[RoutesMode, ...] = ()
    rules: tuple[RuleDecl, ...] = ()
