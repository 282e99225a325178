"""A `test` of a file, run through the machine: no model, no tools, no people, and a clock of its own.

Agents and persons answer as the test says, tools too (those it says nothing of return a smallest value), approvals
are given and events come when the test says `then`. Limits beyond one run start unused in every test. Time stands still
but for `then 4h pass` and the waits before another attempt; nothing that is due is passed over.
"""

from collections import deque
from collections.abc import Mapping
from typing import TypeVar

from interlock.decide import Principal
from interlock.errors import InvalidInput
from interlock.run.lifecycle.start import prepare
from interlock.run.machine import Machine
from interlock.run.protocol.commands import (
    Admit,
    AskApproval,
    AskModel,
    AskPerson,
    CallTool,
    Command,
    Reserve,
    SetTimer,
)
from interlock.run.protocol.events import (
    Event,
    ModelCall,
    ModelFailed,
    ModelReplied,
    PersonAnswered,
    SignalReceived,
    TimerFired,
)
from interlock.run.protocol.notes import Ignored
from interlock.testing.expectations import unmet
from interlock.testing.policies import PolicyTest
from interlock.testing.result import Stuck, TestResult, context_of, person, plain
from interlock.testing.world import World
from interlock_dsl.program.cases import Act, Test
from interlock_dsl.program.model import Program
from interlock_dsl.program.paths import spoken, written

_Script = TypeVar("_Script")


def run_test(program: Program, test: Test) -> TestResult:
    """Run one test of a program: of a workflow, or of its policies alone."""
    run = _TestRun(program, test) if test.workflow else PolicyTest(program, test)
    run.run()
    return TestResult(not run.failures, tuple(run.failures), tuple(run.events), tuple(run.notes))


