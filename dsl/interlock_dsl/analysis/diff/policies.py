"""Rules of two versions, of policies and workflows: for each tool and agent, what is permitted, forbidden, limited, and
who has to approve.

A decision depends on the arguments, the principal, the time and the history; it is the same in both versions where
permits, forbids, approvals and limits each say the same of all of them.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from math import inf, prod
from typing import TYPE_CHECKING, Final, cast

from interlock_dsl.analysis.declarations.policies import concerns
from interlock_dsl.analysis.diff.difference import (
    Comparing,
    Difference,
    Direction,
    Region,
    Terrain,
    alike,
    compared,
    contexts,
)
from interlock_dsl.analysis.facts import Facts, RuleFacts
from interlock_dsl.analysis.promises.calling import MOST_CASES, combined, not_applied
from interlock_dsl.analysis.reasoning.reasoner import Reasoner
from interlock_dsl.analysis.values.problem import Case, Claim, Outcome, Statement
from interlock_dsl.cel.types import DYN, Field, RecordType, StringType, Type

if TYPE_CHECKING:  # policies alone need no networkx
    from interlock_dsl.analysis.reasoning.questions import Questions

OBLIGING: Final = ("redact", "notify")


def policies(old: Facts, new: Facts, reasoner: Reasoner) -> Iterator[Difference]:
    """Yield in what the policies differ."""
    ours, theirs = ([rule for _, each in facts.policies.values() for rule in each] for facts in (old, new))
    yield from _rules(old, new, ours, theirs, reasoner, "policies", Terrain({}))


def own_rules(
    old: "Questions", new: "Questions", reasoner: Reasoner, terrain: Terrain, subject: str
) -> Iterator[Difference]:
    """Yield in what the rules inside a workflow differ; `terrain` is what its conditions read."""
    yield from _rules(old.facts, new.facts, old.workflow.rules, new.workflow.rules, reasoner, subject, terrain)


def _rules(
    old: Facts,
    new: Facts,
    ours: Sequence[RuleFacts],
    theirs: Sequence[RuleFacts],
    reasoner: Reasoner,
    subject: str,
    terrain: Terrain,
) -> Iterator[Difference]:
    named = {rule.decl.agent.text for rule in (*ours, *theirs) if rule.decl.agent is not None}
    names = old.tools.keys() | new.tools.keys()
    for tool in sorted(old.tools.keys() & new.tools.keys()):
        groups: dict[tuple[tuple[str, ...], ...], list[str]] = {}
        for agent in ("", *sorted((old.agents.keys() | new.agents.keys() | named) - {"*"})):
            both = [tuple(rule.id for rule in each if concerns(rule.decl, tool, agent)) for each in (ours, theirs)]
            groups.setdefault(tuple(both), []).append(agent)
        for agents in groups.values():
            before, now = ([r for r in each if concerns(r.decl, tool, agents[0])] for each in (ours, theirs))
            if not _same(before, now, names):
                place = next((rule.decl.span for rule in (*(r for r in now if r not in before), *before)), None)
                seen = Terrain({**terrain.types, **_types(old, new, tool, agents)}, terrain.optional)
                about = Comparing(reasoner, subject, seen, place)
                yield from _decided(before, now, about, _whose(tool, agents if len(groups) > 1 else ()), names)
    yield from _obligations(ours, theirs, names, subject)


def _decided(
    before: Sequence[RuleFacts], now: Sequence[RuleFacts], about: Comparing, whose: str, names: Set[str]
) -> Iterator[Difference]:
    permits = [_permitted([rule for rule in rules if rule.decl.kind == "permit"]) for rules in (before, now)]
    yield from compared(about, permits, f"{whose} is permitted", f"{whose} is no longer permitted")
    forbids = [_free([rule for rule in rules if rule.decl.kind == "forbid"]) for rules in (before, now)]
    yield from compared(about, forbids, f"{whose} is no longer forbidden", f"{whose} is forbidden")
    for role, count in sorted({asked for rule in (*before, *now) if (asked := _asked(rule)) is not None}):
        regions = [_free([r for r in rules if _asks(r, role, count)]) for rules in (before, now)]
        people = f"{count} of {role}" if count > 1 else role
        without, needs = f"{whose} needs no approval by {people}", f"{whose} needs an approval by {people}"
        yield from compared(about, regions, without, needs)
    yield from _limits(before, now, about.subject, whose, names)


def _obligations(
    before: Iterable[RuleFacts], now: Iterable[RuleFacts], tools: Set[str], subject: str
) -> Iterator[Difference]:
    """Yield the rules that decide nothing that are gone, and those that are new, each as it is written."""
    ours, theirs = (
        {_whole(rule, tools): rule for rule in each if rule.decl.kind in OBLIGING} for each in (before, now)
    )
    for said, rule in ours.items():
        if said not in theirs:
            direction = Direction.CHANGES if rule.decl.kind == "notify" else Direction.PERMITS
            yield Difference(direction, subject, f"the rule `{_line(rule)}` is not there any more", rule.decl.span)
    for said, rule in theirs.items():
        if said not in ours:
            direction = Direction.CHANGES if rule.decl.kind == "notify" else Direction.REFUSES
            yield Difference(direction, subject, f"the rule `{_line(rule)}` is new", rule.decl.span)


def _whole(rule: RuleFacts, tools: Set[str]) -> object:
    """Return all that a rule says, and of which calls."""
    decl = rule.decl
    about = frozenset(tool for tool in tools if concerns(decl, tool))
    agent = None if decl.agent is None else decl.agent.text
    return _said(rule, tools), about, agent, frozenset(field.text for field in decl.fields)


def _same(before: Sequence[RuleFacts], now: Sequence[RuleFacts], tools: Set[str]) -> bool:
    return {_said(rule, tools) for rule in before} == {_said(rule, tools) for rule in now}


def _said(rule: RuleFacts, tools: Set[str]) -> object:
    """Return what a rule says of a call that it concerns; of a limit also which calls count together."""
    decl = rule.decl
    within = None if decl.within is None else decl.within.micros
    period = None if decl.period is None else decl.period.micros
    role = None if decl.role is None else decl.role.text
    counted: object = None
    if decl.kind == "limit":
        agent = None if decl.agent is None else decl.agent.text
        counted = agent, frozenset(tool for tool in tools if concerns(decl, tool)), rule.counts
    return decl.kind, _tree(rule, "when"), _tree(rule, "unless"), role, within, decl.count, period, counted


def _tree(rule: RuleFacts, name: str) -> object:
    checked = rule.when if name == "when" else rule.unless
    return None if checked is None else checked.expression


def _permitted(rules: Sequence[RuleFacts]) -> Region:
    cases: list[Case] = []
    for rule in rules:
        when: tuple[Statement, ...] = () if rule.when is None else (Claim(rule.when),)
        unless: tuple[Statement, ...] = () if rule.unless is None else (Claim(rule.unless, Outcome.FALSE),)
        cases.append(Case((*when, *unless)))
    return Region(tuple(cases))


def _free(rules: Sequence[RuleFacts]) -> Region:
    """Return when none of some rules that restrict applies."""
    reasons = [not_applied(rule) for rule in rules]
    return Region(tuple(map(Case, combined(reasons))), inexact=prod(map(len, reasons)) > MOST_CASES)


def _asked(rule: RuleFacts) -> tuple[str, int] | None:
    decl = rule.decl
    return (decl.role.text, decl.count or 1) if decl.kind == "require" and decl.role is not None else None


def _asks(rule: RuleFacts, role: str, count: int) -> bool:
    asked = _asked(rule)
    return asked is not None and asked[0] == role and asked[1] >= count


def _limits(
    before: Sequence[RuleFacts], now: Sequence[RuleFacts], subject: str, whose: str, tools: Set[str]
) -> Iterator[Difference]:
    ours = {_said(rule, tools): rule for rule in before if rule.decl.kind == "limit"}
    theirs = {_said(rule, tools): rule for rule in now if rule.decl.kind == "limit"}
    gone = [rule for said, rule in ours.items() if said not in theirs]
    for rule in [rule for said, rule in theirs.items() if said not in ours]:
        other = next((each for each in gone if _counts(each, tools) == _counts(rule, tools)), None)
        if other is not None:
            gone.remove(other)
            yield from _changed(other, rule, subject, whose)
        else:
            text = f"{whose} is limited by `{_line(rule)}`"
            yield Difference(Direction.REFUSES, subject, text, rule.decl.span)
    for rule in gone:
        text = f"{whose} is not limited by `{_line(rule)}`"
        yield Difference(Direction.PERMITS, subject, text, rule.decl.span)
    waits = [{_asked(r) for r in rules if r.decl.kind == "require"} for rules in (before, now)]
    for asked in waits[0] & waits[1]:
        if _waits(before, asked) != _waits(now, asked):
            place = next(rule.decl.span for rule in now if _asked(rule) == asked)
            yield Difference(Direction.CHANGES, subject, f"{whose} waits for its approval for another time", place)


def _counts(rule: RuleFacts, tools: Set[str]) -> object:
    """Return which calls a limit counts, and whose they are; not how many there may be."""
    kind, when, unless, role, within, _, _, counted = cast(tuple[object, ...], _said(rule, tools))
    return kind, when, unless, role, within, counted


def _changed(old: RuleFacts, new: RuleFacts, subject: str, whose: str) -> Iterator[Difference]:
    """Yield in which directions a limit has moved: how much each allows in the period of the other."""
    if _allowed(new, old) > (old.decl.count or 0):
        text = f"{whose} is not limited by `{_line(old)}`"
        yield Difference(Direction.PERMITS, subject, text, new.decl.span)
    if _allowed(old, new) > (new.decl.count or 0):
        text = f"{whose} is limited by `{_line(new)}`"
        yield Difference(Direction.REFUSES, subject, text, new.decl.span)


def _allowed(rule: RuleFacts, other: RuleFacts) -> float:
    """Return how many calls a limit allows in the period of another (no period: for ever)."""
    count, own, period = rule.decl.count or 0, rule.decl.period, other.decl.period
    if own is None or not count:
        return count
    return inf if period is None else count * -(-period.micros // own.micros)


def _waits(rules: Sequence[RuleFacts], asked: tuple[str, int] | None) -> object:
    """Return how long rules that ask the same people wait: where that depends on the rule, with its conditions."""
    found = [(None if r.decl.within is None else r.decl.within.micros, r) for r in rules if _asked(r) == asked]
    times = {within for within, _ in found}
    return times if len(times) < 2 else {(within, _tree(r, "when"), _tree(r, "unless")) for within, r in found}


def _line(rule: RuleFacts) -> str:
    return " ".join(rule.decl.span.text.split())


def _whose(tool: str, agents: Sequence[str]) -> str:
    """Return what a call is called: of all agents (none named), of no agent, or of some."""
    named = [agent for agent in agents if agent]
    if not agents or (named and "" in agents):
        return f"a call of `{tool}`"
    if not named:
        return f"a call of `{tool}` by no agent"
    return f"a call of `{tool}` by {', '.join(f'`{agent}`' for agent in named)}"


def _types(old: Facts, new: Facts, tool: str, agents: Sequence[str]) -> dict[str, Type]:
    known = new.tools[tool]
    args = RecordType("", known.parameters.fields)
    about = {"name": Field(StringType((tool,))), "effect": Field(StringType((known.effect,)))}
    return {
        **contexts(old, new),
        "args": args if alike(old.tools[tool].parameters, args) else DYN,
        "tool": RecordType("Tool", about),
        "agent": StringType(tuple(agents)),
    }
