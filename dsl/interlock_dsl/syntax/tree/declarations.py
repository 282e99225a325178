"""Tools, agents, roles, the context and constants."""

from dataclasses import dataclass

from interlock_dsl.cel.tree import Expression
from interlock_dsl.syntax.tree.pieces import Breaker, Duration, Ident, Money, Node, Rate, Retry
from interlock_dsl.syntax.tree.types import FieldNode, TypeNode


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
    """`tool name(parameters) -> result { clauses }`; `result` is None where the tool returns nothing.

    `fallback` is called where this one, which only reads, has failed. `rate` and `breaker` hold over all runs.
    """

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
    fallback: ToolCall | None = None
    rate: Rate | None = None
    breaker: Breaker | None = None


@dataclass(frozen=True, slots=True)
class AgentDecl(Node):
    """`agent billing { model "large"  may orders.read }`; `tokens` and `cost` are limits of one attempt at a step.

    `fallback` is the model of as many further attempts, once those with the first have failed.
    """

    name: Ident
    model: str | None = None
    instructions: str | None = None
    may: tuple[Ident, ...] = ()
    tokens: int | None = None
    turns: int | None = None
    cost: Money | None = None
    timeout: Duration | None = None
    retry: Retry | None = None
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class RoleDecl(Node):
    """`role supervisor { reach "refunds-desk" }`."""

    name: Ident
    reach: str | None = None


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
