"""What a workflow promises: the tools that a promise is about, and the outputs that one needs to be judged."""

from collections.abc import Iterable, Mapping
from typing import Final

from interlock_dsl.analysis.declarations.policies import args_type, check_arguments, matches
from interlock_dsl.analysis.expressions import free_names, walk
from interlock_dsl.analysis.facts import (
    AlwaysFacts,
    CostAtMostFacts,
    EndsWithinFacts,
    EndsWithinStepsFacts,
    NeverBeforeFacts,
    NeverUnapprovedFacts,
    PromiseFacts,
    ReachesFacts,
    ToolFacts,
)
from interlock_dsl.analysis.symbols import Symbols, unique
from interlock_dsl.analysis.workflows.places import Reader
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.tree import Call, Expression
from interlock_dsl.cel.types import BOOL
from interlock_dsl.diagnostics.messages import promises as say
from interlock_dsl.diagnostics.messages.syntax import repeated_clause
from interlock_dsl.program.builtins import TOOL
from interlock_dsl.syntax import tree
from interlock_dsl.syntax.tree import Ident, Promise

ONCE: Final[Mapping[type[Promise], str]] = {
    tree.EndsWithinSteps: "ends within ... steps",
    tree.EndsWithin: "ends within",
    tree.CostAtMost: "cost",
}
"""The promises that stand once: of two, only the tighter one would have an effect."""


def promise_facts(reader: Reader, symbols: Symbols, tools: Mapping[str, ToolFacts]) -> tuple[PromiseFacts, ...]:
    """Judge the promises of a workflow, and return what follows from them."""
    decls = reader.outline.decl.promises
    first: dict[type[Promise], Promise] = {}
    for decl in decls:
        known = first.setdefault(type(decl), decl)
        if known is not decl and type(decl) in ONCE:
            symbols.report.add(repeated_clause(ONCE[type(decl)], known.span, decl.span))
    unique(symbols.report, "`reaches`", (decl.end for decl in decls if isinstance(decl, tree.Reaches)))
    promises = _Promises(reader, symbols, tools)
    return tuple(promises.facts(decl) for decl in decls)


class _Promises:
    """The promises of one workflow. Those of a kind are numbered, so that an id stays when a limit changes."""

    def __init__(self, reader: Reader, symbols: Symbols, tools: Mapping[str, ToolFacts]) -> None:
        self._reader = reader
        self._symbols = symbols
        self._tools = tools
        self._name = reader.outline.decl.name.text
        self._counted: dict[str, int] = {}

    def facts(self, decl: Promise) -> PromiseFacts:
        match decl:
            case tree.NeverUnapproved():
                return self._unapproved(decl)
            case tree.NeverBefore():
                return self._before(decl)
            case tree.Always():
                return self._always(decl)
            case tree.EndsWithinSteps():
                return EndsWithinStepsFacts(f"{self._name}/ends within steps", decl)
            case tree.EndsWithin():
                return EndsWithinFacts(f"{self._name}/ends within", decl)
            case tree.CostAtMost():
                return CostAtMostFacts(f"{self._name}/cost", decl)
            case tree.Reaches(end=end):
                if end.text not in self._reader.outline.ends:
                    self._symbols.miss("end", end, self._reader.outline.ends)
                return ReachesFacts(f"{self._name}/reaches {end.text}", decl)

    def _numbered(self, what: str) -> str:
        self._counted[what] = self._counted.get(what, 0) + 1
        return f"{self._name}/{what}#{self._counted[what]}"

    def _unapproved(self, decl: tree.NeverUnapproved) -> NeverUnapprovedFacts:
        written = _written(decl.tools)
        matched = self._matched(decl.tools)
        if matched is not None and not matched and decl.tools is None:
            self._symbols.report.add(say.nothing_irreversible(decl.span))
        elif matched is not None and not matched and decl.tools is not None:
            self._symbols.report.add(say.no_tool_matches(written, decl.tools.span))
        approval = decl.approval
        if approval is not None:
            self._symbols.role(approval.role)
            if approval.of is not None and approval.count > approval.of:
                self._symbols.report.add(say.too_few_people(approval.count, approval.of, approval.span))
        found = matched or frozenset()
        return NeverUnapprovedFacts(self._numbered(f"never {written}"), decl, found, self._where(decl, written, found))

    def _before(self, decl: tree.NeverBefore) -> NeverBeforeFacts:
        written = _written(decl.tools)
        first = self._matched(decl.first)
        if first is not None and not first:
            self._symbols.report.add(say.nothing_first(decl.first.text, decl.first.span))
        matched = self._matched(decl.tools)
        if matched is not None and not matched:
            none = say.nothing_irreversible(decl.span)
            self._symbols.report.add(
                none if decl.tools is None else say.no_tool_matches(decl.tools.text, decl.tools.span)
            )
        elif matched and first and matched <= first:
            self._symbols.report.add(say.waits_for_itself(written, decl.first.text, decl.span))
        # What has to come first does not itself wait: `never * before session.open`.
        found = (matched or frozenset()) - (first or frozenset())
        where = self._where(decl, written, found)
        return NeverBeforeFacts(self._numbered(f"never {written}"), decl, found, where, first or frozenset())

    def _matched(self, pattern: Ident | None) -> frozenset[str] | None:
        """Return the tools that a pattern is about (None is `irreversible`); None where a name is missing."""
        declared = self._symbols.tools
        if pattern is None:
            return frozenset(name for name in declared if self._tools[name].effect == "irreversible")
        if "*" in pattern.text:
            return frozenset(name for name in declared if matches(pattern.text, name))
        return None if self._symbols.tool(pattern) is None else frozenset({pattern.text})

    def _where(
        self, decl: tree.NeverUnapproved | tree.NeverBefore, written: str, matched: Iterable[str]
    ) -> Checked | None:
        if decl.where is None:
            return None
        names = tuple(matched)
        if len(names) > 1:
            check_arguments(decl.where, [written], names, self._tools, self._symbols.report)
        extra = {"args": args_type(names, self._tools), "tool": TOOL}
        return self._reader.check(decl.where, self._reader.anywhere(), BOOL, extra)

    def _always(self, decl: tree.Always) -> AlwaysFacts:
        condition = decl.condition
        reads = frozenset(name.name for name in free_names(condition))
        if self._reads_beyond(condition):
            reads -= self._reader.expressions.everywhere.keys()
        elif not reads:
            self._symbols.report.add(say.reads_nothing(condition.span))
        checked, needs = self._reader.check_present(condition, reads)
        return AlwaysFacts(self._numbered("always"), decl, checked, reads, needs)

    def _reads_beyond(self, condition: Expression) -> bool:
        """Report what a condition reads that is neither an input nor an output, and say whether there is anything."""
        beyond = [
            (name.name, name.span) for name in free_names(condition) if name.name in self._reader.expressions.everywhere
        ]
        beyond += [
            ("calls(...)", node.span)
            for node in walk(condition)
            if isinstance(node, Call) and node.function == "calls" and node.receiver is None
        ]
        for name, span in beyond:
            self._symbols.report.add(say.not_of_the_run(name, span))
        return bool(beyond)


def _written(pattern: Ident | None) -> str:
    return "irreversible" if pattern is None else pattern.text
