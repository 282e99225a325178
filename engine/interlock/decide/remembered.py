"""Decisions that were taken before and come out the same: remembered by which rules matched.

Under policies alone, and while nothing but rules speaks, a decision depends on which of the rules for a tool and agent
match and on which limits are reached. Rules that are asked often become one generated function that says so, and the
decision is looked up. Every decision was taken by `authorize` itself the first time.

# INVARIANT: a decision is remembered only if every condition has a value, and only for the rules that then matched.
"""

from collections.abc import Mapping

from interlock.decide.decision import Decision
from interlock.decide.fuse import Fused, fuse
from interlock.decide.history import History
from interlock.decide.index import Concerned
from interlock.decide.request import Request

MOST_DECISIONS = 1024
"""Decisions that are kept for one tool and agent; beyond these it begins anew."""


def _nothing(args: Mapping[str, object], bindings: Mapping[str, object], agent: str) -> None:
    return None


class Remembered:
    """The decisions on calls of one tool by one kind of agent, `known` by the bits of `fused` (and reached limits)."""

    __slots__ = ("_limits", "fused", "known", "simple", "usable")

    def __init__(self, concerned: Concerned) -> None:
        """Begin with nothing; `usable` says whether the rules could be made one function."""
        conditions = [(each.rule.when, each.rule.unless) for each in concerned.rules]
        fused = fuse(concerned.tool, concerned.value, conditions)
        self.usable = fused is not None
        self.fused: Fused = fused or _nothing
        self.known: dict[int | None, Decision] = {}
        self._limits = concerned.limits
        self.simple = not concerned.limits

    def key(self, request: Request) -> int | None:
        """Return what a decision on a plain request depends on; None, or it raises, where that cannot be said."""
        mask = self.fused(request.args, request.bindings, request.agent)
        return mask if self.simple or mask is None else self._with_limits(mask, request.history)

    def _with_limits(self, mask: int, history: History) -> int:
        for limit in self._limits:
            mask = mask * 2 + limit.reached(history)
        return mask

    def keep(self, request: Request, decision: Decision) -> None:
        """Remember a decision on a plain request."""
        try:
            key = self.key(request)
        except Exception:
            return
        if key is not None:
            if len(self.known) >= MOST_DECISIONS:
                self.known.clear()
            self.known[key] = decision
