"""Promises, watched from outside: what a run told and where it stands is enough to see whether it kept them.

This knows nothing of how promises are enforced. Of a promise with a `where` it says nothing: that is the naive
machine's to judge.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from interlock.run import Machine
from interlock.run.protocol.notes import (
    ApprovalAsked,
    ApprovalSettled,
    Backtracked,
    CallDecided,
    CallDone,
    Note,
    StepBegan,
    StepDone,
    StepFailed,
)
from interlock_dsl.cel import EvaluationError
from interlock_dsl.program.model import Program, RunStep, fan_out
from interlock_dsl.program.paths import step_at, without_rows, workflows_in
from interlock_dsl.program.promises import (
    Always,
    CostAtMost,
    EndsWithin,
    EndsWithinSteps,
    NeverBefore,
    NeverUnapproved,
)

Place: TypeAlias = tuple[str, int]
"""A visit: the path of its step and its number."""

_REST = re.compile(r"(\[\d+\])?((#(?P<again>\d+))?(?P<inner>/.*))?")
"""What may follow the path of a step: which row, the so-manieth visit where it is not the first, and what is inside."""


class Watch:
    """One run, as its notes tell of it."""

    def __init__(self, program: Program, started: int) -> None:
        self.program = program
        self.workflow = program.workflows["w"]
        self.started = started
        self.steps = 0
        self.undone: set[str] = set()
        self.returned: list[tuple[str, Place]] = []
        """The calls that have returned: of which tool, and in which visit."""
        self.sent: dict[str, Place] = {}
        self.gone: list[Place] = []
        """The visits that were taken back, or whose workflow was: what was called in them counts no more."""
        self.done: set[Place] = set()
        self.visits: dict[str, int] = {}
        self.marks: dict[str, dict[str, int]] = {}
        """How often each step had been visited when a step was last entered."""
        self.asked: dict[str, ApprovalAsked] = {}
        self.agreed: dict[str, tuple[str, ...]] = {}

    def after(self, notes: Iterable[Note], machine: Machine) -> list[str]:
        """Return, in words, the promises that the run did not keep at the last event."""
        notes = list(notes)
        found = [said for note in notes for said in self.told(note)]
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

    def told(self, note: Note) -> Iterator[str]:
        """Take a note in, and yield which promises about calls it breaks."""
        match note:
            case StepBegan(step=step):
                if not step.endswith("]"):
                    self.marks[step] = dict(self.visits)
                self.visits[step] = note.visit
                self.steps += _is_charged(self.program, step)
            case StepDone(step=step):
                self.done.add((step, note.visit))
                self._take_back(self._unneeded(step, note.visit))
            case StepFailed(step=step) if isinstance(step_at(self.program, "w", step), RunStep):
                # The workflow was given up, where one was run; that of a row that is not is given up by its step.
                whole = fan_out(step_at(self.program, "w", step)) is None or step.endswith("]")
                self._take_back([(step, note.visit)] if whole else [])
            case CallDone(ok=True, purpose="step" | "agent"):
                place = self.sent[note.call]
                if not any(_is_inside(place, gone) for gone in self.gone):
                    self.returned.append((note.tool, place))
            case Backtracked(step=step, discarded=steps):
                before = self.marks[step]
                numbers = {name: range(before.get(name, 0) + 1, self.visits[name] + 1) for name in steps}
                self._take_back([(name, number) for name in steps for number in numbers[name]])
            case ApprovalAsked():
                self.asked[note.approval] = note
            case ApprovalSettled(outcome="approved"):
                self.agreed[note.approval] = note.by
            case CallDecided() if note.decision.answer == "allow":
                self.sent.setdefault(note.call, (note.step, self.visits[note.step]))
                yield from self._made(note)

    def _take_back(self, visits: Iterable[Place]) -> None:
        gone = list(visits)
        self.gone += gone
        self.returned = [each for each in self.returned if not any(_is_inside(each[1], visit) for visit in gone)]

    def _unneeded(self, step: str, visit: int) -> list[Place]:
        """Return the rows of a fan-out that was done without them."""
        rows = None if step.endswith("]") else fan_out(step_at(self.program, "w", step))
        if rows is None or not rows.merge:
            return []
        own = [
            (name, number) for name, number in self.visits.items() if name.startswith(f"{step}[") and name[-1] == "]"
        ]
        return [row for row in own if row[1] == visit and row not in self.done and "/" not in row[0][len(step) :]]

    def _made(self, call: CallDecided) -> Iterator[str]:
        undo = call.agent == "" and call.tool not in _called(self.program, call.step)
        for promise in self.workflow.promises:
            match promise:
                case NeverBefore(where=None) if call.tool in promise.tools and not undo:
                    if not any(tool in promise.first for tool, _ in self.returned):
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


def _is_inside(place: Place, visit: Place) -> bool:
    """Say whether a visit is another, a row of it, or in a workflow that it or its rows run."""
    (path, number), (step, of) = place, visit
    if not path.startswith(step):
        return False
    rest = _REST.fullmatch(path[len(step) :])
    if rest is None:
        return False
    inner, again = rest["inner"], rest["again"]
    return of == (number if inner is None else int(again or 1))


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
