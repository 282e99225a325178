"""The shape of a workflow: everything can be reached, every way ends, loops are bounded, joins can be satisfied."""

from collections.abc import Callable
from itertools import combinations

from networkx import bfs_predecessors, descendants

from interlock_dsl.analysis.checks.form import place
from interlock_dsl.analysis.links import Link, arriving, leaving
from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.analysis.workflows.flow import Flow
from interlock_dsl.analysis.workflows.outline import Outline
from interlock_dsl.analysis.workflows.parts import entered_before
from interlock_dsl.analysis.workflows.rows import fan_out
from interlock_dsl.diagnostics.messages import routes as say
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.program.graph import START
from interlock_dsl.syntax.tree import Bound, CallStep, RouteDecl, StepNode


def check_shape(outline: Outline, symbols: Symbols) -> None:
    """Report what is wrong with the graph as a whole. Says nothing but loops where a route could not be followed."""
    _loops(outline, symbols.report)
    if not outline.complete:
        return
    _ways(outline, symbols.report)
    _joins(outline, symbols.report)
    _branches(outline, symbols.report)
    _budget(outline, symbols)


def _ways(outline: Outline, report: Report) -> None:
    flow = outline.flow
    if not outline.ends:
        report.add(say.nothing_to_do(outline.decl.name.span))
    if not flow.graph.out_degree(START):
        report.add(say.no_start(outline.decl.name.span))
        return
    # What leads to no end leads, without the routes back, to a step that no route leaves, or none that lasts.
    first = _first_unreached(outline)
    for name, step in outline.steps.items():
        ways = [link for link in leaving(flow.graph, name) if link.decl.trigger is None and not link.way_out]
        if name not in flow.reached:
            if name in first:
                report.add(say.unreachable("step", name, step.name.span))
        elif not ways:
            report.add(say.dead_end(name, step.name.span))
        elif bound := _used_up(ways):
            report.add(say.no_way_out(name, step.name.span, bound.span))
    for name, end in outline.ends.items():
        if name in first:
            report.add(say.unreachable("end", name, end.name.span))


def _first_unreached(outline: Outline) -> set[str]:
    """Return the steps and ends that are not reached, without those that only others of them lead to."""
    flow = outline.flow
    unreached = [name for name in (*outline.steps, *outline.ends) if name not in flow.reached]
    first = {name for name in unreached if not flow.graph.in_degree(name)}
    behind = {name for each in first for name in descendants(flow.graph, each)}
    for name in unreached:  # those in a loop that nothing leads into
        if name not in first | behind:
            first.add(name)
            behind |= descendants(flow.graph, name) - {name}
    return first


def _used_up(ways: list[Link]) -> Bound | None:
    """Return the first bound of a step's routes if it has no others, and none of them says where to go then."""
    bounds = [link.decl.bound for link in ways]
    return bounds[0] if all(bound is not None and bound.then is None for bound in bounds) else None


def _loops(outline: Outline, report: Report) -> None:
    flow = outline.flow
    for link in flow.unbounded:
        bound = link.decl.bound
        source = link.decl.sources[0].text
        if link.way_out and bound is not None and bound.then is not None:
            report.add(say.way_out_leads_back(_cycle(flow, bound.then.text, source), bound.then.span))
        else:
            target = next(target for target in link.targets if (link.sources[0], target, link.id) in flow.back)
            report.add(say.unbounded(_cycle(flow, target, source), place(link.decl)))
    for link in outline.routes:
        route = link.decl
        if route.bound is None or len(route.targets) != 1:
            continue
        target = route.targets[0].text
        word = "backtrack at most" if route.bound.backtracks else "at most"
        if outline.complete and not flow.leads_back(link):
            report.add(say.needless_bound(_sources(route), target, route.bound.span, word))
        elif outline.complete and flow.branches.after(link) != flow.branches.of[target]:
            report.add(say.back_across_branches(_sources(route), target, place(route)))
        elif outline.complete and link.backtracks and not entered_before(flow.graph, link):
            report.add(say.not_entered_before(_sources(route), target, route.bound.span))


def _cycle(flow: Flow, target: str, source: str) -> list[str]:
    """Return the shortest way from a node to another along forward routes, and back to the first."""
    before = dict(bfs_predecessors(flow.forward, target))
    way = [source if source in before else target]
    while way[0] != target:
        way.insert(0, before[way[0]])
    return [*way, target]


def _sources(route: RouteDecl) -> str:
    return " and ".join(f"`{source.text}`" for source in route.sources)


