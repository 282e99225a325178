"""Routes of joins at which a step reconciles the sources: each stands for two, of which the graph is made.

`a, b -> c merge all when X reconcile by s when C` is `a, b -> s merge all when X && C` beside
`a, b -> c merge all when X && !C`. Without an `X` of its own, the second has `otherwise`.
"""

from collections.abc import Iterable
from dataclasses import replace

from interlock_dsl.cel.tree import Call, Expression
from interlock_dsl.diagnostics.messages import joins as say
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.syntax.tree import Reconcile, RouteDecl, WayOut


def reconciled(routes: Iterable[RouteDecl], report: Report) -> list[RouteDecl]:
    """Return the routes that some routes stand for, and report those that cannot be told apart so."""
    found: list[RouteDecl] = []
    written = list(routes)
    for route in written:
        merge = route.merge
        if merge is None or merge.reconcile is None:
            found.append(route)
            continue
        reconcile, plain = merge.reconcile, replace(route, merge=replace(merge, reconcile=None))
        if _refused(route, reconcile, written, report):
            found.append(plain)
            continue
        own = reconcile.own or WayOut(span=reconcile.span)
        found.append(
            RouteDecl(
                route.sources,
                (reconcile.arbiter,),
                when=_both(route.when, reconcile.when),
                grants=own.grants,
                passes=own.passes,
                approval=own.approval,
                escalations=own.escalations,
                merge=plain.merge,
                span=reconcile.span,
            )
        )
        if route.when is None:
            found.append(replace(plain, otherwise=True))
        else:
            found.append(replace(plain, when=_both(route.when, _not(reconcile.when))))
    return found


def _both(first: Expression | None, second: Expression) -> Expression:
    if first is None:
        return second
    return Call("_&&_", (first, second), second.span, second.span)


def _not(condition: Expression) -> Expression:
    return Call("!_", (condition,), condition.span, condition.span)


def _refused(route: RouteDecl, reconcile: Reconcile, routes: Iterable[RouteDecl], report: Report) -> bool:
    arbiter, target = reconcile.arbiter, route.targets[0].text
    if len(route.sources) < 2 or route.trigger is not None:
        return True  # reported as what it is: no join
    if route.otherwise:
        report.add(say.reconciles_otherwise(reconcile.span))
    elif len(route.targets) > 1 or route.bound is not None:
        report.add(say.reconciles_several(reconcile.span))
    elif arbiter.text in {name.text for name in (*route.sources, *route.targets)}:
        report.add(say.reconciles_itself(arbiter.text, arbiter.span))
    elif not any(_leads(each, arbiter.text, target) for each in routes):
        report.add(say.leads_elsewhere(arbiter.text, target, arbiter.span))
    else:
        return False
    return True


def _leads(route: RouteDecl, source: str, target: str) -> bool:
    """Say whether a route leads from a step alone to another, as soon as it is done."""
    alone = len(route.sources) == 1 and route.sources[0].text == source
    return alone and route.trigger is None and any(name.text == target for name in route.targets)
