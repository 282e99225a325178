"""The shape of a workflow: everything can be reached, every way ends, loops are bounded, joins can be satisfied."""

from collections.abc import Callable, Mapping
from itertools import combinations

from interlock_dsl.analysis.checks.form import place
from interlock_dsl.analysis.dataflow import START, Flow, apart, branches_of, merge_count, reachable
from interlock_dsl.analysis.outline import Outline
from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.diagnostics.messages import routes as say
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.syntax.tree import CallStep, RouteDecl


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
    if not any(route.sources[0].text == START for route in outline.routes):
        report.add(say.no_start(outline.decl.name.span))
        return
    forward = flow.forward
    ending = frozenset().union(*(reachable(end, flow.backward) for end in flow.ends))
    for name, step in outline.steps.items():
        if name not in flow.reached:
            report.add(say.unreachable("step", name, step.name.span))
        elif not any(_leaves(route, name) for route in outline.routes):
            report.add(say.dead_end(name, step.name.span))
        elif bounds := _used_up(outline, name):
            report.add(say.no_way_out(name, step.name.span, bounds[0]))
        elif name not in ending and forward.get(name) and outline.ends and not _trapped_later(name, ending, forward):
            report.add(say.no_path(name, step.name.span))
    for name, end in outline.ends.items():
        if name not in flow.reached:
            report.add(say.unreachable("end", name, end.name.span))


def _leaves(route: RouteDecl, name: str) -> bool:
    return route.trigger is None and any(source.text == name for source in route.sources)


def _used_up(outline: Outline, name: str) -> list[Span]:
    """Return the bounds of a step's routes if it has no others, and none of them says where to go then."""
    bounds = [route.bound for route in outline.routes if _leaves(route, name)]
    return [bound.span for bound in bounds if bound is not None] if all(b and b.then is None for b in bounds) else []


def _trapped_later(name: str, ending: frozenset[str], forward: Mapping[str, list[str]]) -> bool:
    """Say whether a step without a way to an end leads to another such step, which is then the one to mend."""
    return any(target not in ending and target != name for target in forward[name])


def _loops(outline: Outline, report: Report) -> None:
    flow = outline.flow
    for number in outline.circles:
        route = outline.routes[number]
        source = route.sources[0].text
        if route.bound is not None and route.bound.then is not None:
            report.add(say.way_out_leads_back(_circle(flow, route.bound.then.text, source), route.bound.then.span))
            continue
        target = next(t.text for t in route.targets if any(a.back and a.route == number for a in flow.arrivals[t.text]))
        report.add(say.unbounded(_circle(flow, target, source), place(route)))
    for number, route in enumerate(outline.routes):
        if route.bound is None or len(route.targets) != 1:
            continue
        target = route.targets[0].text
        if not any(arrival.back and arrival.route == number for arrival in flow.arrivals[target]):
            report.add(say.needless_bound(_sources(route), target, route.bound.span))
        elif outline.complete and flow.branches_after(number) != flow.branches.get(target, frozenset()):
            report.add(say.back_across_branches(_sources(route), target, place(route)))


def _circle(flow: Flow, target: str, source: str) -> list[str]:
    """Return the shortest way from a node to another along forward routes, and back to the first."""
    forward, way = flow.forward, {target: [target]}
    waiting = [target]
    while waiting:
        node = waiting.pop(0)
        for following in forward.get(node, ()):
            if following not in way:
                way[following] = [*way[node], following]
                waiting.append(following)
    return [*way.get(source, [target]), target]


def _sources(route: RouteDecl) -> str:
    return " and ".join(f"`{source.text}`" for source in route.sources)


def _joins(outline: Outline, report: Report) -> None:
    joined: dict[str, RouteDecl] = {}
    always = {
        route.sources[0].text: route
        for route in outline.routes
        if len(route.sources) == 1 and route.trigger is None and route.when is None
    }
    for route in outline.routes:
        if len(route.sources) < 2:
            continue
        for left, right in combinations(route.sources, 2):
            if left.text != right.text and not outline.flow.at_once(left.text, right.text):
                report.add(say.never_together(left.text, right.text, left.span.to(right.span)))
                break
        else:
            alone = next((source for source in route.sources if source.text in always), None)
            if alone is not None and alone.text not in joined:
                report.add(say.never_arrives(alone.text, alone.span, place(always[alone.text])))
        for source in route.sources:
            first = joined.setdefault(source.text, route)
            if _group(first) != _group(route):
                report.add(say.two_joins(source.text, source.span, place(first)))


def _group(route: RouteDecl) -> tuple[frozenset[str], int]:
    return frozenset(source.text for source in route.sources), merge_count(route)


def _branches(outline: Outline, report: Report) -> None:
    flow = outline.flow
    for name in outline.steps:
        arrivals = [arrival for arrival in flow.arrivals[name] if not arrival.back]
        for first, second in combinations(arrivals, 2):
            if first.route != second.route and apart(branches_of(flow, first), branches_of(flow, second)):
                one, other = outline.routes[first.route], outline.routes[second.route]
                sources = dict.fromkeys(source.text for source in (*one.sources, *other.sources))
                report.add(say.unmerged(name, place(other), place(one), sources))
                break


def _budget(outline: Outline, symbols: Symbols) -> None:
    budget = outline.decl.budget
    if budget is None:
        return
    if budget.steps is not None:
        least, way = _least(outline, lambda _: 1)
        if least > budget.steps > 0:
            symbols.report.add(say.infeasible("steps", least, budget.steps, budget.span, way))
    if budget.tool_calls is not None:
        least, way = _least(outline, lambda name: int(isinstance(outline.steps[name], CallStep)))
        if least > budget.tool_calls > 0:
            symbols.report.add(say.infeasible("tool calls", least, budget.tool_calls, budget.span, way))
    if budget.cost is not None:
        least, way = _least(outline, lambda name: _cost(outline, symbols, name))
        if least > budget.cost.micros > 0:
            shown = f"{least / 1_000_000:.6g}", f"{budget.cost.micros / 1_000_000:.6g}"
            symbols.report.add(say.infeasible(budget.cost.currency, *shown, budget.span, way))


def _cost(outline: Outline, symbols: Symbols, name: str) -> int:
    step = outline.steps[name]
    tool = symbols.tools.get(step.call.tool.text) if isinstance(step, CallStep) else None
    return tool.cost.micros if tool is not None and tool.cost is not None else 0


def _least(outline: Outline, weight: Callable[[str], int]) -> tuple[int, list[str]]:
    """Return the least that any run spends on its way to an end, and the steps of that way.

    A join counts only the dearest of the sources it cannot do without, so this never says more than is needed.
    """
    flow = outline.flow
    least: dict[str, tuple[int, list[str]]] = {START: (0, [])}
    for node in flow.order:
        ways = [
            sorted((least[s] for s in flow.sources(a.route)), key=_amount)[merge_count(outline.routes[a.route]) - 1]
            for a in flow.arrivals[node]
            if not a.back and all(source in least for source in flow.sources(a.route))
        ]
        if ways:
            amount, way = min(ways, key=_amount)
            least[node] = (amount + weight(node), [*way, node]) if node in flow.steps else (amount, way)
    return min((least[end] for end in outline.ends if end in least), key=_amount, default=(0, []))


def _amount(entry: tuple[int, list[str]]) -> int:
    return entry[0]
