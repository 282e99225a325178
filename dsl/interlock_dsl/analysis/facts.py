"""What the analysis knows of a program without mistakes: the declarations, with everything in them judged.

Facts are values and are not changed. A declaration of the tree stays what it is (`decl`); beside it stands what
follows from it: types, checked expressions, the tools an agent is shown. Lowering only translates facts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from interlock_dsl.analysis.links import Link
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.types import ListType, RecordType, Type
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.builtins import everywhere
from interlock_dsl.program.cases import Test
from interlock_dsl.program.model import Effect
from interlock_dsl.syntax import tree

if TYPE_CHECKING:  # a program without workflows needs no networkx
    from interlock_dsl.program.graph import Graph

Values: TypeAlias = Mapping[str, Checked]
"""Checked expressions by the name of the argument, field or column they are for."""


KeyFacts: TypeAlias = Literal["principal", "agent"] | Checked
"""What a limit is for each of: on whose behalf a call is made, who makes it, or what an expression over `args` says."""


@dataclass(frozen=True, slots=True)
class CallFacts:
    """A tool and its arguments."""

    tool: str
    arguments: Values
    span: Span


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """A tool. `decl` is None for one that only an `undo` names."""

    name: str
    parameters: RecordType
    result: Type | None
    needs: frozenset[str]
    effect: Effect
    span: Span
    decl: tree.ToolDecl | None = None
    key: Checked | None = None
    undo: CallFacts | None = None
    fallback: CallFacts | None = None


@dataclass(frozen=True, slots=True)
class RowFacts:
    """A row of a table: its cells as one condition (None is `otherwise`)."""

    condition: Checked | None
    outputs: Values
    span: Span


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table."""

    decl: tree.TableDecl
    parameters: RecordType
    result: RecordType
    rows: tuple[RowFacts, ...]


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """A rule of a policy or a workflow under its id.

    A `limit` may have an `amount`, and `keys` that say whose it is.
    """

    id: str
    decl: tree.RuleDecl
    when: Checked | None
    unless: Checked | None
    amount: Checked | None = None
    keys: tuple[KeyFacts, ...] = ()

    @property
    def counts_calls_of_runs(self) -> bool:
        """Whether it is a `limit` on the number of calls in each run: how many there are says whether it is reached."""
        owner = self.decl.owner
        return self.decl.kind == "limit" and self.amount is None and owner is not None and owner.per == "run"

    @property
    def counts(self) -> object:
        """What a `limit` counts, and for whom, to be compared with another's."""
        owner = None if self.decl.owner is None else self.decl.owner.per
        keys = frozenset(key if isinstance(key, str) else key.expression for key in self.keys)
        return owner, None if self.amount is None else self.amount.expression, keys


@dataclass(frozen=True, slots=True)
class FanOutFacts:
    """The rows of a step: the list they are of, the type of a row, and that of the list of what they give."""

    decl: tree.FanOut
    list: Checked
    element: Type
    output: ListType

    @property
    def least(self) -> int:
        """How many rows there are at least if the step succeeds: a list may be empty."""
        return 0 if self.decl.merge is None else self.decl.merge.count or 0

    @property
    def at_once(self) -> int:
        """How many rows are under way at once at most."""
        return self.decl.max if self.decl.width is None else min(self.decl.width, self.decl.max)


@dataclass(frozen=True, slots=True)
class AgentStepFacts:
    """An agent's step: what it answers (in each row), and the tools it may be shown."""

    decl: tree.AgentStep
    returns: RecordType
    tools: tuple[str, ...]
    rows: FanOutFacts | None = None


@dataclass(frozen=True, slots=True)
class CallStepFacts:
    """A step that calls a tool."""

    decl: tree.CallStep
    call: CallFacts
    rows: FanOutFacts | None = None


@dataclass(frozen=True, slots=True)
class AskStepFacts:
    """A step that asks a person."""

    decl: tree.AskStep
    returns: RecordType
    rows: FanOutFacts | None = None


@dataclass(frozen=True, slots=True)
class EventStepFacts:
    """A step that waits for an event: the type of its data, and which events it takes."""

    decl: tree.EventStep
    data: Type | None
    where: Checked | None


@dataclass(frozen=True, slots=True)
class TimeStepFacts:
    """A step that waits for some time, or (`until`) for a moment."""

    decl: tree.TimeStep
    until: Checked | None


@dataclass(frozen=True, slots=True)
class TableStepFacts:
    """A step that a table decides."""

    decl: tree.TableStep
    arguments: Values
    rows: FanOutFacts | None = None


@dataclass(frozen=True, slots=True)
class SetStepFacts:
    """A step that sets values."""

    decl: tree.SetStep
    values: Values


@dataclass(frozen=True, slots=True)
class RunStepFacts:
    """A step that runs another workflow. `returns` is the end it reaches (in each row) and that end's fields."""

    decl: tree.RunStep
    workflow: str
    arguments: Values
    returns: RecordType
    rows: FanOutFacts | None = None


FANNED: Final = (AgentStepFacts, CallStepFacts, AskStepFacts, TableStepFacts, RunStepFacts)
"""The kinds of steps that can be taken for each row of a list."""

