"""What the machine looks up at every step, worked out once for each program and shared by all its runs.

Nothing here depends on a run: which routes leave a step and compete, what a route hands over, which joins a step leads
to, which rules a tool falls under.
"""

import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from interlock.decide.evaluator import Evaluator
from interlock.run.branching import Branching, branching_of
from interlock.run.limits import Limits, limits_of
from interlock.run.protocol.events import Json
from interlock_dsl.cel.types import Basic, DoubleType, IntType, ListType, MapType, RecordType, StringType, Type
from interlock_dsl.program.model import (
    Agent,
    AgentStep,
    CallStep,
    EventStep,
    Grant,
    Program,
    Role,
    Route,
    TableStep,
    TimeStep,
    Tool,
    Workflow,
    fan_out,
)
from interlock_dsl.program.paths import workflows_in
from interlock_dsl.program.promises import Always, NeverBefore, NeverUnapproved
from interlock_dsl.schema import encode


@dataclass(frozen=True, slots=True, eq=False)
class PlannedRoute:
    """A route and what it hands to each target: grants cut to what the target may hold at all, and their scopes.

    `out` is the way out of a route that was taken as often as it may be: plain, it hands nothing over.
    """

    route: Route
    grants: Mapping[str, tuple[Grant, ...]]
    scopes: Mapping[str, frozenset[str]]
    out: "PlannedRoute | None" = None

    @property
    def id(self) -> str:
        """The route's id."""
        return self.route.id


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Routes that compete: exactly one is taken. Those of one step, of one join, or of one step after one trigger.

    `first`: the first that matches, in the order written. `sources` and `needed` say when a join is decided, and
    whether it is a `race`.
    """

    key: str
    routes: tuple[PlannedRoute, ...]
    first: bool = False
    sources: tuple[str, ...] = ()
    needed: int = 1
    race: bool = False

    @property
    def targets(self) -> frozenset[str]:
        """Where its routes lead, ways out too."""
        ways = [way.route for planned in self.routes for way in (planned, planned.out) if way is not None]
        return frozenset(target for route in ways for target in route.targets)

    @property
    def hasty(self) -> bool:
        """Whether it is a join that does not wait for all of its sources."""
        return self.needed < len(self.sources)


@dataclass(frozen=True, slots=True, eq=False)
class WorkflowPlan:
    """A workflow, with everything found by name.

    `nevers` are the promises about calls of a tool, `always` those about outputs, `judged` the latter by the parameters
    and steps that they read; `marked` is what routes discard that backtrack, by where they lead; `awaited` are the
    tools of which a call must have returned before some other is made, `events` those that steps wait for, with the
    types of their data. `records` are the parameters and steps whose values are records. `branching` says which
    branches there are, None where nothing races.
    """

    workflow: Workflow
    leaving: Mapping[str, Group]
    joins: Mapping[str, tuple[Group, ...]]
    failing: Mapping[tuple[str, str], Group]
    nevers: Mapping[str, tuple[NeverUnapproved | NeverBefore, ...]]
    always: tuple[Always, ...]
    judged: Mapping[str, tuple[Always, ...]]
    marked: Mapping[str, tuple[str, ...]]
    awaited: frozenset[str]
    limits: Limits
    evaluator: Evaluator
    events: Mapping[str, tuple[Type | None, ...]]
    records: frozenset[str]
    branching: Branching | None
    _onward: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    _passed: dict[str, tuple[Group, ...]] = field(default_factory=dict)

    def onward(self, step: str, besides: Group | None = None) -> frozenset[str]:
        """Return what ordinary routes, back ones too, lead to from a step, itself included.

        The routes of one group (`besides`) are left out.
        """
        key = step, "" if besides is None else besides.key
        known = self._onward.get(key)
        if known is None:
            known = self._onward[key] = _onward(self.workflow, step, besides)
        return known

    def passed(self, join: Group) -> tuple[Group, ...]:
        """Return the joins that do not wait for all and that are passed with a join: itself, and those before it."""
        known = self._passed.get(join.key)
        if known is None:
            hasty = {group.key: group for groups in self.joins.values() for group in groups if group.hasty}
            sources = frozenset(join.sources)
            found = (group for group in hasty.values() if group is join or sources & _behind(self.workflow, group))
            known = self._passed[join.key] = tuple(found)
        return known


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Plan:
    """A program as the machine uses it."""

    digest: str
    tools: Mapping[str, Tool]
    agents: Mapping[str, Agent]
    roles: Mapping[str, Role]
    evaluator: Evaluator
    workflows: Mapping[str, WorkflowPlan]
    context: RecordType | None = None
    _plain: dict[int, bool] = field(default_factory=dict)

    def shown(self, type: Type, value: object) -> Json:
        """Return the JSON form of a value of one of the program's types, without copying what is JSON already."""
        plain = self._plain.get(id(type))
        if plain is None:
            plain = self._plain[id(type)] = _is_json(type)
        return cast(Json, value if plain else encode(type, value))


