"""`reaches E`: whether from every step that a run can be at some answers still lead to the end.

It is shown step by step, by a way to the end that goes through the step and on which all conditions can hold. A step
from which no routes lead there refutes it, with a run that comes to that step.
"""

from networkx import ancestors

from interlock_dsl.analysis.arrivals import Arrival
from interlock_dsl.analysis.facts import ReachesFacts
from interlock_dsl.analysis.promises.judgement import Finding
from interlock_dsl.analysis.questions import Questions
from interlock_dsl.analysis.story import story
from interlock_dsl.analysis.values.problem import Impossible, Possible
from interlock_dsl.diagnostics.witness import Witness


def not_reached(questions: Questions, promise: ReachesFacts) -> list[Finding]:
    """Return the steps from which the end cannot be reached, or may not be."""
    workflow, end = questions.workflow, promise.decl.end.text
    leading = ancestors(workflow.graph, end)
    through = _through(questions, end)
    found: list[Finding] = []
    for name, step in workflow.steps.items():
        if name in through:
            continue
        asked = questions.ask(questions.arrivals.at(name), ())
        if isinstance(asked.answer, Impossible) or not questions.arrivals.at(name):
            continue
        shown: Witness | None = None
        if name not in leading:
            reason = f"no routes lead from `{name}` to `{end}`"
            if isinstance(asked.answer, Possible) and asked.arrival is not None:
                shown = story(questions, asked.arrival, asked.answer.bindings, name, ())
        else:
            reason = f"no answers were found that lead from `{name}` to `{end}`"
        found.append(Finding(reason, step.decl.name.span, shown))
    return found


def _through(questions: Questions, end: str) -> frozenset[str]:
    """Return the steps on ways to the end that a run can take."""
    found: set[str] = set()
    for arrival in questions.arrivals.at(end):
        names = _steps(arrival)
        if arrival.exact and not names <= found and isinstance(questions.ask((arrival,), ()).answer, Possible):
            found |= names
    return frozenset(found)


def _steps(arrival: Arrival) -> set[str]:
    return {name for route in arrival.routes for name in (*route.link.sources, *route.link.targets)}
