"""A `test` of policies, run through the machine of sessions: calls are proposed, decided, and made as the test says.

Limits beyond one session count in a ledger of the test's own.
"""

from interlock.decide import Principal
from interlock.errors import InvalidInput
from interlock.run.protocol.commands import Admit, CallTool, Reserve
from interlock.run.protocol.events import (
    CallProposed,
    Event,
)
from interlock.run.session import SessionMachine
from interlock.run.session.lifecycle import prepare_session
from interlock.testing.expectations import unmet
from interlock.testing.result import Stuck, context_of, plain
from interlock.testing.world import World
from interlock_dsl.program.cases import Act, Test
from interlock_dsl.program.model import Program


class PolicyTest(World):
    """The session of one test. A call that is allowed is made at once."""

    def __init__(self, program: Program, test: Test) -> None:
        super().__init__(program, test)
        self.machine = SessionMachine(program)

    def run(self) -> None:
        """Do and check what the test says, in order."""
        try:
            self._start()
            for act in self.test.acts:
                self._act(act)
        except Stuck as stuck:
            self.failures.append((stuck.span, str(stuck)))

    def _start(self) -> None:
        principal = Principal(self.test.principal or "", self.test.roles)
        try:
            context = context_of(self.test)
            self.feed(prepare_session(self.program, session="test", at=self.now, principal=principal, context=context))
        except InvalidInput as error:
            raise Stuck(self.test.span, str(error)) from None

    def _act(self, act: Act) -> None:
        match act.kind:
            case "proposes":
                self.feed(CallProposed(self.now, act.name, plain(act.value), act.agent))
            case "decides":
                self._decide(act)
            case "passes":
                self.now += act.micros
            case _:
                problem = unmet(act, self.machine, self.notes, self.sent)
                if problem:
                    self.failures.append((act.span, problem))

    def feed(self, event: Event) -> None:
        """Give the machine an event, and do at once what it wants done."""
        notes = self.machine.feed(event)
        commands = self.machine.commands()
        self.took(event, notes, commands)
        for command in commands:
            if isinstance(command, CallTool):
                self.call(command)
            elif isinstance(command, Reserve | Admit):
                self.reserve(command)

    def _decide(self, act: Act) -> None:
        open = self.machine.waiting_for
        asked = next((ask for ask in open if ask.role == act.name), None)
        if asked is None:
            but = f"but only {', '.join(ask.role for ask in open)} is asked" if open else "but nobody is asked"
            raise Stuck(act.span, f"expected {act.name} to be asked for an approval, {but}")
        self.decide(act, asked)
