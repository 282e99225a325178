"""Names: every declaration of every file by kind and name, and how a reference finds its own.

Kinds have separate namespaces, so a policy and a workflow may share a name. A name that is not there is reported once,
however often it is used.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeAlias, TypeVar

from interlock_dsl.analysis.uses import PackUse
from interlock_dsl.diagnostics.messages import names as say
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.diagnostics.spelling import nearest
from interlock_dsl.syntax.tree import (
    AgentDecl,
    ContextDecl,
    Declaration,
    File,
    Ident,
    LetDecl,
    PackDecl,
    PolicyDecl,
    RoleDecl,
    TableDecl,
    TestDecl,
    ToolDecl,
    TypeDecl,
    Use,
    UsePack,
    WorkflowDecl,
)

MOST_COMPARED: Final = 100
"""Missing names for which a similar one is looked for: each is compared with every name of its kind."""

Named: TypeAlias = TypeDecl | ToolDecl | AgentDecl | RoleDecl | WorkflowDecl | PolicyDecl | TableDecl | LetDecl

Decl = TypeVar("Decl", TypeDecl, ToolDecl, AgentDecl, RoleDecl, WorkflowDecl, PolicyDecl, TableDecl, LetDecl)

KINDS: Mapping[type[Declaration], str] = {
    TypeDecl: "type",
    ToolDecl: "tool",
    AgentDecl: "agent",
    RoleDecl: "role",
    WorkflowDecl: "workflow",
    PolicyDecl: "policy",
    TableDecl: "table",
    LetDecl: "constant",
}


OF_A_WORKFLOW: Final = frozenset({"step", "step or end", "step or parameter", "end", "parameter"})
"""Kinds whose names share one namespace: a name that none of them has is missing once."""


@dataclass(frozen=True)
class Declarations:
    """The declarations of a program by name, in the order of the files. `scopes` are those that some tool needs.

    `policies` include those that come of `uses` of packs.
    """

    types: Mapping[str, TypeDecl] = field(default_factory=dict)
    tools: Mapping[str, ToolDecl] = field(default_factory=dict)
    agents: Mapping[str, AgentDecl] = field(default_factory=dict)
    roles: Mapping[str, RoleDecl] = field(default_factory=dict)
    workflows: Mapping[str, WorkflowDecl] = field(default_factory=dict)
    policies: Mapping[str, PolicyDecl] = field(default_factory=dict)
    tables: Mapping[str, TableDecl] = field(default_factory=dict)
    constants: Mapping[str, LetDecl] = field(default_factory=dict)
    context: ContextDecl | None = None
    tests: tuple[TestDecl, ...] = ()
    scopes: frozenset[str] = frozenset()
    uses: tuple[PackUse, ...] = ()

    @cached_property
    def meant_scopes(self) -> frozenset[str]:
        """The scopes that are nearest to those that agents, workflows and routes name and no tool needs.

        That such a scope is missing somewhere follows from the name that is wrong.
        """
        named = {scope.text for agent in self.agents.values() for scope in agent.may}
        for workflow in self.workflows.values():
            named.update(scope.text for scope in workflow.may or ())
            for route in workflow.routes:
                own = route.bound.own.grants if route.bound is not None and route.bound.own is not None else ()
                named.update(scope.text for grant in (*route.grants, *own) for scope in grant.scopes)
        wrong = sorted(named - self.scopes)[:MOST_COMPARED]
        return frozenset(near for name in wrong if (near := nearest(name, self.scopes)) is not None)

    def reporting(self, report: Report) -> "Symbols":
        """Return these declarations for looking up names, where those that are missing go to a report."""
        return Symbols(
            self.types, self.tools, self.agents, self.roles, self.workflows,
            self.policies, self.tables, self.constants, self.context, self.tests, self.scopes, self.uses, report,
        )  # fmt: skip


@dataclass(frozen=True)
class Symbols(Declarations):
    """Declarations, and the report of the stage that looks them up."""

    report: Report = field(default_factory=Report)

    def of(self, kind: str) -> Mapping[str, Named]:
        """Return the declarations of a kind."""
        tables: Mapping[str, Mapping[str, Named]] = {
            "type": self.types,
            "tool": self.tools,
            "agent": self.agents,
            "role": self.roles,
            "workflow": self.workflows,
            "policy": self.policies,
            "table": self.tables,
            "constant": self.constants,
        }
        return tables[kind]

    def tool(self, name: Ident) -> ToolDecl | None:
        """Return the tool of a name, or report that there is none."""
        return self._found("tool", name, self.tools)

    def agent(self, name: Ident) -> AgentDecl | None:
        """Return the agent of a name, or report that there is none."""
        return self._found("agent", name, self.agents)

    def role(self, name: Ident) -> RoleDecl | None:
        """Return the role of a name, or report that there is none."""
        return self._found("role", name, self.roles)

    def table(self, name: Ident) -> TableDecl | None:
        """Return the table of a name, or report that there is none."""
        return self._found("table", name, self.tables)

    def workflow(self, name: Ident) -> WorkflowDecl | None:
        """Return the workflow of a name, or report that there is none."""
        return self._found("workflow", name, self.workflows)

    def _found(self, kind: str, name: Ident, table: Mapping[str, Decl]) -> Decl | None:
        if name.text not in table:
            self.miss(kind, name, table)
        return table.get(name.text)

    def scope(self, name: Ident) -> bool:
        """Say whether some tool needs a scope, and report it if none does."""
        if name.text in self.scopes:
            return True
        if self._first("scope", name):
            self.report.add(say.unknown_scope(name.text, name.span, self._compared(self.scopes)))
        return False

    def miss(self, kind: str, name: Ident, candidates: Iterable[str]) -> None:
        """Report a name that nothing has, with what else is called so; each name once."""
        if not self._first(kind, name):
            return
        others = [
            (other, self.of(other)[name.text].name.span)
            for other in KINDS.values()
            if other != kind and name.text in self.of(other)
        ]
        self.report.add(say.undefined(kind, name.text, name.span, self._compared(candidates), others))

    def _first(self, kind: str, name: Ident) -> bool:
        """Note a name that nothing has; return whether it is the first time."""
        return self.report.first_of("step" if kind in OF_A_WORKFLOW else kind, name.text)

    def _compared(self, candidates: Iterable[str]) -> Iterable[str]:
        """Return the names to suggest one of: none any more where very many names are missing."""
        return candidates if len(self.report.missing) <= MOST_COMPARED else ()


def resolve(files: Iterable[File], report: Report, uses: tuple[PackUse, ...] = ()) -> Declarations:
    """Collect the declarations of files and uses; a name that two of a kind have is reported at the second."""
    found: dict[str, dict[str, Named]] = {kind: {} for kind in KINDS.values()}
    declared = [declaration for file in files for declaration in file.declarations]
    declared += [use.policy for use in uses]
    contexts: list[ContextDecl] = []
    for declaration in declared:
        if isinstance(declaration, ContextDecl):
            contexts.append(declaration)
        if isinstance(declaration, Use | UsePack | PackDecl | TestDecl | ContextDecl):
            continue
        kind, name = KINDS[type(declaration)], declaration.name
        first = found[kind].setdefault(name.text, declaration)
        if first is not declaration:
            report.add(say.duplicate(kind, name.text, name.span, first.name.span))
    for again in contexts[1:]:
        report.add(say.context_twice(again.span, contexts[0].span))
    tools = _of(ToolDecl, found)
    return Declarations(
        types=_of(TypeDecl, found),
        tools=tools,
        agents=_of(AgentDecl, found),
        roles=_of(RoleDecl, found),
        workflows=_of(WorkflowDecl, found),
        policies=_of(PolicyDecl, found),
        tables=_of(TableDecl, found),
        constants=_of(LetDecl, found),
        context=next(iter(contexts), None),
        tests=tuple(declaration for declaration in declared if isinstance(declaration, TestDecl)),
        scopes=frozenset(scope.text for tool in tools.values() for scope in tool.needs),
        uses=uses,
    )


def _of(kind: type[Decl], found: Mapping[str, Mapping[str, Named]]) -> Mapping[str, Decl]:
    return {name: decl for name, decl in found[KINDS[kind]].items() if isinstance(decl, kind)}


def unique(report: Report, what: str, names: Iterable[Ident]) -> dict[str, Ident]:
    """Return identifiers by their text, the first of each; report those that come again."""
    seen: dict[str, Ident] = {}
    for name in names:
        first = seen.setdefault(name.text, name)
        if first is not name:
            report.add(say.repeated(what, name.text, name.span, first.span))
    return seen
