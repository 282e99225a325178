"""Rehearsals of runs that break a promise: a call of an agent, a condition that turns false, one step too many."""

from collections.abc import Mapping, Sequence

from interlock_dsl.analysis.facts import AgentStepFacts, AlwaysFacts, RouteFacts, ToolFacts
from interlock_dsl.analysis.knowledge.groups import Group
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.rehearsal.deciding import Allowed, Denied, about, decide
from interlock_dsl.analysis.rehearsal.opening import Unrehearsed
from interlock_dsl.analysis.rehearsal.run import Rehearsal
from interlock_dsl.analysis.rehearsal.script import written
from interlock_dsl.analysis.values.problem import Statement
from interlock_dsl.schema import sample


class AgentCalls(Rehearsal):
    """A run in which the agent of the place calls a tool before it answers."""

    def __init__(
        self,
        questions: Questions,
        routes: Sequence[RouteFacts],
        bindings: Mapping[str, object],
        place: str | Group,
        statements: Sequence[Statement],
        *,
        tool: ToolFacts,
    ) -> None:
        super().__init__(questions, routes, bindings, place, statements)
        self._tool = tool

    def _do(self, name: str, route: RouteFacts) -> None:
        step = self._workflow.steps.get(name)
        if name == self._place and self._way.done and not self.confirmed and isinstance(step, AgentStepFacts):
            given, usual = self._bindings.get("args", {}), sample(self._tool.parameters)
            assert isinstance(given, Mapping) and isinstance(usual, Mapping)
            args = {**usual, **given}
            agent = step.decl.agent.text
            self._confirm({**self.values, "args": args, **about(self._tool, agent)})
            self.script.says(f"agent {name} calls {self._tool.name} {written(self._tool.parameters, args)}")
            match decide(self._tool, args, route, self._workflow, self._facts, self.values, self._history, agent):
                case Denied():
                    self.denied.append(self._tool.name)
                case Allowed(roles=()):
                    self._history.make(self._tool.name, args, agent, self.values.get("now"))
                    self._history.give(self._tool.name)
                case _:
                    raise Unrehearsed("whether a call of an agent is allowed depends on more than values")
        super()._do(name, route)


class Judged(Rehearsal):
    """A run in which an `always` is judged: it is at the place once the promise does not hold."""

    def __init__(
        self,
        questions: Questions,
        routes: Sequence[RouteFacts],
        bindings: Mapping[str, object],
        place: str | Group,
        statements: Sequence[Statement],
        *,
        promise: AlwaysFacts,
    ) -> None:
        super().__init__(questions, routes, bindings, place, statements)
        self._promise = promise

    def _kept(self, promise: AlwaysFacts, name: str | None = None) -> bool:
        kept = super()._kept(promise, name)
        if not kept and promise is self._promise and (self._way.done or name is None):
            self._confirm(self.values)
        return kept


class Counted(Rehearsal):
    """A run that enters one step more than it may."""

    def __init__(
        self,
        questions: Questions,
        routes: Sequence[RouteFacts],
        bindings: Mapping[str, object],
        place: str | Group,
        statements: Sequence[Statement],
        *,
        most: int,
    ) -> None:
        super().__init__(questions, routes, bindings, place, statements)
        self._most = most
        self._entered = 0

    def _enter(self, name: str, route: RouteFacts) -> None:
        if name in self._workflow.steps:
            self._entered += 1
            if self._entered > self._most:
                self._confirm(self.values)
                self.outcome = "expect fails"
                return
        super()._enter(name, route)
