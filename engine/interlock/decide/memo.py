"""Memoized decisions under policies alone.

While nothing but rules determines a decision, it depends on which of the rules for a tool and agent match and on which
limits are reached. After some calls, one generated function (`fuse`) computes the set of matching rules, and the
decision is looked up by it. Every decision was taken by the evaluator itself the first time.

# INVARIANT: a decision is memoized only if every condition has a value, and only for the rules that then matched.
"""

from collections.abc import Mapping

from interlock.decide.decision import Decision
from interlock.decide.fuse import Fused, fuse
from interlock.decide.history import History
from interlock.decide.index import RuleSet

MOST_DECISIONS = 1024
"""Decisions that are kept for one tool and agent; beyond these it begins anew."""


def _nothing(args: Mapping[str, object], bindings: Mapping[str, object], agent: str) -> None:
    return None


class DecisionMemo:
    """The decisions on calls of one tool by agents that rules treat alike.

    `known` finds them by the bits of `fused`, followed by a bit for each limit: whether it is reached.
    """

    __slots__ = ("_limits", "fused", "known", "simple", "usable")

    def __init__(self, rules: RuleSet) -> None:
        """Begin empty; `usable` says whether the rules were made one function, and no limit reads more of a call."""
        conditions = [(each.rule.when, each.rule.unless) for each in rules.rules]
        fused = fuse(rules.tool, rules.value, conditions)
        counting = all(each.counted is None or each.counted.calls_of_a_run for each in rules.limits)
        self.usable = fused is not None and counting
        self.fused: Fused = fused or _nothing
        self.known: dict[int, Decision] = {}
        self._limits = rules.limits
        self.simple = not rules.limits

    def key(
        self, args: Mapping[str, object], bindings: Mapping[str, object], agent: str, history: History
    ) -> int | None:
        """Return what a decision on a plain request depends on; None where a condition has no value."""
        try:
            mask = self.fused(args, bindings, agent)
            return mask if self.simple or mask is None else self._with_limits(mask, history)
        except Exception:
            return None

    def _with_limits(self, mask: int, history: History) -> int:
        for limit in self._limits:
            mask = mask * 2 + limit.reached(history)
        return mask

    def keep(self, key: int, decision: Decision) -> None:
        """Keep the decision on plain requests that have a key."""
        if len(self.known) >= MOST_DECISIONS:
            self.known.clear()
        self.known[key] = decision
