"""A `test` of policies, run through the machine of sessions: calls are proposed, decided, and made as the test says.

Limits beyond one session count in a ledger of the test's own.
"""

from collections import deque
from collections.abc import Mapping

from interlock.decide import Principal
from interlock.errors import InvalidInput
from interlock.run.ledger import Ledger, releases_of, reservation_of, settled
from interlock.run.protocol.commands import CallTool, Command, Reserve
from interlock.run.protocol.events import (
    ApprovalDenied,
    ApprovalGiven,
    CallProposed,
    Event,
    Json,
    Reserved,
    ToolFailed,
    ToolReturned,
)
from interlock.run.protocol.notes import Ignored, Note
from interlock.run.session import SessionMachine
from interlock.run.session.lifecycle import prepare_session
from interlock.testing.expectations import unmet
from interlock.testing.result import STARTED, Stuck, context_of, person, plain
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.cases import Act, Test
from interlock_dsl.program.model import Program
from interlock_dsl.schema import encode, sample


class PolicyTest:
    """The session of one test. A call that is allowed is made at once."""

    def __init__(self, program: Program, test: Test) -> None:
        self.program = program
        self.test = test
        self.machine = SessionMachine(program)
        self.now = STARTED if test.now is None else test.now
        self.events: list[Event] = []
        self.notes: list[Note] = []
        self.failures: list[tuple[Span, str]] = []
        self._ledger = Ledger()
        self._sent: dict[str, Mapping[str, Json]] = {}
        self._tools = {tool: deque(replies) for tool, replies in test.tools.items()}

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
            self._feed(prepare_session(self.program, session="test", at=self.now, principal=principal, context=context))
        except InvalidInput as error:
            raise Stuck(self.test.span, str(error)) from None

    def _act(self, act: Act) -> None:
        match act.kind:
            case "proposes":
                self._feed(CallProposed(self.now, act.name, plain(act.value), act.agent))
            case "decides":
                self._decide(act)
            case "passes":
                self.now += act.micros
            case _:
                problem = unmet(act, self.machine, self.notes, self._sent)
                if problem:
                    self.failures.append((act.span, problem))

    def _feed(self, event: Event) -> None:
        self.events.append(event)
        self.notes += self.machine.feed(event)
        commands = self.machine.commands()
        for reservation in releases_of("test", event, commands):
            self._ledger.release(reservation)
        for command in commands:
            self._perform(command)

    def _perform(self, command: Command) -> None:
        match command:
            case CallTool():
                self._return(command)
            case Reserve():
                self._reserve(command)
            case _:
                pass

    def _reserve(self, command: Reserve) -> None:
        answer = settled(command, self.now, self._ledger.standings(command.claims, self.now))
        if isinstance(answer, Reserved):
            self._ledger.reserve(reservation_of("test", command.id), command.claims, self.now)
        self._feed(answer)

    def _return(self, command: CallTool) -> None:
        self._sent[command.id] = command.args
        replies = self._tools.get(command.tool)
        if not replies:
            result = self.program.tools[command.tool].result
            given = None if result is None else plain(encode(result, sample(result)))
            self._feed(ToolReturned(self.now, command.id, given))
            return
        reply = replies.popleft() if len(replies) > 1 else replies[0]
        if reply.late:
            self._feed(ToolFailed(self.now, command.id, "timeout", "no answer in time"))
        elif reply.failure is None:
            self._feed(ToolReturned(self.now, command.id, plain(reply.value)))
        else:
            self._feed(ToolFailed(self.now, command.id, "error", reply.failure))

    def _decide(self, act: Act) -> None:
        open = self.machine.waiting_for
        asked = next((ask for ask in open if ask.role == act.name), None)
        if asked is None:
            but = f"but only {', '.join(ask.role for ask in open)} is asked" if open else "but nobody is asked"
            raise Stuck(act.span, f"expected {act.name} to be asked for an approval, {but}")
        for attempt in range(asked.count + 1):
            by = person(asked.role, attempt, self.test.principal)
            if act.approves:
                self._feed(ApprovalGiven(self.now, asked.id, by, asked.role, asked.digest))
            else:
                self._feed(ApprovalDenied(self.now, asked.id, by, asked.role))
            if not isinstance(self.notes[-1], Ignored):
                return
        refused = self.notes[-1]
        assert isinstance(refused, Ignored)
        raise Stuck(act.span, f"the answer of {act.name} was not accepted: {refused.reason}")
