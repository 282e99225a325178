"""What a run of a workflow may consume: the least where nothing fails, and the worst, over branches, joins and loops.

The worst case is that of the longest way: at a choice the dearest route, at a fork all branches (of time only the
longest), at a join what follows once, and for each route back as many further rounds as its bound allows. Retries,
failures, approvals and deadlines count. It is never less than what a run can come to; `exact` says whether it is no
more either, as far as the shape of the graph goes: conditions are not looked at. None is without a bound.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from itertools import groupby

from networkx import ancestors, descendants, immediate_dominators

from interlock_dsl.analysis.declarations.policies import under
from interlock_dsl.analysis.facts import Facts, RunStepFacts, WorkflowFacts, rows_of
from interlock_dsl.analysis.knowledge.consumption import (
    Amount,
    Usage,
    add,
    attempts_at,
    cut,
    done_by,
    each_row,
    greatest,
    in_rows,
    least_of,
    left_of,
    so_often,
    times,
    together,
    tool_cost,
    total,
    undo_of,
    worst_of,
)
from interlock_dsl.analysis.knowledge.handovers import callable_tools, offered, undos
from interlock_dsl.analysis.knowledge.inside import inner_steps
from interlock_dsl.analysis.knowledge.race_times import Races
from interlock_dsl.analysis.links import Link, leaving
from interlock_dsl.analysis.workflows.flow import Flow, flow
from interlock_dsl.program.graph import START, without
from interlock_dsl.syntax.tree import BudgetDecl


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a run consumes. `least` is that of a run in which nothing fails, and the cheapest routes are taken.

    `visits` are the most visits of each step, `visit` the worst case of one visit, `least_of` the least of one. `done`
    is the worst case but for undoing, `undone` that of undoing all of a run, and `back` that of undoing what routes
    backtrack over.
    """

    least: Usage
    worst: Usage
    exact: bool
    visits: Mapping[str, int]
    visit: Mapping[str, Usage]
    least_of: Mapping[str, Usage]
    done: Usage
    undone: Usage
    back: Usage


def bounds(workflow: WorkflowFacts, facts: Facts) -> Bounds:
    """Return what a run of a workflow consumes at least and at most."""
    return _bounds(workflow, facts, {})


def _bounds(workflow: WorkflowFacts, facts: Facts, known: dict[str, "Bounds"]) -> Bounds:
    shape = _Shape(workflow)
    worst, done, undone = _visits(workflow, facts, known, shape)
    least = {name: least_of(step, facts) for name, step in workflow.steps.items()}
    for name, step in inner_steps(workflow).items():
        one = together(Usage(steps=1), _inner(step, facts, known).least)
        least[name] = one if step.rows is None else so_often(replace(one, time=0), step.rows.least)
    fewest = {
        field.name: shape.shortest({n: getattr(u, field.name) or 0 for n, u in least.items()}, field.name == "time")
        for field in fields(Usage)
    }
    back = _backtracking(workflow, shape, undone)
    exact = shape.exact and not inner_steps(workflow)
    return Bounds(
        Usage(**fewest), together(shape.worst(worst), back), exact, shape.visits(), worst, least, shape.worst(done),
        shape.worst(undone, parallel=False), back,
    )  # fmt: skip


def most(workflow: WorkflowFacts, facts: Facts, names: Iterable[str]) -> dict[str, Amount]:
    """Return the worst case of some of what a run consumes, by their names in `Usage`."""
    shape = _Shape(workflow)
    worst, _, undone = _visits(workflow, facts, {}, shape)
    back = _backtracking(workflow, shape, undone)
    return {
        each: add(
            shape.longest({name: getattr(usage, each) for name, usage in worst.items()}, each == "time"),
            getattr(back, each),
        )
        for each in names
    }


