"""Files, and what they use of others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from interlock_dsl.cel.tree import Expression
from interlock_dsl.diagnostics.source import Source, Span
from interlock_dsl.syntax.tree.cases import TestDecl
from interlock_dsl.syntax.tree.declarations import AgentDecl, ContextDecl, LetDecl, RoleDecl, ToolDecl
from interlock_dsl.syntax.tree.pieces import Duration, Ident, Node
from interlock_dsl.syntax.tree.rules import PackDecl, PolicyDecl
from interlock_dsl.syntax.tree.tables import TableDecl
from interlock_dsl.syntax.tree.types import TypeDecl
from interlock_dsl.syntax.tree.workflows import WorkflowDecl


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
