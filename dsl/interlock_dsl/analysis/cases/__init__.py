"""Tests: scripts and expectations with their names resolved and their values computed.

A test is of one workflow, or of the policies alone: then it proposes calls, and says who makes them.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from interlock_dsl.analysis.cases.case import Ids
from interlock_dsl.analysis.cases.policies import PolicyCase
from interlock_dsl.analysis.cases.workflow import WorkflowCase
from interlock_dsl.analysis.expressions import Expressions
from interlock_dsl.analysis.facts import ToolFacts
from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.diagnostics.messages import cases as say
from interlock_dsl.diagnostics.messages import names as say_name
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.cases import Test
from interlock_dsl.syntax.tree import TestDecl

if TYPE_CHECKING:  # a program without workflows needs no networkx
    from interlock_dsl.analysis.workflows.events import Events
    from interlock_dsl.analysis.workflows.outline import Outline

__all__ = ["Ids", "test_facts"]


def test_facts(
    symbols: Symbols,
    tools: Mapping[str, ToolFacts],
    outlines: Mapping[str, "Outline"],
    expressions: Expressions,
    rules: Mapping[str, Ids],
    shared: Ids,
    events: Mapping[str, "Events"],
) -> tuple[Test, ...]:
    """Return the tests of the program, with its `tools`. `rules` are the ids that expectations of each workflow may
    name, `shared` those that a test of policies may, `events` those that runs of each workflow wait for.

    Titles are unique, so that one can be named.
    """
    titles: dict[str, Span] = {}
    found: list[Test] = []
    for decl in symbols.tests:
        first = titles.setdefault(decl.title, decl.span)
        if first is not decl.span:
            symbols.report.add(say_name.duplicate("test", decl.title, decl.span, first))
        if decl.of_policies:
            found.append(PolicyCase(decl, symbols, tools, expressions, shared).build())
            continue
        outline = _tested(decl, symbols, outlines)
        if outline is not None:
            name = outline.decl.name.text
            case = WorkflowCase(decl, outline, outlines, symbols, tools, expressions, rules[name], events[name])
            found.append(case.build())
    return tuple(found)


def _tested(decl: TestDecl, symbols: Symbols, outlines: Mapping[str, "Outline"]) -> "Outline | None":
    if decl.workflow is not None:
        symbols.workflow(decl.workflow)
        return outlines.get(decl.workflow.text)
    if len(outlines) == 1:
        return next(iter(outlines.values()))
    symbols.report.add(say.which_workflow(decl.span, outlines))
    return None
