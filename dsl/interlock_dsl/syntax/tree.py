"""The syntax tree of a file: what the author wrote, with its places, and nothing inferred.

`parse` makes it, `resolve` and `check` read it, `format` prints it back. Nodes are immutable; spans and comments do not
take part in equality, so two trees are equal exactly when they mean the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from interlock_dsl.cel.tree import Expression
from interlock_dsl.diagnostics.source import NOWHERE, Source, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything with a place."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Ident(Node):
    """A name as written, possibly dotted: `orders.read`."""

    text: str

    def __str__(self) -> str:
        return self.text


class NamedNumber(int):
    """A number for which the name of a `let` is written. Its value is 1 until the names are replaced."""

    ident: Ident

    def __new__(cls, ident: Ident) -> "NamedNumber":
        """Return the number that a name stands for."""
        made = super().__new__(cls, 1)
        made.ident = ident
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NamedNumber) and self.ident == other.ident

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.ident)

    def __format__(self, specification: str) -> str:
        return self.ident.text


# --- types -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NamedType(Node):
    """`int`, `string`, `Order`, ..., with the bounds that apply to it."""

    name: Ident
    low: int | float | None = None
    high: int | float | None = None
    max: int | None = None


@dataclass(frozen=True, slots=True)
class EnumType(Node):
    """`enum("paid", "shipped")`."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListType(Node):
    """`list<T> max n`."""

    element: "TypeNode"
    max: int | None = None


@dataclass(frozen=True, slots=True)
class MapType(Node):
    """`map<K, V> max n`."""

    key: "TypeNode"
    value: "TypeNode"
    max: int | None = None


@dataclass(frozen=True, slots=True)
class FieldNode(Node):
    """`name?: type @label "description"`: a field of a record, or a parameter."""

    name: Ident
    type: "TypeNode"
    optional: bool = False
    labels: tuple[Ident, ...] = ()
    description: str | None = None


@dataclass(frozen=True, slots=True)
class RecordType(Node):
    """`{ name: type ... }`."""

    fields: tuple[FieldNode, ...]


TypeNode: TypeAlias = NamedType | EnumType | ListType | MapType | RecordType


@dataclass(frozen=True, slots=True)
class TypeDecl(Node):
    """`type Order { ... }` or `type Topic = enum(...)`."""

    name: Ident
    type: TypeNode


# --- quantities ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Duration(Node):
    """`5s`, `200ms`, `1h30m`, or the name of a `let`: then it has one microsecond until the name is replaced."""

    micros: int
    name: Ident | None = None


@dataclass(frozen=True, slots=True)
class Money(Node):
    """`0.50 usd`, in millionths of the currency."""

    micros: int
    currency: str


@dataclass(frozen=True, slots=True)
class Retry(Node):
    """`retry 3 times backoff 200ms..5s`: so many further attempts, waiting between the two durations."""

    times: int
    first: Duration | None = None
    most: Duration | None = None


# --- tools, agents, roles --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """`name: expression`, in a call or in a record of values."""

    name: Ident
    value: Expression


@dataclass(frozen=True, slots=True)
class ToolCall(Node):
    """`refunds.issue(order_id: request.order_id, amount: 5)`."""

    tool: Ident
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class ToolDecl(Node):
    """`tool name(parameters) -> result { clauses }`; `result` is None where the tool returns nothing."""

    name: Ident
    parameters: tuple[FieldNode, ...]
    result: TypeNode | None
    needs: tuple[Ident, ...] = ()
    effect: Ident | None = None
    idempotent: Expression | None = None
    timeout: Duration | None = None
    retry: Retry | None = None
    undo: ToolCall | None = None
    cost: Money | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class AgentDecl(Node):
    """`agent billing { model "large"  may orders.read }`; `tokens` and `cost` are limits of one attempt at a step."""

    name: Ident
    model: str | None = None
    instructions: str | None = None
    may: tuple[Ident, ...] = ()
    tokens: int | None = None
    turns: int | None = None
    cost: Money | None = None
    timeout: Duration | None = None
    retry: Retry | None = None


@dataclass(frozen=True, slots=True)
class RoleDecl(Node):
    """`role supervisor { reach "refunds-desk" }`."""

    name: Ident
    reach: str | None = None


