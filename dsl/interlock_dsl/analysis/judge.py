"""The last stage of the analysis: all that is left to judge, and the facts of a program in which nothing is wrong."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from interlock_dsl.analysis.cases import Ids, test_facts
from interlock_dsl.analysis.checks.limits import check_limits
from interlock_dsl.analysis.checks.tools import check_agents, check_scopes, check_tools
from interlock_dsl.analysis.constants import check_constants
from interlock_dsl.analysis.declarations.policies import policy_facts
from interlock_dsl.analysis.declarations.tables import table_facts
from interlock_dsl.analysis.declarations.tools import tool_facts
from interlock_dsl.analysis.expressions import Expressions
from interlock_dsl.analysis.facts import DENYING, GIVING_UP, Facts, WorkflowFacts
from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.analysis.types import Types
from interlock_dsl.cel.types import Type
from interlock_dsl.program.builtins import everywhere
from interlock_dsl.syntax.clauses import Clauses

if TYPE_CHECKING:  # a program without workflows needs no networkx
    from interlock_dsl.analysis.workflows.events import Events
    from interlock_dsl.analysis.workflows.outline import Outline


def judge(symbols: Symbols, declared: Mapping[str, Type], outlines: Mapping[str, "Outline"], clauses: Clauses) -> Facts:
    """Report every mistake that the stages before have not, and return the facts.

    Where something was reported, the facts are incomplete: what cannot be known is left out of them.
    """
    types = Types(symbols, declared)
    context = None if symbols.context is None else types.record(symbols.context.fields, "Context")
    expressions = Expressions(symbols, everywhere(context))
    check_constants(symbols, expressions, types)
    check_limits(symbols, clauses)
    check_tools(symbols, clauses)
    check_agents(symbols, clauses)
    check_scopes(symbols)
    tools = tool_facts(symbols, types, expressions)
    expressions.know({name: (tool.parameters, tool.result) for name, tool in tools.items()})
    tables = table_facts(symbols, types, expressions)
    workflows: dict[str, WorkflowFacts] = {}
    events: dict[str, Events] = {}
    if outlines:
        from interlock_dsl.analysis.checks.workflow import check_workflow
        from interlock_dsl.analysis.workflows.events import events_of
        from interlock_dsl.analysis.workflows.workflow import workflow_facts

        for name, outline in outlines.items():
            check_workflow(outline, symbols, clauses)
            workflows[name] = workflow_facts(outline, symbols, types, expressions, tools, tables)
        events = {name: events_of(facts) for name, facts in workflows.items()}
    policies = policy_facts(symbols, types, tools, expressions)
    shared = [rule.id for _, rules_of in policies.values() for rule in rules_of]
    rules = {
        name: Ids(
            (
                *shared,
                *(rule.id for rule in facts.rules),
                *(promise.id for promise in facts.promises if isinstance(promise, DENYING)),
            ),
            tuple(promise.id for promise in facts.promises if isinstance(promise, GIVING_UP)),
        )
        for name, facts in workflows.items()
    }
    return Facts(
        types=declared,
        tools=tools,
        agents=symbols.agents,
        roles=symbols.roles,
        workflows=workflows,
        policies=policies,
        tables=tables,
        tests=test_facts(symbols, tools, outlines, expressions, rules, Ids(tuple(shared), ()), events),
        context=context,
    )
