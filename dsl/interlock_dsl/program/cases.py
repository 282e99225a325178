"""Tests as they are compiled: inputs, scripted answers, what happens and what is expected, in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from interlock_dsl.diagnostics.source import Span


@dataclass(frozen=True, slots=True)
class ModelTurn:
    """One scripted turn of an agent's step: a call it asks for, its final answer, or `failed`: why there is none.

    `failed` with an empty `failure` is a turn that took too long.
    """

    tool: str | None
    value: object
    failed: bool = False
    failure: str = ""


@dataclass(frozen=True, slots=True)
class ToolReply:
    """One scripted reply of a tool: a result, a failure, or (`late`) none in time."""

    value: object = None
    failure: str | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """What happens or is expected at one point of a test; `kind` as in `syntax`; `decides`, `passes`, `comes` and
    `proposes` are done, the others expected. `agent` makes the call that is proposed; `count` people are asked. `name`
    is that of a role, tool, step, end or (`comes`, `awaits`) event.
    """

    kind: Literal[
        "waits", "awaits", "calls", "never calls", "denied", "withheld", "escalates", "notifies", "redacts",
        "never notifies", "never redacts", "ends", "fails", "visits", "never visits", "backtracks", "allows", "denies",
        "asks", "decides", "passes", "comes", "proposes",
    ]  # fmt: skip
    span: Span
    name: str = ""
    value: object = None
    approves: bool = False
    micros: int = 0
    because: str | None = None
    rule: str | None = None
    agent: str | None = None
    count: int = 1
    fields: tuple[str, ...] = ()

    @property
    def expected(self) -> bool:
        """Whether it is an expectation, and not something that happens."""
        return self.kind not in ("decides", "passes", "comes", "proposes")


@dataclass(frozen=True, slots=True)
class Test:
    """A case that runs without a model: inputs, scripts, then acts in order.

    Without a `workflow` it is of policies alone. `now` is when the run starts (microseconds since 1970), `context` what
    the service says of the circumstances; None where the test does not say.
    """

    __test__ = False  # pytest collects by name

    title: str
    workflow: str
    input: Mapping[str, object]
    principal: str | None
    roles: tuple[str, ...]
    now: int | None
    agents: Mapping[str, tuple[ModelTurn, ...]]
    persons: Mapping[str, tuple[object, ...]]
    tools: Mapping[str, tuple[ToolReply, ...]]
    acts: tuple[Act, ...]
    span: Span
    context: Mapping[str, object] | None = None
    tools_at: Mapping[str, Mapping[str, tuple[ToolReply, ...]]] = field(default_factory=dict)
    """The replies of a tool to calls that are made at one step: by the tool's name and the step's path."""
