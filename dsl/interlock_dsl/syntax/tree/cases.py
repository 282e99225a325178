"""Tests, of workflows and of policies."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from interlock_dsl.cel.tree import Expression
from interlock_dsl.syntax.tree.pieces import Duration, Ident, Node


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

    Several follow one another, the last stays. With a `step` (`tool name at step ...`) it is for the calls made there.
    """

    tool: Ident
    value: Expression | None
    failure: str | None = None
    step: Ident | None = None


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
class EventComes(Node):
    """`then event "payment.received" { ... }`: somebody signals an event, with its data if it has any."""

    event: str
    value: Expression | None = None


@dataclass(frozen=True, slots=True)
class Expect(Node):
    """`expect ...`, checked at that point of the test.

    `kind`, and what goes with it: `waits` (`name` is the role), `awaits` (`event` is the name of one), `calls` and
    `never calls` (`name` the tool, `value` the arguments, all or part), `denied` (`name` the tool, with the reason or
    the id of the rule), `withheld` (`name` the tool, `rule` its `rate` or its `breaker`), `escalates` (`name` the
    role), `notifies` and `never notifies` (`name` the role), `redacts` and `never redacts` (`name` the tool, `fields`
    what is hidden of its calls), `ends` (`name` the end, `value` its values, all or part), `fails` (with the id of the
    promise), `visits` and `never visits` (`name` the step), `backtracks` (`name` the step that is gone back to).
    Of the last call of a test of policies: `allows`, `denies` (with the reason or the id of the rule), `asks` (`name`
    the role, `count` of its people).
    """

    kind: Literal[
        "waits",
        "awaits",
        "calls",
        "never calls",
        "denied",
        "withheld",
        "escalates",
        "notifies",
        "redacts",
        "never notifies",
        "never redacts",
        "ends",
        "fails",
        "visits",
        "backtracks",
        "never visits",
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
    event: str = ""


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
    | EventComes
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
