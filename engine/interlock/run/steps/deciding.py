"""A call decided in its own workflow and in every one around: each has its rules, its promises and its values.

A call is allowed only where all of them allow it. What any of them has to say goes with the decision: why it is denied,
whose approval it needs, what is hidden, who is told, which limits it counts for.
"""

from collections.abc import Iterable
from dataclasses import replace

from interlock.decide import ApprovalNeed, Decision, Obligation, Reason
from interlock.decide.request import Request
from interlock.run.parts import Frame
from interlock.run.state import Run
from interlock_dsl.program.promises import NeverUnapproved


def authorize(run: Run, frame: Frame, request: Request) -> Decision:
    """Decide a call in its frame, on a request made there, and in the frames around."""
    if not frame.outer:
        return frame.plan.evaluator.authorize(request)
    levels = [(frame, request), *((each, _around(run, each, within, request)) for each, within in _steps(frame))]
    if any(isinstance(never, NeverUnapproved) for _, each in levels for never in each.nevers):
        # An approval that any of them asks for is one for the promises of all.
        plain = [level.plan.evaluator.authorize(replace(each, nevers=())) for level, each in levels]
        asked = tuple(need for decision in plain for need in decision.needs)
        levels = [(level, replace(each, asked=asked)) for level, each in levels]
    return _together([level.plan.evaluator.authorize(each) for level, each in levels])


def _steps(frame: Frame) -> list[tuple[Frame, Frame]]:
    """Return the frames around one, the nearest first, each with the one in it."""
    return list(zip(reversed(frame.outer), reversed(frame.around), strict=False))


def _around(run: Run, frame: Frame, within: Frame, request: Request) -> Request:
    """Return what a frame is asked about a call that is made in the frame `within` it."""
    nevers = frame.plan.nevers.get(request.tool, ())
    if request.undo:
        nevers = tuple(never for never in nevers if isinstance(never, NeverUnapproved))
    assert within.parent is not None
    return replace(
        request,
        grants=request.grants if request.undo else within.parent.grants,
        bindings=frame.reads(run.now),
        nevers=nevers,
        returned=frame.returned,
        over=(),
        too_dear=None,
        route_approval=None,
    )


def _together(decisions: list[Decision]) -> Decision:
    obligations = _once(each for decision in decisions for each in decision.obligations)
    denied = [decision for decision in decisions if decision.answer == "deny"]
    asking = [decision for decision in decisions if decision.answer == "ask"]
    if denied or asking:
        hidden = tuple(each for each in obligations if not hasattr(each, "role"))
        reasons = _reasons(denied or asking)
        return Decision(
            "deny" if denied else "ask", reasons, () if denied else _needs(asking), decisions[0].subject, hidden
        )
    claims = tuple(dict.fromkeys(claim for decision in decisions for claim in decision.claims))
    counts = tuple(dict.fromkeys(each for decision in decisions for each in decision.counts))
    return Decision("allow", _reasons(decisions), (), decisions[0].subject, obligations, claims, counts)


def _reasons(decisions: Iterable[Decision]) -> tuple[Reason, ...]:
    found: list[Reason] = []
    for reason in (reason for decision in decisions for reason in decision.reasons):
        if reason not in found:
            found.append(reason)
    return tuple(found)


def _once(obligations: Iterable[Obligation]) -> tuple[Obligation, ...]:
    """Return obligations, that of each rule once: rules of policies speak in every workflow."""
    return tuple({each.rule: each for each in obligations}.values())


def _needs(decisions: Iterable[Decision]) -> tuple[ApprovalNeed, ...]:
    """Return the approvals that are missing, one for each role: the highest count, the shortest time."""
    merged: dict[str, ApprovalNeed] = {}
    for need in (need for decision in decisions for need in decision.needs):
        known = merged.setdefault(need.role, need)
        shorter = min((each for each in (known.within, need.within) if each is not None), default=None)
        merged[need.role] = ApprovalNeed(need.role, max(known.count, need.count), shorter, known.rule)
    return tuple(merged.values())
