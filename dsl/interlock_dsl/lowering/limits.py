"""Limits, each with the identity under which what it has let through is kept."""

from collections import Counter
from collections.abc import Sequence

from interlock_dsl.analysis.facts import KeyFacts, RuleFacts
from interlock_dsl.lowering.expressions import compiled, optional
from interlock_dsl.program.digest import part_digest
from interlock_dsl.program.limits import Limit, LimitKey


def lower_limits(policy: str, rules: Sequence[RuleFacts]) -> dict[str, Limit]:
    """Return the limits of a policy by the ids of their rules."""
    limits: dict[str, Limit] = {}
    counted: Counter[str] = Counter()
    for rule in rules:
        decl = rule.decl
        if decl.count is None or decl.period is None or decl.owner is None:
            continue
        keys = tuple(map(_key, rule.keys))
        agent = None if decl.agent is None else decl.agent.text
        patterns = sorted({pattern.text for pattern in decl.patterns})
        amount = optional(rule.amount)
        conditions = [optional(rule.when), optional(rule.unless)]
        what = part_digest([policy, patterns, agent, *conditions, amount, decl.owner.per, keys])
        counted[what] += 1
        # Several limits of the same calls (so many an hour, so many a day) are kept apart.
        identity = what if counted[what] == 1 else part_digest([what, counted[what]])
        limits[rule.id] = Limit(decl.count, decl.period.micros, amount, decl.owner.per, keys, identity)
    return limits


def _key(key: KeyFacts) -> LimitKey:
    return LimitKey(key) if isinstance(key, str) else LimitKey("args", compiled(key))