# --- context and constants -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ContextDecl(Node):
    """`context { risk: enum("low", "high") }`: what the embedding service says of the circumstances."""

    fields: tuple[FieldNode, ...]


@dataclass(frozen=True, slots=True)
class LetDecl(Node):
    """`let name: type = value`: a constant. A duration such as `4h` stands where durations do."""

    name: Ident
    type: TypeNode | None
    value: "Expression | Duration"


# --- workflows -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BudgetDecl(Node):
    """`budget { steps 12  tool_calls 8  tokens 60_000  cost 0.50 usd  time 8h }`; what is absent is unlimited."""

    steps: int | None = None
    tool_calls: int | None = None
    tokens: int | None = None
    cost: Money | None = None
    time: Duration | None = None


@dataclass(frozen=True, slots=True)
class AgentStep(Node):
    """`step s by agent { task "..."  returns { ... } }`. `tools` narrows what the agent is shown."""

    name: Ident
    agent: Ident
    task: str | None = None
    returns: RecordType | None = None
    tools: tuple[Ident, ...] | None = None


@dataclass(frozen=True, slots=True)
class CallStep(Node):
    """`step s calls tool(...)`."""

    name: Ident
    call: ToolCall


@dataclass(frozen=True, slots=True)
class AskStep(Node):
    """`step s asks role { question "..."  returns { ... }  within 4h }`."""

    name: Ident
    role: Ident
    question: str | None = None
    returns: RecordType | None = None
    within: Duration | None = None


@dataclass(frozen=True, slots=True)
class TableStep(Node):
    """`step s decides table(argument: expression, ...)`."""

    name: Ident
    table: Ident
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class SetStep(Node):
    """`step s sets { field: expression }`."""

    name: Ident
    values: tuple[Argument, ...]


StepNode: TypeAlias = AgentStep | CallStep | AskStep | TableStep | SetStep


@dataclass(frozen=True, slots=True)
class EndDecl(Node):
    """`end refunded { amount: assess.amount }`."""

    name: Ident
    values: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant(Node):
    """`grant refunds.write where args.amount <= 10_000`."""

    scopes: tuple[Ident, ...]
    where: Expression | None = None


@dataclass(frozen=True, slots=True)
class Approval(Node):
    """`after approval by supervisor 2 of 3 within 4h`, or `by 2 of supervisor` when the role's size is not said.

    `count` different people of the role must agree; `of` is how many there are.
    """

    role: Ident
    count: int = 1
    within: Duration | None = None
    of: int | None = None


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
class Bound(Node):
    """`at most 3 times, then -> editor`. Without a block of its own the way out takes over its route's clauses."""

    times: int
    then: Ident | None = None
    own: WayOut | None = None


@dataclass(frozen=True, slots=True)
class Merge(Node):
    """`merge all`, `merge any`, `merge 2 of 3`: how many sources must arrive; None is all of them."""

    count: int | None = None
    of: int | None = None


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
class NeverUnapproved(Node):
    """`never tools where cel before approval by 2 of role`: no matching call without an approval of exactly it.

    `tools` is a tool, a family or `*`; None is `irreversible`. Without an `approval`, anybody may have given it.
    """

    tools: Ident | None
    where: Expression | None = None
    approval: Approval | None = None


@dataclass(frozen=True, slots=True)
class NeverBefore(Node):
    """`never tools where cel before first`: no matching call until a call of `first` has returned in this run."""

    tools: Ident | None
    where: Expression | None
    first: Ident


