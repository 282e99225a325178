"""The last stage of the analysis: all that is left to judge, and the facts of a program in which nothing is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from interlock_dsl.analysis.cases import Ids, test_facts
from interlock_dsl.analysis.checks.limits import check_limits
from interlock_dsl.analysis.checks.tools import check_agents, check_scopes, check_tools
from interlock_dsl.analysis.constants import check_constants
from interlock_dsl.analysis.declarations.policies import policy_facts
from interlock_dsl.analysis.declarations.tables import table_facts
from interlock_dsl.analysis.declarations.tools import tool_facts
from interlock_dsl.analysis.expressions import Expressions
from interlock_dsl.analysis.facts import DENYING, GIVING_UP, Facts, RunStepFacts, WorkflowFacts
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
        from interlock_dsl.analysis.workflows.inner import in_order
        from interlock_dsl.analysis.workflows.workflow import workflow_facts

        judged: dict[str, WorkflowFacts] = {}
        for name in in_order({name: outline.decl for name, outline in outlines.items()}, symbols.report):
            check_workflow(outlines[name], symbols, clauses)
            judged[name] = workflow_facts(outlines[name], symbols, types, expressions, tools, tables, judged)
        workflows = {name: judged[name] for name in outlines}
        events = {name: events_of(_with_inner(name, workflows)) for name in workflows}
    policies = policy_facts(symbols, types, tools, expressions)
    shared = [rule.id for _, rules_of in policies.values() for rule in rules_of]
    rules = {name: _ids(_with_inner(name, workflows), shared) for name in workflows}
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


def _ids(around: Sequence[WorkflowFacts], shared: Iterable[str]) -> Ids:
    """Return the ids of what may deny a call, and of what may end a run, in runs of a workflow and those inside it."""
    promises = [promise for each in around for promise in each.promises]
    rules = [rule.id for each in around for rule in each.rules]
    denying = [promise.id for promise in promises if isinstance(promise, DENYING)]
    return Ids((*shared, *rules, *denying), tuple(each.id for each in promises if isinstance(each, GIVING_UP)))


def _with_inner(name: str, workflows: Mapping[str, WorkflowFacts]) -> list[WorkflowFacts]:
    """Return a workflow and those that its runs run, as far as they are known."""
    waiting, found = [name], dict[str, WorkflowFacts]()
    while waiting:
        at = waiting.pop()
        if at in workflows and at not in found:
            found[at] = workflows[at]
            waiting += [step.workflow for step in workflows[at].steps.values() if isinstance(step, RunStepFacts)]
    return list(found.values())
