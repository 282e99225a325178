"""Workflows of the program."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from interlock_dsl.analysis.symbols import Symbols, unique
from interlock_dsl.cel.types import BOOL
from interlock_dsl.lowering.declarations import build_budget
from interlock_dsl.lowering.places import Reader
from interlock_dsl.lowering.policies import args_type
from interlock_dsl.lowering.routes import build_routes
from interlock_dsl.lowering.steps import Steps
from interlock_dsl.program import model as program
from interlock_dsl.program.builtins import TOOL
from interlock_dsl.program.graph import START, build, kinds
from interlock_dsl.program.model import Tool
from interlock_dsl.syntax.tree import Never


def build_workflow(reader: Reader, steps: Steps, symbols: Symbols, tools: Mapping[str, Tool]) -> program.Workflow:
    """Return a workflow: its steps, ends and routes, indexed as the evaluator reads them."""
    outline = reader.outline
    decl = outline.decl
    made = steps.build()
    ends = steps.ends()
    routes = build_routes(reader, symbols, made, tools)
    nevers = _nevers(decl.nevers, reader, symbols, tools)
    for mode in decl.first:
        if mode.step.text not in outline.steps and mode.step.text != START:
            symbols.miss("step", mode.step, [START, *outline.steps])
    unique(symbols.report, "`routes ... first` for", (mode.step for mode in decl.first))
    return program.Workflow(
        name=decl.name.text,
        parameters=outline.parameters,
        goal=decl.goal or "",
        budget=build_budget(decl.budget),
        may=None if decl.may is None else frozenset(scope.text for scope in decl.may),
        steps=MappingProxyType(made),
        ends=MappingProxyType(ends),
        network=build(kinds(outline.flow.graph), routes),
        nevers=nevers,
        first=frozenset(mode.step.text for mode in decl.first),
        span=decl.span,
    )


def _nevers(
    decls: Iterable[Never], reader: Reader, symbols: Symbols, tools: Mapping[str, Tool]
) -> tuple[program.NeverRule, ...]:
    counted: dict[str, int] = {}
    found: list[program.NeverRule] = []
    for decl in decls:
        symbols.tool(decl.tool)
        symbols.role(decl.role)
        where = None
        if decl.where is not None:
            extra = {"args": args_type([decl.tool.text], tools), "tool": TOOL}
            where = reader.compile(decl.where, reader.anywhere(), BOOL, extra)
        counted[decl.tool.text] = counted.get(decl.tool.text, 0) + 1
        id = f"{reader.outline.decl.name.text}/never {decl.tool.text}#{counted[decl.tool.text]}"
        found.append(program.NeverRule(id, decl.tool.text, where, decl.role.text, decl.span))
    return tuple(found)
