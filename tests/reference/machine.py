"""The naive machine: one event after the other, each with what follows from it.

    machine = Reference(program)
    notes, commands = machine.feed(event)

It knows no tables, no plans, no indexes: what a thing may do next is asked of its phase where the event arrives.
"""

from collections.abc import Mapping

from interlock.decide import Principal
from interlock.run.protocol.events import (
    Admitted,
    ApprovalDenied,
    ApprovalGiven,
    Event,
    Exhausted,
    Json,
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
    Withheld,
)
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.program.model import Program
from reference import agents, calls, inside, people, routing, steps, waits
from reference.state import Ask, Call, Open, Run, Visit
from reference.values import METER, ValidationError, decoded

ANSWERED_BY = {
    "ask model": (ModelReplied, ModelFailed),
    "call tool": (ToolReturned, ToolFailed),
    "reserve": (Reserved, Exhausted),
    "admit": (Admitted, Withheld),
    "ask person": (PersonAnswered,),
    "await event": (),
    "ask approval": (ApprovalGiven, ApprovalDenied),
    "timer": (TimerFired,),
}


class Reference:
    """One run."""

    def __init__(self, program: Program) -> None:
        self.run = Run(program)

    def feed(self, event: Event) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
        run = self.run
        run.whole.notes, run.whole.commands, run.whole.todo = [], [], []
        METER.restore()
        before = run.whole.now
        run.at(max(before, event.at))
        problem = self._problem(event)
        for frame in self._frames(event):
            if run.whole.phase == "running" and not problem and not frame.over and frame.overdue():
                inside.time_is_up(frame)
                self._work()
                problem = self._problem(event)
        if not problem and run.whole.phase == "running" and (late := self._late(event)):
            for visit in late:
                inside.late(visit)
            self._work()
            problem = self._problem(event)
        if problem:
            run.note("ignored", problem)
        else:
            self._happened(event)
            self._work()
        if [note[0] for note in run.whole.notes] == ["ignored"]:
            run.at(before)
        return run.whole.notes, run.whole.commands

    def _waiting(self, event: Event) -> Open | None:
        if isinstance(event, RunStarted | RunCancelled | RunResumed | SignalReceived):
            return None
        id = event.approval if isinstance(event, ApprovalGiven | ApprovalDenied) else event.command
        return self.run.whole.open.get(id)

    def _problem(self, event: Event) -> str:
        """Say why an event means nothing now."""
        run = self.run
        match event:
            case RunStarted():
                return "" if run.whole.phase == "new" else "wrong-phase"
            case RunCancelled() | SignalReceived():
                return "" if run.whole.phase == "running" else "wrong-phase"
            case RunResumed():
                return "" if run.whole.phase in ("running", "ending", "undoing") else "wrong-phase"
        waiting = self._waiting(event)
        if waiting is None:
            return "not-waiting"
        if not isinstance(event, ANSWERED_BY.get(waiting.kind, ())):
            return "wrong-kind"
        if isinstance(event, TimerFired) and run.whole.now < waiting.at:
            return "not-due"
        return ""

    def _frames(self, event: Event) -> list[Run]:
        """Return the workflows that an event may find late, those around first: all, where it is about the run.

        The timer of the run's own time is told of nothing inside.
        """
        owner, run = self._owner(event), self.run
        if run.whole.phase == "new" or (owner is None and isinstance(event, TimerFired)):
            return []
        return inside.live(run) if owner is None else owner.run.around

    def _owner(self, event: Event) -> Visit | Call | None:
        waiting = self._waiting(event)
        owner = None if waiting is None else waiting.owner
        return owner.owner if isinstance(owner, Ask) else owner

    def _late(self, event: Event) -> list[Visit]:
        """Return the steps behind their deadlines that an event is about, those that run workflows first.

        All of them where the run is resumed, and where an event is signalled those that run a workflow.
        """
        owner, now = self._owner(event), self.run.whole.now
        if owner is None:
            every = [visit for frame in inside.live(self.run) for visit in frame.active if visit.is_late(now)]
            if isinstance(event, SignalReceived):
                return [visit for visit in every if visit.inner is not None]
            return every if isinstance(event, RunResumed) else []
        found = [frame.parent for frame in owner.run.around if frame.parent is not None and frame.parent.is_late(now)]
        visit = owner.visit if isinstance(owner, Call) else owner
        own = visit is not None and visit.deadline_id and getattr(event, "command", "") == visit.deadline_id
        return [*found, visit] if visit is not None and visit.is_late(now) and not own else found

    def _work(self) -> None:
        run = self.run
        while True:
            while run.whole.todo:
                do, about = run.whole.todo.pop(0)
                do(*about)
            if run.whole.phase != "running" or run.whole.undoings:
                return
            empty = inside.idle(run) + ([] if run.active else [run])
            if not empty:
                return
            for frame in empty:
                steps.give_up(frame, "nothing-left")

    def _happened(self, event: Event) -> None:
        run = self.run
        waiting, about = self._waiting(event), self._owner(event)
        owner = None if waiting is None else waiting.owner
        whole, run = run.whole, run if about is None else about.run
        if waiting is not None and not isinstance(event, ApprovalGiven | ApprovalDenied | PersonAnswered):
            del whole.open[event.command]  # type: ignore[union-attr]
        match event, owner:
            case RunStarted(), _:
                self._start(event)
            case RunCancelled(), _:
                steps.give_up(run, "called-off", "cancelled")
            case RunResumed(), _:
                self._resume()
            case SignalReceived(), _:
                waits.signalled(run, event)
            case TimerFired(), None:
                inside.time_is_up(run)
            case TimerFired(), Visit():
                if event.command == owner.deadline_id:
                    inside.late(owner)
                elif owner.inner is not None:
                    inside.time_is_up(owner.inner)
                elif owner.phase == "retrying":
                    agents.again(run, owner)
                elif owner.phase == "awaiting time":
                    run.later(routing.complete, run, owner, None, None)
                else:
                    run.later(routing.fail, run, owner, "expiry")
            case TimerFired(), Call():
                calls.again(run, owner)
            case TimerFired(), Ask():
                people.expired(run, owner)
            case ModelReplied(), Visit():
                agents.replied(run, owner, event)
            case ModelFailed(), Visit():
                agents.failed(run, owner, event)
            case ToolReturned(), Call():
                calls.returned(run, owner, event)
            case ToolFailed(), Call():
                calls.failed(run, owner, event.kind, event.jitter)
            case Reserved() | Exhausted(), Call():
                calls.ledger_answered(run, owner, event)
            case Admitted() | Withheld(), Call():
                calls.judged(run, owner, event)
            case PersonAnswered(), Visit():
                people.answered(run, owner, event)
            case ApprovalGiven(), Ask():
                people.given(run, owner, event)
            case ApprovalDenied(), Ask():
                people.denied(run, owner, event)

    def _start(self, event: RunStarted) -> None:
        run = self.run
        workflow = run.program.workflows.get(event.workflow)
        if event.program != run.program.digest:
            run.note("ignored", "wrong-program")
            return
        if workflow is None:
            run.note("ignored", "invalid-input")
            return
        try:
            values = decoded(workflow.parameters, event.input)
            context = context_of(run.program, event.context)
        except ValidationError:
            run.note("ignored", "invalid-input")
            return
        assert isinstance(values, dict)
        run.workflow, run.whole.phase, run.whole.id = workflow, "running", event.run
        scopes = None if event.scopes is None else frozenset(event.scopes)
        run.whole.principal = Principal(event.principal, event.roles, scopes)
        run.values["run"] = {"id": run.whole.id, "workflow": workflow.name, "started": Timestamp(event.at * 1000)}
        run.values["principal"] = {"name": event.principal, "roles": list(event.roles)}
        run.values["$history"] = run.whole.history
        if context is not None:
            run.values["context"] = context
        inside.start(run, values, event.at)

    def _resume(self) -> None:
        """A runtime stopped; another took over. What was under way is taken up, or counts as perhaps done."""
        run = self.run
        new = [command[1] for command in run.whole.commands]
        for id, waiting in list(run.whole.open.items()):
            if id in new or id not in run.whole.open:
                continue
            if waiting.kind == "ask model":
                assert isinstance(waiting.owner, Visit)
                agents.resumed(waiting.owner.run, waiting.owner, id)
            elif waiting.kind == "call tool":
                assert isinstance(waiting.owner, Call)
                calls.resumed(waiting.owner.run, waiting.owner)


def context_of(program: Program, given: Mapping[str, Json] | None) -> object:
    """Return what conditions read as `context`; None: nothing. Raises `ValidationError`."""
    if given is None or (program.context is None and given == {}):
        return None
    if program.context is None:
        raise ValidationError(("no context is declared",))
    return decoded(program.context, given)