class _TestRun(World):
    """The machine of one test and the world around it."""

    def __init__(self, program: Program, test: Test) -> None:
        super().__init__(program, test)
        self.machine = Machine(program)
        self._todo: deque[Command] = deque()
        self._agents = {step: deque(turns) for step, turns in test.agents.items()}
        self._persons = {step: deque(answers) for step, answers in test.persons.items()}

    def run(self) -> None:
        """Do and check what the test says, in order."""
        try:
            self._start()
            for act in self.test.acts:
                self._settle()
                self._act(act)
            self._settle()
            self._refuse_leftovers()
        except Stuck as stuck:
            self.failures.append((stuck.span, str(stuck)))

    def _refuse_leftovers(self) -> None:
        """Fail a test that says what an agent or a person answers, and is never asked for it."""
        for kind, scripts in (("agent", self._agents), ("person", self._persons)):
            for step, left in scripts.items():
                if left:
                    times = f"{len(left)} time{'s' if len(left) > 1 else ''} less than the test answers for it"
                    self.failures.append((self.test.span, f"{kind} `{step}` was asked {times}"))

    def _start(self) -> None:
        given = {name: plain(value) for name, value in self.test.input.items()}
        principal = Principal(self.test.principal or "", self.test.roles)
        try:
            started = prepare(
                self.program,
                self.test.workflow,
                given,
                run="test",
                at=self.now,
                principal=principal,
                context=context_of(self.test),
            )
            self.feed(started)
        except InvalidInput as error:
            raise Stuck(self.test.span, str(error)) from None

    def _act(self, act: Act) -> None:
        if act.kind == "decides":
            self._decide(act)
        elif act.kind == "passes":
            self._pass(act.micros)
        elif act.kind == "comes":
            self._come(act)
        else:
            problem = unmet(act, self.machine, self.notes, self.sent)
            if problem:
                self.failures.append((act.span, problem))

    def feed(self, event: Event) -> None:
        """Give the machine an event, and keep what it wants done."""
        notes = self.machine.feed(event)
        commands = self.machine.commands()
        self.took(event, notes, commands)
        self._todo += commands

    # --- the world ---------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Let everything happen that needs neither an approval, nor an event, nor the passing of time.

        A wait before another attempt passes by itself, up to a deadline that comes before. A person's time, an event's
        or a timer that comes before it is the test's to decide: time then stands still until `then ... pass`.
        """
        while True:
            while self._todo:
                self._perform(self._todo.popleft())
            timers = self._timers()
            next = {timer.purpose for timer in timers if timer.at == timers[0].at}
            retries = any(timer.purpose == "retry" for timer in timers)
            if not timers or (timers[0].at > self.now and not (retries and next & {"retry", "deadline"})):
                return
            self._fire(timers[0])

    def _timers(self) -> list[SetTimer]:
        """Return the timers that are set, in the order in which the runtime fires them."""
        timers = (command for command in self.machine.pending() if isinstance(command, SetTimer))
        return sorted(timers, key=lambda timer: (timer.at, timer.id))

    def _perform(self, command: Command) -> None:
        asked = isinstance(command, AskModel | CallTool | AskPerson | Reserve | Admit)
        if asked and command not in self.machine.pending():
            return
        match command:
            case AskModel():
                self._reply(command)
            case CallTool():
                self.call(command)
            case Reserve() | Admit():
                self.reserve(command)
            case AskPerson(step=path) if answers := self._script(path, self._persons, self.test.persons):
                step = written(path)
                by = person(command.role, 0, self.test.principal)
                answer = plain(answers.popleft())
                self.feed(PersonAnswered(self.now, command.id, by, command.role, answer))
                if isinstance(self.notes[-1], Ignored):
                    raise Stuck(
                        self.test.span, f"the answer of person `{step}` was not accepted: {self.notes[-1].reason}"
                    )
            case _:
                pass

    def _script(
        self, path: str, scripts: dict[str, deque[_Script]], given: Mapping[str, tuple[_Script, ...]]
    ) -> deque[_Script] | None:
        """Return what is left for a step to answer: what is said of this visit of this row, else of what it is one of.

        A row of which nothing is said answers what is said of its step; so does each visit after the other.
        """
        visit = self.visit(path)
        said = next((name for name in spoken(visit) if name in given), None)
        if said is None:
            return scripts.get(written(path))
        key = said if said == written(path) else visit if "#" in said else written(path)
        if key not in scripts:
            scripts[key] = deque(given[said])
            scripts[said].clear()
        return scripts[key]

    def _reply(self, command: AskModel) -> None:
        step = written(command.step)
        turns = self._script(command.step, self._agents, self.test.agents)
        if turns is None:
            raise Stuck(
                self.test.span,
                f"agent `{step}` was asked, but the test has no answer for it: write `agent {step} answers ...`",
            )
        if not turns:
            refused = [turn.complaint for turn in command.turns if turn.complaint]
            why = f"; its last answer did not fit: {refused[-1]}" if refused else ""
            raise Stuck(
                self.test.span,
                f"agent `{step}` was asked again, but the test has no answer left{why}; "
                f"write another line `agent {step} answers ...`, one for each time it is asked",
            )
        turn = turns.popleft()
        if turn.failed:
            late = not turn.failure
            message = "no reply in time" if late else turn.failure
            self.feed(ModelFailed(self.now, command.id, "timeout" if late else "error", message))
            return
        value = plain(turn.value)
        if turn.tool is None:
            self.feed(ModelReplied(self.now, command.id, True, value))
        else:
            call = ModelCall(f"call {len(command.turns) + 1}", turn.tool, value)
            self.feed(ModelReplied(self.now, command.id, False, calls=(call,)))

    # --- people, events and time -------------------------------------------------------------------------------------

    def _decide(self, act: Act) -> None:
        asked = [c for c in self.machine.pending() if isinstance(c, AskApproval)]
        ask = next((ask for ask in asked if ask.role == act.name), None)
        if ask is None:
            waiting = ", ".join(ask.role for ask in asked)
            but = f"but the run waits for {waiting}" if asked else f"but the run is {self.machine.status}"
            raise Stuck(act.span, f"expected the run to wait for approval by {act.name}, {but}")
        self.decide(act, ask)

    def _come(self, act: Act) -> None:
        data = None if act.value is None else plain(act.value)
        self.feed(SignalReceived(self.now, act.name, data))
        if self.notes and isinstance(self.notes[-1], Ignored):
            raise Stuck(act.span, f"the event `{act.name}` was refused: {self.notes[-1].reason}")

    def _pass(self, micros: int) -> None:
        until = self.now + micros
        while True:
            self._settle()
            timers = self._timers()
            if not timers or timers[0].at > until:
                break
            self._fire(timers[0])
        self.now = max(self.now, until)

    def _fire(self, timer: SetTimer) -> None:
        self.now = max(self.now, timer.at)
        self.feed(TimerFired(self.now, timer.id))
