"""Which rules the tests of a program made decide something, and which routes they took."""

from collections.abc import Iterable
from dataclasses import dataclass

from interlock.decide import Decision
from interlock.run.protocol.notes import CallDecided, RouteTaken
from interlock.testing.result import TestResult
from interlock.testing.runner import run_test
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.cases import Test
from interlock_dsl.program.model import Program
from interlock_dsl.program.paths import workflow_at


@dataclass(frozen=True, slots=True)
class Covered:
    """A rule of a policy or of a workflow, or (with its workflow) a route, and whether a test reached it."""

    id: str
    workflow: str
    span: Span
    reached: bool


def coverage(program: Program, results: Iterable[tuple[Test, TestResult]]) -> tuple[Covered, ...]:
    """Return every rule and route of a program, in the order of the source, with whether some test reached it.

    A rule is reached where it determines a decision or adds an obligation to it: that its condition was looked at is
    not enough. A route back is reached when it was taken, its way out when it was gone to instead.
    """
    decided: set[str] = set()
    taken: set[tuple[str, str]] = set()
    for test, result in results:
        for note in result.notes:
            match note:
                case CallDecided(decision=decision):
                    decided |= _determining(decision)
                case RouteTaken(route=route):
                    before, _, id = route.rpartition("/")
                    workflow = workflow_at(program, test.workflow, before)
                    if workflow is not None:
                        taken.add((workflow.name, id))
                case _:
                    pass
    rules = [
        Covered(rule.id, "", rule.span, rule.id in decided)
        for rules in (
            *(policy.rules for policy in program.policies.values()),
            *(workflow.rules for workflow in program.workflows.values()),
        )
        for rule in rules
    ]
    routes = [
        Covered(each.id, name, each.span, (name, each.id) in taken)
        for name, workflow in program.workflows.items()
        for route in workflow.routes
        for each in ((route,) if route.out is None else (route, route.out))
    ]
    return (*rules, *routes)


def untaken(program: Program) -> frozenset[tuple[str, str]]:
    """Run the tests of a program, and return the routes that none of them takes: their workflow and their id."""
    results = ((test, run_test(program, test)) for test in program.tests)
    return frozenset(
        (each.workflow, each.id) for each in coverage(program, results) if each.workflow and not each.reached
    )


def _determining(decision: Decision) -> set[str]:
    found = {reason.rule for reason in decision.reasons}
    found |= {need.rule for need in decision.needs}
    found |= {obligation.rule for obligation in decision.obligations}
    return found
