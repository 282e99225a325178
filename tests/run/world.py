"""A world for one run: feeds a machine, remembers what it asked for and what it noted."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import TypeVar

from interlock.decide import Principal
from interlock.run import Machine, prepare
from interlock.run.breakers import came_of
from interlock.run.ledger import Ledger, releases_of, settled
from interlock.run.protocol.commands import (
    Admit,
    AskApproval,
    AskModel,
    AskPerson,
    CallTool,
    Command,
    FinishRun,
    Release,
    Reserve,
    SetTimer,
)
from interlock.run.protocol.events import (
    ApprovalDenied,
    ApprovalGiven,
    Event,
    Json,
    ModelCall,
    ModelReplied,
    PersonAnswered,
    TimerFired,
    ToolFailed,
    ToolReturned,
    Usage,
)
from interlock.run.protocol.notes import CallDecided, Ignored, Note, RouteTaken, StepBegan, StepFailed
from interlock_dsl.compiler.compile import compile_text
from interlock_dsl.program.model import Program
from run.texts import PAY, TRAVEL

SECOND = 1_000_000
HOUR = 3_600 * SECOND

Kind = TypeVar("Kind")


@lru_cache(maxsize=64)
def program(text: str) -> Program:
    """Compile a text that is right."""
    return compile_text(text)


def tighten(text: str, **limits: int) -> Program:
    """Return a program whose workflow has less to spend than the compiler would let anybody write."""
    whole = program(text)
    (workflow,) = whole.workflows.values()
    tight = replace(workflow, budget=replace(workflow.budget, **limits))
    return replace(whole, workflows={workflow.name: tight})


class World:
    """The outside of one run. Every method that lets something happen returns the notes it led to."""

    def __init__(
        self, text: str | Program, input: dict[str, Json] | None = None, principal: Principal | None = None, at: int = 0
    ) -> None:
        self.program = program(text) if isinstance(text, str) else text
        self.machine = Machine(self.program)
        self.now = at
        self.events: list[Event] = []
        self.notes: list[Note] = []
        self.commands: list[Command] = []
        self.ledger = Ledger()
        workflow = next(iter(self.program.workflows))
        who = principal or Principal("ann")
        self.feed(prepare(self.program, workflow, input or {}, run="r1", at=at, principal=who))

    def feed(self, event: Event) -> tuple[Note, ...]:
        self.events.append(event)
        notes = self.machine.feed(event)
        self.notes += notes
        asked = self.machine.commands()
        self.commands += asked
        self.ledger.settle(releases_of("r1", event, asked), came_of("r1", event, asked))
        return notes

    # --- what is asked ---

    def open(self, kind: type[Kind]) -> list[Kind]:
        return [command for command in self.machine.pending() if isinstance(command, kind)]

    def the(self, kind: type[Kind]) -> Kind:
        (command,) = self.open(kind)
        return command

    def call(self, tool: str) -> CallTool:
        return next(command for command in self.open(CallTool) if command.tool == tool)

    # --- what happens ---

    def answers(self, output: Json, usage: Usage = Usage(), step: str = "") -> tuple[Note, ...]:  # noqa: B008
        asked = next(command for command in self.open(AskModel) if step in ("", command.step))
        return self.feed(ModelReplied(self.now, asked.id, True, output, usage=usage))

    def asks(self, *calls: tuple[str, Json], usage: Usage = Usage()) -> tuple[Note, ...]:  # noqa: B008
        wanted = tuple(ModelCall(f"k{n}", tool, args) for n, (tool, args) in enumerate(calls))
        return self.feed(ModelReplied(self.now, self.the(AskModel).id, False, calls=wanted, usage=usage))

    def returns(self, tool: str, result: Json = None) -> tuple[Note, ...]:
        return self.feed(ToolReturned(self.now, self.call(tool).id, result))

    def fails(self, tool: str, kind: str = "error", jitter: int = 1000) -> tuple[Note, ...]:
        assert kind in ("error", "timeout", "uncertain")
        return self.feed(ToolFailed(self.now, self.call(tool).id, kind, "it broke", jitter))

    def approves(self, by: str = "bob", role: str = "", digest: str = "") -> tuple[Note, ...]:
        ask = next(command for command in self.open(AskApproval) if role in ("", command.role))
        return self.feed(ApprovalGiven(self.now, ask.id, by, ask.role, digest or ask.digest))

    def denies(self, by: str = "bob", reason: str = "") -> tuple[Note, ...]:
        ask = self.open(AskApproval)[0]
        return self.feed(ApprovalDenied(self.now, ask.id, by, ask.role, reason))

    def person(self, answer: Json, by: str = "bob", role: str = "") -> tuple[Note, ...]:
        ask = self.the(AskPerson)
        return self.feed(PersonAnswered(self.now, ask.id, by, role or ask.role, answer))

    def wait(self, micros: int) -> list[Note]:
        """Let time pass, firing the timers that come due, the earliest first."""
        until, notes = self.now + micros, []
        while due := [timer for timer in self.open(SetTimer) if timer.at <= until]:
            timer = min(due, key=lambda timer: timer.at)
            self.now = max(self.now, timer.at)
            notes += self.feed(TimerFired(self.now, timer.id))
        self.now = until
        return notes

    def reserves(self, *standings: int) -> tuple[Note, ...]:
        """Have the ledger answer what is asked of it, as it does where so much is used (0 where nothing is said)."""
        asked = self.open(Reserve)[0]
        return self.feed(settled(asked, self.now, standings or [0] * len(asked.claims)))

    def judged(self) -> tuple[Note, ...]:
        """Have the world's ledger say whether the attempt may be made that is asked for."""
        return self.feed(self.ledger.answer("r1", self.the(Admit), self.now))

    # --- what came of it ---

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [note for note in self.notes if isinstance(note, kind)]

    @property
    def entered(self) -> list[str]:
        return [note.step for note in self.of(StepBegan)]

    @property
    def routes(self) -> list[str]:
        return [note.route for note in self.of(RouteTaken)]

    @property
    def called(self) -> list[str]:
        return [command.tool for command in self.commands if isinstance(command, CallTool)]

    @property
    def decided(self) -> list[tuple[str, str]]:
        return [(note.tool, note.decision.answer) for note in self.of(CallDecided)]

    @property
    def failed(self) -> list[tuple[str, str]]:
        return [(note.step, note.trigger) for note in self.of(StepFailed)]

    @property
    def released(self) -> list[str]:
        return [command.reservation for command in self.commands if isinstance(command, Release)]

    @property
    def finished(self) -> FinishRun:
        (finish,) = [command for command in self.commands if isinstance(command, FinishRun)]
        return finish


def ignored(notes: Iterable[Note]) -> str:
    """Return why an event was ignored; it must have been, and nothing else noted."""
    (note,) = notes
    assert isinstance(note, Ignored), note
    return note.reason


def pay(amount: int, text: str | Program = PAY, principal: Principal | None = None) -> World:
    return World(text, {"id": "A1", "amount": amount}, principal)


def travel() -> World:
    run = World(TRAVEL, {"id": "A1"})
    run.returns("pay.issue", {"id": "R1"})
    run.returns("pay.issue", {"id": "R2"})
    return run
