"""A hostile world: whatever may arrive at a machine, likely or not."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Literal, TypeVar, cast

from decide.reference import reference
from interlock.decide import Decision, Principal
from interlock.decide.evaluator import Evaluator
from interlock.decide.request import Request
from interlock.run import Machine, prepare
from interlock.run.protocol.commands import AskApproval, AskModel, AskPerson, CallTool, Command, SetTimer
from interlock.run.protocol.events import (
    ApprovalDenied,
    ApprovalGiven,
    Event,
    Json,
    ModelCall,
    ModelFailed,
    ModelReplied,
    PersonAnswered,
    RunCancelled,
    RunResumed,
    RunStarted,
    TimerFired,
    ToolFailed,
    ToolReturned,
    Usage,
)
from interlock.run.protocol.notes import CallDecided, Note
from interlock_dsl.cel.types import IntType, RecordType, StringType, Type
from interlock_dsl.program.model import Program
from interlock_dsl.program.paths import without_rows
from interlock_dsl.schema import encode, sample
from run.texts import AGENT, FORK, GATES, LOOP, MEETING, PAY, TRAVEL
from run.texts_of_rows import ROWS, SOME
from run.world import program, tighten

Item = TypeVar("Item")


def _example(name: str) -> Program:
    return program((Path(__file__).parents[2] / "examples" / name / f"{name}.ilk").read_text())


RETRYING = AGENT.replace("turns 3", "turns 4  retry 1 times backoff 2s..2s")
PROGRAMS: list[tuple[Program, dict[str, Json]]] = [
    (program(AGENT), {"id": "A1", "secret": "s"}),
    (program(RETRYING), {"id": "A1", "secret": "s"}),
    (tighten(RETRYING, tool_calls=1, tokens=700, steps=1), {"id": "A1", "secret": "s"}),
    (program(PAY), {"id": "A1", "amount": 600}),
    (program(PAY), {"id": "A1", "amount": 60}),
    (tighten(PAY, time=1_800_000_000), {"id": "A1", "amount": 600}),
    (program(TRAVEL), {"id": "A1"}),
    (tighten(TRAVEL, tool_calls=2, steps=2), {"id": "A1"}),
    (program(MEETING), {"n": 0}),
    (program(LOOP), {"n": 0}),
    (program(FORK), {"id": "A1"}),
    (program(GATES), {"id": "A1", "n": 7}),
    (program(ROWS), {"ids": ["a", "b", "c"]}),
    (tighten(ROWS, tool_calls=2, steps=5), {"ids": ["a", "b", "c", "d"]}),
    (program(SOME), {"ids": ["a", "b", "c"]}),
    (_example("refund"), {"request": {"order_id": "A1", "message": "hi"}}),
    (_example("procurement"), {"purchase": {"id": "A1", "text": "hi"}}),
    (_example("order_exception"), {"line": {"order_id": "A1", "sku": "S", "quantity": 2}}),
]

PEOPLE = ("bob", "eve", "ann", "", "dan")
ROLES = ("boss", "boss", "boss", "purchasing_manager", "deputy", "account_manager", "")
KEYS = ("id", "amount", "text", "ok", "receipt", "total", "other")
TOOLS = ("orders.get", "orders.get", "pay.issue", "pay.issue", "pay.void", "mail.send", "orders.note", "no.such", "")
PRINCIPALS = (
    Principal("ann"),
    Principal("ann"),
    Principal(""),
    Principal("ann", ("boss",), frozenset({"orders.read"})),
    Principal("ann", (), frozenset({"pay.write", "orders.read", "mail.send"})),
)
SCALARS: tuple[Json, ...] = (
    None, True, False, 0, -1, 5, 13, 60, 101, 900, 10**30, 0.5, 5.0, float("nan"), float("inf"),
    "", "A1", "x" * 50, "\ud800", "é",
)  # fmt: skip
DEEP: Json = []
for _ in range(400):
    DEEP = [DEEP]


KINDS: tuple[Literal["error", "timeout", "uncertain"], ...] = ("error", "timeout", "uncertain")
BROKEN: tuple[Literal["error", "timeout"], ...] = ("error", "timeout")


class Chance:
    """Draws what arrives, from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def one(self, several: Sequence[Item]) -> Item:
        return self.random.choice(several)

    def often(self, probability: float) -> bool:
        return self.random.random() < probability

    def anything(self, depth: int = 3) -> Json:
        """Return any JSON value, and what only looks like one."""
        match self.random.randrange(6) if depth else 0:
            case 1:
                return [self.anything(depth - 1) for _ in range(self.random.randrange(3))]
            case 2:
                return {self.one(KEYS): self.anything(depth - 1) for _ in range(self.random.randrange(3))}
            case 3:
                return DEEP if self.often(0.1) else {}
            case _:
                return self.one(SCALARS)

    def fitting(self, type: Type | None) -> Json:
        """Return a value of a type, or something else."""
        if type is None or self.often(0.04):
            return self.anything()
        match type:
            case RecordType(fields=fields):
                return {name: self.fitting(f.type) for name, f in fields.items() if not f.optional or self.often(0.5)}
            case IntType(low, high):
                low, high = low or 0, 1_000 if high is None else high
                return self.one((low, high, *[n for n in (1, 5, 13, 60, 101, 600) if low <= n <= high]))
            case StringType(values=values):
                return self.one(values or ("A1", "B2"))
            case _:
                return cast(Json, encode(type, sample(type)))

    def usage(self, most: int) -> Usage:
        """Return what a turn used, not more than it may."""
        tokens = max(0, min(most, self.one((0, 1, 100, 300, most))))
        return Usage(tokens, self.one((0, -1)), self.one((0, 0, 5, -1)))

    def event(self, machine: Machine, now: int) -> Event:
        """Return something that may arrive now: mostly an answer to what is open, sometimes something else."""
        if self.often(0.03):
            return self.one((RunResumed(now), RunCancelled(now, self.one(PEOPLE)), RunStarted(now, "r2", "", "w", {})))
        pending = machine.pending() or (SetTimer("t99", now, "retry"),)
        asked = self.one(pending)
        if isinstance(asked, SetTimer) and asked.purpose == "deadline":
            asked = self.one(pending)
        id = asked.id if self.often(0.95) else self.one(("c1", "m2", "a9", "t3", "p4", ""))
        if self.often(0.05):
            return self.one((ModelReplied(now, id, True), ToolReturned(now, id), TimerFired(now, id)))
        return self.answer(machine, asked, id, now)

    def answer(self, machine: Machine, asked: Command, id: str, now: int) -> Event:
        match asked:
            case AskModel():
                return self.reply(machine, asked, id, now)
            case CallTool(tool=tool):
                if self.often(0.7):
                    return ToolReturned(now, id, self.fitting(machine._run.plan.tools[tool].result))
                return ToolFailed(
                    now, id, self.one(("error", "timeout", "uncertain")), "broke", self.one((0, 500, 5_000))
                )
            case AskPerson(step=step, role=role):
                asking = machine._run.root.plan.workflow.steps[without_rows(step)]
                fitting = self.fitting(getattr(asking, "returns", None))
                return PersonAnswered(now, id, self.one(PEOPLE), role if self.often(0.8) else self.one(ROLES), fitting)
            case AskApproval(role=role, digest=digest):
                as_role, by = role if self.often(0.8) else self.one(ROLES), self.one(PEOPLE)
                if self.often(0.25):
                    return ApprovalDenied(now, id, by, as_role)
                return ApprovalGiven(now, id, by, as_role, digest if self.often(0.9) else "0" * 64)
            case SetTimer(at=at):
                return TimerFired(max(at, now) if self.often(0.9) else now, id)
            case _:
                raise AssertionError(asked)

    def reply(self, machine: Machine, asked: AskModel, id: str, now: int) -> Event:
        usage = self.usage(asked.tokens)
        if self.often(0.15):
            return ModelFailed(now, id, self.one(BROKEN), "broke", usage, self.one((0, 1_000)))
        step = machine._run.root.plan.workflow.steps[without_rows(asked.step)]
        output = self.fitting(getattr(step, "returns", None))
        if self.often(0.5):
            return ModelReplied(now, id, True, output, usage=usage)
        tools = machine._run.plan.tools
        names = [self.one((*TOOLS, *asked.tools, *asked.tools)) for _ in range(self.random.randrange(5))]
        calls = tuple(
            ModelCall(
                self.one(("k1", "k2", "k3", "")), name, self.fitting(tools[name].parameters if name in tools else None)
            )
            for name in names
        )
        return ModelReplied(now, id, self.often(0.1), output, calls, usage)


class Watched(Evaluator):
    """An authorizer whose every decision is held against the reference, and remembered."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._program = program
        self.allowed: list[tuple[str, object]] = []

    def authorize(self, request: Request) -> Decision:
        expected = reference(self._program, replace(request, bindings=dict(request.bindings)))
        decision = super().authorize(request)
        assert decision.answer == expected.answer, (request, decision, expected)
        if decision.answer == "allow":
            self.allowed.append((request.tool, request.args))
        return decision


def watched(whole: Program, given: dict[str, Json], principal: Principal) -> tuple[Machine, Watched, RunStarted]:
    """Return a machine whose decisions are watched, and the event that starts it."""
    machine = Machine(whole)
    watch = Watched(whole)
    plan = machine._run.plan
    workflows = {name: replace(planned, evaluator=watch) for name, planned in plan.workflows.items()}
    machine._run.plan = replace(plan, evaluator=watch, workflows=workflows)
    return machine, watch, prepare(whole, next(iter(whole.workflows)), given, run="r1", at=0, principal=principal)


def allowed_now(notes: Sequence[Note]) -> list[str]:
    """Return the ids of the calls that were decided `allow`."""
    return [note.call for note in notes if isinstance(note, CallDecided) and note.call]
