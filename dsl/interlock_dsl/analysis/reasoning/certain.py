"""Conditions whose outcome is certain where they stand."""

from collections.abc import Mapping, Sequence

from interlock_dsl.analysis.facts import RouteFacts, SetStepFacts
from interlock_dsl.analysis.knowledge.arrivals import Arrival
from interlock_dsl.analysis.knowledge.decided import decided
from interlock_dsl.analysis.knowledge.groups import Group
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.values.problem import Claim, Impossible, Outcome, Statement
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.types import Type


def certain(
    questions: Questions,
    arrivals: Sequence[Arrival],
    condition: Checked,
    given: Sequence[Statement] = (),
    extra: Mapping[str, Type] | None = None,
) -> bool | None:
    """Return what a condition always comes to at some arrivals; None if that depends, or nothing arrives."""
    there = questions.possible(arrivals)
    if not there:
        return None

    def impossible(outcomes: Outcome) -> bool:
        return isinstance(questions.ask(there, (*given, Claim(condition, outcomes)), extra).answer, Impossible)

    if impossible(Outcome.TRUE):
        return None if given and impossible(Outcome.FALSE | Outcome.NO_VALUE) else False
    return True if impossible(Outcome.FALSE | Outcome.NO_VALUE) else None


def always_taken(questions: Questions, route: RouteFacts) -> bool | None:
    """Return what the condition of a route always comes to where it is considered; None if that depends."""
    if route.when is None:
        return None
    if id(route) not in questions.outcomes:
        before = questions.arrivals.before(questions.arrivals.group(route))
        questions.outcomes[id(route)] = certain(questions, before, route.when)
    return questions.outcomes[id(route)]


def some_certain(questions: Questions, group: Group, outcome: bool) -> bool:
    """Say whether any condition of a group always comes to an outcome: then that is what is to be said of the group."""
    return any(always_taken(questions, route) is outcome for route in group.conditional)


def by_the_types(questions: Questions, condition: Checked, outcome: bool) -> bool:
    """Say whether the types alone decide a comparison in a condition, or one that a step has set which it reads.

    `beyond-the-type` says so of the comparison, and nothing is said of what follows from it.
    """
    if any(found.value is outcome and not found.closing for found in decided(condition)):
        return True
    read = (questions.workflow.steps.get(name) for name in condition.variables)
    values = (value for step in read if isinstance(step, SetStepFacts) for value in step.values.values())
    return any(not found.closing for value in values for found in decided(value))
