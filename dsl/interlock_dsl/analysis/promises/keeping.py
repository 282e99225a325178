"""What other promises say of a run that has come to a place: one that broke an `always` was given up before."""

from collections.abc import Iterator, Set

from interlock_dsl.analysis.facts import AlwaysFacts, WorkflowFacts
from interlock_dsl.analysis.values.problem import Claim, Statement


def kept(workflow: WorkflowFacts, there: Set[str], without: AlwaysFacts | None = None) -> Iterator[Statement]:
    """Yield the conditions that hold where the outputs of some steps are `there`, but for one promise."""
    given = {name for name, field in workflow.parameters.fields.items() if not field.optional}
    for promise in workflow.promises:
        if isinstance(promise, AlwaysFacts) and promise is not without and promise.needs <= there | given:
            yield Claim(promise.condition)
