"""All parts of a program, in the order in which one needs the other."""

from collections.abc import Mapping
from types import MappingProxyType

from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.analysis.types import Types
from interlock_dsl.analysis.workflows.outline import Outline
from interlock_dsl.lowering.cases import build_tests
from interlock_dsl.lowering.declarations import build_agents, build_roles, build_tools
from interlock_dsl.lowering.expressions import Expressions
from interlock_dsl.lowering.places import Reader
from interlock_dsl.lowering.policies import build_policies
from interlock_dsl.lowering.steps import Steps
from interlock_dsl.lowering.tables import build_tables
from interlock_dsl.lowering.workflows import build_workflow
from interlock_dsl.program.model import Program


def assemble(symbols: Symbols, types: Types, outlines: Mapping[str, Outline], sources: Mapping[str, str]) -> Program:
    """Return the program that declarations make, as yet without a digest; report every mistake in their expressions."""
    expressions = Expressions(symbols)
    tools = build_tools(symbols, types, expressions)
    agents = build_agents(symbols)
    tables = build_tables(symbols, types, expressions)
    workflows = {}
    for name, outline in outlines.items():
        reader = Reader(outline, expressions)
        steps = Steps(reader, symbols, types, tools, agents, tables)
        workflows[name] = build_workflow(reader, steps, symbols, tools)
    return Program(
        digest="",
        sources=sources,
        types=MappingProxyType(types.declared()),
        tools=MappingProxyType(tools),
        agents=MappingProxyType(agents),
        roles=MappingProxyType(build_roles(symbols)),
        workflows=MappingProxyType(workflows),
        policies=MappingProxyType(build_policies(symbols, tools, expressions)),
        tables=MappingProxyType(tables),
        tests=build_tests(symbols, tools, outlines, expressions),
    )
