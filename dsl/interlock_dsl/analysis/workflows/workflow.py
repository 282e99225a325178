"""A workflow as a whole: the facts of its steps, ends, routes and promises."""

from collections.abc import Mapping

from interlock_dsl.analysis.expressions import Expressions
from interlock_dsl.analysis.facts import TableFacts, ToolFacts, WorkflowFacts
from interlock_dsl.analysis.symbols import Symbols, unique
from interlock_dsl.analysis.types import Types
from interlock_dsl.analysis.workflows.outline import Outline
from interlock_dsl.analysis.workflows.places import Reader
from interlock_dsl.analysis.workflows.promises import promise_facts
from interlock_dsl.analysis.workflows.routes import route_facts
from interlock_dsl.analysis.workflows.rules import workflow_rules
from interlock_dsl.analysis.workflows.steps import Steps
from interlock_dsl.program.graph import START


def workflow_facts(
    outline: Outline,
    symbols: Symbols,
    types: Types,
    expressions: Expressions,
    tools: Mapping[str, ToolFacts],
    tables: Mapping[str, TableFacts],
    workflows: Mapping[str, WorkflowFacts],
) -> WorkflowFacts:
    """Judge everything that a workflow says, and return what follows from it. `workflows` are those that it runs."""
    decl = outline.decl
    reader = Reader(outline, expressions)
    judged = Steps(reader, symbols, types, tools, tables, workflows)
    steps = judged.steps()
    ends = judged.ends()
    routes = route_facts(reader, symbols, steps, tools)
    promises = promise_facts(reader, symbols, tools)
    rules = workflow_rules(reader, symbols, tools)
    for mode in decl.first:
        if mode.step.text not in outline.steps and mode.step.text != START:
            symbols.miss("step", mode.step, [START, *outline.steps])
    unique(symbols.report, "`routes ... first` for", (mode.step for mode in decl.first))
    return WorkflowFacts(decl, outline.parameters, outline.flow.graph, steps, ends, routes, promises, rules)
