"""The rules that can concern a call, found by tool and agent without looking at the others.

Patterns (`refunds.issue`, `refunds.*`, `*`) are matched once for each tool that is asked about and the result is kept,
so the cost of a decision depends on the rules for that tool and agent and not on how many rules there are.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from interlock.decide.conditions import Condition, often, rarely
from interlock.decide.decision import Answer, ApprovalNeed, Cause, Decision, Reason
from interlock.decide.history import History
from interlock_dsl.program.model import Program, Rule, Tool

if TYPE_CHECKING:
    from interlock.decide.remembered import Remembered
    from interlock_dsl.cel import CompiledExpression

_Ready: TypeAlias = "Callable[[CompiledExpression | None], Condition | None]"


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

    def reached(self, history: History) -> bool:
        """Whether as many calls were made as a `limit` allows."""
        return sum(history.within(tool, self.rule.period) for tool in self.tools) >= self.rule.count


@dataclass(slots=True)
class Concerned:
    """The rules for one tool and agent, by kind, each in the order of the source. Conditions see `value` as `tool`.

    `plain`: there are only permits and forbids. `rare`: the conditions are cheap to make rather than to call. `warmth`
    counts the calls decided, `memory` holds decisions taken (None: not yet tried).
    """

    tool: Tool
    value: dict[str, object]
    permits: tuple[Indexed, ...]
    forbids: tuple[Indexed, ...]
    requires: tuple[Indexed, ...]
    limits: tuple[Indexed, ...]
    rare: bool
    rules: tuple[Indexed, ...] = field(init=False)
    plain: bool = field(init=False)
    warmth: int = 0
    memory: "Remembered | None" = None

    def __post_init__(self) -> None:
        self.plain = not (self.requires or self.limits)
        self.rules = self.permits + self.forbids + self.requires + self.limits


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
        self._found: dict[tuple[str, tuple[bool, str]], Concerned] = {}

    def concerning(self, tool: str, agent: str) -> Concerned | None:
        """Return the rules for a call of a tool by an agent; None when there is no such tool."""
        key = (tool, self.kind(agent))
        found = self._found.get(key)
        if found is None and tool in self._tools:
            found = self._found[key] = self._collect(self._tools[tool], agent, rarely)
        return found

    def heat(self, tool: str, agent: str) -> Concerned:
        """Return the rules for a call with conditions made to be evaluated often, and keep these from now on."""
        found = self._found[tool, self.kind(agent)] = self._collect(self._tools[tool], agent, often)
        return found

    def kind(self, agent: str) -> tuple[bool, str]:
        """Return what all agents have in common that rules treat alike: a name, or the patterns that match."""
        if agent in self._agents:
            return True, agent
        return False, "*".join(family for family in self._agent_families if agent.startswith(family))

    def _collect(self, tool: Tool, agent: str, ready: _Ready) -> Concerned:
        positions = set(self._exact.get(tool.name, ()))
        if self._families:
            for end in range(len(tool.name) + 1):
                positions.update(self._families.get(tool.name[:end], ()))
        rules = [self._rules[position] for position in sorted(positions)]
        spoken = [rule for rule in rules if rule.agent is None or matches(rule.agent, agent)]

        def of(kind: str) -> tuple[Indexed, ...]:
            return tuple(self._index(rule, ready) for rule in spoken if rule.kind == kind)

        value: dict[str, object] = {"name": tool.name, "effect": tool.effect}
        return Concerned(tool, value, of("permit"), of("forbid"), of("require"), of("limit"), ready is rarely)

    def _index(self, rule: Rule, ready: _Ready) -> Indexed:
        match rule.kind:
            case "permit":
                return _indexed(rule, ready, "allow", "permit", f"`{rule.id}` permits it")
            case "forbid":
                return _indexed(rule, ready, "deny", "forbid", f"`{rule.id}` forbids it")
            case "require":
                need = ApprovalNeed(rule.role, 1, rule.within, rule.id)
                return _indexed(
                    rule, ready, "ask", "require", f"`{rule.id}` requires approval by {rule.role}", need=need
                )
            case "limit":
                counted = tuple(name for name in sorted(self._tools) if any_matches(rule.patterns, name))
                said = f"`{rule.id}` allows {rule.count} calls in that time"
                return _indexed(rule, ready, "deny", "limit", said, tools=counted)


def _indexed(
    rule: Rule,
    ready: _Ready,
    answer: Answer,
    cause: Cause,
    said: str,
    need: ApprovalNeed | None = None,
    tools: tuple[str, ...] = (),
) -> Indexed:
    reason = Reason(cause, rule.because or said, rule.id, rule.span)
    alone = Decision(answer, (reason,), () if need is None else (need,))
    return Indexed(rule, ready(rule.when), ready(rule.unless), reason, alone, need, tools)


def matches(pattern: str, name: str) -> bool:
    """Whether a pattern (a name, `family.*` or `*`) is about a name."""
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def any_matches(patterns: Iterable[str], name: str) -> bool:
    """Whether one of several patterns is about a name."""
    return any(matches(pattern, name) for pattern in patterns)