StepFacts: TypeAlias = (
    AgentStepFacts
    | CallStepFacts
    | AskStepFacts
    | EventStepFacts
    | TimeStepFacts
    | TableStepFacts
    | SetStepFacts
    | RunStepFacts
)


def rows_of(step: StepFacts | None) -> FanOutFacts | None:
    """Return the rows of a step, None for one that is taken once."""
    return step.rows if isinstance(step, FANNED) else None


def collects(step: StepFacts | None) -> bool:
    """Say whether rows of a step that fail are collected, so that nothing that happens to one happens to the step."""
    rows = rows_of(step)
    return rows is not None and rows.decl.collects


@dataclass(frozen=True, slots=True)
class EndFacts:
    """An end."""

    decl: tree.EndDecl
    values: Values


@dataclass(frozen=True, slots=True)
class GrantFacts:
    """A grant with its condition."""

    decl: tree.Grant
    where: Checked | None


@dataclass(frozen=True, slots=True)
class EscalationFacts:
    """An escalation with its condition."""

    decl: tree.Escalate
    when: Checked | None


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """A route: its link, and its clauses. `passes` are the names that are passed, each once.

    `out` is its way out, with the clauses it takes over or has of its own. `discards` are the steps and ends that it
    discards, if it backtracks.
    """

    link: Link
    when: Checked | None
    grants: tuple[GrantFacts, ...]
    passes: tuple[tree.Ident, ...]
    approval: tree.Approval | None
    escalations: tuple[EscalationFacts, ...]
    out: "RouteFacts | None" = None
    discards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NeverUnapprovedFacts:
    """`never tools before approval`: `tools` are those it is about. Anybody approves where `decl.approval` is None."""

    id: str
    decl: tree.NeverUnapproved
    tools: frozenset[str]
    where: Checked | None


@dataclass(frozen=True, slots=True)
class NeverBeforeFacts:
    """`never tools before first`: `tools` are those it is about, without those of `first`, which come first."""

    id: str
    decl: tree.NeverBefore
    tools: frozenset[str]
    where: Checked | None
    first: frozenset[str]


@dataclass(frozen=True, slots=True)
class AlwaysFacts:
    """`always condition`: it holds in every state in which all of `needs` have values.

    `reads` are the parameters and steps that the condition reads; `needs` are those of them that may be absent and that
    it does not guard. An output is that of the step's latest visit.
    """

    id: str
    decl: tree.Always
    condition: Checked
    reads: frozenset[str]
    needs: frozenset[str]


@dataclass(frozen=True, slots=True)
class EndsWithinStepsFacts:
    """`ends within 12 steps`: no run enters more (as the budget counts them)."""

    id: str
    decl: tree.EndsWithinSteps


@dataclass(frozen=True, slots=True)
class EndsWithinFacts:
    """`ends within 8h`: every run is at an end in less."""

    id: str
    decl: tree.EndsWithin


@dataclass(frozen=True, slots=True)
class CostAtMostFacts:
    """`cost <= 2.00 usd`: what the tools and agents of a run cost together."""

    id: str
    decl: tree.CostAtMost


@dataclass(frozen=True, slots=True)
class ReachesFacts:
    """`reaches end`: from every step that a run can be at, some answers still lead to the end."""

    id: str
    decl: tree.Reaches


PromiseFacts: TypeAlias = (
    NeverUnapprovedFacts
    | NeverBeforeFacts
    | AlwaysFacts
    | EndsWithinStepsFacts
    | EndsWithinFacts
    | CostAtMostFacts
    | ReachesFacts
)
"""What a workflow promises. An `id` is unique among the promises and rules of a program; `decl.span` is the place."""

DENYING: Final = (NeverUnapprovedFacts, NeverBeforeFacts, CostAtMostFacts)
"""The promises for whose sake a call may be denied."""

GIVING_UP: Final = (AlwaysFacts, EndsWithinStepsFacts, EndsWithinFacts, CostAtMostFacts)
"""The promises for whose sake a run may be given up."""


@dataclass(frozen=True, slots=True)
class WorkflowFacts:
    """A workflow. `graph` is that of its links: lowering makes the same one of the compiled routes."""

    decl: tree.WorkflowDecl
    parameters: RecordType
    graph: "Graph"
    steps: Mapping[str, StepFacts]
    ends: Mapping[str, EndFacts]
    routes: tuple[RouteFacts, ...]
    promises: tuple[PromiseFacts, ...]
    rules: tuple[RuleFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything of the files that are compiled together."""

    types: Mapping[str, Type]
    tools: Mapping[str, ToolFacts]
    agents: Mapping[str, tree.AgentDecl]
    roles: Mapping[str, tree.RoleDecl]
    workflows: Mapping[str, WorkflowFacts]
    policies: Mapping[str, tuple[tree.PolicyDecl, tuple[RuleFacts, ...]]]
    tables: Mapping[str, TableFacts]
    tests: tuple[Test, ...]
    context: RecordType | None = None

    @property
    def everywhere(self) -> Mapping[str, Type]:
        """What every condition of the program sees."""
        return everywhere(self.context)
