"""The world of a run: models, tools, people and clocks that answer what a machine asks, or something else.

`tame` worlds answer within the declared types, so that nothing but the closed list of causes can fail; others also
answer beside them, for others, twice, too early, too late and out of the blue.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from generated.dice import Dice
from generated.typed import HOSTILE, value_beside, value_within
from interlock.decide import Principal
from interlock.run import Machine, prepare
from interlock.run.ledger import settled
from interlock.run.protocol.commands import (
    Admit,
    AskApproval,
    AskModel,
    AskPerson,
    AwaitEvent,
    CallTool,
    Command,
    Reserve,
    SetTimer,
)
from interlock.run.protocol.events import (
    Admitted,
    ApprovalDenied,
    ApprovalGiven,
    Event,
    Exhausted,
    Json,
    ModelCall,
    ModelFailed,
    ModelReplied,
    PersonAnswered,
    Reserved,
    RunCancelled,
    RunResumed,
    RunStarted,
    SignalReceived,
    TimerFired,
    ToolFailed,
    ToolReturned,
    Usage,
    Withheld,
)
from interlock_dsl.program.model import AgentStep, AskStep, EventStep, Program
from interlock_dsl.program.paths import step_at, workflows_in

PEOPLE = ("bob", "eve", "dan", "ann", "")
PRINCIPALS = (
    Principal("ann"),
    Principal("ann", ("boss",)),
    Principal(""),
    Principal("ann", (), frozenset({"desk.read", "desk.write", "money.pay"})),
)
STEPS_OF_TIME = (0, 0, 1, 1_000_000, 60_000_000, 700_000_000, 7_200_000_000)
FAILURES: tuple[Literal["error", "timeout", "uncertain"], ...] = ("error", "timeout", "uncertain")
BROKEN: tuple[Literal["error", "timeout"], ...] = ("error", "timeout")


@dataclass
class World:
    """Answers for one run of the workflow `w`."""

    dice: Dice
    program: Program
    tame: bool = False
    now: int = 1_700_000_000_000_000
    sent: list[Event] = field(default_factory=list)

    def start(self) -> RunStarted:
        workflow = self.program.workflows["w"]
        given = cast(dict[str, Json], value_within(workflow.parameters, self.dice))
        who = self.dice.one(PRINCIPALS)
        started = prepare(self.program, "w", given, run="r1", at=self.now, principal=who, context=self._context())
        if self._wild(0.02):
            return replace(started, context=cast("dict[str, Json]", value_beside(self.program.context, self.dice)))
        return started

    def _context(self) -> dict[str, Json] | None:
        declared = self.program.context
        if declared is None or self._wild():
            return None
        return cast("dict[str, Json]", value_within(declared, self.dice))

    def next(self, machine: Machine) -> Event:
        """Return the next event: mostly an answer to what is open."""
        dice = self.dice
        self.now += dice.one(STEPS_OF_TIME[:4] if self.tame or dice.often(0.8) else STEPS_OF_TIME)
        event = self._next(machine)
        self.sent.append(event)
        return event

    def _next(self, machine: Machine) -> Event:
        dice, pending = self.dice, machine.pending()
        if dice.often(0.0 if self.tame else 0.1):
            return self._out_of_the_blue(machine)
        every = [step for workflow in workflows_in(self.program, "w") for step in workflow.steps.values()]
        events = [step for step in every if isinstance(step, EventStep)]
        if events and dice.often(0.05):
            return self._signal(dice.one(events))
        working = [one for one in pending if not isinstance(one, SetTimer)]
        if dice.often(0.6) and any(isinstance(one, SetTimer) for one in pending):
            working = [one for one in working if not isinstance(one, AwaitEvent)]
        if working and dice.often(0.88):
            return self._answer(dice.one(working))
        timers = [one for one in pending if isinstance(one, SetTimer)]
        if timers:
            timer = min(timers, key=lambda one: one.at) if dice.often(0.7) else dice.one(timers)
            overdue = [one for one in working if self.tame and self._is_over_before(one, timer)]
            if overdue:
                return self._answer(dice.one(overdue))
            if self.tame or dice.often(0.9):
                self.now = max(self.now, timer.at)
            return TimerFired(self.now, timer.id)
        if working:
            return self._answer(dice.one(working))
        return RunResumed(self.now)

    def _is_over_before(self, command: Command, timer: SetTimer) -> bool:
        """Whether a turn or a call has an answer, if only that it took too long, before a timer is due."""
        limit = command.timeout if isinstance(command, AskModel | CallTool) else None
        return limit is not None and self.now + limit < timer.at

    def _out_of_the_blue(self, machine: Machine) -> Event:
        dice = self.dice
        match dice.number(0, 7):
            case 0 | 7:
                return RunResumed(self.now)
            case 1 if dice.often(0.3):
                return RunCancelled(self.now, dice.one(PEOPLE), "enough")
            case 2:
                return RunStarted(self.now, "r2", self.program.digest, "w", {})
            case 3 | 4 if self.sent:
                return replace(dice.one(self.sent), at=self.now - dice.one((0, 0, 1_000_000)))
            case _:
                pending = machine.pending()
                id = dice.one(pending).id if pending else "c1"
                return self._forged(dice.one((id, "c1", "a1", "m1", "zz")))

    def _forged(self, id: str) -> Event:
        """Return an event that answers another kind of question, or nobody's."""
        dice, now = self.dice, self.now
        some: Sequence[Event] = (
            ToolReturned(now, id, dice.one(HOSTILE)),
            ToolFailed(now, id, "uncertain", "gone", 5_000),
            ModelReplied(now, id, True, dice.one(HOSTILE)),
            ModelFailed(now, id, "error", "gone", Usage(-5, 3, -1), -7),
            PersonAnswered(now, id, "bob", "boss", dice.one(HOSTILE)),
            ApprovalGiven(now, id, "bob", "boss", "0" * 64),
            ApprovalDenied(now, id, "eve", "", "no"),
            TimerFired(now, id),
            SignalReceived(now, "paid", dice.one(HOSTILE), id),
            Reserved(now, id, (0,)),
            Exhausted(now, id, (1,), ("none",)),
            Admitted(now, id, -1, True),
            Withheld(now, id, dice.one(("rate", "breaker", "ledger")), dice.one((None, -5, now, 10**18))),
        )
        return dice.one(some)

    def _answer(self, command: Command) -> Event:
        match command:
            case AskModel():
                return self._model(command)
            case CallTool():
                return self._tool(command)
            case Reserve():
                return self._ledger(command)
            case Admit():
                return self._attempt(command)
            case AskPerson():
                return self._person(command)
            case AskApproval():
                return self._approver(command)
            case AwaitEvent():
                step = step_at(self.program, "w", command.step)
                assert isinstance(step, EventStep)
                return self._signal(step)
            case _:
                return TimerFired(self.now, command.id)

    def _wild(self, probability: float = 0.1) -> bool:
        return not self.tame and self.dice.often(probability)

    def _usage(self, command: AskModel) -> Usage:
        most = max(0, command.tokens)
        tokens = self.dice.one((0, min(most, 50), min(most, 300), most // 2))
        if self._wild(0.05):
            tokens = most + 7
        return Usage(tokens, self.dice.one((0, 1)), self.dice.one((0, 0, 10_000, 60_000)))

    def _model(self, command: AskModel) -> Event:
        dice = self.dice
        step = step_at(self.program, "w", command.step)
        assert isinstance(step, AgentStep)
        usage = self._usage(command)
        if dice.often(0.5 if step.agent.fallback else 0.05):
            return ModelFailed(self.now, command.id, dice.one(BROKEN), "busy", usage, dice.one((0, 500, 1000)))
        if (command.tools and dice.often(0.45)) or self._wild(0.05):
            calls = tuple(self._call(command, number) for number in range(dice.one((1, 2, 2))))
            answered = self._wild(0.05)
            return ModelReplied(self.now, command.id, answered, None, calls, usage, {"raw": 1})
        output = value_beside(step.returns, dice) if self._wild() else value_within(step.returns, dice)
        return ModelReplied(self.now, command.id, not self._wild(0.03), output, usage=usage)

    def _call(self, command: AskModel, number: int) -> ModelCall:
        dice = self.dice
        name = dice.one(command.tools) if command.tools else dice.one(list(self.program.tools))
        key = "k0" if self._wild() else f"k{number}"
        if self._wild(0.15):
            name = dice.one((*self.program.tools, "no.such", ""))
            key = dice.one(("k0", "k1", ""))
        tool = self.program.tools.get(name)
        if tool is None or self._wild():
            return ModelCall(key, name, value_beside(None if tool is None else tool.parameters, dice))
        return ModelCall(key, name, value_within(tool.parameters, dice))

    def _tool(self, command: CallTool) -> Event:
        dice = self.dice
        if dice.often(0.5 if self.program.tools[command.tool].fallback is not None else 0.12):
            return ToolFailed(self.now, command.id, dice.one(FAILURES), "it broke", dice.one((0, 300, 1000)))
        type = self.program.tools[command.tool].result
        if type is None:
            return ToolReturned(self.now, command.id, None)
        return ToolReturned(
            self.now, command.id, value_beside(type, dice) if self._wild(0.08) else value_within(type, dice)
        )

    def _ledger(self, command: Reserve) -> Event:
        dice, claims = self.dice, command.claims
        if self._wild(0.2):
            return dice.one(
                (
                    Exhausted(self.now, command.id, unavailable="no answer"),
                    Exhausted(self.now, command.id, tuple(0 for _ in claims), (claims[-1].limit,)),
                    Reserved(self.now, command.id, tuple(claim.most for claim in claims)),
                    Reserved(self.now, command.id, (-1,) * len(claims)),
                    Reserved(self.now, command.id, (0,) * (len(claims) + 1)),
                )
            )
        used = [dice.one((0, 0, 0, max(0, claim.most - claim.amount), claim.most)) for claim in claims]
        return settled(command, self.now, used)

    def _attempt(self, command: Admit) -> Event:
        if self.dice.often(0.65):
            return Admitted(self.now, command.id, 0, command.breaker is not None and self.dice.often(0.2))
        by = "rate" if command.breaker is None or (command.rate and self.dice.often(0.5)) else "breaker"
        if self._wild(0.3):
            by = self.dice.one(("rate", "breaker", "ledger"))
        again = self.dice.one((None, self.now, self.now + 1_500_000, self.now + 7_200_000_000))
        return Withheld(self.now, command.id, by, again, "no answer" if by == "ledger" else "")

    def _person(self, command: AskPerson) -> Event:
        dice = self.dice
        step = step_at(self.program, "w", command.step)
        assert isinstance(step, AskStep)
        answer = value_beside(step.returns, dice) if self._wild(0.15) else value_within(step.returns, dice)
        role = dice.one(("boss", "", "nobody")) if self._wild() else command.role
        return PersonAnswered(self.now, command.id, dice.one(PEOPLE[: 3 if self.tame else 5]), role, answer)

    def _signal(self, step: EventStep) -> Event:
        """Signal an event that a step waits for, or may come to wait for."""
        dice = self.dice
        name = dice.one(("paid", "gone", "")) if self._wild(0.05) else step.event
        data: Json = None
        if step.data is not None:
            data = value_beside(step.data, dice) if self._wild(0.1) else value_within(step.data, dice)
        return SignalReceived(self.now, name, data, dice.one(("", "", "k1", "k2", "k3")), dice.one(PEOPLE))

    def _approver(self, command: AskApproval) -> Event:
        dice = self.dice
        by = dice.one(PEOPLE[: 3 if self.tame else 5])
        role = dice.one(("boss", "", "deputy")) if self._wild() else command.role
        if dice.often(0.12):
            return ApprovalDenied(self.now, command.id, by, role, dice.one(("", "too much")))
        digest = dice.one(("", "0" * 64)) if self._wild(0.05) else command.digest
        return ApprovalGiven(self.now, command.id, by, role, digest)
