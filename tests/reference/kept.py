"""Promises, watched from outside: what a run told and where it stands is enough to see whether it kept them.

This knows nothing of how promises are enforced. Of a promise with a `where` it says nothing: that is the naive
machine's to judge.
"""

from collections.abc import Iterable, Iterator

from interlock.run import Machine
from interlock.run.protocol.notes import (
    ApprovalAsked,
    ApprovalSettled,
    Backtracked,
    CallDecided,
    CallDone,
    Note,
    StepBegan,
    StepFailed,
)
from interlock_dsl.cel import EvaluationError
from interlock_dsl.program.model import Program, fan_out
from interlock_dsl.program.paths import step_at, without_rows, workflows_in
from interlock_dsl.program.promises import (
    Always,
    CostAtMost,
    EndsWithin,
    EndsWithinSteps,
    NeverBefore,
    NeverUnapproved,
)


class Watch:
    """One run, as its notes tell of it."""

    def __init__(self, program: Program, started: int) -> None:
        self.program = program
        self.workflow = program.workflows["w"]
        self.started = started
        self.steps = 0
        self.undone: set[str] = set()
        self.returned: dict[str, set[str]] = {}
        """The tools of which a call has returned, with the steps in which one has."""
        self.visits: dict[str, int] = {}
        self.asked: dict[str, ApprovalAsked] = {}
        self.agreed: dict[str, tuple[str, ...]] = {}

    def after(self, notes: Iterable[Note], machine: Machine) -> list[str]:
        """Return, in words, the promises that the run did not keep at the last event."""
        notes = list(notes)
        found = [said for note in notes for said in self._told(note)]
        # A step that the budget has no room for is told of, and is not entered.
        refused = {(note.step, note.visit) for note in notes if isinstance(note, StepFailed) and _over(note)}
        begun = {(note.step, note.visit) for note in notes if isinstance(note, StepBegan)}
        self.steps -= len(refused & begun)
        run = machine._run
        if run.phase == "new":
            return found
        frame = run.root
        standing = run.phase in ("running", "ending") or machine.status == "ended"
        for promise in self.workflow.promises if standing else ():
            match promise:
                case Always(needs=needs) if needs <= frame.shown.keys() and not _holds(promise, frame.reads(run.now)):
                    found.append(f"{promise.id} does not hold")
                case EndsWithinSteps(steps=steps) if self.steps > steps:
                    found.append(f"{promise.id}: {self.steps} steps")
                case EndsWithin(time=time) if run.phase == "running" and run.now >= self.started + time:
                    found.append(f"{promise.id}: the run goes on")
                case CostAtMost(cost=cost) if run.root.spent.cost > cost:
                    found.append(f"{promise.id}: it cost {run.root.spent.cost}")
                case _:
                    pass
        return found

    def _told(self, note: Note) -> Iterator[str]:
        match note:
            case StepBegan(step=step):
                self.visits[without_rows(step)] = note.visit
                self.steps += _is_charged(self.program, step)
            case CallDone(tool=tool, ok=True, purpose="step" | "agent"):
                self.returned.setdefault(tool, set()).add(without_rows(note.step))
            case Backtracked(discarded=steps):
                # Where a step was visited before, some earlier call of it may count.
                gone = {step for step in steps if self.visits.get(step, 0) == 1}
                self.returned = {tool: there - gone for tool, there in self.returned.items()}
            case ApprovalAsked():
                self.asked[note.approval] = note
            case ApprovalSettled(outcome="approved"):
                self.agreed[note.approval] = note.by
            case CallDecided() if note.decision.answer == "allow":
                yield from self._made(note)

    def _made(self, call: CallDecided) -> Iterator[str]:
        undo = call.agent == "" and call.tool not in _called(self.program, call.step)
        for promise in self.workflow.promises:
            match promise:
                case NeverBefore(where=None) if call.tool in promise.tools and not undo:
                    if not any(self.returned.get(tool) for tool in promise.first):
                        yield f"{promise.id}: {call.tool} is called first"
                case NeverUnapproved(where=None) if call.tool in promise.tools:
                    people = set(self._agreed(call, promise.role))
                    if len(people) < promise.count:
                        yield f"{promise.id}: {call.tool} is called, approved by {sorted(people)}"
                case _:
                    pass

    def _agreed(self, call: CallDecided, role: str | None) -> Iterator[str]:
        stand_ins = {
            told.role
            for workflow in workflows_in(self.program, "w")
            for route in workflow.routes
            for way in (route, route.out)
            if way is not None and way.approval is not None and way.approval.role == role
            for told in way.escalations
            if told.on_expiry
        }
        for id in call.approvals:
            asked = self.asked[id]
            if (asked.digest == call.digest or _is_one_of(call, asked)) and (
                role is None or asked.role == role or asked.role in stand_ins
            ):
                yield from self.agreed.get(id, ())


def _is_charged(program: Program, path: str) -> bool:
    """Say whether what begins is a step or a row; a fan-out is not counted itself."""
    step = step_at(program, "w", path)
    return step is not None and (fan_out(step) is None or path.endswith("]"))


def _is_one_of(call: CallDecided, asked: ApprovalAsked) -> bool:
    """Say whether an approval is for the calls of all rows of a fan-out, and a call is that of such a row."""
    rows = asked.subject.get("rows")
    return asked.step == without_rows(call.step) != call.step and isinstance(rows, list) and dict(call.args) in rows


def _over(note: StepFailed) -> bool:
    return note.trigger == "over budget"


def _called(program: Program, step: str) -> tuple[str, ...]:
    called = getattr(step_at(program, "w", step), "call", None)
    return () if called is None else (called.tool,)


def _holds(promise: Always, values: dict[str, object]) -> bool:
    try:
        return promise.condition.evaluate(values) is True
    except EvaluationError:
        return False