@dataclass(frozen=True, slots=True)
class Always(Node):
    """`always cel`: it holds whenever the inputs and outputs that it reads have values."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class EndsWithinSteps(Node):
    """`ends within 12 steps`."""

    steps: int


@dataclass(frozen=True, slots=True)
class EndsWithin(Node):
    """`ends within 8h`."""

    time: Duration


@dataclass(frozen=True, slots=True)
class CostAtMost(Node):
    """`cost <= 2.00 usd`."""

    cost: Money


@dataclass(frozen=True, slots=True)
class Reaches(Node):
    """`reaches end`: from every step that a run can be at, some answers still lead to the end."""

    end: Ident


Promise: TypeAlias = NeverUnapproved | NeverBefore | Always | EndsWithinSteps | EndsWithin | CostAtMost | Reaches


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
    rules: "tuple[RuleDecl, ...]" = ()


# --- policies and tables ---------------------------------------------------------------------------------------------


RuleKind: TypeAlias = Literal["permit", "forbid", "require", "limit", "redact", "notify"]


@dataclass(frozen=True, slots=True)
class Owner(Node):
    """Whose a limit is: `for each run`, `for each principal, args.account` (`keys`), or `overall`."""

    per: Literal["run", "each", "overall"]
    keys: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleDecl(Node):
    """A rule of a policy or of a workflow. `patterns` are tool names, `refunds.*` or `*`.

    `role`, `within` and `of` belong to `require`, whose `count` says how many people of the role agree (None: one).
    `count`, `period`, `amount` and `owner` belong to `limit` (`limit pay.send of args.cents to 300 per 1h overall`);
    without an amount, calls are counted. `role` belongs to `notify` too, and to `redact` the `fields`, paths that begin
    with `args` or `result`.
    """

    kind: RuleKind
    patterns: tuple[Ident, ...]
    agent: Ident | None = None
    when: Expression | None = None
    unless: Expression | None = None
    because: str | None = None
    role: Ident | None = None
    within: Duration | None = None
    count: int | None = None
    period: Duration | None = None
    of: int | None = None
    amount: Expression | None = None
    owner: Owner | None = None
    fields: tuple[Ident, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyDecl(Node):
    """`policy refunds_desk { rules }`."""

    name: Ident
    rules: tuple[RuleDecl, ...]


@dataclass(frozen=True, slots=True)
class PackDecl(Node):
    """`pack spending(amount: int, approver: role) for payments { rules }`: rules with parameters.

    `calls` is the name that its rules have for the calls they are about. The types of parameters are those of values,
    and `role`, `tool` and `tools`.
    """

    name: Ident
    parameters: tuple[FieldNode, ...]
    calls: Ident
    rules: tuple[RuleDecl, ...]


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """`< 5`, `>= 10`, `== "x"`, `!= "x"`, or a bare value (which is `==`)."""

    operator: Literal["<", "<=", ">", ">=", "==", "!="]
    value: Expression


@dataclass(frozen=True, slots=True)
class Range(Node):
    """`1..10`, both included."""

    low: Expression
    high: Expression


Cell: TypeAlias = tuple[Comparison | Range, ...]
"""One input cell of a decision table: alternatives, any of which may hold; empty is `-`, anything."""


@dataclass(frozen=True, slots=True)
class TableRow(Node):
    """`when cell | cell then expression | expression`; `cells` is None in the `otherwise` row."""

    cells: tuple[Cell, ...] | None
    outputs: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class TableDecl(Node):
    """`table verdict(inputs) -> { outputs } { hit first  rows }`: cells are in the order of inputs and outputs."""

    name: Ident
    parameters: tuple[FieldNode, ...]
    result: RecordType
    rows: tuple[TableRow, ...]
    hit: Literal["unique", "first", "collect"] = "unique"


# --- tests -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Given(Node):
    """`given request { ... }`: the value of one parameter."""

    parameter: Ident
    value: Expression


@dataclass(frozen=True, slots=True)
class GivenNow(Node):
    """`given now 2026-03-02T22:30:00Z`: when the run starts, in microseconds since 1970."""

    micros: int


@dataclass(frozen=True, slots=True)
class GivenContext(Node):
    """`given context { ... }`: what the embedding service says of the circumstances."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Starts(Node):
    """`started by "maria" roles ["clerk"]`: the principal; otherwise a nameless one that holds every scope."""

    principal: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asker(Node):
    """`by teller for "ann" roles ["clerk"]`: who makes the calls of a test of policies, and on whose behalf."""

    agent: Ident | None
    principal: str | None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposes(Node):
    """`call tool { ... } [by agent]`: a call that the policies decide; without `by`, of the agent of the test."""

    tool: Ident
    arguments: Expression
    agent: Ident | None = None


