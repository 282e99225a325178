"""The world around one test: a clock of its own, tools that answer as the test says, a ledger, people who decide."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping

from interlock.run.ledger import Asked, Ledger, told_by
from interlock.run.protocol.commands import AskApproval, CallTool, Command
from interlock.run.protocol.events import (
    ApprovalDenied,
    ApprovalGiven,
    Event,
    Json,
    ToolFailed,
    ToolReturned,
)
from interlock.run.protocol.notes import Ignored, Note, StepBegan
from interlock.testing.result import STARTED, Stuck, person, plain
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.cases import Act, Test, ToolReply
from interlock_dsl.program.model import Program
from interlock_dsl.program.paths import numbered, spoken, written
from interlock_dsl.schema import encode, sample


class World(ABC):
    """What tests of workflows and of policies have in common.

    Tools of which nothing is said return a smallest value.
    """

    def __init__(self, program: Program, test: Test) -> None:
        self.program = program
        self.test = test
        self.now = STARTED if test.now is None else test.now
        self.events: list[Event] = []
        self.notes: list[Note] = []
        self.failures: list[tuple[Span, str]] = []
        self.sent: dict[str, Mapping[str, Json]] = {}
        """The arguments of every call that was made, by the call's id."""
        self._ledger = Ledger()
        self._tools_at: dict[tuple[str, str], deque[ToolReply]] = {}
        self._tools = {tool: deque(replies) for tool, replies in test.tools.items()}

    @abstractmethod
    def feed(self, event: Event) -> None:
        """Give the machine an event, and do or keep what it wants done."""

    def took(self, event: Event, notes: tuple[Note, ...], commands: tuple[Command, ...]) -> None:
        """Write down what came of an event."""
        self.events.append(event)
        self.notes += notes
        self.sent |= {command.id: command.args for command in commands if isinstance(command, CallTool)}
        self._ledger.settle(*told_by("test", event, commands))

    def reserve(self, command: Asked) -> None:
        """Answer for the ledger."""
        self.feed(self._ledger.answer("test", command, self.now))

    def call(self, command: CallTool) -> None:
        """Answer for a tool; its last answer is given as often as it is called."""
        replies = self._replies(command)
        if not replies:
            result = self.program.tools[command.tool].result
            given = None if result is None else plain(encode(result, sample(result)))
            self.feed(ToolReturned(self.now, command.id, given))
            return
        reply = replies.popleft() if len(replies) > 1 else replies[0]
        if reply.late:
            self.feed(ToolFailed(self.now, command.id, "timeout", "no answer in time"))
        elif reply.failure is None:
            self.feed(ToolReturned(self.now, command.id, plain(reply.value)))
        else:
            self.feed(ToolFailed(self.now, command.id, "error", reply.failure))

    def _replies(self, command: CallTool) -> deque[ToolReply] | None:
        """Return what a tool answers at a step, or wherever it is called; each row has the whole script of its step."""
        here = self.test.tools_at.get(command.tool, {})
        visit = self.visit(command.step) if here else ""
        said = next((name for name in spoken(visit) if name in here), None) if here else None
        if said is None or command.purpose == "undo":
            return self._tools.get(command.tool)
        key = command.tool, visit if "#" in said else written(command.step)
        if key not in self._tools_at:
            self._tools_at[key] = deque(here[said])
        return self._tools_at[key]

    def visit(self, path: str) -> str:
        """Return the path of a step with the numbers of all visits: of the step itself that of its latest one."""
        began = (note for note in reversed(self.notes) if isinstance(note, StepBegan) and note.step == path)
        latest = next(began, None)
        return numbered(path, 1 if latest is None else latest.visit)

    def decide(self, act: Act, asked: AskApproval) -> None:
        """Approve or deny, by somebody of the role whose decision counts."""
        reason = ""
        for attempt in range(asked.count + 1):
            by, before = person(asked.role, attempt, self.test.principal), len(self.notes)
            if act.approves:
                self.feed(ApprovalGiven(self.now, asked.id, by, asked.role, asked.digest))
            else:
                self.feed(ApprovalDenied(self.now, asked.id, by, asked.role))
            refused = [note for note in self.notes[before:] if isinstance(note, Ignored)]
            if not refused:
                return
            reason = refused[-1].reason
        raise Stuck(act.span, f"the answer of {act.name} was not accepted: {reason}")
