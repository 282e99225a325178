"""Phrases about routes and rules that the messages of several rules share."""

from interlock_dsl.analysis.facts import RouteFacts, RuleFacts
from interlock_dsl.analysis.knowledge.groups import Group
from interlock_dsl.diagnostics.source import Span


def sources(group: Group) -> str:
    """Return the sources of a group: "`a` and `b`"."""
    return " and ".join(f"`{source}`" for source in group.sources)


def after(group: Group) -> str:
    """Return what the routes of a group follow: "`a`", or "`a` on failure"."""
    return sources(group) + (f" on {group.trigger}" if group.trigger is not None else "")


def place(route: RouteFacts) -> Span:
    """Return the place of a route's condition, or of its ends where it has none."""
    if route.when is not None:
        return route.when.expression.span
    return ends(route)


def ends(route: RouteFacts) -> Span:
    """Return the place of a route's sources and targets."""
    decl = route.link.decl
    return decl.sources[0].span.to(decl.targets[-1].span)


def targets(route: RouteFacts) -> str:
    """Return where a route leads: "`a` and `b`"."""
    return " and ".join(f"`{target}`" for target in route.link.targets)


def conditions(rule: RuleFacts) -> Span:
    """Return the place of a rule's conditions, or of its tools where it has none."""
    written = [condition for condition in (rule.decl.when, rule.decl.unless) if condition is not None]
    return written[0].span.to(written[-1].span) if written else rule.decl.patterns[0].span
