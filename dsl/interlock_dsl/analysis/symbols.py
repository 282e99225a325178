"""Names: every declaration of every file by kind and name, and how a reference finds its own.

Kinds have separate namespaces, so a policy and a workflow may share a name. A name that is not there is reported once,
however often it is used.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.messages import names as say
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.syntax.tree import (
    AgentDecl,
    Declaration,
    File,
    Ident,
    PolicyDecl,
    RoleDecl,
    TableDecl,
    TestDecl,
    ToolDecl,
    TypeDecl,
    Use,
    WorkflowDecl,
)

Named: TypeAlias = TypeDecl | ToolDecl | AgentDecl | RoleDecl | WorkflowDecl | PolicyDecl | TableDecl

Decl = TypeVar("Decl", TypeDecl, ToolDecl, AgentDecl, RoleDecl, WorkflowDecl, PolicyDecl, TableDecl)

KINDS: Mapping[type[Declaration], str] = {
    TypeDecl: "type",
    ToolDecl: "tool",
    AgentDecl: "agent",
    RoleDecl: "role",
    WorkflowDecl: "workflow",
    PolicyDecl: "policy",
    TableDecl: "table",
}


@dataclass
class Symbols:
    """The declarations of a program by name, in the order of the files. `scopes` are those that some tool needs."""

    report: Report
    types: dict[str, TypeDecl] = field(default_factory=dict)
    tools: dict[str, ToolDecl] = field(default_factory=dict)
    agents: dict[str, AgentDecl] = field(default_factory=dict)
    roles: dict[str, RoleDecl] = field(default_factory=dict)
    workflows: dict[str, WorkflowDecl] = field(default_factory=dict)
    policies: dict[str, PolicyDecl] = field(default_factory=dict)
    tables: dict[str, TableDecl] = field(default_factory=dict)
    tests: list[TestDecl] = field(default_factory=list)
    scopes: set[str] = field(default_factory=set)
    _missed: set[tuple[str, str]] = field(default_factory=set)

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

    def _found(self, kind: str, name: Ident, table: dict[str, Decl]) -> Decl | None:
        if name.text not in table:
            self.miss(kind, name, table)
        return table.get(name.text)

    def scope(self, name: Ident) -> bool:
        """Say whether some tool needs a scope, and report it if none does."""
        if name.text in self.scopes:
            return True
        self._once("scope", name, say.unknown_scope(name.text, name.span, self.scopes))
        return False

    def miss(self, kind: str, name: Ident, candidates: Iterable[str]) -> None:
        """Report a name that nothing has, with what else is called so."""
        others = [
            (other, self.of(other)[name.text].name.span)
            for other in KINDS.values()
            if other != kind and name.text in self.of(other)
        ]
        self._once(kind, name, say.undefined(kind, name.text, name.span, candidates, others))

    def _once(self, kind: str, name: Ident, diagnostic: Diagnostic) -> None:
        if (kind, name.text) not in self._missed:
            self._missed.add((kind, name.text))
            self.report.add(diagnostic)


def resolve(files: Iterable[File], report: Report) -> Symbols:
    """Collect the declarations of files; a name that two of a kind have is reported at the second."""
    symbols = Symbols(report)
    for file in files:
        for declaration in file.declarations:
            _declare(symbols, declaration)
    for tool in symbols.tools.values():
        symbols.scopes.update(scope.text for scope in tool.needs)
    return symbols


def _declare(symbols: Symbols, declaration: Declaration) -> None:
    match declaration:
        case Use():
            return
        case TestDecl():
            symbols.tests.append(declaration)
            return
        case TypeDecl():
            _add(symbols, symbols.types, declaration)
        case ToolDecl():
            _add(symbols, symbols.tools, declaration)
        case AgentDecl():
            _add(symbols, symbols.agents, declaration)
        case RoleDecl():
            _add(symbols, symbols.roles, declaration)
        case WorkflowDecl():
            _add(symbols, symbols.workflows, declaration)
        case PolicyDecl():
            _add(symbols, symbols.policies, declaration)
        case TableDecl():
            _add(symbols, symbols.tables, declaration)


def _add(symbols: Symbols, table: dict[str, Decl], declaration: Decl) -> None:
    name = declaration.name
    first = table.setdefault(name.text, declaration)
    if first is not declaration:
        symbols.report.add(say.duplicate(KINDS[type(declaration)], name.text, name.span, first.name.span))


def unique(report: Report, what: str, names: Iterable[Ident]) -> dict[str, Ident]:
    """Return identifiers by their text, the first of each; report those that come again."""
    seen: dict[str, Ident] = {}
    for name in names:
        first = seen.setdefault(name.text, name)
        if first is not name:
            report.add(say.repeated(what, name.text, name.span, first.span))
    return seen
