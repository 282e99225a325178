"""Going back in a rehearsed run: what is forgotten. Where something would have to be undone, it is not rehearsed."""

from interlock_dsl.analysis.facts import CallStepFacts, RouteFacts
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.rehearsal.agenda import Agenda
from interlock_dsl.analysis.rehearsal.script import Unrehearsed


def forget(
    route: RouteFacts, questions: Questions, agenda: Agenda, values: dict[str, object], written: set[str]
) -> None:
    """Forget what steps gave that a route backtracks over; raise `Unrehearsed` where what it would undo is open."""
    part = questions.arrivals.parts.get(route.link.id)
    if part is None:
        return
    steps = (questions.workflow.steps.get(name) for name in part.names)
    called = {step.call.tool for step in steps if isinstance(step, CallStepFacts)}
    changing = any(questions.facts.tools[tool].effect != "read" for tool in called)
    under_way = any(each.step in part.names for each in agenda.under_way)
    if changing or under_way or not part.whole or not questions.arrivals.joining.isdisjoint(part.names):
        raise Unrehearsed("what it goes back over would have to be undone")
    for name in part.names:
        values.pop(name, None)
        written.discard(name)
