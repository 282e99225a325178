"""Routes of two versions of a workflow: when each leads where, with which scopes, approvals and fields.

Routes are compared by where they lead from and to. When the routes of one step each lead to the same places for the
same values, with the same scopes, approvals and fields, the runs are the same; so each place is compared by itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from interlock_dsl.analysis.diff.amounts import deadline
from interlock_dsl.analysis.diff.demanded import demanding
from interlock_dsl.analysis.diff.difference import (
    Comparing,
    Difference,
    Direction,
    Region,
    Terrain,
    alike,
    compared,
)
from interlock_dsl.analysis.facts import RouteFacts, StepFacts
from interlock_dsl.analysis.knowledge.groups import Group
from interlock_dsl.analysis.links import merge_count
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.reasoning.reasoner import Reasoner
from interlock_dsl.analysis.values.problem import Case, Claim, Statement
from interlock_dsl.cel.types import DYN, STRING, Field, RecordType, Type
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.builtins import TOOL
from interlock_dsl.syntax.tree import Approval, Bound

Ends: TypeAlias = tuple[frozenset[str], str | None, int, frozenset[str]]
"""Sources, trigger, how many of the sources must arrive, targets."""


@dataclass(frozen=True, slots=True)
class _Side:
    """The routes of one version with the same ends, each with its group."""

    questions: Questions
    routes: tuple[tuple[RouteFacts, Group], ...]


def routes(old: Questions, new: Questions, reasoner: Reasoner, subject: str) -> Iterator[Difference]:
    """Yield in what the routes differ."""
    before, now = _by_ends(old), _by_ends(new)
    terrain = terrain_of(old, new)
    for ends in dict.fromkeys((*before, *now)):
        if ends in before and ends not in now and _merged_otherwise(ends, now, before) is not None:
            continue
        was = ends if ends in before else _merged_otherwise(ends, before, now) or ends
        sides = _Side(old, before.get(was, ())), _Side(new, now.get(ends, ()))
        if was != ends:
            yield _merged(was, ends, subject, _place(sides[1]))
        if _same(*sides):
            continue
        yield from _compared(*sides, ends, reasoner, terrain, subject)


def _by_ends(questions: Questions) -> Mapping[Ends, tuple[tuple[RouteFacts, Group], ...]]:
    found: dict[Ends, tuple[tuple[RouteFacts, Group], ...]] = {}
    for route in questions.workflow.routes:
        link = route.link
        ends = frozenset(link.sources), link.decl.trigger, merge_count(link.decl), frozenset(link.targets)
        found[ends] = (*found.get(ends, ()), (route, questions.arrivals.group(route)))
    return found


def _merged_otherwise(ends: Ends, there: Mapping[Ends, object], without: Mapping[Ends, object]) -> Ends | None:
    """Return the ends that differ in nothing but how many sources must arrive, if only one of two versions has them."""
    sources, trigger, _, targets = ends
    versions = ((there, without), (without, there))
    others, same = (
        [e for e in one if (e[0], e[1], e[3]) == (sources, trigger, targets) and e not in other]
        for one, other in versions
    )
    return others[0] if len(others) == len(same) == 1 else None


def _merged(old: Ends, new: Ends, subject: str, span: Span | None) -> Difference:
    """Return what it means that another number of sources must arrive."""
    many, before, now = len(new[0]), old[2], new[2]
    needs = [f"all of its {many} sources" if n == many else f"{n} of its {many} sources" for n in (now, before)]
    direction = Direction.PERMITS if now < before else Direction.REFUSES
    return Difference(direction, subject, f"{_named(new)} needs {needs[0]}, not {needs[1]}", span)


def _same(old: _Side, new: _Side) -> bool:
    """Say whether routes and the groups they are chosen from are written alike."""

    def written(side: _Side) -> object:
        return [
            (route.link.decl, [each.link.decl for each in group.routes], group.first) for route, group in side.routes
        ]

    return written(old) == written(new)


def _compared(
    old: _Side, new: _Side, ends: Ends, reasoner: Reasoner, terrain: Terrain, subject: str
) -> Iterator[Difference]:
    name, span = _named(ends), _place(new) or _place(old)
    about = Comparing(reasoner, subject, terrain, span, _reached(old), _reached(new))
    yield from compared(about, (_taken(old), _taken(new)), f"{name} is taken", f"{name} is not taken")
    if not old.routes or not new.routes:
        return
    # What a route has of its own is compared where both versions take it.
    about = replace(about, before=_both(about.before, _taken(new).cases), now=_both(about.now, _taken(old).cases))
    for scope in sorted(_scopes(old) | _scopes(new)):
        regions = [_granting(side, scope) for side in (old, new)]
        yield from compared(about, regions, f"{name} grants `{scope}`", f"{name} does not grant `{scope}`")
    for role, count in sorted(_approvals(old) | _approvals(new)):
        people = f"{count} of {role}" if count > 1 else role
        without, with_it = f"{name} needs no approval by {people}", f"{name} needs an approval by {people}"
        found = compared(about, (_unapproved(side, role, count) for side in (old, new)), without, with_it)
        demands = [demanding(side.questions, ends[3], role, count) for side in (old, new)]
        yield from (_demanded(each, *demands) for each in found)
    for field in sorted(_passes(old) | _passes(new)):
        regions = [_passing(side, field) for side in (old, new)]
        yield from compared(about, regions, f"{name} shows `{field}`", f"{name} does not show `{field}`")
    yield from _clauses(old, new, name, subject, span)


def _demanded(found: Difference, before: str | None, now: str | None) -> Difference:
    """Return a difference in who approves; it permits or refuses no call where a promise asks for the same anyway."""
    promise, denies = (now, "denies") if found.direction is Direction.PERMITS else (before, "denied")
    if promise is None or found.direction not in (Direction.PERMITS, Direction.REFUSES):
        return found
    return replace(found, direction=Direction.CHANGES, text=f"{found.text}; `{promise}` {denies} calls without it")


def _both(one: Sequence[Case], other: Sequence[Case]) -> tuple[Case, ...]:
    return tuple(Case((*a.statements, *b.statements), a.present, a.absent) for a in one for b in other)


def _reached(side: _Side) -> tuple[Case, ...]:
    """Return what is known where routes are considered."""
    groups = {id(group): group for _, group in side.routes}
    arrivals = (arrival for group in groups.values() for arrival in side.questions.arrivals.before(group))
    return tuple(Case(each.claims, frozenset(each.written), frozenset(each.absent)) for each in arrivals)


def _case(route: RouteFacts, group: Group, more: tuple[Statement, ...] = ()) -> Case:
    """Return when a route is taken, of the routes that are chosen from together."""
    return Case((*group.taken(route), *more))


def _taken(side: _Side) -> Region:
    return Region(tuple(_case(route, group) for route, group in side.routes))


def _granting(side: _Side, scope: str) -> Region:
    return Region(
        tuple(
            _case(route, group, () if grant.where is None else (Claim(grant.where),))
            for route, group in side.routes
            for each in (route, route.out)
            for grant in (() if each is None else each.grants)
            if any(name.text == scope for name in grant.decl.scopes)
        )
    )


def _unapproved(side: _Side, role: str, count: int) -> Region:
    return Region(tuple(_case(route, group) for route, group in side.routes if not _asks(route.approval, role, count)))


def _passing(side: _Side, field: str) -> Region:
    return Region(
        tuple(_case(route, group) for route, group in side.routes if any(each.text == field for each in route.passes))
    )


def _clauses(old: _Side, new: _Side, name: str, subject: str, span: Span | None) -> Iterator[Difference]:
    """Yield the clauses that differ and are neither conditions, scopes, fields nor who approves."""
    yield from _bounds(old, new, name, subject, span)
    races = [any(route.link.race for route, _ in side.routes) for side in (old, new)]
    if races[0] != races[1]:
        said = "undoes what the branches did that lose" if races[1] else "leaves what the other branches did"
        yield Difference(Direction.CHANGES, subject, f"{name} {said}", span)
    yield from _told(old, new, name, subject, span)


def _bounds(old: _Side, new: _Side, name: str, subject: str, span: Span | None) -> Iterator[Difference]:
    """Yield how often routes back are taken, what they undo, and where they lead once that is used up."""
    before, now = ([route.link.decl.bound for route, _ in side.routes] for side in (old, new))
    if len(before) != len(now):
        if [each for each in before if each] != [each for each in now if each]:
            yield Difference(Direction.CHANGES, subject, f"{name} has another bound, or another way out", span)
        return
    for one, other in zip(before, now, strict=True):
        if one == other:
            continue
        if one is None or other is None:
            text = f"{name} is taken {'at most ' + _times(other) if other else 'any number of times'}"
            yield Difference(Direction.REFUSES if other else Direction.PERMITS, subject, text, span)
            continue
        if one.times != other.times:
            way = Direction.PERMITS if other.times > one.times else Direction.REFUSES
            yield Difference(way, subject, f"{name} is taken at most {_times(other)}, not at most {_times(one)}", span)
        if one.backtracks != other.backtracks:
            said = "takes back" if other.backtracks else "keeps"
            text = f"{name} {said} what was done since its target was entered"
            yield Difference(Direction.CHANGES, subject, text, span)
        if one.then != other.then:
            out, was = ("nowhere" if each.then is None else f"to `{each.then}`" for each in (other, one))
            yield Difference(Direction.CHANGES, subject, f"the way out of {name} leads {out}, not {was}", span)
        elif one.own != other.own:
            yield Difference(Direction.CHANGES, subject, f"the way out of {name} has other clauses", span)


def _times(bound: Bound) -> str:
    return "once" if bound.times == 1 else f"{bound.times} times"


def _told(old: _Side, new: _Side, name: str, subject: str, span: Span | None) -> Iterator[Difference]:
    """Yield how long approvals are waited for, and whom else a route tells."""
    before, now = ([(r.link.decl.escalations, r.approval) for r, _ in side.routes] for side in (old, new))
    if len(before) != len(now):
        sets = [{(told, None if by is None else _within(by)) for told, by in each} for each in (before, now)]
        if sets[0] != sets[1]:
            yield Difference(Direction.CHANGES, subject, f"{name} tells or waits for people otherwise", span)
        return
    for (one, asked), (other, asks) in zip(before, now, strict=True):
        if asked is not None and asks is not None:
            does = f"{name} waits for its approval"
            yield from deadline(subject, does, asked.within, asks.within, asks.span)
        if one != other:
            roles, others = ({each.role.text for each in told} for told in (one, other))
            for role in sorted(roles ^ others):
                verb = "tells" if role in others else "no longer tells"
                yield Difference(Direction.CHANGES, subject, f"{name} {verb} {role}", span)
            if roles == others:
                yield Difference(Direction.CHANGES, subject, f"{name} tells people otherwise", span)


def _within(approval: Approval) -> int | None:
    return None if approval.within is None else approval.within.micros


def _asks(approval: Approval | None, role: str, count: int) -> bool:
    return approval is not None and approval.role.text == role and approval.count >= count


def _scopes(side: _Side) -> set[str]:
    every = (each for route, _ in side.routes for each in (route, route.out) if each is not None)
    return {scope.text for each in every for grant in each.grants for scope in grant.decl.scopes}


def _approvals(side: _Side) -> set[tuple[str, int]]:
    return {(r.approval.role.text, r.approval.count) for r, _ in side.routes if r.approval is not None}


def _passes(side: _Side) -> set[str]:
    return {field.text for route, _ in side.routes for field in route.passes}


def _named(ends: Ends) -> str:
    sources, trigger, _, targets = ends
    way = f"`{', '.join(sorted(sources))} -> {', '.join(sorted(targets))}`"
    return way if trigger is None else f"{way} on {trigger}"


def _place(side: _Side) -> Span | None:
    if not side.routes:
        return None
    decl = side.routes[0][0].link.decl
    return decl.sources[0].span.to(decl.targets[-1].span)


def terrain_of(old: Questions, new: Questions) -> Terrain:
    """Return the variables of both versions; the new one says of what type they are."""
    types: dict[str, Type] = {**old.variables, **new.variables}
    for name in old.variables.keys() & new.variables.keys():
        if not alike(old.variables[name], new.variables[name]):
            types[name] = DYN
    arguments: dict[str, Type] = {"args": _arguments(new), "tool": TOOL, "agent": STRING}
    steps: Mapping[str, StepFacts] = {**old.workflow.steps, **new.workflow.steps}
    optional = {name for each in (old, new) for name, f in each.workflow.parameters.fields.items() if f.optional}
    return Terrain({**types, **arguments}, frozenset(optional) | frozenset(steps))


def _arguments(questions: Questions) -> Type:
    """Return the type of `args`: every argument of a tool of the workflow may be there, if it has one type."""
    found: dict[str, Field] = {}
    for tool in questions.facts.tools.values():
        for name, field in tool.parameters.fields.items():
            known = found.get(name)
            one_type = known is None or known.type == field.type
            found[name] = Field(field.type if one_type else DYN, optional=True)
    return RecordType("", found)
