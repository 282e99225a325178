"""Policies: rules over tool patterns, with what their conditions can see."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from interlock_dsl.analysis.declarations.obligations import check_field
from interlock_dsl.analysis.expressions import Expressions, walk
from interlock_dsl.analysis.facts import Facts, KeyFacts, RuleFacts, ToolFacts, WorkflowFacts
from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.analysis.types import Types
from interlock_dsl.analysis.uses import PackUse
from interlock_dsl.cel.check import Checked, Scope
from interlock_dsl.cel.tree import Expression, Name, Present, Select
from interlock_dsl.cel.types import (
    BOOL,
    DURATION,
    DYN,
    ERROR,
    INT,
    STRING,
    Field,
    IntType,
    RecordType,
    StringType,
    Type,
    UintType,
)
from interlock_dsl.diagnostics.messages import limits as say_limit
from interlock_dsl.diagnostics.messages import names as say
from interlock_dsl.diagnostics.messages import packs as say_pack
from interlock_dsl.diagnostics.messages import permissions as say_scope
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.program.builtins import TOOL
from interlock_dsl.syntax.tree import Duration, Ident, PolicyDecl, RuleDecl


def policy_facts(
    symbols: Symbols, types: Types, tools: Mapping[str, ToolFacts], expressions: Expressions
) -> dict[str, tuple[PolicyDecl, tuple[RuleFacts, ...]]]:
    """Return the policies of the program. What a pack is given is judged before its rules, which would repeat it."""
    policies = Policies(symbols, tools, expressions)
    wrong = {id(use.policy) for use in symbols.uses if not policies.fits(use, types)}
    return {name: (decl, policies.rules(decl)) for name, decl in symbols.policies.items() if id(decl) not in wrong}


class Policies:
    """All policies of a program. There may be many thousand rules, so those over the same tool share what they see."""

    def __init__(self, symbols: Symbols, tools: Mapping[str, ToolFacts], expressions: Expressions) -> None:
        self._symbols = symbols
        self._tools = tools
        self._expressions = expressions
        self._families: dict[str, list[str]] = {}
        self._scopes: dict[str | None, Scope] = {}
        self._tool = RecordType("Tool", {**TOOL.fields, "name": Field(StringType(tuple(tools)))}) if tools else TOOL
        self._agent = StringType(("", *symbols.agents)) if symbols.agents else STRING

    def fits(self, use: PackUse, types: Types) -> bool:
        """Say whether what a pack is given is of the types of its parameters; report what is not."""
        names = [pattern.text for pattern in use.use.patterns]
        matched = self.matched(use.use.patterns)
        scope, fitting = self._scope(matched), True
        for parameter in use.pack.parameters:
            given = use.given[parameter.name.text]
            if isinstance(given, tuple):
                continue
            type = types.type(parameter.type)
            if isinstance(given, Duration):
                if type not in (DURATION, ERROR):
                    shown = parameter.type.span.text
                    self._symbols.report.add(
                        say_pack.not_a_value(parameter.name.text, shown, given.span, parameter.span)
                    )
                    fitting = False
                continue
            if len(matched) > 1:
                check_arguments(given, names, matched, self._tools, self._symbols.report)
            told = partial(say_pack.of_parameter, parameter.name.text, parameter.span)
            fitting &= self._expressions.check(given, scope, type, told).type != ERROR
        return fitting

    def rules(self, decl: PolicyDecl) -> tuple[RuleFacts, ...]:
        """Return the rules of a policy."""
        return tuple(self._rule(id, rule) for id, rule in numbered(decl.name.text, decl.rules))

    def _rule(self, id: str, decl: RuleDecl) -> RuleFacts:
        matched = self.matched(decl.patterns)
        scope = self._scope(matched)
        return self.judged(id, decl, matched, lambda tree: self._expressions.check(tree, scope, BOOL))

    def judged(
        self, id: str, decl: RuleDecl, matched: frozenset[str], check: Callable[[Expression], Checked]
    ) -> RuleFacts:
        """Return a rule over the tools that it matches, whose conditions `check` checks."""

        def condition(tree: Expression | None) -> Checked | None:
            if tree is None:
                return None
            if len(matched) > 1:
                names = [pattern.text for pattern in decl.patterns]
                check_arguments(tree, names, matched, self._tools, self._symbols.report)
            return check(tree)

        check_rule(decl, matched, self._symbols, self._tools)
        return RuleFacts(id, decl, condition(decl.when), condition(decl.unless), *self._limits(decl, matched))

    def _limits(self, decl: RuleDecl, matched: frozenset[str]) -> tuple[Checked | None, tuple[KeyFacts, ...]]:
        """Return what a `limit` counts, and what it is for each of."""
        if decl.kind != "limit" or decl.period is None:
            return None, ()
        report = self._symbols.report
        if decl.owner is None:
            report.add(say_limit.limit_without_owner(decl.span, decl.period.span))
        keys = () if decl.owner is None else decl.owner.keys
        scope = self._expressions.scope({"args": args_type(matched, self._tools)})

        def value(tree: Expression, expected: Type | None) -> Checked:
            if len(matched) > 1:
                check_arguments(tree, [each.text for each in decl.patterns], matched, self._tools, report)
            return self._expressions.check(tree, scope, expected)

        found: list[KeyFacts] = []
        for key in keys:
            match key:
                case Name(name="principal" | "agent" as whose):
                    found.append(whose)
                case Name(name="run"):
                    report.add(say_limit.run_among_others(key.span))
                case Name(name=name) if name not in scope.variables:
                    report.add(say_limit.no_owner(name, key.span, alone=len(keys) == 1))
                case _:
                    checked = value(key, None)
                    if not _is_key(checked.type):
                        report.add(say_limit.no_key(checked.type, key.span))
                    found.append(checked)
        return None if decl.amount is None else value(decl.amount, INT), tuple(found)

    def _scope(self, matched: frozenset[str]) -> Scope:
        """Return what a rule over these tools can see."""
        only = next(iter(matched)) if len(matched) == 1 else None
        if only not in self._scopes:
            self._scopes[only] = self._expressions.scope({**self._expressions.everywhere, **self.called(matched)})
        return self._scopes[only]

    def called(self, matched: frozenset[str]) -> Mapping[str, Type]:
        """Return what conditions see of a call of one of these tools."""
        return {"args": args_type(matched, self._tools), "tool": self._tool, "agent": self._agent}

    def matched(self, patterns: tuple[Ident, ...]) -> frozenset[str]:
        """Return the tools that patterns match; report the names and patterns that none does."""
        found: set[str] = set()
        for pattern in patterns:
            text = pattern.text
            if "*" not in text:
                found.update([text] if text in self._tools or self._symbols.tool(pattern) is not None else [])
                continue
            if text not in self._families:
                self._families[text] = [name for name in self._symbols.tools if matches(text, name)]
            if not self._families[text] and text != "*":
                self._symbols.report.add(say.no_tool_matches(text, pattern.span))
            found.update(self._families[text])
        return frozenset(found)


def _is_key(type: Type) -> bool:
    """Say whether a limit may be for each value of a type: text, whole numbers and truth values."""
    return isinstance(type, StringType | IntType | UintType) or type in (BOOL, DYN, ERROR)


def numbered(name: str, rules: Iterable[RuleDecl], before: Iterable[RuleDecl] = ()) -> Iterator[tuple[str, RuleDecl]]:
    """Yield the rules of a policy or workflow under their ids; those `before` have numbers already."""
    counted = Counter(rule.kind for rule in before)
    for rule in rules:
        counted[rule.kind] += 1
        yield f"{name}/{rule.kind}#{counted[rule.kind]}", rule


def check_rule(decl: RuleDecl, matched: Iterable[str], symbols: Symbols, tools: Mapping[str, ToolFacts]) -> None:
    """Report the agents, roles and fields of a rule that are not there."""
    if decl.agent is not None and decl.agent.text.endswith("*"):
        if decl.agent.text != "*" and not any(matches_agent(decl.agent.text, name) for name in symbols.agents):
            symbols.report.add(say_scope.no_agent_matches(decl.agent.text, decl.agent.span))
    elif decl.agent is not None:
        symbols.agent(decl.agent)
    if decl.role is not None:
        symbols.role(decl.role)
    known = [tools[name] for name in matched if name in tools]
    for field in decl.fields:
        check_field(field, known, symbols.report)


def check_arguments(
    tree: Expression, names: Sequence[str], matched: Iterable[str], tools: Mapping[str, ToolFacts], report: Report
) -> None:
    """Report arguments that none of several tools takes (`names`: what they are called by in the rule)."""
    taken = [tools[name].parameters.fields for name in matched if name in tools]
    for node in walk(tree):
        if not isinstance(node, Select | Present) or not isinstance(node.operand, Name):
            continue
        if node.operand.name == "args" and not any(node.field in fields for fields in taken):
            known = {name for fields in taken for name in fields}
            report.add(say_scope.no_such_argument(node.field, names, node.field_span, known))


def args_type(matched: Iterable[str], tools: Mapping[str, ToolFacts]) -> Type:
    """Return the type of `args`: that of the tool where one alone is meant, else anything."""
    names = tuple(set(matched))
    if len(names) == 1 and names[0] in tools:
        return RecordType("", tools[names[0]].parameters.fields)
    return DYN


def concerns(rule: RuleDecl, tool: str, agent: str | None = None) -> bool:
    """Say whether a rule is about the calls of a tool: by an agent, by a step or an undo itself (`""`), or by any."""
    by = agent is None or rule.agent is None or matches_agent(rule.agent.text, agent)
    return by and any(matches(pattern.text, tool) for pattern in rule.patterns)


def every_rule(facts: Facts) -> Iterator[RuleFacts]:
    """Yield the rules of all policies and workflows."""
    for _, rules in facts.policies.values():
        yield from rules
    for workflow in facts.workflows.values():
        yield from workflow.rules


def under(facts: Facts, workflow: WorkflowFacts) -> Facts:
    """Return the facts as they are for the runs of a workflow: its own rules stand among those of policies."""
    if not workflow.rules:
        return facts
    own = PolicyDecl(workflow.decl.name, tuple(rule.decl for rule in workflow.rules))
    return replace(facts, policies={**facts.policies, f"workflow {workflow.decl.name.text}": (own, workflow.rules)})


def rules_for(
    facts: Facts, tool: str, agent: str | None = None, workflow: WorkflowFacts | None = None
) -> Iterator[RuleFacts]:
    """Yield the rules of policies, and of a workflow, that concern the calls of a tool, as `concerns` says."""
    own = () if workflow is None else (workflow.rules,)
    for rules in (*(rules for _, rules in facts.policies.values()), *own):
        yield from (rule for rule in rules if concerns(rule.decl, tool, agent))


def matches_agent(pattern: str, agent: str) -> bool:
    """Say whether an agent (`""` is none) is one that a pattern means: its name, `front*`, or `*`."""
    return agent.startswith(pattern[:-1]) if pattern.endswith("*") else pattern == agent


def matches(pattern: str, tool: str) -> bool:
    """Say whether a tool is one that a pattern means: its name, `family.*`, or `*`."""
    return pattern in ("*", tool) or (pattern.endswith(".*") and tool.startswith(pattern[:-1]))
