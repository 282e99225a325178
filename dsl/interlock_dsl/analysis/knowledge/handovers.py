"""What the routes of a workflow hand over to the steps they lead to: scopes, fields, approvals."""

from collections.abc import Iterator

from interlock_dsl.analysis.facts import (
    AgentStepFacts,
    CallStepFacts,
    Facts,
    RouteFacts,
    RunStepFacts,
    StepFacts,
    WorkflowFacts,
)
from interlock_dsl.analysis.knowledge.inside import inside
from interlock_dsl.program.model import Agent
from interlock_dsl.syntax.tree import AgentDecl


def ways(workflow: WorkflowFacts) -> Iterator[RouteFacts]:
    """Yield every route of a workflow, and behind it its way out: each has its own clauses."""
    for route in workflow.routes:
        yield route
        if route.out is not None:
            yield route.out


def ways_into(workflow: WorkflowFacts) -> dict[str, list[RouteFacts]]:
    """Return the routes and ways out that lead to each step and end, in the order written."""
    found: dict[str, list[RouteFacts]] = {name: [] for name in (*workflow.steps, *workflow.ends)}
    for route in ways(workflow):
        for target in route.link.targets:
            found[target].append(route)
    return found


def in_hand(route: RouteFacts, step: AgentStepFacts | CallStepFacts, facts: Facts) -> frozenset[str]:
    """Return the scopes that a step holds when a route leads to it, whatever the `where` of the grants says."""
    scopes = frozenset(scope.text for grant in route.grants for scope in grant.decl.scopes)
    if isinstance(step, AgentStepFacts):
        scopes &= frozenset(scope.text for scope in facts.agents[step.decl.agent.text].may)
    return scopes


def shown(route: RouteFacts, step: AgentStepFacts, facts: Facts) -> list[str]:
    """Return the tools that an agent is shown when a route leads to its step."""
    scopes = in_hand(route, step, facts)
    return [name for name in step.tools if name in facts.tools and facts.tools[name].needs <= scopes]


def turns_of(decl: AgentDecl) -> int:
    """Return how many exchanges an attempt of an agent has; in the last one it can only answer."""
    return Agent(decl.name.text, decl.span).turns if decl.turns is None else decl.turns


def offered(workflow: WorkflowFacts, facts: Facts) -> dict[str, set[str]]:
    """Return the tools that an agent is shown at each of the agents' steps, by any route."""
    into = ways_into(workflow)
    steps = {name: step for name, step in workflow.steps.items() if isinstance(step, AgentStepFacts)}
    return {n: {tool for route in into[n] for tool in shown(route, step, facts)} for n, step in steps.items()}


def undos(tools: set[str], facts: Facts) -> set[str]:
    """Return the tools by which calls of some tools are undone."""
    return {undo.tool for name in tools if name in facts.tools and (undo := facts.tools[name].undo) is not None}


def fallbacks(tools: set[str], facts: Facts) -> set[str]:
    """Return the tools that are called where calls of some tools have failed."""
    known = (facts.tools[name].fallback for name in tools if name in facts.tools)
    return {fallback.tool for fallback in known if fallback is not None}


def called(workflow: WorkflowFacts) -> set[str]:
    """Return the tools that the steps of a workflow call themselves."""
    return {step.call.tool for step in workflow.steps.values() if isinstance(step, CallStepFacts)}


def callable_tools(workflow: WorkflowFacts, facts: Facts) -> set[str]:
    """Return the tools of which a call can come about in a run of a workflow, inside too: steps, agents, undoing."""
    found = _called_inside(workflow, facts)
    found |= fallbacks(found, facts)
    return found | undos(found, facts)


def _called_inside(workflow: WorkflowFacts, facts: Facts) -> set[str]:
    """Return the tools that steps and agents can call in a run of a workflow, at any depth."""
    found: set[str] = set()
    for each in (workflow, *inside(workflow, facts)):
        found |= called(each).union(*offered(each, facts).values())
    return found


def without_undo(step: StepFacts, hands: dict[str, set[str]], facts: Facts) -> list[str]:
    """Return the tools that a step can call, inside too, that change something and that nothing undoes, sorted.

    `hands` are the tools that agents are shown at the steps of the workflow, as `offered` returns them.
    """
    match step:
        case CallStepFacts(call=call):
            tools = {call.tool}
        case RunStepFacts(workflow=inner):
            tools = _called_inside(facts.workflows[inner], facts)
        case _:
            tools = hands.get(step.decl.name.text, set())
    known = (facts.tools[tool] for tool in sorted(tools))
    return [tool.name for tool in known if tool.effect != "read" and tool.undo is None]


def triggers(workflow: WorkflowFacts) -> dict[str, set[str]]:
    """Return, for each step, what must have happened to it for its routes to be taken, as far as they have triggers."""
    found: dict[str, set[str]] = {name: set() for name in workflow.steps}
    for route in workflow.routes:
        for source in route.link.sources:
            if route.link.decl.trigger is not None and source in found:
                found[source].add(route.link.decl.trigger)
    return found