_PLANS: dict[int, tuple["weakref.ref[Program]", Plan]] = {}


def plan_of(program: Program) -> Plan:
    """Return the plan of a program, made the first time it is asked for and kept as long as the program lives."""
    known = _PLANS.get(id(program))
    if known is not None and known[0]() is program:
        return known[1]
    key = id(program)
    evaluator = Evaluator(program)

    def planned(workflow: Workflow) -> WorkflowPlan:
        own = Evaluator(program, workflow.rules) if workflow.rules else evaluator
        records = frozenset(_records(program, workflow))
        return _plan_workflow(workflow, own, _events(workflows_in(program, workflow.name)), records)

    plan = Plan(
        program.digest, program.tools, program.agents, program.roles, evaluator,
        {name: planned(workflow) for name, workflow in program.workflows.items()},
        program.context,
    )  # fmt: skip
    _PLANS[key] = weakref.ref(program, lambda _: _PLANS.pop(key, None)), plan
    return plan


def _plan_workflow(
    workflow: Workflow,
    evaluator: Evaluator,
    events: Mapping[str, tuple[Type | None, ...]],
    records: frozenset[str],
) -> WorkflowPlan:
    leaving, joins, failing = _groups(workflow)
    nevers = [promise for promise in workflow.promises if isinstance(promise, NeverUnapproved | NeverBefore)]
    always = tuple(promise for promise in workflow.promises if isinstance(promise, Always))
    return WorkflowPlan(
        workflow,
        leaving,
        joins,
        failing,
        {tool: tuple(never for never in nevers if tool in never.tools) for each in nevers for tool in each.tools},
        always,
        {name: tuple(each for each in always if name in each.reads) for promise in always for name in promise.reads},
        {route.targets[0]: route.bound.discards for route in workflow.routes if route.bound and route.bound.discards},
        frozenset[str]().union(*(never.first for never in nevers if isinstance(never, NeverBefore))),
        limits_of(workflow),
        evaluator,
        events,
        records,
        branching_of(workflow),
    )


def _events(workflows: Iterable[Workflow]) -> dict[str, tuple[Type | None, ...]]:
    found: dict[str, tuple[Type | None, ...]] = {}
    for step in (step for workflow in workflows for step in workflow.steps.values()):
        if isinstance(step, EventStep):
            found[step.event] = (*found.get(step.event, ()), step.data)
    return found


def _records(program: Program, workflow: Workflow) -> Iterator[str]:
    """Yield the parameters and steps whose values are records."""
    for name, declared in workflow.parameters.fields.items():
        if isinstance(declared.type, RecordType):
            yield name
    for name, step in workflow.steps.items():
        if fan_out(step) is not None:
            continue
        match step:
            case CallStep(call=call):
                is_record = isinstance(program.tools[call.tool].result, RecordType)
            case EventStep(data=data):
                is_record = isinstance(data, RecordType)
            case TimeStep():
                is_record = False
            case TableStep(table=table):
                is_record = table.hit != "collect"
            case _:
                is_record = True
        if is_record:
            yield name


def _groups(
    workflow: Workflow,
) -> tuple[dict[str, Group], dict[str, tuple[Group, ...]], dict[tuple[str, str], Group]]:
    """Return the groups of routes on the edges of a workflow: by step, by source of a join, by step and trigger."""
    own: dict[str, list[PlannedRoute]] = {}
    failing: dict[tuple[str, str], list[PlannedRoute]] = {}
    meeting: dict[tuple[tuple[str, ...], int, bool], list[PlannedRoute]] = {}
    for planned in _routes(workflow):
        route = planned.route
        source = route.sources[0]
        if route.trigger is not None:
            failing.setdefault((source, route.trigger), []).append(planned)
        elif source == route.sources[-1]:
            own.setdefault(source, []).append(planned)
        else:
            meeting.setdefault((route.sources, route.merge, route.race), []).append(planned)
    first = workflow.first
    joins: dict[str, list[Group]] = {}
    for (sources, needed, race), routes in meeting.items():
        ordered = not first.isdisjoint(sources)
        group = Group(f"{', '.join(sources)} ({needed})", tuple(routes), ordered, sources, needed, race)
        for source in sources:
            joins.setdefault(source, []).append(group)
    return (
        {name: Group(name, tuple(routes), name in first) for name, routes in own.items()},
        {name: tuple(groups) for name, groups in joins.items()},
        {at: Group(f"{at[0]} on {at[1]}", tuple(routes), at[0] in first) for at, routes in failing.items()},
    )