def certain(workflow: WorkflowFacts, weights: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Return, for each of several weights of the steps, that of the heaviest way; conditions are not looked at.

    It is a way on which nothing fails, going round one of the loops as often as its bound allows. Zero where it is not
    certain, since a join does not wait for all or a step takes part in several.
    """
    edges = workflow.graph.edges(keys=True, data=True)
    failing = {(s, t, key) for s, t, key, data in edges if data["route"].decl.trigger is not None}
    shape = _Shape(replace(workflow, graph=without(workflow.graph, failing)))
    return {name: shape.heaviest(each) if shape.simple else 0 for name, each in weights.items()}


def _visits(
    workflow: WorkflowFacts, facts: Facts, known: dict[str, Bounds], shape: "_Shape"
) -> tuple[dict[str, Usage], dict[str, Usage], dict[str, Usage]]:
    """Return what one visit of each step consumes at most: in all, but for undoing, and to undo it.

    An agent calls what a route puts in its hand. What was done in branches that lose a race is undone.
    """
    budget, hands, whole = workflow.decl.budget, offered(workflow, facts), facts
    facts = under(facts, workflow)
    calls = None if budget is None else budget.tool_calls
    steps = {name: (step, hands.get(name, ())) for name, step in workflow.steps.items()}
    found = {name: worst_of(step, facts, hand, calls) for name, (step, hand) in steps.items()}
    done = {name: done_by(step, facts, hand, calls) for name, (step, hand) in steps.items()}
    undone = {name: undo_of(step, facts, hand) for name, (step, hand) in steps.items()}
    for name, step in inner_steps(workflow).items():
        done[name] = in_rows(step, _run(step, whole, known, asked=bool(workflow.rules)))
        undone[name] = each_row(step, _undoing(step, whole, known))
        found[name] = together(done[name], undone[name])
    racing, visits = shape.races.steps, shape.visits()
    shape.races.settle(
        {name: times(undone[name].time, visits[name]) for name in racing},
        {name: left_of(workflow.steps[name], whole, hands.get(name, ())) for name in racing},
    )
    for name in racing - inner_steps(workflow).keys():
        found[name] = replace(together(done[name], undone[name]), time=found[name].time)
    return found, done, undone


def _inner(step: RunStepFacts, facts: Facts, known: dict[str, Bounds]) -> Bounds:
    """Return what a run of the workflow inside consumes, each workflow looked at once."""
    if step.workflow not in known:
        known[step.workflow] = _bounds(facts.workflows[step.workflow], facts, known)
    return known[step.workflow]


def _run(step: RunStepFacts, facts: Facts, known: dict[str, Bounds], *, asked: bool) -> Usage:
    """Return what a step that runs a workflow consumes at most in one row, but for undoing.

    A budget inside is kept, but by what a turn of a model costs beyond it and by undoing what routes backtrack over.
    `asked`: rules of the workflow around may have calls inside wait, and for how long is not known.
    """
    inner, found = facts.workflows[step.workflow], _inner(step, facts, known).done
    budget, called = inner.decl.budget or BudgetDecl(), callable_tools(inner, facts)
    time = None if asked else found.time
    for limit in (budget.time, step.decl.within):
        time = cut(time, limit, called, facts)
    calls = _capped(found.calls, budget.tool_calls)
    worst = replace(found, steps=add(_capped(found.steps, budget.steps), 1), calls=calls, time=time)
    return together(worst, _inner(step, facts, known).back)


def _undoing(step: RunStepFacts, facts: Facts, known: dict[str, Bounds]) -> Usage:
    """Return what undoing all of a workflow inside consumes at most: no more calls are undone than were made."""
    inner, found = facts.workflows[step.workflow], _inner(step, facts, known).undone
    made = _run(step, facts, known, asked=False).calls
    undoing = undos(callable_tools(inner, facts), facts)
    attempts = max((attempts_at(tool, facts) for tool in undoing), default=0)
    dearest = max((tool_cost(tool, facts) for tool in undoing), default=0)
    calls = _capped(found.calls, times(made, attempts))
    return replace(found, calls=calls, cost=_capped(found.cost, times(calls, dearest)))


def _backtracking(workflow: WorkflowFacts, shape: "_Shape", undone: Mapping[str, Usage]) -> Usage:
    """Return what undoing consumes at most that routes back ask for: each visit is undone once.

    What is undone of a workflow inside is counted with the step that runs it.
    """
    found, visits, inner = Usage(), shape.visits(), inner_steps(workflow)
    for name in dict.fromkeys(name for part in shape.parts.values() for name in part.names):
        if name in workflow.steps and name not in inner:
            found = together(found, so_often(undone[name], visits[name]))
    return found


def _capped(amount: Amount, limit: Amount) -> Amount:
    return limit if amount is None else amount if limit is None else min(amount, limit)


# --- the graph -------------------------------------------------------------------------------------------------------


class _Shape:
    """The graph of a workflow with the longest and shortest ways through it."""

    def __init__(self, workflow: WorkflowFacts) -> None:
        self._workflow = workflow
        self._flow: Flow = flow(workflow.graph)
        self.parts = self._flow.parts
        self._leaving = {name: leaving(self._flow.forward, name) for name in self._flow.order}
        back = {key for _, _, key in self._flow.back}
        links = {link.id: link for name in self._flow.order for link in leaving(workflow.graph, name)}
        self._back = [link for link in links.values() if link.id in back and set(link.sources) <= self._flow.reached]
        joins = [link for link in links.values() if len(link.sources) > 1]
        self._partial = any(link.merge < len(link.sources) for link in joins)
        self._forks = any(len(link.targets) > 1 for link in links.values())
        self._inevitable: dict[tuple[str, ...], bool] = {}
        self._rounds = {link.id: self._round(link) for link in self._back}
        self.races = Races(workflow, self._flow, [link for link in joins if link.race])
        self.simple = not self._partial and not any(len(options) > 1 for options in self._joining().values())
        fanned = any(rows_of(step) is not None for step in workflow.steps.values())
        self.exact = self.simple and not self._back and not fanned

    def _timed(self, link: Link, known: Mapping[str, Amount]) -> Amount:
        """Return the time of branches that race against a timer, and of what follows; None if there is no timer."""
        found: Amount = None
        for sources, within in self.races.timed(link, self._leaving):
            ways = [way for way in self._leaving[sources[0]] if way.sources == sources]
            after = add(within, greatest(self._after(way, known, parallel=True) for way in ways))
            found = after if found is None or after is None else min(found, after)
        return found

    def _joining(self) -> dict[str, set[tuple[str, ...]]]:
        """Return the joins that each step takes part in."""
        found: dict[str, set[tuple[str, ...]]] = {}
        for name, links in self._leaving.items():
            found[name] = {link.sources for link in links if len(link.sources) > 1}
        return found

    def _round(self, link: Link) -> tuple[str, str] | None:
        """Return where a round of a route back begins and ends; None if it is not one loop with one entry."""
        if len(link.sources) != 1 or len(link.targets) != 1:
            return None
        source, target = link.sources[0], link.targets[0]
        if source != target and source not in descendants(self._flow.forward, target):
            return None
        dominators = immediate_dominators(self._workflow.graph, START)
        at = source
        while at not in (target, START):
            at = dominators[at]
        return (target, source) if at == target else None

    def visits(self) -> Mapping[str, int]:
        """Return the most visits of each step."""
        found = {name: 1 if name in self._flow.reached else 0 for name in self._workflow.steps}
        for link in self._back:
            assert link.decl.bound is not None
            again = {name for target in link.targets for name in (target, *descendants(self._flow.forward, target))}
            if self._rounds[link.id] is not None and not self._forks:
                again &= {link.sources[0], *ancestors(self._flow.forward, link.sources[0])}
            for name in again & found.keys():
                found[name] += link.decl.bound.times
        return found

    def worst(self, weights: Mapping[str, Usage], parallel: bool = True) -> Usage:
        """Return what the longest way consumes; `parallel`: of branches the time of only the longest."""
        found: dict[str, Amount] = {}
        for name in (each.name for each in fields(Usage)):
            amounts = {step: getattr(used, name) for step, used in weights.items()}
            found[name] = self.longest(amounts, parallel and name == "time")
        return Usage(**found)

    def longest(self, weights: Mapping[str, Amount], parallel: bool) -> Amount:
        """Return the weight of the longest way. `parallel`: of branches only the longest counts, and waiting does."""
        known: dict[str, Amount] = {}
        for name in reversed(self._flow.order):
            known[name] = add(weights.get(name, 0), self._onward(name, known, parallel))
        found = known[START]
        for link in self._back:
            assert link.decl.bound is not None
            gain = self._gain(link, weights, known, parallel)
            found = add(found, 0 if gain == 0 else None if gain is None else gain * link.decl.bound.times)
        return found

    def heaviest(self, weights: Mapping[str, int]) -> int:
        """Return the weight of the heaviest way that goes round one loop at most, as often as its bound allows."""
        known: dict[str, Amount] = {}
        for name in reversed(self._flow.order):
            known[name] = add(weights.get(name, 0), self._onward(name, known, parallel=False))
        found = known[START] or 0
        far = 1 + sum(weights.values())
        for link in self._back:
            source, bound = link.sources[0], link.decl.bound
            if self._rounds[link.id] is None or bound is None or bound.backtracks:  # undoing may fail
                continue
            # So heavy a step is on every heaviest way that can come to it.
            through: dict[str, Amount] = {}
            for name in reversed(self._flow.order):
                own = weights.get(name, 0) + (far if name == source else 0)
                through[name] = add(own, self._onward(name, through, parallel=False))
            way, gain = (through[START] or 0) - far, self._gain(link, weights, known, parallel=False)
            found = max(found, way + (gain or 0) * bound.times if way >= 0 else 0)
        return found

    def _onward(self, name: str, known: Mapping[str, Amount], parallel: bool) -> Amount:
        """Return the weight of what follows a step at most."""
        own, joins = [link for link in self._leaving[name] if len(link.sources) == 1], self._joins(name)
        best = greatest(self._after(link, known, parallel) for link in own)
        together: Amount = 0
        for links in joins:
            if parallel:
                together = greatest((together, *(self._after(link, known, parallel) for link in links)))
            elif any(link.sources[0] == name or link.merge < len(link.sources) for link in links):
                together = add(together, greatest(self._after(link, known, parallel) for link in links))
        # A join that does not wait for all may be decided although this source took another way.
        return add(best, together) if self._partial and not parallel else greatest((best, together))

    def _joins(self, name: str) -> list[list[Link]]:
        links = sorted((link for link in self._leaving[name] if len(link.sources) > 1), key=lambda link: link.sources)
        return [list(group) for _, group in groupby(links, key=lambda link: link.sources)]

    def _after(self, link: Link, known: Mapping[str, Amount], parallel: bool) -> Amount:
        values = [known[target] for target in link.targets]
        if not parallel:
            return total(values)
        found, timed = greatest(values), self._timed(link, known) if len(values) > 1 else None
        longest = found if timed is None else timed if found is None else min(found, timed)
        return add(add(longest, self.races.settling(link)), waiting(link))

    def _gain(self, link: Link, weights: Mapping[str, Amount], known: Mapping[str, Amount], parallel: bool) -> Amount:
        """Return the weight of one further round at most."""
        before = waiting(link) if parallel else 0
        ends = self._rounds[link.id]
        if ends is None:
            return add(total([known[target] for target in link.targets]), before)
        first, last = ends
        inside = {last, *ancestors(self._flow.forward, last)} & {first, *descendants(self._flow.forward, first)}
        round: dict[str, Amount] = {}
        for name in reversed([name for name in self._flow.order if name in inside]):
            ways: list[Amount] = []
            for each in self._leaving[name] if name != last else ():
                values = [round[t] if t in inside else known[t] for t in each.targets]
                if any(target in inside for target in each.targets):
                    step = greatest(values) if parallel else total(values)
                    ways.append(add(step, waiting(each)) if parallel else step)
            round[name] = add(weights.get(name, 0), greatest(ways))
        return add(round[first], before)

    def _is_inevitable(self, link: Link) -> bool:
        """Say whether no run comes to an end but by the join of a route, or the route is that of one step."""
        if len(link.sources) == 1:
            return True
        if link.sources not in self._inevitable:
            edges = self._flow.forward.edges(keys=True, data=True)
            joined = {(s, t, key) for s, t, key, data in edges if data["route"].sources == link.sources}
            reached = descendants(without(self._flow.forward, joined), START)
            self._inevitable[link.sources] = reached.isdisjoint(self._workflow.ends)
        return self._inevitable[link.sources]

    def shortest(self, weights: Mapping[str, int], parallel: bool) -> int:
        """Return the weight of the shortest way to an end on which nothing fails."""
        known: dict[str, int | None] = {}
        for name in reversed(self._flow.order):
            if name in self._workflow.ends:
                known[name] = 0
                continue
            ways: list[int] = []
            for link in self._leaving[name]:
                values = [known.get(target) for target in link.targets]
                there = [value for value in values if value is not None]
                if link.decl.trigger is None and there:
                    first = link.sources[0] == name and self._is_inevitable(link)
                    counted = first or parallel or self._partial
                    combine: Callable[[Iterable[int]], int] = min if self._partial else max if parallel else sum
                    ways.append(combine(there) if counted else 0)
            known[name] = weights.get(name, 0) + min(ways) if ways else None
        return known[START] or 0


def waiting(link: Link) -> Amount:
    """Return how long a route waits for its approval."""
    approval = link.clauses.approval
    if approval is None:
        return 0
    if approval.within is None:
        return None
    asked = 1 + any(each.on_expiry for each in link.clauses.escalations)  # a stand-in has as long
    return approval.within.micros * asked
