"""What the machine looks up at every step, worked out once for each program and shared by all its runs.

Nothing here depends on a run: which routes leave a step and compete, what a route hands over, which joins a step leads
to, which rules a tool falls under.
"""

import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from interlock.decide import Authorizer
from interlock.decide.index import matches
from interlock.run.protocol.events import Json
from interlock_dsl.cel.types import Basic, DoubleType, IntType, ListType, MapType, RecordType, StringType, Type
from interlock_dsl.program.model import Agent, AgentStep, Grant, NeverRule, Program, Role, Route, Tool, Workflow
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

    `first`: the first that matches, in the order written. `sources` and `needed` say when a join is decided.
    """

    key: str
    routes: tuple[PlannedRoute, ...]
    first: bool = False
    sources: tuple[str, ...] = ()
    needed: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class WorkflowPlan:
    """A workflow, with everything found by name."""

    workflow: Workflow
    leaving: Mapping[str, Group]
    joins: Mapping[str, tuple[Group, ...]]
    failing: Mapping[tuple[str, str], Group]
    nevers: Mapping[str, tuple[NeverRule, ...]]
    closed: dict[tuple[str, str], bool] = field(default_factory=dict)
    reach: dict[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Plan:
    """A program as the machine uses it."""

    digest: str
    tools: Mapping[str, Tool]
    agents: Mapping[str, Agent]
    roles: Mapping[str, Role]
    authorizer: Authorizer
    workflows: Mapping[str, WorkflowPlan]
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
    plan = Plan(
        program.digest, program.tools, program.agents, program.roles, Authorizer(program),
        {name: _plan_workflow(workflow, program) for name, workflow in program.workflows.items()},
    )  # fmt: skip
    _PLANS[key] = weakref.ref(program, lambda _: _PLANS.pop(key, None)), plan
    return plan


def _plan_workflow(workflow: Workflow, program: Program) -> WorkflowPlan:
    planned = {route.id: _plan_route(route, workflow) for route in workflow.routes}

    def group(key: str, routes: Iterable[Route], first: bool = False) -> Group:
        return Group(key, tuple(planned[route.id] for route in routes), first)

    leaving = {
        name: group(name, routes, name in workflow.first) for name, routes in workflow.routes_from.items() if routes
    }
    joins: dict[str, dict[str, Group]] = {}
    for name, routes in workflow.joins_from.items():
        for route in routes:
            key = f"{', '.join(route.sources)} ({route.merge})"
            joins.setdefault(name, {}).setdefault(
                key,
                Group(
                    key,
                    tuple(
                        planned[other.id]
                        for other in workflow.routes
                        if other.sources == route.sources and other.merge == route.merge and other.trigger is None
                    ),
                    any(source in workflow.first for source in route.sources),
                    route.sources,
                    route.merge,
                ),
            )
    failing: dict[tuple[str, str], list[Route]] = {}
    for name, routes in workflow.failure_routes.items():
        for route in routes:
            failing.setdefault((name, route.trigger or ""), []).append(route)
    return WorkflowPlan(
        workflow,
        leaving,
        {name: tuple(groups.values()) for name, groups in joins.items()},
        {at: group(f"{at[0]} on {at[1]}", routes, at[0] in workflow.first) for at, routes in failing.items()},
        {
            tool: tuple(never for never in workflow.nevers if matches(never.tool, tool))
            for tool in program.tools
            if any(matches(never.tool, tool) for never in workflow.nevers)
        },
    )


def _plan_route(route: Route, workflow: Workflow) -> PlannedRoute:
    grants = {target: _cut(route.grants, target, workflow) for target in route.targets}
    scopes = {target: frozenset[str]().union(*(grant.scopes for grant in held)) for target, held in grants.items()}
    out = None
    if route.bound is not None and route.bound.then is not None:
        plain = Route(route.id, route.sources, (route.bound.then,), route.bound.span)
        out = PlannedRoute(plain, {route.bound.then: ()}, {route.bound.then: frozenset()})
    return PlannedRoute(route, grants, scopes, out)


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
