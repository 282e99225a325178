"""The naive machine: one event after the other, each with what follows from it.

    machine = Reference(program)
    notes, commands = machine.feed(event)

It knows no tables, no plans, no indexes: what a thing may do next is asked of its phase where the event arrives.
"""

from collections.abc import Mapping

from interlock.decide import Principal
from interlock.run.protocol.events import (
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
)
from interlock_dsl.cel.types import RecordType
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.program.model import CallStep, EventStep, Program, TableStep, TimeStep, Workflow
from reference import agents, calls, people, promised, routing, rows, steps, waits
from reference.state import Ask, Call, Open, Run, Visit
from reference.values import METER, ValidationError, decoded, encoded

ANSWERED_BY = {
    "ask model": (ModelReplied, ModelFailed),
    "call tool": (ToolReturned, ToolFailed),
    "reserve": (Reserved, Exhausted),
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
        run.notes, run.commands, run.todo = [], [], []
        METER.restore()
        before = run.now
        run.at(max(before, event.at))
        problem = self._problem(event)
        if not problem and run.phase == "running" and run.overdue() and not self._is_deadline(event):
            self._time_is_up()
            problem = self._problem(event)
        if not problem and run.phase == "running" and (late := self._late(event)):
            for visit in late:
                run.later(routing.fail, run, visit, "timeout")
            self._work()
            problem = self._problem(event)
        if problem:
            run.note("ignored", problem)
        else:
            self._happened(event)
            self._work()
        if [note[0] for note in run.notes] == ["ignored"]:
            run.at(before)
        return run.notes, run.commands

    def _waiting(self, event: Event) -> Open | None:
        if isinstance(event, RunStarted | RunCancelled | RunResumed | SignalReceived):
            return None
        id = event.approval if isinstance(event, ApprovalGiven | ApprovalDenied) else event.command
        return self.run.open.get(id)

    def _problem(self, event: Event) -> str:
        """Say why an event means nothing now."""
        run = self.run
        match event:
            case RunStarted():
                return "" if run.phase == "new" else "wrong-phase"
            case RunCancelled() | SignalReceived():
                return "" if run.phase == "running" else "wrong-phase"
            case RunResumed():
                return "" if run.phase in ("running", "ending", "undoing") else "wrong-phase"
        waiting = self._waiting(event)
        if waiting is None:
            return "not-waiting"
        if not isinstance(event, ANSWERED_BY.get(waiting.kind, ())):
            return "wrong-kind"
        if isinstance(event, TimerFired) and run.now < waiting.at:
            return "not-due"
        return ""

    def _is_deadline(self, event: Event) -> bool:
        waiting = self._waiting(event)
        return waiting is not None and waiting.kind == "timer" and waiting.owner is None

    def _late(self, event: Event) -> list[Visit]:
        """Return the steps behind their deadlines that an event is about; all of them where the run is resumed."""
        if isinstance(event, RunResumed):
            return [visit for visit in self.run.active if visit.is_late(self.run.now)]
        waiting = self._waiting(event)
        owner = None if waiting is None else waiting.owner
        if isinstance(owner, Ask):
            owner = owner.owner
        visit = owner.visit if isinstance(owner, Call) else owner
        own = waiting is not None and waiting.kind == "timer" and waiting.command[3] == "deadline"
        return [visit] if visit is not None and visit.is_late(self.run.now) and not own else []

    def _time_is_up(self) -> None:
        _, promise = promised.time_limit(self.run)
        if promise is not None:
            promised.broken(self.run, promise, "exceeded")
        else:
            for visit in [visit for visit in self.run.active if visit.row is None]:
                self.run.later(routing.fail, self.run, visit, "over budget")
        self._work()

    def _work(self) -> None:
        run = self.run
        while True:
            while run.todo:
                do, about = run.todo.pop(0)
                do(*about)
            if run.phase != "running" or run.active or run.undoings:
                return
            steps.give_up(run, "nothing-left")

    def _happened(self, event: Event) -> None:
        run = self.run
        waiting = self._waiting(event)
        owner = None if waiting is None else waiting.owner
        if waiting is not None and not isinstance(event, ApprovalGiven | ApprovalDenied | PersonAnswered):
            del run.open[event.command]  # type: ignore[union-attr]
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
                self._time_is_up()
            case TimerFired(), Visit():
                if waiting is not None and waiting.command[3] == "deadline":
                    run.later(routing.fail, run, owner, "timeout")
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
        run.workflow, run.phase, run.id = workflow, "running", event.run
        scopes = None if event.scopes is None else frozenset(event.scopes)
        run.principal = Principal(event.principal, event.roles, scopes)
        # What has not run, or was not given, has no fields: `has` is false, `.?` absent, reading one an error.
        for name in with_fields(run.program, workflow):
            run.values[name] = {}
        for name, field in workflow.parameters.fields.items():
            if name in values:
                run.record(name, values[name], encoded(field.type, values[name]))
        run.values["run"] = {"id": run.id, "workflow": workflow.name, "started": Timestamp(event.at * 1000)}
        run.values["principal"] = {"name": event.principal, "roles": list(event.roles)}
        run.values["$history"] = run.history
        if context is not None:
            run.values["context"] = context
        limit, _ = promised.time_limit(run)
        if limit is not None:
            run.deadline = event.at + limit
            run.timer(None, run.deadline, "deadline")
        if promised.holds(run):
            routing.leave(run, "start")

    def _resume(self) -> None:
        """A runtime stopped; another took over. What was under way is taken up, or counts as perhaps done."""
        run = self.run
        new = [command[1] for command in run.commands]
        for id, waiting in list(run.open.items()):
            if id in new or id not in run.open:
                continue
            if waiting.kind == "ask model":
                assert isinstance(waiting.owner, Visit)
                agents.resumed(run, waiting.owner, id)
            elif waiting.kind == "call tool":
                assert isinstance(waiting.owner, Call)
                calls.resumed(run, waiting.owner)


def context_of(program: Program, given: Mapping[str, Json] | None) -> object:
    """Return what conditions read as `context`; None: nothing. Raises `ValidationError`."""
    if given is None or (program.context is None and given == {}):
        return None
    if program.context is None:
        raise ValidationError(("no context is declared",))
    return decoded(program.context, given)


def with_fields(program: Program, workflow: Workflow) -> list[str]:
    """Return the steps and parameters that are records."""
    found = [name for name, field in workflow.parameters.fields.items() if isinstance(field.type, RecordType)]
    for name, step in workflow.steps.items():
        if rows.fan_out(step) is not None:
            whole = True
        elif isinstance(step, CallStep):
            whole = not isinstance(program.tools[step.call.tool].result, RecordType)
        elif isinstance(step, EventStep | TimeStep):
            whole = isinstance(step, TimeStep) or not isinstance(step.data, RecordType)
        else:
            whole = isinstance(step, TableStep) and step.table.hit == "collect"
        found += [] if whole else [name]
    return found
