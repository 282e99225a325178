"""The events that runs of a workflow wait for, with the types of their data."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from interlock_dsl.analysis.facts import EventStepFacts, WorkflowFacts
from interlock_dsl.cel.types import Type

Events: TypeAlias = Mapping[str, tuple[Type | None, ...]]
"""For each event the type of its data at every step that waits for it; None where it has none."""


def events_of(workflows: Iterable[WorkflowFacts]) -> Events:
    """Return the events that some step of a workflow, or of those that it runs, waits for."""
    found: dict[str, tuple[Type | None, ...]] = {}
    for step in (step for workflow in workflows for step in workflow.steps.values()):
        if isinstance(step, EventStepFacts):
            found[step.decl.event] = (*found.get(step.decl.event, ()), step.data)
    return found
