"""Policies: rules over tool patterns, with what their conditions can see."""

from collections.abc import Iterable, Mapping

from interlock_dsl import program
from interlock_dsl.assemble.declarations import micros
from interlock_dsl.assemble.expressions import Expressions
from interlock_dsl.builtins import EVERYWHERE, TOOL
from interlock_dsl.cel.environment import CompiledExpression
from interlock_dsl.cel.tree import Expression
from interlock_dsl.cel.types import BOOL, DYN, STRING, RecordType, Type
from interlock_dsl.findings import names as say
from interlock_dsl.resolve import Symbols
from interlock_dsl.syntax import Ident, PolicyDecl, RuleDecl


def build_policies(
    symbols: Symbols, tools: Mapping[str, program.Tool], expressions: Expressions
) -> dict[str, program.Policy]:
    """Return the policies of the program."""
    return {name: _policy(decl, symbols, tools, expressions) for name, decl in symbols.policies.items()}


def _policy(
    decl: PolicyDecl, symbols: Symbols, tools: Mapping[str, program.Tool], expressions: Expressions
) -> program.Policy:
    counted: dict[str, int] = {}
    rules: list[program.Rule] = []
    for rule in decl.rules:
        counted[rule.kind] = counted.get(rule.kind, 0) + 1
        id = f"{decl.name.text}/{rule.kind}#{counted[rule.kind]}"
        rules.append(_rule(id, rule, symbols, tools, expressions))
    return program.Policy(decl.name.text, tuple(rules), decl.span)


def _rule(
    id: str, decl: RuleDecl, symbols: Symbols, tools: Mapping[str, program.Tool], expressions: Expressions
) -> program.Rule:
    scope = expressions.scope(
        {**EVERYWHERE, "args": args_type(_matched(decl.patterns, symbols), tools), "tool": TOOL, "agent": STRING}
    )

    def condition(tree: Expression | None) -> CompiledExpression | None:
        return None if tree is None else expressions.compile(tree, scope, BOOL)

    if decl.agent is not None and "*" not in decl.agent.text:
        symbols.agent(decl.agent)
    if decl.role is not None:
        symbols.role(decl.role)
    return program.Rule(
        id=id,
        kind=decl.kind,
        patterns=tuple(pattern.text for pattern in decl.patterns),
        agent=None if decl.agent is None else decl.agent.text,
        when=condition(decl.when),
        unless=condition(decl.unless),
        because=decl.because or "",
        span=decl.span,
        role="" if decl.role is None else decl.role.text,
        within=micros(decl.within),
        count=decl.count or 0,
        period=micros(decl.period) or 0,
    )


def args_type(matched: Iterable[str], tools: Mapping[str, program.Tool]) -> Type:
    """Return the type of `args`: that of the tool where one alone is meant, else anything."""
    names = list(dict.fromkeys(matched))
    if len(names) == 1 and names[0] in tools:
        return RecordType("", tools[names[0]].parameters.fields)
    return DYN


def _matched(patterns: tuple[Ident, ...], symbols: Symbols) -> list[str]:
    """Return the tools that patterns match; report the names and patterns that none does."""
    found: list[str] = []
    for pattern in patterns:
        text = pattern.text
        if "*" not in text:
            found.extend([text] if symbols.tool(pattern) is not None else [])
            continue
        matched = [name for name in symbols.tools if matches(text, name)]
        if not matched and text != "*":
            symbols.report.add(say.no_tool_matches(text, pattern.span))
        found.extend(matched)
    return found


def matches(pattern: str, tool: str) -> bool:
    """Say whether a tool is one that a pattern means: its name, `family.*`, or `*`."""
    return pattern in ("*", tool) or (pattern.endswith(".*") and tool.startswith(pattern[:-1]))
