"""Whether a step's call is allowed, asked for or denied, as far as a rehearsed run needs to know it.

The rules that the engine decides by are applied to the values of the run. What depends on more than values (limits,
budgets) is left open: then the caller has no story to tell.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from interlock_dsl.analysis.declarations.policies import rules_for
from interlock_dsl.analysis.facts import (
    Facts,
    NeverBeforeFacts,
    NeverUnapprovedFacts,
    RouteFacts,
    RuleFacts,
    ToolFacts,
    WorkflowFacts,
)
from interlock_dsl.analysis.rehearsal.evaluating import History, outcome
from interlock_dsl.analysis.values.problem import Outcome
from interlock_dsl.cel.check import Checked


@dataclass(frozen=True, slots=True)
class Allowed:
    """The call may be made once people of the roles have approved it, one after the other; of one role several may."""

    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Denied:
    """The call may not be made."""


@dataclass(frozen=True, slots=True)
class Open:
    """It depends on more than values."""


Answer: TypeAlias = Allowed | Denied | Open


def decide(
    tool: ToolFacts, args: Mapping[str, object], route: RouteFacts, workflow: WorkflowFacts, facts: Facts,
    values: Mapping[str, object], history: History, agent: str = "",
) -> Answer:  # fmt: skip
    """Return what becomes of the call of a step that a route leads to (or of its `agent`), after earlier calls."""
    seen = {**values, "args": args, **about(tool, agent)}
    if not all(_granted(scope, route, seen) for scope in tool.needs):
        return Denied()
    rules = list(rules_for(facts, tool.name, agent, workflow))
    for rule in rules:
        if rule.decl.kind != "limit":
            continue
        # A limit on a sum, or beyond one run, may be reached by any call: by what, no run says.
        if not rule.counts_calls_of_runs or len(history.made) >= (rule.decl.count or 0):
            return Open()
    if any(rule.decl.kind == "forbid" and _restricts(rule, seen) for rule in rules):
        return Denied()
    asked = None if agent else route.approval
    counts = {} if asked is None else {asked.role.text: asked.count}
    for rule in rules:
        role = rule.decl.role
        if rule.decl.kind == "require" and role is not None and _restricts(rule, seen):
            counts[role.text] = max(counts.get(role.text, 0), rule.decl.count or 1)
    for never in workflow.promises:
        if not isinstance(never, NeverUnapprovedFacts | NeverBeforeFacts) or tool.name not in never.tools:
            continue
        if not _kept(never, counts, history.returned) and _met(never.where, seen) is not Outcome.FALSE:
            return Denied()
    return Allowed(tuple(role for role, count in counts.items() for _ in range(count)))


def about(tool: ToolFacts, agent: str = "") -> dict[str, object]:
    """Return what conditions about a call see of it, beside its arguments."""
    return {"tool": {"name": tool.name, "effect": tool.effect}, "agent": agent}


def _kept(never: NeverUnapprovedFacts | NeverBeforeFacts, counts: Mapping[str, int], returned: Collection[str]) -> bool:
    if isinstance(never, NeverBeforeFacts):
        return not never.first.isdisjoint(returned)
    wanted = never.decl.approval
    return bool(counts) if wanted is None else counts.get(wanted.role.text, 0) >= wanted.count


def _granted(scope: str, route: RouteFacts, seen: Mapping[str, object]) -> bool:
    return any(
        scope in {each.text for each in grant.decl.scopes} and _met(grant.where, seen) is Outcome.TRUE
        for grant in route.grants
    )


def _restricts(rule: RuleFacts, seen: Mapping[str, object]) -> bool:
    return _met(rule.when, seen) is not Outcome.FALSE and (
        rule.unless is None or _met(rule.unless, seen) is not Outcome.TRUE
    )


def _met(condition: Checked | None, seen: Mapping[str, object]) -> Outcome:
    return Outcome.TRUE if condition is None else outcome(condition, seen)
