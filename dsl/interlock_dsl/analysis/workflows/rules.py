"""Rules inside a workflow: they hold in its runs alone, and read its inputs and the outputs of its steps too.

A call may be made before any step or after all of them, so nothing has certainly run where a rule is judged: an output
is read behind a guard, as in `has(screen.listed) && screen.listed`.
"""

from collections.abc import Mapping

from interlock_dsl.analysis.declarations.policies import Policies, numbered
from interlock_dsl.analysis.facts import RuleFacts, ToolFacts
from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.analysis.workflows.places import Reader
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.tree import Expression
from interlock_dsl.cel.types import BOOL
from interlock_dsl.syntax.tree import RuleDecl


def workflow_rules(reader: Reader, symbols: Symbols, tools: Mapping[str, ToolFacts]) -> tuple[RuleFacts, ...]:
    """Judge the rules of a workflow. A policy of the same name has the first numbers, so that ids stay unique."""
    decl = reader.outline.decl
    if not decl.rules:
        return ()
    policies = Policies(symbols, tools, reader.expressions)
    namesake = symbols.policies.get(decl.name.text)

    def rule(id: str, decl: RuleDecl) -> RuleFacts:
        matched = policies.matched(decl.patterns)
        seen = policies.called(matched)

        def check(tree: Expression) -> Checked:
            return reader.check(tree, reader.anywhere(), BOOL, seen)

        return policies.judged(id, decl, matched, check)

    before = () if namesake is None else namesake.rules
    return tuple(rule(id, each) for id, each in numbered(decl.name.text, decl.rules, before))
