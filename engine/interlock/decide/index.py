"""The rules that can concern a call, found by tool and agent without looking at the others.

Patterns (`refunds.issue`, `refunds.*`, `*`) are matched once for each tool that is asked about and the result is kept,
so the cost of a decision depends on the rules for that tool and agent and not on how many rules there are.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from interlock.decide.conditions import Condition, condition, interpreted
from interlock.decide.decision import Answer, ApprovalNeed, Cause, Decision, Reason
from interlock.decide.history import History, matches
from interlock.decide.limits import Counted, counted, reason_text
from interlock_dsl.program.model import Program, Rule, Tool

if TYPE_CHECKING:
    from interlock_dsl.cel import CompiledExpression

_Tier: TypeAlias = "Callable[[CompiledExpression | None], Condition | None]"


@dataclass(frozen=True, slots=True)
class IndexedRule:
    """A rule with what it contributes to a decision, made once.

    `alone` is the decision if this rule is the only one that determines it; `counted` belongs to a `limit`.
    """

    rule: Rule
    when: Condition | None
    unless: Condition | None
    reason: Reason
    alone: Decision
    need: ApprovalNeed | None = None
    counted: Counted | None = None

    def reached(self, history: History) -> bool:
        """Whether as many calls were made as a `limit` allows within a run."""
        return self.counted is not None and self.counted.reached(history)


@dataclass(slots=True, eq=False)
class RuleSet:
    """The rules for one tool and agent, by kind, each in the order of the source. Conditions see `value` as `tool`.

    `plain`: beside the `obliging` ones (`redact`, `notify`) there are only permits and forbids. `interpreted`: the tier
    of the conditions. `calls` counts the calls that were decided by these rules.
    """

    tool: Tool
    value: dict[str, object]
    permits: tuple[IndexedRule, ...]
    forbids: tuple[IndexedRule, ...]
    requires: tuple[IndexedRule, ...]
    limits: tuple[IndexedRule, ...]
    interpreted: bool
    obliging: tuple[IndexedRule, ...] = ()
    rules: tuple[IndexedRule, ...] = field(init=False)
    plain: bool = field(init=False)
    calls: int = 0

    def __post_init__(self) -> None:
        self.plain = not (self.requires or self.limits)
        self.rules = self.permits + self.forbids + self.requires + self.limits + self.obliging


class RuleIndex:
    """All rules of a program's policies, and those of one workflow (`rules`), by tool and agent."""

    def __init__(self, program: Program, rules: Iterable[Rule] = ()) -> None:
        self._tools = program.tools
        self._rules = [rule for policy in program.policies.values() for rule in policy.rules]
        self._rules += rules
        self.limits = tuple(rule for rule in self._rules if rule.kind == "limit")
        """All limits, in the order of the source."""
        self._exact: dict[str, list[int]] = {}
        self._families: dict[str, list[int]] = {}
        for position, rule in enumerate(self._rules):
            for pattern in rule.patterns:
                place = self._families if pattern.endswith("*") else self._exact
                place.setdefault(pattern.removesuffix("*"), []).append(position)
        agents = {rule.agent for rule in self._rules if rule.agent is not None}
        self._agents = frozenset(name for name in agents if not name.endswith("*"))
        self._agent_families = tuple(sorted(name.removesuffix("*") for name in agents if name.endswith("*")))
        self._found: dict[tuple[str, tuple[bool, str]], RuleSet] = {}

    def rules_for(self, tool: str, agent: str) -> RuleSet | None:
        """Return the rules for a call of a tool by an agent; None when there is no such tool."""
        key = (tool, self.kind(agent))
        found = self._found.get(key)
        if found is None and tool in self._tools:
            found = self._found[key] = self._collect(self._tools[tool], agent, interpreted)
        return found

    def redacts(self, tool: str) -> list[Rule]:
        """Return the `redact` rules about a tool, of whatever agents they are."""
        return [rule for rule in self._rules if rule.kind == "redact" and any_matches(rule.patterns, tool)]

    def compile(self, tool: str, agent: str) -> RuleSet:
        """Return the rules for a call with conditions of the compiled tier, and keep these from now on."""
        found = self._found[tool, self.kind(agent)] = self._collect(self._tools[tool], agent, condition)
        return found

    def kind(self, agent: str) -> tuple[bool, str]:
        """Return what all agents have in common that rules treat alike: a name, or the patterns that match."""
        if agent in self._agents:
            return True, agent
        return False, "*".join(family for family in self._agent_families if agent.startswith(family))

    def _collect(self, tool: Tool, agent: str, tier: _Tier) -> RuleSet:
        positions = set(self._exact.get(tool.name, ()))
        if self._families:
            for end in range(len(tool.name) + 1):
                positions.update(self._families.get(tool.name[:end], ()))
        rules = [self._rules[position] for position in sorted(positions)]
        applicable = [rule for rule in rules if rule.agent is None or matches(rule.agent, agent)]

        def of(kind: str) -> tuple[IndexedRule, ...]:
            return tuple(self._index(rule, tier) for rule in applicable if rule.kind == kind)

        value: dict[str, object] = {"name": tool.name, "effect": tool.effect}
        obliging = of("redact") + of("notify")
        return RuleSet(
            tool, value, of("permit"), of("forbid"), of("require"), of("limit"), tier is interpreted, obliging
        )

    def _index(self, rule: Rule, tier: _Tier) -> IndexedRule:
        match rule.kind:
            case "permit":
                return _indexed(rule, tier, "allow", "permit", f"`{rule.id}` permits it")
            case "forbid":
                return _indexed(rule, tier, "deny", "forbid", f"`{rule.id}` forbids it")
            case "require":
                need = ApprovalNeed(rule.role, max(1, rule.count), rule.within, rule.id)
                people = rule.role if need.count == 1 else f"{need.count} of {rule.role}"
                return _indexed(rule, tier, "ask", "require", f"`{rule.id}` requires approval by {people}", need=need)
            case "limit":
                assert rule.limit is not None
                tools = [name for name in sorted(self._tools) if any_matches(rule.patterns, name)]
                limit = counted(rule, rule.limit, tools, tier)
                return _indexed(rule, tier, "deny", "limit", reason_text(rule), counted=limit)
            case "redact":
                return _indexed(rule, tier, "allow", "redact", f"`{rule.id}` hides {', '.join(rule.fields)}")
            case "notify":
                return _indexed(rule, tier, "allow", "notify", f"`{rule.id}` tells {rule.role}")


def _indexed(
    rule: Rule,
    tier: _Tier,
    answer: Answer,
    cause: Cause,
    text: str,
    need: ApprovalNeed | None = None,
    counted: Counted | None = None,
) -> IndexedRule:
    reason = Reason(cause, rule.because or text, rule.id, rule.span)
    alone = Decision(answer, (reason,), () if need is None else (need,))
    return IndexedRule(rule, tier(rule.when), tier(rule.unless), reason, alone, need, counted)


def any_matches(patterns: Iterable[str], name: str) -> bool:
    """Whether one of several patterns is about a name."""
    return any(matches(pattern, name) for pattern in patterns)
