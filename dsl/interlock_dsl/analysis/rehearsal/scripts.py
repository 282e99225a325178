"""What can come about in a test of a workflow, as far as the graph, the policies and the script of the test tell.

A test scripts its models, so an agent calls what the script says and nothing else. Everything here is an upper bound:
what is not in it never happens in the test.
"""

from collections.abc import Collection, Iterable, Set

from interlock_dsl.analysis.declarations.policies import concerns, every_rule
from interlock_dsl.analysis.facts import AskStepFacts, EventStepFacts, Facts, TimeStepFacts, WorkflowFacts
from interlock_dsl.analysis.knowledge.handovers import called, fallbacks, undos, ways
from interlock_dsl.analysis.knowledge.inside import inside
from interlock_dsl.program.cases import Test


def calls(test: Test, workflow: WorkflowFacts | None, facts: Facts) -> set[str]:
    """Return the tools of which a call can be asked for: by a step, by the script of an agent, by an undo.

    Without a workflow it is a test of policies, and only what it proposes is called.
    """
    if workflow is None:
        return {act.name for act in test.acts if act.kind == "proposes"}
    scripted = {turn.tool for turns in test.agents.values() for turn in turns if turn.tool is not None}
    asked = scripted.union(*(called(each) for each in (workflow, *inside(workflow, facts))))
    asked |= fallbacks(asked, facts)
    return asked | undos(asked, facts)


def approvers(test: Test, workflow: WorkflowFacts | None, facts: Facts) -> set[str]:
    """Return the roles that can be asked for an approval: by a route, in place of another, or by a policy."""
    found: set[str] = set()
    known = [] if workflow is None else [workflow, *inside(workflow, facts)]
    for route in (route for each in known for route in ways(each)):
        if route.approval is not None:
            found.add(route.approval.role.text)
            found.update(each.decl.role.text for each in route.escalations if each.decl.on_expiry)
    tools = calls(test, workflow, facts)
    for rules in (*(rules for _, rules in facts.policies.values()), *(each.rules for each in known)):
        for rule in (rule.decl for rule in rules if rule.decl.kind == "require"):
            if rule.role is not None and any(concerns(rule, tool) for tool in tools):
                found.add(rule.role.text)
    return found


def told(workflow: WorkflowFacts, facts: Facts) -> set[str]:
    """Return the roles to which something can be escalated."""
    every = (workflow, *inside(workflow, facts))
    return {each.decl.role.text for known in every for route in ways(known) for each in route.escalations}


def notified(tools: Set[str], facts: Facts) -> set[str]:
    """Return the roles that some rule notifies of calls of one of the tools."""
    rules = [rule.decl for rule in every_rule(facts) if rule.decl.kind == "notify"]
    return {rule.role.text for rule in rules if rule.role is not None and any(concerns(rule, tool) for tool in tools)}


def redacted(tool: str, facts: Facts) -> set[str]:
    """Return the fields that some rule hides of calls of a tool."""
    rules = [rule.decl for rule in every_rule(facts) if rule.decl.kind == "redact"]
    return {field.text for rule in rules if concerns(rule, tool) for field in rule.fields}


def overlap(some: Iterable[str], others: Collection[str]) -> bool:
    """Say whether a field of the one is a field of the other, or lies within it."""
    pairs = ((one, other) for one in some for other in others)
    return any(f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.") for one, other in pairs)


def waits(workflow: WorkflowFacts, test: Test, facts: Facts) -> bool:
    """Say whether the run can wait for a person, for an event or for time to pass."""
    waiting = AskStepFacts | EventStepFacts | TimeStepFacts
    every = (workflow, *inside(workflow, facts))
    asks = any(isinstance(step, waiting) for each in every for step in each.steps.values())
    return asks or bool(approvers(test, workflow, facts))
