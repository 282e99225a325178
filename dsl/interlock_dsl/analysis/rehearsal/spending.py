"""What a rehearsed run uses of its budget and of what is promised: steps, calls, and what calls cost."""

from interlock_dsl.analysis.facts import (
    AgentStepFacts,
    CostAtMostFacts,
    EndsWithinStepsFacts,
    Facts,
    StepFacts,
    ToolFacts,
    WorkflowFacts,
)
from interlock_dsl.analysis.rehearsal.opening import Unrehearsed


class Spending:
    """Counts, and raises `Unrehearsed` where a run might be stopped by a limit: then it is not told."""

    def __init__(self, workflow: WorkflowFacts, facts: Facts) -> None:
        budget, promises = workflow.decl.budget, workflow.promises
        self._own: int | None = None
        steps = [each.decl.steps for each in promises if isinstance(each, EndsWithinStepsFacts)]
        costs = [each.decl.cost.micros for each in promises if isinstance(each, CostAtMostFacts)]
        if budget is not None:
            self._own = None if budget.cost is None else budget.cost.micros
        self._facts = facts
        self._steps = None if budget is None else budget.steps
        self._promised = min(steps, default=None)
        self._calls = None if budget is None else budget.tool_calls
        self._cost = min(costs, default=None)
        self.steps = self.calls = self.cost = 0

    def step(self, step: StepFacts) -> bool:
        """A step is entered: say whether the promise of how many steps there are allows that.

        An agent is counted as if it used all it may, but for the time of its step.
        """
        self.steps += 1
        if self._promised is not None and self.steps > self._promised:
            return False
        if self._steps is not None and self.steps > self._steps:
            raise Unrehearsed("there are no steps left")
        if isinstance(step, AgentStepFacts):
            own = self._facts.agents[step.decl.agent.text].cost
            self._check(0 if own is None else own.micros)
        return True

    def call(self, tool: ToolFacts) -> None:
        """A call is made."""
        self.calls += 1
        cost = None if tool.decl is None else tool.decl.cost
        self.cost += 0 if cost is None else cost.micros
        if self._calls is not None and self.calls > self._calls:
            raise Unrehearsed("there are no calls left")
        self._check(0)

    def _check(self, more: int) -> None:
        # What an agent holds back of the budget is not held against a promise: nothing is used in a test.
        beyond_budget = self._own is not None and self.cost + more > self._own
        if beyond_budget or (self._cost is not None and self.cost > self._cost):
            raise Unrehearsed("it costs too much")
