"""`ends within` and `cost <=`: whether the worst case of a run stays within what is promised.

The worst case is that of `knowledge.bounds`, or the budget where that is tighter. It is refuted by a way that exceeds
the limit, gone by a rehearsed run; where only the shape of the graph speaks against it, it is unknown. A test says
neither how long a call takes nor what a turn costs, so that for times and costs only the way is shown.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from interlock_dsl.analysis.facts import (
    AgentStepFacts,
    CallStepFacts,
    CostAtMostFacts,
    EndsWithinFacts,
    EndsWithinStepsFacts,
    RouteFacts,
    rows_of,
)
from interlock_dsl.analysis.knowledge.arrivals import Arrival
from interlock_dsl.analysis.knowledge.bounds import Bounds, bounds, waiting
from interlock_dsl.analysis.knowledge.consumption import CHANGING, Amount, tool_cost, worst_of
from interlock_dsl.analysis.knowledge.handovers import offered, ways
from interlock_dsl.analysis.knowledge.inside import inner_steps
from interlock_dsl.analysis.knowledge.quantities import duration_words, money_words
from interlock_dsl.analysis.knowledge.wording import ends
from interlock_dsl.analysis.promises.judgement import Finding
from interlock_dsl.analysis.promises.keeping import kept
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.rehearsal.promised import Costly, Counted, Gone, Lasting
from interlock_dsl.analysis.rehearsal.story import Rehearsing, story
from interlock_dsl.analysis.values.problem import Possible
from interlock_dsl.diagnostics.witness import Waypoint, Witness
from interlock_dsl.syntax.tree import BudgetDecl

MOST_LOOKED = 50_000
"""Steps of ways that are looked at in search of one that exceeds a limit."""


@dataclass(frozen=True, slots=True)
class _Telling:
    """What a test can tell of an amount: the `part` that a step uses, by the route into it, and runs that show it."""

    reason: str
    part: Callable[[RouteFacts, str], int]
    rehearse: Rehearsing


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
                if shown is not None and shown.rehearsed:
                    return [Finding(reason, promise.decl.span, shown)]
    if not found.exact:
        reason = f"a run enters {found.worst.steps} steps at most, as far as the routes say"
    return [Finding(reason, promise.decl.span)]


def too_long(questions: Questions, promise: EndsWithinFacts) -> list[Finding]:
    """Return ways that may take longer than is promised."""
    budget = questions.workflow.decl.budget
    limit = promise.decl.time.micros
    if budget is not None and budget.time is not None and budget.time.micros < limit:
        if _ends_when_timed_out(questions) or _within(bounds(questions.workflow, questions.facts).worst.time, limit):
            return []
        return [Finding("what follows where the budget's time is over may take any time", promise.decl.span)]

    # Whether a rule of a policy has a call wait for an approval depends on its conditions, which are not asked here.
    unasked = replace(questions.facts, policies={})
    hands = offered(questions.workflow, questions.facts)

    def time(_: Bounds, route: RouteFacts, step: str) -> Amount:
        visit = worst_of(questions.workflow.steps[step], unasked, hands.get(step, ())).time
        wait = waiting(route.link)
        return None if visit is None or wait is None else visit + wait

    def shown(amount: Amount) -> str:
        return "a run may take any time" if amount is None else f"a run may take {duration_words(amount)}"

    def asked(route: RouteFacts, _: str) -> int:
        wait = waiting(route.link)
        return limit + 1 if wait is None else wait

    telling = _Telling("people may answer so late that a run is not over in time", asked, partial(Lasting, time=limit))
    return _exceeded(questions, promise, limit, lambda found: found.worst.time, time, shown, telling)


def _ends_when_timed_out(questions: Questions) -> bool:
    """Say whether a run is over at once when the time of its budget is.

    No step is entered then. But a part may be undone, and a route that is taken then may wait for somebody who approves
    an end, or rows.
    """
    workflow = questions.workflow
    if inner_steps(workflow) or questions.arrivals.parts:
        return False
    if not any(route.link.decl.trigger == "over budget" for route in ways(workflow)):
        return True
    approved = {target for route in ways(workflow) if route.approval is not None for target in route.link.targets}
    return approved.isdisjoint({*workflow.ends, *(name for name, step in workflow.steps.items() if rows_of(step))})


def too_dear(questions: Questions, promise: CostAtMostFacts) -> list[Finding]:
    """Return ways that may cost more than is promised."""
    limit, currency = promise.decl.cost.micros, promise.decl.cost.currency
    if _capped(questions, limit):
        return []

    def shown(amount: Amount) -> str:
        if amount is None:
            return "nothing limits what a run may cost"
        return f"a run may cost {money_words(amount, currency)}"

    def called(_: RouteFacts, step: str) -> int:
        made = questions.workflow.steps[step]
        return tool_cost(made.call.tool, questions.facts) if isinstance(made, CallStepFacts) else 0

    def cost(found: Bounds, _: RouteFacts, step: str) -> Amount:
        return found.visit[step].cost

    telling = _Telling(f"calls cost more than {money_words(limit, currency)}", called, Costly)
    return _exceeded(questions, promise, limit, lambda found: found.worst.cost, cost, shown, telling)


def _capped(questions: Questions, limit: int) -> bool:
    """Say whether the budget ends a run before it costs more.

    Calls are charged before they are made. A turn of a model may use more than is left of the budget, as much as the
    agent may: one of them, or one of each agent where branches or rows run at once.
    """
    workflow, budget = questions.workflow, questions.workflow.decl.budget
    if budget is None or budget.cost is None or inner_steps(workflow) or questions.arrivals.parts:
        return False  # undoing costs what it costs
    beyond = [0]
    for step in workflow.steps.values():
        if isinstance(step, AgentStepFacts):
            cost = questions.facts.agents[step.decl.agent.text].cost
            if cost is None:
                return False
            beyond.append(cost.micros * (1 if step.rows is None else step.rows.at_once))
    forks = any(len(route.link.targets) > 1 for route in ways(workflow))
    return budget.cost.micros + (sum(beyond) if forks else max(beyond)) <= limit


def _exceeded(
    questions: Questions,
    promise: EndsWithinFacts | CostAtMostFacts,
    limit: int,
    worst: Callable[[Bounds], Amount],
    part: Callable[[Bounds, RouteFacts, str], Amount],
    shown: Callable[[Amount], str],
    telling: _Telling,
) -> list[Finding]:
    found = bounds(questions.workflow, questions.facts)
    if _within(worst(found), limit):
        return []
    inner = inner_steps(questions.workflow)
    looked = 0
    for node in (*questions.workflow.ends, *questions.workflow.steps):
        for arrival in questions.arrivals.at(node):
            if looked > MOST_LOOKED:
                break
            steps = _steps(questions, arrival)
            looked += len(steps)
            if not arrival.exact or _forks(arrival) or any(step in inner for _, step in steps):
                continue
            if sum(telling.part(route, step) for route, step in steps) > limit:
                told = _gone(questions, arrival, node, telling.rehearse)
                if told is not None:
                    return [Finding(telling.reason, promise.decl.span, told)]
            amount = _total([part(found, route, step) for route, step in steps])
            if amount is None or amount <= limit or _timed(questions, arrival) or _stopped(questions, found, steps):
                continue
            if _gone(questions, arrival, node) is not None:
                path = tuple(Waypoint(ends(route), _told(route)) for route in arrival.routes)
                return [Finding(shown(amount), promise.decl.span, Witness({}, path))]
    if worst(found) is None:  # as long, or as dear, as a tool or a model makes it: that is no run that could be shown
        return [Finding(shown(None), promise.decl.span)]
    return [Finding(f"{shown(worst(found))}, as far as the routes say", promise.decl.span)]


def _gone(questions: Questions, arrival: Arrival, node: str, rehearse: Rehearsing = Gone) -> Witness | None:
    """Return a rehearsed run that goes a way, if there is one: a call may be denied, or another promise end it."""
    asked = questions.ask((arrival,), tuple(kept(questions.workflow, arrival.written)))
    if not isinstance(asked.answer, Possible):
        return None
    found = story(questions, arrival, asked.answer.bindings, node, (), rehearse)
    return found if found is not None and found.rehearsed else None


def _stopped(questions: Questions, found: Bounds, steps: Iterable[tuple[RouteFacts, str]]) -> bool:
    """Say whether the budget may end a run before everything on a way is done as often as it may be."""
    budget = questions.workflow.decl.budget or BudgetDecl()
    visits = [found.visit[step] for _, step in steps]
    cost = None if budget.cost is None else budget.cost.micros
    limits = ((budget.tool_calls, "calls"), (budget.tokens, "tokens"), (cost, "cost"))
    used = ((limit, _total([getattr(visit, name) for visit in visits])) for limit, name in limits)
    return any(limit is not None and not _within(amount, limit) for limit, amount in used)


def _total(amounts: list[Amount]) -> Amount:
    return None if None in amounts else sum(amount or 0 for amount in amounts)


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
