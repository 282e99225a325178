"""All parts of a program, in the order in which one needs the other."""

from collections.abc import Mapping
from types import MappingProxyType

from interlock_dsl.assemble.cases import build_tests
from interlock_dsl.assemble.declarations import build_agents, build_roles, build_tools
from interlock_dsl.assemble.expressions import Expressions
from interlock_dsl.assemble.places import Reader
from interlock_dsl.assemble.policies import build_policies
from interlock_dsl.assemble.steps import Steps
from interlock_dsl.assemble.tables import build_tables
from interlock_dsl.assemble.workflows import build_workflow
from interlock_dsl.outline import Outline
from interlock_dsl.program import Program
from interlock_dsl.resolve import Symbols
from interlock_dsl.types import Types


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
