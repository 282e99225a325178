"""Rehearsals of runs that break a promise: a call of an agent, a condition that turns false, one step too many.

What a run costs and how long it waits is told as well, as far as a test can tell it: what calls cost, and approvals.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from interlock_dsl.analysis.facts import AgentStepFacts, AlwaysFacts, EventStepFacts, RouteFacts, ToolFacts
from interlock_dsl.analysis.knowledge.quantities import duration_words
from interlock_dsl.analysis.rehearsal.agenda import Move, Waiting
from interlock_dsl.analysis.rehearsal.deciding import Allowed, Denied, about, decide
from interlock_dsl.analysis.rehearsal.itinerary import Course
from interlock_dsl.analysis.rehearsal.run import Rehearsal
from interlock_dsl.analysis.rehearsal.script import Unrehearsed, written
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.schema import sample
from interlock_dsl.syntax.tree import Approval

SECOND: Final = 1_000_000
"""In microseconds: so long before the end of its time people give an approval."""


class AgentCalls(Rehearsal):
    """A run in which the agent of the place calls a tool before it answers."""

    def __init__(self, course: Course, *, tool: ToolFacts) -> None:
        super().__init__(course)
        self._tool = tool
        self._into: RouteFacts | None = None

    def _do(self, name: str, route: RouteFacts) -> None:
        step = self._workflow.steps.get(name)
        if name == self._place and self._way.done and not self.confirmed and isinstance(step, AgentStepFacts):
            self._into = route
            self._agenda.answers.append(Move(name, partial(self._ask_agent, name, step)))
        else:
            super()._do(name, route)

    def _ask_agent(self, name: str, step: AgentStepFacts) -> None:
        if name != self._place or self._into is None or self.confirmed:
            super()._ask_agent(name, step)
            return
        given, usual = self._bindings.get("args", {}), sample(self._tool.parameters)
        assert isinstance(given, Mapping) and isinstance(usual, Mapping)
        args = {**usual, **given}
        agent = step.decl.agent.text
        self._confirm({**self.values, "args": args, **about(self._tool, agent)})
        self.script.says(f"agent {name} calls {self._tool.name} {written(self._tool.parameters, args)}")
        answer = Move(name, partial(super()._ask_agent, name, step))
        match decide(self._tool, args, self._into, self._workflow, self._facts, self.values, self._history, agent):
            case Denied():
                self.denied.append(self._tool.name)
                self._agenda.answers.append(answer)
            case Allowed(roles=()):
                self._history.make(self._tool.name, args, agent, self.values.get("now"))
                self._history.give(self._tool.name)
                self._agenda.answers.append(Move(name, partial(self._agenda.answers.append, answer)))
            case _:
                raise Unrehearsed("whether a call of an agent is allowed depends on more than values")


class Judged(Rehearsal):
    """A run in which an `always` is judged: it is at the place once the promise does not hold."""

    def __init__(self, course: Course, *, promise: AlwaysFacts) -> None:
        super().__init__(course)
        self._promise = promise

    def _kept(self, promise: AlwaysFacts, name: str | None = None) -> bool:
        kept = super()._kept(promise, name)
        if not kept and promise is self._promise and (self._way.done or name is None):
            self._confirm(self.values)
        return kept


class Gone(Rehearsal):
    """A run along a way, as if nothing were promised of its steps and its cost."""

    def __init__(self, course: Course) -> None:
        super().__init__(course)
        self._spending.promise_nothing()


class Unlimited(Rehearsal):
    """A run along a way, as if there were no budget either."""

    def __init__(self, course: Course) -> None:
        super().__init__(course)
        self._spending.limit_nothing()


class _Exceeding(Rehearsal):
    """A run that uses more than is promised: to come to the place alone shows nothing."""

    def _confirm(self, values: Mapping[str, object]) -> None:
        pass

    def _exceeds(self) -> None:
        self._way.leave()
        super()._confirm(self.values)


class Counted(_Exceeding):
    """A run that enters one step more than it may."""

    def __init__(self, course: Course, *, most: int) -> None:
        super().__init__(course)
        self._most = most
        self._entered = 0

    def _enter(self, name: str, route: RouteFacts) -> None:
        if name in self._workflow.steps:
            self._entered += 1
            if self._entered > self._most:
                self._exceeds()
                self.outcome = "expect fails"
                return
        super()._enter(name, route)


class Costly(_Exceeding):
    """A run that is denied a call since it would cost more than is promised."""

    def _too_dear(self, name: str, tool: ToolFacts) -> None:
        self._exceeds()
        super()._too_dear(name, tool)


class Lasting(_Exceeding):
    """A run that is not over in time (microseconds), since people answer and events come late, or it waits for time to
    pass. Nothing else takes any time.
    """

    def __init__(self, course: Course, *, time: int) -> None:
        super().__init__(course)
        self._left = time

    def _approve(self, waiting: Waiting) -> None:
        approval = waiting.approval
        if approval is None or set(waiting.roles) != {approval.role.text}:
            raise Unrehearsed("how long a rule has a call wait")
        expires = self._wanted_trigger(waiting.step) == "expiry"
        wait = min(self._left, self._longest(waiting, approval, expires=expires))
        if wait and (wait == self._left or not expires):
            self.script.act(f"then {duration_words(wait)} pass")
        if wait == self._left:
            self._exceeds()
            self.outcome = "expect fails"
            return
        self._left -= wait
        now = self.values["now"]
        assert isinstance(now, Timestamp)
        self.values["now"] = Timestamp(now.nanoseconds + wait * 1_000)
        super()._approve(waiting)

    def _pass(self, micros: int) -> None:
        """Let time pass, or no more than is left."""
        if micros >= self._left:
            self.script.act(f"then {duration_words(self._left)} pass")
            self._exceeds()
            self.outcome = "expect fails"
            return
        self._left -= micros
        super()._pass(micros)

    def _await(self, name: str, step: EventStepFacts) -> None:
        """Let an event come as late as it may, if the way does not want it to be too late."""
        if self._wanted_trigger(name) not in ("expiry", "denied"):
            within = None if step.decl.within is None else step.decl.within.micros
            self._pass(self._left if within is None else max(within - SECOND, 0))
            if self.outcome:
                return
        super()._await(name, step)

    def _longest(self, waiting: Waiting, approval: Approval, *, expires: bool) -> int:
        """Return how long people may take: until they are too late, or (`expires`) so long that all of them are."""
        if approval.within is None:
            return self._left
        stand_ins = any(each.decl.on_expiry for each in waiting.route.escalations)
        within = approval.within.micros
        return within * (1 + stand_ins) if expires else max(within - SECOND, 0)