def _joins(outline: Outline, report: Report) -> None:
    joined: dict[str, Link] = {}
    told: set[tuple[int, int]] = set()
    always = {
        link.sources[0]: link.decl
        for link in outline.routes
        if len(link.sources) == 1 and link.decl.trigger is None and link.decl.when is None
    }
    groups: dict[tuple[frozenset[str], int, bool], int] = {}
    for link in outline.routes:
        route = link.decl
        if len(route.sources) < 2 or not outline.flow.reached.issuperset(link.sources):
            continue  # what nothing leads to has been reported, and never arrives here
        if not _together(outline.flow, route, report):
            alone = next((source for source in route.sources if source.text in always), None)
            if alone is not None and joined.get(alone.text) is None:
                report.add(say.never_arrives(alone.text, alone.span, place(always[alone.text])))
        own = groups.setdefault(_group(link), len(groups))
        for source in route.sources:
            first = joined.setdefault(source.text, link)
            both = groups[_group(first)], own
            if both[0] != own and both not in told:
                told.add(both)
                report.add(say.two_joins(source.text, source.span, place(first.decl)))


def _together(flow: Flow, route: RouteDecl, report: Report) -> bool:
    """Report the first two sources of a join that are never there together; return whether there are any."""
    names = dict.fromkeys(source.text for source in route.sources)
    if flow.branches.all_apart([flow.branches.of[name] for name in names]):
        return False
    for left, right in combinations(route.sources, 2):
        if left.text != right.text and not flow.branches.at_once(left.text, right.text):
            report.add(say.never_together(left.text, right.text, left.span.to(right.span)))
            return True
    return False


def _group(link: Link) -> tuple[frozenset[str], int, bool]:
    return frozenset(link.sources), link.merge, link.race


def _branches(outline: Outline, report: Report) -> None:
    branches = outline.flow.branches
    for name in outline.steps:
        into = [(link, branches.into(link, name)) for link in arriving(outline.flow.forward, name)]
        if len(into) < 2 or not branches.some_apart([open_ for _, open_ in into]):
            continue
        for (one, here), (other, there) in combinations(into, 2):
            if one.number != other.number and branches.apart(here, there):
                sources = dict.fromkeys((*one.sources, *other.sources))
                report.add(say.unmerged(name, place(other.decl), place(one.decl), sources))
                break


def _budget(outline: Outline, symbols: Symbols) -> None:
    budget = outline.decl.budget
    if budget is None:
        return
    if budget.steps is not None:
        least, way = _least(outline, lambda name: _rows(outline.steps[name]))
        if least > budget.steps > 0:
            symbols.report.add(say.infeasible("steps", least, budget.steps, budget.span, way))
    if budget.tool_calls is not None:
        least, way = _least(outline, lambda name: _calls(outline.steps[name]))
        if least > budget.tool_calls > 0:
            symbols.report.add(say.infeasible("tool calls", least, budget.tool_calls, budget.span, way))
    if budget.cost is not None:
        least, way = _least(outline, lambda name: _cost(outline, symbols, name))
        if least > budget.cost.micros > 0:
            shown = f"{least / 1_000_000:.6g}", f"{budget.cost.micros / 1_000_000:.6g}"
            symbols.report.add(say.infeasible(budget.cost.currency, *shown, budget.span, way))


def _calls(step: StepNode) -> int:
    return _rows(step) if isinstance(step, CallStep) else 0


def _cost(outline: Outline, symbols: Symbols, name: str) -> int:
    step = outline.steps[name]
    tool = symbols.tools.get(step.call.tool.text) if isinstance(step, CallStep) else None
    return tool.cost.micros * _rows(outline.steps[name]) if tool is not None and tool.cost is not None else 0


def _rows(step: StepNode) -> int:
    """Return how often a visit of a step does at least what the step does: the list of its rows may be empty."""
    rows = fan_out(step)
    if rows is None:
        return 1
    return 0 if rows.merge is None or rows.merge.count is None else rows.merge.count


def _least(outline: Outline, weight: Callable[[str], int]) -> tuple[int, list[str]]:
    """Return the least that any run spends on its way to an end, and the steps of that way.

    A join counts only the dearest of the sources it cannot do without, so this never says more than is needed.
    """
    flow = outline.flow
    least = {START: 0}
    before: dict[str, str] = {}
    for node in flow.order:
        ways = [
            sorted(link.sources, key=least.__getitem__)[link.merge - 1]
            for link in arriving(flow.forward, node)
            if least.keys() >= set(link.sources)
        ]
        if ways:
            before[node] = min(ways, key=least.__getitem__)
            least[node] = least[before[node]] + (weight(node) if node in outline.steps else 0)
    ends = [end for end in outline.ends if end in least]
    if not ends:
        return 0, []
    end = min(ends, key=least.__getitem__)
    way, node = list[str](), before[end]
    while node != START:
        way.append(node)
        node = before[node]
    return least[end], way[::-1]
