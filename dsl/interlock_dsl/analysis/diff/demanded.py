"""Approvals that a promise demands of calls, whatever the routes ask for: a call without one is denied."""

from collections.abc import Iterable

from interlock_dsl.analysis.facts import CallStepFacts, NeverUnapprovedFacts
from interlock_dsl.analysis.knowledge.handovers import fallbacks
from interlock_dsl.analysis.reasoning.questions import Questions


def demanding(questions: Questions, targets: Iterable[str], role: str, count: int) -> str | None:
    """Return the promise, as it is written, that demands an approval of all that is called in some steps.

    None where there is no such promise, or a target does not call one tool.
    """
    steps = [questions.workflow.steps.get(target) for target in targets]
    tools = {step.call.tool for step in steps if isinstance(step, CallStepFacts)}
    called = tools | fallbacks(tools, questions.facts)
    if not steps or not all(isinstance(step, CallStepFacts) for step in steps):
        return None
    for promise in questions.workflow.promises:
        if isinstance(promise, NeverUnapprovedFacts) and promise.where is None and called <= promise.tools:
            by = promise.decl.approval
            if by is not None and by.role.text == role and by.count >= count:
                return " ".join(promise.decl.span.text.split())
    return None
