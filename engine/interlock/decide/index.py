"""The rules that can concern a call, found by tool and agent without looking at the others.

Patterns (`refunds.issue`, `refunds.*`, `*`) are matched once for each tool that is asked about and the result is kept,
so the cost of a decision depends on the rules for that tool and agent and not on how many rules there are.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from interlock.decide.conditions import Condition, condition
from interlock.decide.decision import Answer, ApprovalNeed, Cause, Decision, Reason
from interlock_dsl.program import Program, Rule, Tool


@dataclass(frozen=True, slots=True)
class Indexed:
    """A rule with what it contributes to a decision, made once.

    `alone` is the decision if this rule is the only one that determines it; `tools` those a `limit` counts together.
    """

    rule: Rule
    when: Condition | None
    unless: Condition | None
    reason: Reason
    alone: Decision
    need: ApprovalNeed | None = None
    tools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Concerned:
    """The rules for one tool and agent, by kind, each in the order of the source. Conditions see `value` as `tool`."""

    tool: Tool
    value: dict[str, object]
    permits: tuple[Indexed, ...]
    forbids: tuple[Indexed, ...]
    requires: tuple[Indexed, ...]
    limits: tuple[Indexed, ...]
    plain: bool
    """Whether there are only permits and forbids."""


class RuleIndex:
    """All rules of a program's policies, by tool and agent."""

    def __init__(self, program: Program) -> None:
        self._tools = program.tools
        self._rules = [rule for policy in program.policies.values() for rule in policy.rules]
        self._exact: dict[str, list[int]] = {}
        self._families: dict[str, list[int]] = {}
        for position, rule in enumerate(self._rules):
            for pattern in rule.patterns:
                place = self._families if pattern.endswith("*") else self._exact
                place.setdefault(pattern.removesuffix("*"), []).append(position)
        agents = {rule.agent for rule in self._rules if rule.agent is not None}
        self._agents = frozenset(name for name in agents if not name.endswith("*"))
        self._agent_families = tuple(sorted(name.removesuffix("*") for name in agents if name.endswith("*")))
        self._found: dict[tuple[str, str], Concerned] = {}

    def concerning(self, tool: str, agent: str) -> Concerned | None:
        """Return the rules for a call of a tool by an agent; None when there is no such tool."""
        key = agent if agent in self._agents else self._kind(agent)
        found = self._found.get((tool, key))
        if found is None and tool in self._tools:
            found = self._found[tool, key] = self._collect(self._tools[tool], agent)
        return found

    def _kind(self, agent: str) -> str:
        """Return one name for all agents that no rule names and that the same patterns match."""
        return "*".join(family for family in self._agent_families if agent.startswith(family))

    def _collect(self, tool: Tool, agent: str) -> Concerned:
        positions = set(self._exact.get(tool.name, ()))
        if self._families:
            for end in range(len(tool.name) + 1):
                positions.update(self._families.get(tool.name[:end], ()))
        rules = [self._rules[position] for position in sorted(positions)]
        spoken = [rule for rule in rules if rule.agent is None or matches(rule.agent, agent)]

        def of(kind: str) -> tuple[Indexed, ...]:
            return tuple(self._index(rule) for rule in spoken if rule.kind == kind)

        value: dict[str, object] = {"name": tool.name, "effect": tool.effect}
        plain = all(rule.kind in ("permit", "forbid") for rule in spoken)
        return Concerned(tool, value, of("permit"), of("forbid"), of("require"), of("limit"), plain)

    def _index(self, rule: Rule) -> Indexed:
        match rule.kind:
            case "permit":
                return _indexed(rule, "allow", "permit", f"`{rule.id}` permits it")
            case "forbid":
                return _indexed(rule, "deny", "forbid", f"`{rule.id}` forbids it")
            case "require":
                need = ApprovalNeed(rule.role, 1, rule.within, rule.id)
                return _indexed(rule, "ask", "require", f"`{rule.id}` requires approval by {rule.role}", need=need)
            case "limit":
                counted = tuple(name for name in sorted(self._tools) if any_matches(rule.patterns, name))
                said = f"`{rule.id}` allows {rule.count} calls in that time"
                return _indexed(rule, "deny", "limit", said, tools=counted)


def _indexed(
    rule: Rule, answer: Answer, cause: Cause, said: str, need: ApprovalNeed | None = None, tools: tuple[str, ...] = ()
) -> Indexed:
    reason = Reason(cause, rule.because or said, rule.id, rule.span)
    alone = Decision(answer, (reason,), () if need is None else (need,))
    return Indexed(rule, condition(rule.when), condition(rule.unless), reason, alone, need, tools)


def matches(pattern: str, name: str) -> bool:
    """Whether a pattern (a name, `family.*` or `*`) is about a name."""
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def any_matches(patterns: Iterable[str], name: str) -> bool:
    """Whether one of several patterns is about a name."""
    return any(matches(pattern, name) for pattern in patterns)
