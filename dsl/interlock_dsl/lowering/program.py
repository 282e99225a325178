"""All parts of a program, in the order in which one needs the other."""

from collections.abc import Mapping
from types import MappingProxyType

from interlock_dsl.analysis.facts import Facts
from interlock_dsl.lowering.declarations import lower_agent, lower_policy, lower_role, lower_table, lower_tool
from interlock_dsl.program.model import Program, Workflow


def lower(facts: Facts, sources: Mapping[str, str]) -> Program:
    """Return the program that the facts of files without mistakes make, as yet without a digest."""
    agents = {name: lower_agent(decl) for name, decl in facts.agents.items()}
    tables = {name: lower_table(table) for name, table in facts.tables.items()}
    workflows: dict[str, Workflow] = {}
    if facts.workflows:  # a program without workflows needs no networkx
        from interlock_dsl.lowering.workflows import lower_workflow

        workflows = {name: lower_workflow(found, agents, tables) for name, found in facts.workflows.items()}
    return Program(
        digest="",
        sources=MappingProxyType(sources),
        types=MappingProxyType(facts.types),
        tools=MappingProxyType({name: lower_tool(tool) for name, tool in facts.tools.items()}),
        agents=MappingProxyType(agents),
        roles=MappingProxyType({name: lower_role(decl) for name, decl in facts.roles.items()}),
        workflows=MappingProxyType(workflows),
        policies=MappingProxyType({name: lower_policy(decl, rules) for name, (decl, rules) in facts.policies.items()}),
        tables=MappingProxyType(tables),
        tests=facts.tests,
        context=facts.context,
    )
