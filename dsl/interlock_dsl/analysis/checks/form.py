"""The form of single routes and of the group they are chosen in: what can be said without the whole shape."""

from collections.abc import Iterable
from typing import TypeAlias

from interlock_dsl.analysis.links import handed, is_race, merge_count
from interlock_dsl.analysis.workflows.outline import Outline
from interlock_dsl.cel.tree import Call, Expression
from interlock_dsl.diagnostics.messages import routes as say
from interlock_dsl.diagnostics.messages.syntax import repeated_clause
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.graph import START
from interlock_dsl.syntax.clauses import Clauses
from interlock_dsl.syntax.tree import Ident, RouteDecl, WayOut

Group: TypeAlias = tuple[frozenset[str], str | None, int, bool]
"""Routes that are chosen from together: sources, trigger, how many sources must arrive, whether these race."""


def check_form(outline: Outline, report: Report, clauses: Clauses) -> None:
    """Report routes that contradict themselves or another of their group."""
    routes = [link.decl for link in outline.routes]
    for route in routes:
        _twice(report, "sources", route.sources)
        _twice(report, "targets", route.targets)
        _clauses(report, route, clauses)
        _merge(report, route)
        _start(report, route)
        if len(route.targets) > 1:
            for target in route.targets:
                if target.text in outline.ends:
                    report.add(say.end_among_targets(target.text, target.span))
    first = frozenset(mode.step.text for mode in outline.decl.first)
    for group, rivals in groups(routes).items():
        _group(report, rivals, clauses, ordered=bool(group[0] & first))


def groups(routes: Iterable[RouteDecl]) -> dict[Group, list[RouteDecl]]:
    """Return routes by the group they are chosen in, in written order."""
    found: dict[Group, list[RouteDecl]] = {}
    for route in routes:
        key = (frozenset(source.text for source in route.sources), route.trigger, merge_count(route), is_race(route))
        found.setdefault(key, []).append(route)
    return found


def _twice(report: Report, what: str, names: tuple[Ident, ...]) -> None:
    seen: dict[str, Span] = {}
    for name in names:
        if name.text in seen:
            report.add(say.same_place(what, name.text, name.span, seen[name.text]))
        seen.setdefault(name.text, name.span)


def _clauses(report: Report, route: RouteDecl, clauses: Clauses) -> None:
    if route.when is not None and route.otherwise:
        report.add(say.when_and_otherwise(clauses.of(route, "otherwise")))
    for written, _ in handed(route):
        _people(report, written)
    if route.bound is not None and len(route.targets) > 1:
        report.add(say.back_to_several(route.bound.span))


def _people(report: Report, clauses: RouteDecl | WayOut) -> None:
    approval = clauses.approval
    if approval is not None and approval.within is None:
        report.add(say.approval_without_expiry(approval.role.text, approval.span))
    if approval is not None and approval.of is not None and approval.count > approval.of:
        report.add(say.too_few_people(approval.count, approval.of, approval.span))
    for escalation in clauses.escalations:
        if escalation.on_expiry and approval is None:  # one without `within` is reported as such
            report.add(say.expiry_without_deadline(escalation.span))
    stand_ins = [escalation for escalation in clauses.escalations if escalation.on_expiry]
    for again in stand_ins[1:]:
        report.add(repeated_clause("escalate ... on expiry", stand_ins[0].span, again.span))


def _merge(report: Report, route: RouteDecl) -> None:
    count = len(route.sources)
    if count > 1 and route.trigger is not None:
        report.add(say.join_with_trigger(route.trigger, route.span))
    if route.merge is None:
        return
    if count == 1:
        report.add(say.merge_of_one(route.merge.span))
        return
    if route.merge.of is not None and route.merge.of != count:
        report.add(say.merge_of(route.merge.of, count, route.merge.span))
    elif route.merge.count is not None and not 1 <= route.merge.count <= count:
        report.add(say.merge_count(route.merge.count, count, route.merge.span))


def _start(report: Report, route: RouteDecl) -> None:
    start = next((source for source in route.sources if source.text == START), None)
    if start is None:
        return
    if len(route.sources) > 1:
        report.add(say.start_alone("have other sources", start.span))
    if route.trigger is not None:
        report.add(say.start_alone(f"be taken on {route.trigger}", route.span))


def _group(report: Report, routes: list[RouteDecl], clauses: Clauses, *, ordered: bool) -> None:
    source = " and ".join(f"`{name.text}`" for name in routes[0].sources)
    others = [route for route in routes if route.otherwise and route.when is None]
    for route in others[1:]:
        report.add(say.two_otherwise(source, clauses.of(route, "otherwise"), clauses.of(others[0], "otherwise")))
    if ordered or len(routes) == 1:
        return
    always = [route for route in routes if route.when is None and not route.otherwise]
    if len(always) > 1:
        targets = ", ".join(dict.fromkeys(target.text for route in always for target in route.targets))
        together = f"{', '.join(name.text for name in routes[0].sources)} -> {targets}"
        report.add(say.two_unconditional(source, place(always[1]), place(always[0]), together))
    elif always:
        beside = next(route for route in routes if route is not always[0])
        report.add(say.two_unconditional(source, place(always[0]), place(beside), ""))
    else:
        _implied(report, source, routes)


def _implied(report: Report, source: str, routes: list[RouteDecl]) -> None:
    """Report conditions that another route's condition is a part of, word by word: `a && b` beside `a`."""
    conditions = [route.when for route in routes if route.when is not None and not route.otherwise]
    asked = [_conjuncts(condition) for condition in conditions]
    holding: dict[Expression, list[int]] = {}
    for at, parts in enumerate(asked):
        for part in parts:
            holding.setdefault(part, []).append(at)
    # One condition is a part of another only if its rarest part is there too: few are compared, not all pairs.
    rarest = [min(parts, key=lambda part: len(holding[part])) for parts in asked]
    by_rarest: dict[Expression, list[int]] = {}
    for later, parts in enumerate(asked):
        near = {*holding[rarest[later]], *(at for part in parts for at in by_rarest.get(part, ()))}
        for earlier in sorted(at for at in near if at < later):
            narrow, wide = (earlier, later) if parts < asked[earlier] else (later, earlier)
            if asked[wide] <= asked[narrow]:
                first = routes[0].sources[0].text
                report.add(say.implied(source, first, conditions[narrow].span, conditions[wide].span))
                break
        by_rarest.setdefault(rarest[later], []).append(later)


def _conjuncts(condition: Expression) -> frozenset[Expression]:
    waiting, found = [condition], set[Expression]()
    while waiting:
        match waiting.pop():
            case Call(function="_&&_", arguments=arguments, receiver=None):
                waiting.extend(arguments)
            case part:
                found.add(part)
    return frozenset(found)


def place(route: RouteDecl) -> Span:
    """Return the place of a route's sources and targets, without its clauses."""
    return route.sources[0].span.to(route.targets[-1].span)
