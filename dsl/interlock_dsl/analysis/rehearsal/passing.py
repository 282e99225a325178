"""What a rehearsed run waits for outside: people who answer, events that come, time that passes."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import partial

from interlock_dsl.analysis.facts import AskStepFacts, EventStepFacts, TimeStepFacts, WorkflowFacts
from interlock_dsl.analysis.knowledge.quantities import duration_words
from interlock_dsl.analysis.rehearsal.agenda import Agenda, Move
from interlock_dsl.analysis.rehearsal.answering import Answers
from interlock_dsl.analysis.rehearsal.evaluating import History, evaluate, outcome
from interlock_dsl.analysis.rehearsal.script import Script, Unrehearsed, shown, written
from interlock_dsl.analysis.values.problem import Outcome
from interlock_dsl.cel.errors import EvaluationError
from interlock_dsl.cel.types import NULL, Type
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.program.builtins import EVENT
from interlock_dsl.syntax.tree import Trigger


class Passing(ABC):
    """The waiting of a run. What else it does, and what is done once it has waited, is told elsewhere."""

    script: Script
    values: dict[str, object]
    outcome: str
    _workflow: WorkflowFacts
    _agenda: Agenda
    _answers: Answers
    _history: History
    _visits: dict[str, int]

    @abstractmethod
    def _done(self, name: str, value: object) -> None:
        """Go on from a step that has its output."""

    @abstractmethod
    def _fail(self, name: str, trigger: Trigger) -> None:
        """Go on from a step that has none."""

    @abstractmethod
    def _wanted_trigger(self, name: str) -> Trigger | None:
        """Return the trigger by which the way leaves a step."""

    @abstractmethod
    def _answer(self, name: str, type: Type) -> object:
        """Return what a step gives."""

    def _ask_person(self, name: str, step: AskStepFacts) -> None:
        if self._wanted_trigger(name) in ("expiry", "denied") and step.decl.within is not None:
            self.script.act(f"then {step.decl.within.span.text} pass")
            self._fail(name, "expiry")
            return
        value = self._answer(name, step.returns)
        self.script.says(f"person {name} answers {written(step.returns, value)}")
        self._done(name, value)

    def _await(self, name: str, step: EventStepFacts) -> None:
        """Let the event come that a step waits for, or so much time pass that it is too late."""
        if self._wanted_trigger(name) in ("expiry", "denied") and step.decl.within is not None:
            self._pass(step.decl.within.micros)
            if not self.outcome:
                self._fail(name, "expiry")
            return
        data = step.data or NULL

        def fits(value: object) -> bool:
            return step.where is None or outcome(step.where, {**self.values, EVENT: value}) is Outcome.TRUE

        value = self._answers.event(name, data, self._visits.get(name, 0), self.values, fits)
        said = "" if step.data is None else f" {written(data, value)}"
        self.script.act(f"then event {shown(step.decl.event)}{said}")
        self._done(name, value)

    def _wait(self, name: str, step: TimeStepFacts) -> None:
        """Wait for some time, or until a moment, if it is not past."""
        now = self.values["now"]
        assert isinstance(now, Timestamp)
        micros = 0 if step.decl.pause is None else step.decl.pause.micros
        if step.until is not None:
            try:
                until = evaluate(step.until, self.values)
            except EvaluationError:
                until = None
            if not isinstance(until, Timestamp):
                self._agenda.moves.append(Move(name, partial(self._fail, name, "failure")))
                return
            micros = max(0, -((now.nanoseconds - until.nanoseconds) // 1_000))
        if not micros:
            self._agenda.moves.append(Move(name, partial(self._done, name, None)))
            return

        def over() -> None:
            self._pass(micros)
            if not self.outcome:
                self._done(name, None)

        self._agenda.outside.append(Move(name, over))

    def _pass(self, micros: int) -> None:
        """Let time pass, while nothing else is under way that it may end."""
        budget = self._workflow.decl.budget
        if self._agenda.under_way:
            raise Unrehearsed("time passes while something else is under way")
        now, run = self.values["now"], self.values["run"]
        assert isinstance(now, Timestamp) and isinstance(run, Mapping)
        later = Timestamp(now.nanoseconds + micros * 1_000)
        most = None if budget is None or budget.time is None else budget.time.micros * 1_000
        if most is not None and later.nanoseconds - run["started"].nanoseconds >= most:
            raise Unrehearsed("the time of the run is over")
        self.script.act(f"then {duration_words(micros)} pass")
        self.values["now"] = later
        self._history.passed = True
