"""A run, rehearsed: a way through a workflow is followed with given values, and told as the lines of a test.

The machine of the engine decides runs; the checker must not depend on it. What is rehearsed here is a part of it that
is enough to follow a way: routes and their groups, what computes, approvals on the way, calls with the rules that
concern them. What cannot be rehearsed (`Unrehearsed`) has no story; where the values do not lead along the way
(`Astray`) the way is not a witness. Both are told apart, for the second is a reason not to believe the values.

Steps of which no value is given get one that leads along the way: a smallest value of their type, or one that the
reasoner finds. After the place that is asked about the run goes on until it ends, fails or waits.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, cast

from interlock_dsl.analysis.declarations.policies import rules_for
from interlock_dsl.analysis.facts import (
    AgentStepFacts,
    AlwaysFacts,
    AskStepFacts,
    CallStepFacts,
    EventStepFacts,
    RouteFacts,
    RunStepFacts,
    SetStepFacts,
    TableStepFacts,
    TimeStepFacts,
    ToolFacts,
    Values,
)
from interlock_dsl.analysis.knowledge.consumption import attempts_at, attempts_with, models_of
from interlock_dsl.analysis.knowledge.groups import Group
from interlock_dsl.analysis.rehearsal.agenda import Agenda, Move, Waiting
from interlock_dsl.analysis.rehearsal.answering import Answers
from interlock_dsl.analysis.rehearsal.backtracking import forget
from interlock_dsl.analysis.rehearsal.choosing import Choice, Several, Stopped, choose, fitted, looked_up
from interlock_dsl.analysis.rehearsal.deciding import Allowed, Denied, about, decide
from interlock_dsl.analysis.rehearsal.evaluating import History, evaluate, holds, outcome
from interlock_dsl.analysis.rehearsal.failures import chosen, way_of_failing
from interlock_dsl.analysis.rehearsal.itinerary import Astray, Course, Itinerary
from interlock_dsl.analysis.rehearsal.meeting import Meeting
from interlock_dsl.analysis.rehearsal.opening import opening
from interlock_dsl.analysis.rehearsal.passing import Passing
from interlock_dsl.analysis.rehearsal.script import FAILING, Script, Unrehearsed, hurried, written
from interlock_dsl.analysis.rehearsal.spending import Spending
from interlock_dsl.analysis.values.problem import Outcome
from interlock_dsl.cel.errors import EvaluationError
from interlock_dsl.cel.types import Type
from interlock_dsl.cel.values import equal
from interlock_dsl.program.builtins import HISTORY
from interlock_dsl.program.graph import START
from interlock_dsl.schema import ValidationError, sample
from interlock_dsl.syntax.tree import Trigger

MOST_VISITS: Final = 400
FALLBACK: Final[Mapping[Trigger, Trigger]] = {"timeout": "failure", "expiry": "denied"}


class Rehearsal(Passing):
    """One run along a course."""

    def __init__(self, course: Course) -> None:
        questions = course.questions
        self._questions = questions
        self._workflow = questions.workflow
        self._facts = questions.facts
        self._bindings = course.bindings
        self._place = course.place
        self._statements = course.statements
        self._groups = questions.arrivals.groups
        self.script = Script(hurried(questions.workflow))
        self.values: dict[str, object] = {}
        self.confirmed = False
        self.denied, self.outcome = list[str](), ""
        self._history = History()
        self._way = Itinerary(course.routes, questions.workflow.routes)
        fields = self._workflow.parameters.fields
        self._written = {name for name, field in fields.items() if name in course.bindings or not field.optional}
        self._taken, self._visits = dict[str, int](), dict[str, int]()
        self._meeting = Meeting(questions.workflow)
        self._answers = Answers(course, self._way)
        self._agenda = Agenda()
        self._spending = Spending(questions.workflow, questions.facts)

    def run(self) -> None:
        """Follow the way; raise `Unrehearsed` or `Astray` where that does not work."""
        self.values, self.script.given = opening(self._workflow, self._bindings)
        self.values[HISTORY] = self._history
        self._begin()
        for _ in range(MOST_VISITS):
            move = None if self.outcome else self._agenda.next()
            if move is None:
                break
            if isinstance(move, Waiting):
                self._approve(move)
            else:
                move.do()
        else:
            raise Unrehearsed("it goes on for too long")
        if not self.confirmed:
            raise Astray("the place is not reached")

    # --- routes ------------------------------------------------------------------------------------------------------

    def _leave(self, source: str) -> None:
        """Go on from a step that is done, or from `start`."""
        own = self._answers.own(source)
        joins = [group for group in self._groups if group.joins and source in group.sources]
        if own is not None:
            self._considered(own)
            chosen = choose(own, self.values)
            if isinstance(chosen, Stopped):
                self._fail(source, "failure", own)
                return
            if chosen is not None or not joins:
                self._take(own, chosen)
                return
        for group in joins:
            missing = self._meeting.arrive(group, source)
            if missing is None:
                continue
            if missing:
                self._stop_branches(group, missing)
            self._considered(group)
            self._take(group, choose(group, self.values))

    def _stop_branches(self, group: Group, missing: list[str]) -> None:
        """Call off the branches that are no longer needed once a join is decided."""
        over = {each.step for each in self._agenda.under_way if self._meeting.called_off(group, each.step)}
        if any(isinstance(each, Move) and each.called and each.step in over for each in self._agenda.under_way):
            raise Unrehearsed("a call that changes the world is under way when its branch is called off")
        self._agenda.drop(over)
        self._meeting.expect(group, missing, {each.step for each in self._agenda.under_way})

    def _take(self, group: Group, chosen: Choice) -> None:
        if not isinstance(chosen, RouteFacts):
            self._way.take(group, None)
            self.outcome = "expect fails"
            return
        bound = chosen.link.decl.bound
        if bound is not None:
            taken = self._taken.get(chosen.link.id, 0)
            if taken < bound.times:
                self._taken[chosen.link.id] = taken + 1
            elif chosen.out is not None:
                chosen = chosen.out
            else:
                self._way.take(group, None)
                self.outcome = "expect fails"
                return
        self._way.take(group, chosen)
        forget(chosen, self._questions, self._agenda, self.values, self._written)
        for target in chosen.link.targets:
            self._agenda.moves.append(Move(target, partial(self._enter, target, chosen)))

    def _considered(self, group: Group) -> None:
        if group is self._place and self._way.done:
            self._confirm(self.values)

    def _confirm(self, values: Mapping[str, object]) -> None:
        """Hold what is asked against the values, once the place is reached."""
        if self.confirmed:
            return
        if not all(holds(statement, values) for statement in self._statements):
            raise Astray("the statements do not hold")
        self.confirmed = True

    # --- steps -------------------------------------------------------------------------------------------------------

    def _enter(self, name: str, route: RouteFacts) -> None:
        step = self._workflow.steps.get(name)
        self._visits[name] = self._visits.get(name, 0) + 1
        if step is not None and not self._spending.step(step):
            self.outcome = "expect fails"
            return
        if route.approval is not None and not isinstance(step, CallStepFacts):
            self._agenda.waiting.append(
                Waiting(name, route.approval, (route.approval.role.text,) * route.approval.count, route)
            )
            return
        self._do(name, route)

    def _approve(self, waiting: Waiting) -> None:
        """Let people decide: as the way wants it, else they approve."""
        wanted = self._wanted_trigger(waiting.step)
        role = waiting.roles[0]
        if wanted == "denied":
            self.script.act(f"then {role} denies")
            self._fail(waiting.step, "denied")
            return
        if wanted == "expiry":
            within = None if waiting.approval is None else waiting.approval.within
            if within is None:
                raise Unrehearsed("an approval that does not expire")
            stand_ins = [each for each in waiting.route.escalations if each.decl.on_expiry]
            for _ in range(1 + len(stand_ins[:1])):
                self.script.act(f"then {within.span.text} pass")
            self._fail(waiting.step, "expiry")
            return
        for each in waiting.roles:
            self.script.act(f"then {each} approves")
        step = self._workflow.steps.get(waiting.step)
        if isinstance(step, CallStepFacts):
            self._perform(waiting.step, step)
        else:
            self._do(waiting.step, waiting.route)

    def _do(self, name: str, route: RouteFacts) -> None:
        step = self._workflow.steps.get(name)
        if name == self._place and self._way.done and not isinstance(step, CallStepFacts):
            self._confirm(self.values)
        match step:
            case None:
                self._end(name)
            case AgentStepFacts():
                self._agenda.answers.append(Move(name, partial(self._ask_agent, name, step)))
            case AskStepFacts():
                self._agenda.answers.append(Move(name, partial(self._ask_person, name, step)))
            case EventStepFacts():
                self._agenda.outside.append(Move(name, partial(self._await, name, step)))
            case TimeStepFacts():
                self._wait(name, step)
            case CallStepFacts():
                self._call(name, step, route)
            case SetStepFacts(values=values):
                self._compute(name, lambda: self._evaluated(values))
            case TableStepFacts():
                self._compute(name, lambda: self._decided(step))
            case RunStepFacts():
                raise Unrehearsed("what a workflow inside does is not rehearsed")

    def _evaluated(self, values: Values) -> dict[str, object]:
        return {name: evaluate(value, self.values) for name, value in values.items()}

    def _end(self, name: str) -> None:
        self.outcome = f"expect ends {name}"
        try:
            self._evaluated(self._workflow.ends[name].values)
        except EvaluationError:
            self.outcome = "expect fails"

    def _ask_agent(self, name: str, step: AgentStepFacts) -> None:
        trigger = self._wanted_trigger(name)
        agent = self._facts.agents[step.decl.agent.text]
        if trigger in ("failure", "timeout") and not self._answers.stops(name, self.values):
            again = attempts_with(agent) * models_of(agent) - 1
            for _ in range(1 + again):
                self.script.says(f"agent {name} {FAILING[trigger]}")
            self._fail_after(again, name, trigger)
            return
        value = self._answer(name, step.returns)
        self.script.says(f"agent {name} answers {written(step.returns, value)}")
        self._done(name, value)

    def _compute(self, name: str, give: Callable[[], object]) -> None:
        """Do a step that computes: it has a value, or it fails."""
        try:
            value = give()
        except (EvaluationError, ValidationError, TypeError):
            value = None
        if value is None or isinstance(value, Stopped | Several):
            self._agenda.moves.append(Move(name, partial(self._fail, name, "failure")))
        else:
            self._agenda.moves.append(Move(name, partial(self._done, name, value)))

    def _decided(self, step: TableStepFacts) -> object:
        return looked_up(self._facts.tables[step.decl.table.text], self._evaluated(step.arguments))

    # --- calls -------------------------------------------------------------------------------------------------------

    def _call(self, name: str, step: CallStepFacts, route: RouteFacts) -> None:
        tool = self._facts.tools[step.call.tool]
        here = name == self._place and self._way.done
        given: dict[str, object] = {}
        try:
            given = self._evaluated(step.call.arguments)
            args = cast(Mapping[str, object], fitted(tool.parameters, given))
        except (EvaluationError, ValidationError, TypeError):
            if here:
                self._confirm({**self.values, "args": given})
            self._agenda.moves.append(Move(name, partial(self._fail, name, "failure")))
            return
        if here:
            self._confirm({**self.values, "args": args, **about(tool)})
        match decide(tool, args, route, self._workflow, self._facts, self.values, self._history):
            case Denied():
                self._deny(name, tool)
            case Allowed() if self._spending.denies(tool):
                self._too_dear(name, tool)
            case Allowed(roles=()):
                self._perform(name, step)
            case Allowed(roles=roles):
                self._agenda.waiting.append(Waiting(name, route.approval, roles, route))
            case _:
                raise Unrehearsed("whether a call is allowed depends on more than values")

    def _deny(self, name: str, tool: ToolFacts) -> None:
        self.denied.append(tool.name)
        self._agenda.moves.append(Move(name, partial(self._fail, name, "denied")))

    def _too_dear(self, name: str, tool: ToolFacts) -> None:
        """A call is denied since the run would cost more than is promised."""
        self._deny(name, tool)

    def _perform(self, name: str, step: CallStepFacts) -> None:
        tool = self._facts.tools[step.call.tool]
        if self._spending.denies(tool):
            self._too_dear(name, tool)
            return
        self._spending.call(tool)
        args = cast(Mapping[str, object], fitted(tool.parameters, self._evaluated(step.call.arguments)))
        self._history.make(tool.name, args, "", self.values.get("now"))
        self._agenda.answers.append(Move(name, partial(self._return, name, tool), called=tool.effect != "read"))

    def _return(self, name: str, tool: ToolFacts) -> None:
        trigger = self._wanted_trigger(name)
        if trigger in ("failure", "timeout") and not self._answers.stops(name, self.values):
            if tool.fallback is not None:
                raise Unrehearsed("another tool is called in its place")
            again = attempts_at(tool.name, self._facts) - 1
            self._repeated(tool, again)
            for _ in range(1 + again):
                said = "times out" if trigger == "timeout" else 'fails "it failed"'
                self.script.replies(tool.name, said, plain=False)
            self._fail_after(again, name, trigger)
            return
        value = None if tool.result is None else self._answer(name, tool.result)
        self._history.give(tool.name, value)
        if tool.result is not None:
            plain = equal(value, sample(tool.result))
            self.script.replies(tool.name, f"returns {written(tool.result, value)}", plain=plain)
        self._done(name, value)

    def _repeated(self, tool: ToolFacts, times: int) -> None:
        """Charge further attempts, each of which is decided like the first."""
        if times and any(rule.decl.kind == "limit" for rule in rules_for(self._facts, tool.name, "")):
            raise Unrehearsed("a further attempt may be limited")
        for _ in range(times):
            if self._spending.denies(tool):
                raise Unrehearsed("a further attempt may cost too much")
            self._spending.call(tool)
            self._history.repeat(tool.name)

    # --- what a step gives -------------------------------------------------------------------------------------------

    def _done(self, name: str, value: object) -> None:
        self.values[name] = value
        self._written.add(name)
        if not all(self._kept(each, name) for each in self._workflow.promises if isinstance(each, AlwaysFacts)):
            self.outcome = "expect fails"
            return
        self._leave(name)

    def _begin(self) -> None:
        if all(self._kept(each) for each in self._workflow.promises if isinstance(each, AlwaysFacts)):
            self._leave(START)
        else:
            self.outcome = "expect fails"

    def _kept(self, promise: AlwaysFacts, name: str | None = None) -> bool:
        """Whether a promise is kept, or not judged: nothing that it needs is missing, and it reads what was written."""
        judged = (name is None or name in promise.reads) and promise.needs <= self._written
        return not judged or outcome(promise.condition, self.values) is Outcome.TRUE

    def _fail_after(self, attempts: int, name: str, trigger: Trigger) -> None:
        """Let a step fail: at once, or after further attempts, before which everything else goes on."""
        if attempts:
            self.script.waits()
            self._agenda.later.append(Move(name, partial(self._fail, name, trigger)))
        else:
            self._fail(name, trigger)

    def _fail(self, name: str, trigger: Trigger, stopped: Group | None = None) -> None:
        """Take the route for a failure, or give the run up."""
        kind: Trigger | None = trigger
        while kind is not None:
            for group in self._groups:
                if group.sources == (name,) and group.trigger == kind:
                    self._considered(group)
                    self._take(group, chosen(group, self.values, name, "no-value" if stopped else trigger))
                    return
            kind = FALLBACK.get(kind) if stopped is None else None
        self._meeting.lack()
        if stopped is not None:
            self._way.take(stopped, None)
        elif not self._way.done and self._way.next(name) is not None:
            raise Astray("a step fails")
        self.outcome = "expect fails"

    def _wanted_trigger(self, name: str) -> Trigger | None:
        wanted = self._way.next(name)
        place = self._place
        if wanted is None and isinstance(place, Group) and name in place.sources:
            return place.trigger
        return None if wanted is None else way_of_failing(wanted, self._groups, self.values)

    def _answer(self, name: str, type: Type) -> object:
        return self._answers.of(name, type, self._visits.get(name, 0), self.values)
