"""What workflows promise, proved before anything runs: each promise is kept by every run, broken by one, or unknown.

A promise is about all answers that models, tools and people can give within their types. What is kept while a run
proceeds is judged as if it were not: a call that the promise itself has to deny refutes it.
"""

from collections.abc import Iterator, Mapping

from interlock_dsl.analysis.facts import (
    AlwaysFacts,
    CostAtMostFacts,
    EndsWithinFacts,
    EndsWithinStepsFacts,
    NeverBeforeFacts,
    NeverUnapprovedFacts,
    PromiseFacts,
    ReachesFacts,
)
from interlock_dsl.analysis.promises.always import not_always
from interlock_dsl.analysis.promises.before import too_early, unapproved
from interlock_dsl.analysis.promises.judgement import Finding, Judgement, State, judged
from interlock_dsl.analysis.promises.limits import too_dear, too_long, too_many_steps
from interlock_dsl.analysis.promises.reaches import not_reached
from interlock_dsl.analysis.reasoning.questions import Questions

__all__ = ["Finding", "Judgement", "State", "judge_promises", "kept"]


def judge_promises(workflows: Mapping[str, Questions]) -> Iterator[Judgement]:
    """Yield what is shown of every promise, workflow by workflow in the order written."""
    for name, questions in workflows.items():
        for promise in questions.workflow.promises:
            yield judged(name, promise, _findings(questions, promise))


def kept(questions: Questions, promise: PromiseFacts) -> bool:
    """Say whether it is proved that every run of a workflow keeps a promise without being made to."""
    return not _findings(questions, promise)


def _findings(questions: Questions, promise: PromiseFacts) -> list[Finding]:
    match promise:
        case NeverUnapprovedFacts():
            return unapproved(questions, promise)
        case NeverBeforeFacts():
            return too_early(questions, promise)
        case AlwaysFacts():
            return not_always(questions, promise)
        case EndsWithinStepsFacts():
            return too_many_steps(questions, promise)
        case EndsWithinFacts():
            return too_long(questions, promise)
        case CostAtMostFacts():
            return too_dear(questions, promise)
        case ReachesFacts():
            return not_reached(questions, promise)
