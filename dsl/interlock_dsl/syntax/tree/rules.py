"""Policies and packs."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from interlock_dsl.cel.tree import Expression
from interlock_dsl.syntax.tree.pieces import Duration, Ident, Node
from interlock_dsl.syntax.tree.types import FieldNode

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
