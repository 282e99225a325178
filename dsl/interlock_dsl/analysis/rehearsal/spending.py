"""What a rehearsed run uses of its budget and of what is promised: steps, calls, and what calls cost."""

from interlock_dsl.analysis.facts import (
    AgentStepFacts,
    CostAtMostFacts,
    EndsWithinStepsFacts,
    Facts,
    StepFacts,
    ToolFacts,
    WorkflowFacts,
    rows_of,
)
from interlock_dsl.analysis.rehearsal.script import Unrehearsed


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
        if self._own is not None and self._cost is not None and self._own <= self._cost:
            self._cost = None  # the budget is used up first
        self._attempts: dict[str, int] = {}
        self._held = self.steps = self.calls = self.cost = 0

    def promise_nothing(self) -> None:
        """Let promises end nothing: a run may go on that they would end."""
        self._promised = self._cost = None

    def limit_nothing(self) -> None:
        """Let neither promises nor the budget end anything."""
        self.promise_nothing()
        self._steps = self._calls = self._own = None

    def step(self, step: StepFacts) -> bool:
        """A step is entered: say whether the promise of how many steps there are allows that.

        An agent is counted as if it used all it may, but for the time of its step.
        """
        if rows_of(step) is not None:
            raise Unrehearsed("a step is taken for each row of a list")
        self.steps += 1
        if self._promised is not None and self.steps > self._promised:
            return False
        if self._steps is not None and self.steps > self._steps:
            raise Unrehearsed("there are no steps left")
        if isinstance(step, AgentStepFacts):
            own = self._facts.agents[step.decl.agent.text].cost
            self._held += 0 if own is None else own.micros
            self._check(0 if own is None else own.micros)
        return True

    def denies(self, tool: ToolFacts) -> bool:
        """Say whether the promise of what a run costs denies a call.

        What agents hold back while they are asked counts as well; nobody knows here who is asked at the same time.
        """
        cost = _cost(tool)
        if self._cost is None or not cost:
            return False
        if self.cost + cost > self._cost:
            return True
        if self.cost + cost + self._held > self._cost:
            raise Unrehearsed("an agent may hold back what it may cost")
        return False

    def call(self, tool: ToolFacts) -> None:
        """An attempt at a call is made. Time may pass between two or not: more than a rate allows are not told, nor one
        after as many as may open the breaker if they fail.
        """
        decl = tool.decl
        if decl is not None and (decl.rate is not None or decl.breaker is not None):
            made = self._attempts[tool.name] = self._attempts.get(tool.name, 0) + 1
            if decl.rate is not None and made > decl.rate.most:
                raise Unrehearsed("the rate of a tool may be used up")
            if decl.breaker is not None and made > decl.breaker.failures:
                raise Unrehearsed("the breaker of a tool may be open")
        self.calls += 1
        self.cost += _cost(tool)
        if self._calls is not None and self.calls > self._calls:
            raise Unrehearsed("there are no calls left")
        self._check(0)

    def _check(self, more: int) -> None:
        if self._own is not None and self.cost + more > self._own:
            raise Unrehearsed("it costs too much")


def _cost(tool: ToolFacts) -> int:
    cost = None if tool.decl is None else tool.decl.cost
    return 0 if cost is None else cost.micros
