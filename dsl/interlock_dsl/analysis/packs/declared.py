"""Packs as they are declared: their rules read nothing but their parameters and what every rule can see."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Final

from interlock_dsl.analysis.expressions import free_names
from interlock_dsl.analysis.packs.bind import counted
from interlock_dsl.analysis.symbols import unique
from interlock_dsl.analysis.types import Types
from interlock_dsl.analysis.uses import kind_of
from interlock_dsl.cel.check import TYPE_NAMES
from interlock_dsl.cel.library import FUNCTIONS
from interlock_dsl.cel.tree import Expression
from interlock_dsl.diagnostics.messages import packs as say
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.syntax.tree import File, Ident, Node, PackDecl, RuleDecl

SEEN: Final = frozenset({"run", "principal", "now", "tool", "agent"})
"""What the rules of a pack can read besides its parameters. Arguments of calls are given to it."""
_NAMESPACES: Final = {name.partition(".")[0] for name in (*FUNCTIONS, *TYPE_NAMES) if "." in name}


def check_packs(files: Iterable[File], types: Types, report: Report) -> None:
    """Report what is wrong with the packs of files, and what stands beside them."""
    seen: set[str] = set()
    for file in files:
        pack = next((each for each in file.declarations if isinstance(each, PackDecl)), None)
        if pack is None or file.source.name in seen:
            continue
        seen.add(file.source.name)
        for other in file.declarations:
            if other is not pack:
                report.add(say.not_alone(pack.name.text, other.span, pack.name.span))
        _check(pack, types, report)


def _check(pack: PackDecl, types: Types, report: Report) -> None:
    unique(report, "the parameter", [pack.calls, *(parameter.name for parameter in pack.parameters)])
    kinds = {parameter.name.text: kind_of(parameter.type) for parameter in pack.parameters}
    for parameter in pack.parameters:
        if parameter.optional or parameter.labels:
            report.add(say.always_given(parameter.name.text, parameter.span))
        if kinds[parameter.name.text] is None:
            types.type(parameter.type)
    tools = {pack.calls.text, *(name for name, kind in kinds.items() if kind in ("tool", "tools"))}
    roles = {name for name, kind in kinds.items() if kind == "role"}
    known = {name for name, kind in kinds.items() if kind != "tools"} | SEEN
    for name, what, place in counted(pack):
        if name not in kinds:
            report.add(say.not_given(what.removeprefix("a "), name, place, kinds))
    for rule in pack.rules:
        for pattern in rule.patterns:
            if pattern.text not in tools:
                report.add(say.not_given("tool", pattern.text, pattern.span, tools))
        if rule.role is not None and rule.role.text not in roles:
            report.add(say.not_given("role", rule.role.text, rule.role.span, roles))
        for read in reads(rule):
            if read.text not in known and read.text not in _NAMESPACES and read.text not in TYPE_NAMES:
                report.add(say.not_given("value", read.text, read.span, known))


def reads(rule: RuleDecl) -> Iterator[Ident]:
    """Yield the names that the expressions of a rule read."""
    for expression in expressions(rule):
        for name in free_names(expression):
            yield Ident(name.name, span=name.span)


def expressions(node: Node) -> Iterator[Expression]:
    """Yield the expressions in a node, and in the nodes in it."""
    for each in fields(node):
        value = getattr(node, each.name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Node):
                yield from expressions(part)
            elif isinstance(part, Expression):
                yield part
