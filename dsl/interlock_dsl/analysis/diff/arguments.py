"""Parameters of a tool in two versions: whether every call that comes about has arguments that both take."""

from collections.abc import Iterator, Mapping

from interlock_dsl.analysis.declarations.policies import matches
from interlock_dsl.analysis.diff.difference import alike
from interlock_dsl.analysis.facts import CallFacts, CallStepFacts, Facts
from interlock_dsl.analysis.knowledge.handovers import offered, undos
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.values.problem import Impossible, Outside


def same_calls(tool: str, old: Facts, new: Facts, *versions: Mapping[str, Questions]) -> bool:
    """Say whether only steps call a tool, and no argument is outside of what either version takes.

    Calls of agents, undo calls, and calls from outside that a rule permits can have any arguments.
    """
    before, now = old.tools[tool].parameters, new.tools[tool].parameters
    if before.fields.keys() != now.fields.keys() or not alike(before, now):
        return False
    if any(before.fields[name].optional != field.optional for name, field in now.fields.items()):
        return False
    if any(_called_otherwise(tool, facts) for facts in (old, new)):
        return False
    types = {name: {before.fields[name].type, now.fields[name].type} for name in now.fields}
    apart = {name: both for name, both in types.items() if len(both) > 1}
    for workflows in versions:
        for questions in workflows.values():
            for step, call in _calls(questions, tool):
                at = questions.arrivals.at(step)
                for name in apart.keys() & call.arguments.keys():
                    given = call.arguments[name]
                    for wanted in apart[name] - {given.type}:
                        if not isinstance(questions.ask(at, [Outside(given, wanted)]).answer, Impossible):
                            return False
    return True


def _called_otherwise(tool: str, facts: Facts) -> bool:
    rules = [rule.decl for _, rules in facts.policies.values() for rule in rules if rule.decl.kind == "permit"]
    return (
        not facts.workflows
        or tool in undos(set(facts.tools), facts)
        or any(matches(pattern.text, tool) for rule in rules for pattern in rule.patterns)
        or any(tool in tools for workflow in facts.workflows.values() for tools in offered(workflow, facts).values())
    )


def _calls(questions: Questions, tool: str) -> Iterator[tuple[str, CallFacts]]:
    for name, step in questions.workflow.steps.items():
        if isinstance(step, CallStepFacts) and step.call.tool == tool:
            yield name, step.call
