"""The workflows that run inside a run of another, since steps run them."""

from collections.abc import Iterator

from interlock_dsl.analysis.facts import Facts, RunStepFacts, StepFacts, WorkflowFacts


def inner_steps(workflow: WorkflowFacts) -> dict[str, RunStepFacts]:
    """Return the steps of a workflow that run another, by name."""
    return {name: step for name, step in workflow.steps.items() if isinstance(step, RunStepFacts)}


def inside(workflow: WorkflowFacts, facts: Facts) -> Iterator[WorkflowFacts]:
    """Yield the workflows that runs of a workflow run at any depth, each once; none runs itself."""
    waiting = [step.workflow for step in inner_steps(workflow).values()]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            yield facts.workflows[name]
            waiting += [step.workflow for step in inner_steps(facts.workflows[name]).values()]


def step_at(workflow: WorkflowFacts, facts: Facts, path: str) -> StepFacts | None:
    """Return the step of a path such as `pay/issue` in runs of a workflow; None where there is none."""
    found: StepFacts | None = None
    for name in path.split("/"):
        if isinstance(found, RunStepFacts):
            workflow = facts.workflows[found.workflow]
        found = workflow.steps.get(name)
    return found
