"""`ends within` and `cost <=`: whether the worst case of a run stays within what is promised.

The worst case is that of `analysis.bounds`, or the budget where that is tighter. It is refuted by a way that exceeds
the limit and on which all conditions can hold; where only the shape of the graph speaks against it, it is unknown.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from interlock_dsl.analysis.facts import (
    AgentStepFacts,
    CostAtMostFacts,
    EndsWithinFacts,
    EndsWithinStepsFacts,
    RouteFacts,
)
from interlock_dsl.analysis.knowledge.arrivals import Arrival
from interlock_dsl.analysis.knowledge.bounds import CHANGING, Amount, Bounds, bounds, waiting, worst_of
from interlock_dsl.analysis.knowledge.wording import ends
from interlock_dsl.analysis.promises.judgement import Finding
from interlock_dsl.analysis.promises.keeping import kept
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.rehearsal.promised import Counted
from interlock_dsl.analysis.rehearsal.story import story
from interlock_dsl.analysis.values.problem import Possible
from interlock_dsl.diagnostics.witness import Waypoint, Witness

MICROS = 1_000_000
MOST_LOOKED = 50_000
"""Steps of ways that are looked at in search of one that exceeds a limit."""


def too_many_steps(questions: Questions, promise: EndsWithinStepsFacts) -> list[Finding]:
    """Return ways on which a run enters more steps than are promised."""
    most, budget = promise.decl.steps, questions.workflow.decl.budget
    found = bounds(questions.workflow, questions.facts)
    if _within(found.worst.steps, most) or (budget is not None and _within(budget.steps, most)):
        return []
    reason = f"a run can enter {found.worst.steps} steps"
    looked = 0
    for node in questions.workflow.steps:
        for arrival in questions.arrivals.at(node):
            entered = _entered(arrival) if arrival.exact and looked < MOST_LOOKED else 0
            looked += entered
            if entered <= most:
                continue
            asked = questions.ask((arrival,), tuple(kept(questions.workflow, arrival.written)))
            if isinstance(asked.answer, Possible):
                rehearse = partial(Counted, most=most)
                shown = story(questions, arrival, asked.answer.bindings, node, (), rehearse)
                if shown is not None and shown.expects == ("expect fails",):
                    return [Finding(reason, promise.decl.span, shown)]
    if not found.exact:
        reason = f"a run enters {found.worst.steps} steps at most, as far as the routes say"
    return [Finding(reason, promise.decl.span)]


def too_long(questions: Questions, promise: EndsWithinFacts) -> list[Finding]:
    """Return ways that may take longer than is promised."""
    budget = questions.workflow.decl.budget
    limit = promise.decl.time.micros
    if budget is not None and budget.time is not None and budget.time.micros <= limit:
        return []

    # Whether a rule of a policy has a call wait for an approval depends on its conditions, which are not asked here.
    unasked = replace(questions.facts, policies={})

    def time(_: Bounds, route: RouteFacts, step: str) -> Amount:
        visit, wait = worst_of(questions.workflow.steps[step], unasked).time, waiting(route.link)
        return None if visit is None or wait is None else visit + wait

    def shown(amount: Amount) -> str:
        return "a run may take any time" if amount is None else f"a run may take {_duration(amount)}"

    return _exceeded(questions, promise, limit, lambda found: found.worst.time, time, shown)


def too_dear(questions: Questions, promise: CostAtMostFacts) -> list[Finding]:
    """Return ways that may cost more than is promised."""
    limit, currency = promise.decl.cost.micros, promise.decl.cost.currency
    if _capped(questions, limit):
        return []

    def shown(amount: Amount) -> str:
        if amount is None:
            return "nothing limits what a run may cost"
        return f"a run may cost {amount / MICROS:.2f} {currency}"

    return _exceeded(
        questions, promise, limit, lambda found: found.worst.cost, lambda found, _, step: found.visit[step].cost, shown
    )


def _capped(questions: Questions, limit: int) -> bool:
    """Say whether the budget ends a run before it costs more: calls are charged before they are made, turns are not."""
    budget = questions.workflow.decl.budget
    asked = any(isinstance(step, AgentStepFacts) for step in questions.workflow.steps.values())
    return not asked and budget is not None and budget.cost is not None and budget.cost.micros <= limit


def _exceeded(
    questions: Questions,
    promise: EndsWithinFacts | CostAtMostFacts,
    limit: int,
    worst: Callable[[Bounds], Amount],
    part: Callable[[Bounds, RouteFacts, str], Amount],
    shown: Callable[[Amount], str],
) -> list[Finding]:
    found = bounds(questions.workflow, questions.facts)
    if _within(worst(found), limit):
        return []
    if worst(found) is None:  # as long, or as dear, as a tool or a model makes it: that is no run that could be shown
        return [Finding(shown(None), promise.decl.span)]
    looked = 0
    for node in (*questions.workflow.ends, *questions.workflow.steps):
        for arrival in questions.arrivals.at(node):
            if looked > MOST_LOOKED:
                break
            parts = [part(found, route, step) for route, step in _steps(questions, arrival)]
            looked += len(parts)
            amount = None if None in parts else sum(each or 0 for each in parts)
            exceeds = arrival.exact and (amount is None or amount > limit)
            shows = exceeds and not _forks(arrival) and not _timed(questions, arrival)
            if shows and isinstance(questions.ask((arrival,), ()).answer, Possible):
                path = tuple(Waypoint(ends(route), _told(route)) for route in arrival.routes)
                return [Finding(shown(amount), promise.decl.span, Witness({}, path))]
    return [Finding(f"{shown(worst(found))}, as far as the routes say", promise.decl.span)]


def _steps(questions: Questions, arrival: Arrival) -> list[tuple[RouteFacts, str]]:
    """Return the steps that a way enters, with the routes into them."""
    steps = questions.workflow.steps
    return [(route, target) for route in arrival.routes for target in route.link.targets if target in steps]


def _entered(arrival: Arrival) -> int:
    return sum(len(route.link.targets) for route in arrival.routes)


def _forks(arrival: Arrival) -> bool:
    """Say whether branches run at once on a way: then their times do not add up."""
    return any(len(route.link.targets) > 1 for route in arrival.routes) or any(
        count > 1 for count in Counter(map(id, arrival.routes)).values()
    )


def _timed(questions: Questions, arrival: Arrival) -> bool:
    """Say whether conditions on a way read the time or the history: a run that takes longest may not go there."""
    groups = (questions.arrivals.group(route) for route in arrival.routes)
    conditions = (each.when for group in groups for each in group.routes if each.when is not None)
    return any(CHANGING & set(when.variables) for when in conditions)


def _within(amount: Amount, limit: int) -> bool:
    return amount is not None and amount <= limit


def _told(route: RouteFacts) -> str:
    return f"{', '.join(route.link.sources)} -> {', '.join(route.link.targets)}"


def _duration(micros: int) -> str:
    """Return a duration as it is written in a file, to the second."""
    seconds = -(-micros // MICROS)
    parts = ((seconds // 3600, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"