@dataclass(frozen=True, slots=True)
class AgentScript(Node):
    """`agent step calls tool { ... }` or `agent step answers { ... }`; several for one step follow one another.

    Without a value the turn has none: `agent step fails "why"`, or (without `failure`) `agent step times out`.
    """

    step: Ident
    tool: Ident | None
    value: Expression | None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class PersonScript(Node):
    """`person step answers { ... }`."""

    step: Ident
    value: Expression


@dataclass(frozen=True, slots=True)
class ToolScript(Node):
    """`tool name returns { ... }`, `tool name fails "why"` or (neither) `tool name times out`.

    Several follow one another, the last stays.
    """

    tool: Ident
    value: Expression | None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class PersonDecides(Node):
    """`then supervisor approves` / `then supervisor denies`."""

    role: Ident
    approves: bool


@dataclass(frozen=True, slots=True)
class TimePasses(Node):
    """`then 5h pass`."""

    duration: Duration


@dataclass(frozen=True, slots=True)
class Expect(Node):
    """`expect ...`, checked at that point of the test.

    `kind`, and what goes with it: `waits` (`name` is the role), `calls` (`name` the tool, `value` the arguments, all or
    part), `never calls`, `denied` (`name` the tool, with the reason or the id of the rule), `escalates` (`name` the
    role), `notifies` (`name` the role), `redacts` (`name` the tool, `fields` what is hidden of its calls), `ends`
    (`name` the end, `value` its values, all or part), `fails` (with the id of the promise), `visits` (`name` the step).
    Of the last call of a test of policies: `allows`, `denies` (with the reason or the id of the rule), `asks` (`name`
    the role, `count` of its people).
    """

    kind: Literal[
        "waits",
        "calls",
        "never calls",
        "denied",
        "escalates",
        "notifies",
        "redacts",
        "ends",
        "fails",
        "visits",
        "allows",
        "denies",
        "asks",
    ]
    name: Ident | None = None
    value: Expression | None = None
    because: str | None = None
    rule: str | None = None
    count: int = 1
    fields: tuple[Ident, ...] = ()


TestItem: TypeAlias = (
    Given
    | GivenNow
    | GivenContext
    | Starts
    | Proposes
    | AgentScript
    | PersonScript
    | ToolScript
    | PersonDecides
    | TimePasses
    | Expect
)


@dataclass(frozen=True, slots=True)
class TestDecl(Node):
    """`test "title" [of workflow] { items }`, or a test of policies: it has an `asker`, or proposes calls."""

    __test__ = False  # pytest collects by name

    title: str
    workflow: Ident | None
    items: tuple[TestItem, ...]
    asker: Asker | None = None

    @property
    def of_policies(self) -> bool:
        """Whether it tests policies alone, without a workflow."""
        return self.asker is not None or any(isinstance(item, Proposes) for item in self.items)


# --- a file ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Use(Node):
    """`use "common.ilk"`: another file's declarations, by a path relative to this file."""

    path: str


@dataclass(frozen=True, slots=True)
class PackArgument(Node):
    """`name: value` of `with { ... }`: a family, a time, or an expression (also the name of a role or a tool)."""

    name: Ident
    value: Expression | Ident | Duration


@dataclass(frozen=True, slots=True)
class UsePack(Node):
    """`use "interlock/spending" as payouts for money.* with { ... }`: the rules of a pack, for the calls of some tools.

    `name` is that of the policy that they become; None is the pack's own.
    """

    path: str
    patterns: tuple[Ident, ...]
    arguments: tuple[PackArgument, ...] = ()
    name: Ident | None = None


Declaration: TypeAlias = (
    Use
    | UsePack
    | PackDecl
    | TypeDecl
    | ToolDecl
    | AgentDecl
    | RoleDecl
    | WorkflowDecl
    | PolicyDecl
    | TableDecl
    | ContextDecl
    | LetDecl
    | TestDecl
)


@dataclass(frozen=True, slots=True)
class File(Node):
    """A whole file. `comments` are the `//` comments, in order, for whoever prints the file again.

    `named` are the names of constants where numbers and durations stand.
    """

    source: Source = field(compare=False)
    declarations: tuple[Declaration, ...] = ()
    comments: tuple[Span, ...] = field(default=(), compare=False)
    named: tuple[Ident, ...] = field(default=(), compare=False)


Files: TypeAlias = Mapping[str, File]
"""The files that make one program, by path."""