def _routes(workflow: Workflow) -> list[PlannedRoute]:
    """Return the routes on the edges of a workflow in the order written, each with the ends that edges give it."""
    taken: dict[int, Route] = {}
    outs: dict[int, Route] = {}
    ends: dict[str, tuple[set[str], set[str]]] = {}
    for source, target, data in workflow.network.edges(data=True):
        route: Route = data["route"]
        (outs if data["way"] == "out" else taken)[data["number"]] = route
        sources, targets = ends.setdefault(route.id, (set(), set()))
        sources.add(source)
        targets.add(target)
    return [_plan_route(taken[number], outs.get(number), ends, workflow) for number in sorted(taken)]


def _plan_route(
    route: Route, out: Route | None, ends: Mapping[str, tuple[set[str], set[str]]], workflow: Workflow
) -> PlannedRoute:
    sources, targets = ends[route.id]
    if len(sources) < len(route.sources) or len(targets) < len(route.targets):
        route = replace(
            route,
            sources=tuple(name for name in route.sources if name in sources),
            targets=tuple(name for name in route.targets if name in targets),
        )
    grants = {target: _cut(route.grants, target, workflow) for target in route.targets}
    scopes = {target: frozenset[str]().union(*(grant.scopes for grant in held)) for target, held in grants.items()}
    way_out = None if out is None else _plan_route(out, None, ends, workflow)
    return PlannedRoute(route, grants, scopes, way_out)


def _onward(workflow: Workflow, step: str, besides: Group | None) -> frozenset[str]:
    # Imported when first needed: it is asked for at joins that do not wait for all, and loads slowly.
    from networkx import descendants

    from interlock_dsl.program.graph import without

    left_out = () if besides is None else besides.routes
    closed = {planned.id for route in left_out for planned in (route, route.out) if planned is not None}
    edges = workflow.network.edges(keys=True, data=True)
    hidden = [(s, t, id) for s, t, id, data in edges if id in closed or data["route"].trigger is not None]
    return frozenset({step, *descendants(without(workflow.network, hidden), step)})


def _behind(workflow: Workflow, join: Group) -> frozenset[str]:
    """Return what routes that lead forward lead to from a join."""
    # Imported when first needed: it is asked for at joins, where some do not wait for all, and loads slowly.
    from networkx import descendants

    return join.targets.union(*(descendants(workflow.graph, target) for target in join.targets))


def _cut(grants: tuple[Grant, ...], target: str, workflow: Workflow) -> tuple[Grant, ...]:
    """Cut what a route hands over to what the workflow and the target's agent may ever hold."""
    step = workflow.steps.get(target)
    ceiling = workflow.may
    if isinstance(step, AgentStep):
        ceiling = step.agent.may if ceiling is None else ceiling & step.agent.may
    if ceiling is None:
        return grants
    return cut_grants(grants, ceiling)


def _is_json(type: Type) -> bool:
    """Whether a fitted value of a type is its own JSON form."""
    match type:
        case IntType() | DoubleType() | StringType():
            return True
        case Basic(name):
            return name in ("bool", "null_type", "dyn")
        case ListType(element):
            return _is_json(element)
        case MapType(key, value):
            return isinstance(key, StringType) and _is_json(value)
        case RecordType(fields=fields):
            return all(_is_json(field.type) for field in fields.values())
        case _:
            return False


def cut_grants(grants: tuple[Grant, ...], ceiling: frozenset[str]) -> tuple[Grant, ...]:
    """Return grants with no scope beyond a ceiling."""
    return tuple(
        grant if grant.scopes <= ceiling else Grant(grant.scopes & ceiling, grant.where, grant.span)
        for grant in grants
        if grant.scopes & ceiling
    )
