"""Memoized decisions under policies alone.

While nothing but rules determines a decision, it depends on which of the rules for a tool and agent match and on which
limits of a run are reached. After some calls, one generated function (`fuse`) computes the set of matching rules, and
the decision is looked up by it; what the call takes of limits beyond runs is worked out each time. Every decision was
taken by the evaluator itself the first time.

# INVARIANT: a decision is memoized only if every condition has a value, and only for the rules that then matched.
"""

from collections.abc import Mapping

from interlock.decide.decision import Claim, Decision
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

    __slots__ = ("_beyond", "_limits", "_simple", "_value", "fused", "known", "usable")

    def __init__(self, rules: RuleSet) -> None:
        """Begin empty; `usable` says whether the rules were made one function, and no limit needs the whole call."""
        conditions = [(each.rule.when, each.rule.unless) for each in rules.rules]
        limits = [each.counted for each in rules.limits if each.counted is not None]
        before = len(rules.permits) + len(rules.forbids) + len(rules.requires)
        self._beyond = tuple([(1 << at, limit) for at, limit in enumerate(limits, before) if limit.beyond_runs])
        self._limits = tuple([limit for limit in limits if limit.calls_of_a_run])
        self._simple = not limits
        self._value = rules.value
        fused = fuse(rules.tool, rules.value, conditions, sum([limit.weight for _, limit in self._beyond]))
        self.usable = fused is not None and len(self._beyond) + len(self._limits) == len(limits)
        self.fused: Fused = fused or _nothing
        self.known: dict[int, Decision] = {}

    def find(
        self, args: Mapping[str, object], bindings: dict[str, object], agent: str, history: History
    ) -> Decision | int | None:
        """Return the decision on a plain request; where it is not known, the key to keep it under.

        None where a condition has no value, or a limit denies the call for what it would take.
        """
        try:
            mask = self.fused(args, bindings, agent)
            if mask is None or self._simple:
                return None if mask is None else self.known.get(mask, mask)
            claims = self._claims(mask, args, bindings, agent) if self._beyond else ()
            key = mask
            for limit in self._limits:
                key = key * 2 + limit.reached(history)
        except Exception:
            return None
        found = self.known.get(key)
        if found is None:
            return key
        return found if claims == found.claims or found.answer != "allow" else _claiming(found, claims)

    def _claims(
        self, mask: int, args: Mapping[str, object], bindings: dict[str, object], agent: str
    ) -> tuple[Claim, ...]:
        bindings["args"], bindings["tool"], bindings["agent"] = args, self._value, agent
        return tuple([limit.claim(bindings) for bit, limit in self._beyond if mask & bit])

    def keep(self, key: int, decision: Decision) -> None:
        """Keep the decision on plain requests that have a key."""
        if len(self.known) >= MOST_DECISIONS:
            self.known.clear()
        self.known[key] = decision


def _claiming(decision: Decision, claims: tuple[Claim, ...]) -> Decision:
    return Decision(
        decision.answer, decision.reasons, decision.needs, decision.subject, decision.obligations, claims,
        decision.counts,
    )  # fmt: skip
