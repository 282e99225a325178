"""What each note of a run says to a person: one small function a note, from facts to a line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import singledispatchmethod

from rich.text import Text

from interlock.run.protocol.events import (
    Event,
    ModelFailed,
    ModelReplied,
    RunResumed,
    RunStarted,
    SessionStarted,
    ToolFailed,
    Withheld,
)
from interlock.run.protocol.notes import (
    ApprovalAsked,
    ApprovalCounted,
    ApprovalSettled,
    AttemptFailed,
    AttemptJudged,
    Backtracked,
    CallDecided,
    CallDone,
    Escalated,
    Ignored,
    LeftRace,
    Note,
    NoValue,
    PromiseBroken,
    RaceWon,
    RoleNotified,
    RouteTaken,
    RunEnded,
    SignalKept,
    SignalTaken,
    SignalUnused,
    StepBegan,
    StepCancelled,
    StepDone,
    StepFailed,
)
from interlock_cli.present.escape import escape
from interlock_cli.present.known_routes import KnownRoutes
from interlock_cli.present.marks import mark
from interlock_cli.present.phrases import failed_rows, granted, people, place, reasons, who, why
from interlock_cli.present.quantity import count, duration
from interlock_cli.present.timeline import Line
from interlock_cli.present.values import arguments, value, written
from interlock_dsl.program.model import (
    AgentStep,
    AskStep,
    CallStep,
    EventStep,
    Program,
    Route,
    Step,
    TimeStep,
    Workflow,
    fan_out,
)
from interlock_dsl.program.paths import step_at, without_rows

SMALLEST = 24
"""How many characters of a value are shown however narrow the terminal is."""


class Narrative:
    """Follows one run, event by event. It remembers what a later note refers back to: calls, tokens, the start.

    Without a workflow it is a session; without the `program` nothing is known of workflows that steps run. A line has
    `room` characters (0: as many as it takes): values are shortened to fit. With `places`, routes are told even where
    there was no choice, and say where in the source they are.
    """

    def __init__(
        self, workflow: Workflow | None, room: int = 0, places: bool = False, program: Program | None = None
    ) -> None:
        self._room = room
        self._places = places
        self._workflow, self._program = workflow, program
        self._promises = () if workflow is None else workflow.promises
        self._routes = KnownRoutes(workflow, program)
        self._calls: dict[str, tuple[CallDecided, int]] = {}
        self._tokens: dict[str, int] = {}
        self._began = self._at = 0
        self._announced: set[tuple[str, str]] = set()
        self._asked_at: dict[str, str] = {}
        self._failures: dict[str, str] = {}
        self._waiting: dict[str, str] = {}
        self._signalled: dict[int, str] = {}
        self._by = ""
        self._told_elsewhere: set[str] = set()
        self._of_tool = self._resumed = False

    def _step(self, path: str) -> Step | None:
        if self._workflow is None or self._program is None:
            return None if self._workflow is None else self._workflow.steps.get(without_rows(path))
        return step_at(self._program, self._workflow.name, path)

    def lines(self, event: Event, notes: Iterable[Note]) -> list[Line]:
        """Return what one event brought about."""
        if isinstance(event, RunStarted | SessionStarted):
            self._began = event.at
        self._at = event.at
        self._announced = set()
        notes = list(notes)
        self._of_tool, self._resumed = isinstance(event, ToolFailed | Withheld), isinstance(event, RunResumed)
        self._told_elsewhere = {
            note.step
            for note in notes
            if isinstance(note, StepFailed) or (isinstance(note, AttemptFailed) and note.retry_at is not None)
        }
        self._by = who(event)
        if isinstance(event, ModelReplied | ModelFailed):
            self._count_tokens(event.usage.tokens, notes)
        resumed = [self._line("", "again", "taken up again after it had stopped")] if self._resumed else []
        return [*resumed, *(line for note in notes for line in self._tell(note))]

    def _count_tokens(self, tokens: int, notes: Sequence[Note]) -> None:
        for note in notes:
            if isinstance(note, CallDecided | StepDone | StepFailed | AttemptFailed):
                self._tokens[note.step] = self._tokens.get(note.step, 0) + tokens
                return

    def _line(self, step: str, sign: str, text: Text | str, aside: str = "", below: Iterable[Text] = ()) -> Line:
        said = Text(text) if isinstance(text, str) else text
        return Line(self._at - self._began, step, sign, said, aside, tuple(below))

    @singledispatchmethod
    def _tell(self, note: Note) -> list[Line]:
        return []

    @_tell.register
    def _began_step(self, note: StepBegan) -> list[Line]:
        step = self._step(note.step)
        again = f"visit {note.visit}" if note.visit > 1 else ""
        self._waiting.pop(note.step, None)
        rows = fan_out(step) if step is not None and not note.step.endswith("]") else None
        if rows is not None:
            return [self._line(note.step, "work", f"for each {rows.row}, at most {rows.max:,}", again)]
        match step:
            case AgentStep():
                text = Text(step.agent.name)
                if step.agent.model:
                    text.append(f" ({step.agent.model})", "quiet")
                if note.scopes:
                    text.append(f"  holds {', '.join(note.scopes)}", "quiet")
                return [self._line(note.step, "work", text, again)]
            case AskStep():
                within = f"within {duration(step.within)}" if step.within is not None else ""
                text = Text.assemble(f"asks {step.role}: ", (step.question, "italic"))
                return [self._line(note.step, "wait", text, again or within)]
            case EventStep():
                within = f"within {duration(step.within)}" if step.within is not None else ""
                text = Text.assemble("waits for the event ", (escape(step.event), "wait"))
                self._waiting[note.step] = step.event
                return [self._line(note.step, "wait", text, again or within)]
            case TimeStep(until=until, pause=pause):
                text = Text(
                    f"waits until {written(until)}" if until is not None else f"waits for {duration(pause or 0)}"
                )
                return [self._line(note.step, "wait", text, again)]
            case _:
                return []

    @_tell.register
    def _done(self, note: StepDone) -> list[Line]:
        self._waiting.pop(note.step, None)
        step = self._step(note.step)
        rows = None if step is None or note.step.endswith("]") else fan_out(step)
        if rows is not None:
            failed = failed_rows(note.output) if rows.collects else ""
            return [self._line(note.step, "done", self._value(note.output, len(failed) + 2 if failed else 0), failed)]
        match step:
            case AgentStep():
                tokens = self._tokens.pop(note.step, 0)
                used = count(tokens, "token") if tokens else ""
                return [self._line(note.step, "done", self._value(note.output, len(used) + 2), used)]
            case CallStep():
                return []  # told by `CallDone`
            case TimeStep():
                return [self._line(note.step, "done", "the time has come")]
            case EventStep(data=None):
                return []  # told by `SignalTaken`
            case AskStep():
                return [self._line(note.step, "done", self._value(note.output, len(self._by) + 2), self._by)]
            case _:
                row = note.rows if self._places else ""
                return [self._line(note.step, "done", self._value(note.output, len(row) + 2 if row else 0), row)]

    @_tell.register
    def _failed(self, note: StepFailed) -> list[Line]:
        self._waiting.pop(note.step, None)
        if note.trigger == "denied" or note.message == self._failures.pop(note.step, ""):
            return []  # told by `CallDecided`, `ApprovalSettled` or `CallDone`
        return [self._line(note.step, "bad", Text.assemble((note.trigger, "bad"), f": {_said(note.message)}"))]

    @_tell.register
    def _cancelled(self, note: StepCancelled) -> list[Line]:
        self._waiting.pop(note.step, None)
        return [self._line(note.step, "gone", Text(f"not needed: {_said(note.why)}", "quiet"))]

    @_tell.register
    def _judged(self, note: AttemptJudged) -> list[Line]:
        by_agent = isinstance(self._step(note.step), AgentStep)
        if note.granted or note.forced or (note.step in self._told_elsewhere and not by_agent):
            return []  # `AttemptFailed` or `StepFailed` says so
        return [self._line(note.step, "bad", f"{note.tool} is not called, by its {note.by}")]

    @_tell.register
    def _attempt(self, note: AttemptFailed) -> list[Line]:
        of_tool, self._of_tool = self._of_tool, False
        if note.retry_at is None:
            return []  # the last one: told by `CallDone` or `StepFailed`
        again = f"again in {duration(note.retry_at - self._at)}"
        step = self._step(note.step)
        agent = step.agent if isinstance(step, AgentStep) and not of_tool else None
        if agent is not None and agent.model_of(note.attempt + 1) != agent.model_of(note.attempt):
            again = f"now by {agent.fallback}"
        return [self._line(note.step, "again", f"attempt {note.attempt}: {_said(note.message)}", again)]

    @_tell.register
    def _route(self, note: RouteTaken) -> list[Line]:
        front = note.route[: note.route.rfind("/") + 1]
        route = self._routes.get(note.route)
        if route is None:
            return []
        reason = self._routes.used_up.get(route.id) or why(route)
        if not reason and (not self._places or route.sources == ("start",)):
            return []
        targets = ", ".join(route.targets)
        text = Text.assemble((targets, "route"), ("  " + reason, "quiet"))
        step = front + route.sources[-1] if len(route.sources) == 1 and route.sources != ("start",) else ""
        line = self._line(step, "route", text)
        return [replace(line, aside=place(route.span) if self._places else "", detail=self._details(route, note))]

    @_tell.register
    def _backtracked(self, note: Backtracked) -> list[Line]:
        return [self._line(note.step, "again", f"backtracks: undoes and forgets {', '.join(note.discarded)}")]

    def _details(self, route: Route, note: RouteTaken) -> tuple[Text, ...]:
        found = [Text(f"grants {granted(grant)}", "quiet") for grant in route.grants]
        for other, _, reason in note.others:
            passed_over = self._routes.get(note.route[: note.route.rfind("/") + 1] + other)
            name = f"{', '.join(passed_over.targets)} {why(passed_over)}".strip() if passed_over else other
            found.append(Text(f"not {name}: {reason}", "quiet"))
        return tuple(found)

    @_tell.register
    def _raced(self, note: RaceWon | LeftRace) -> list[Line]:
        won = f"wins the race over {', '.join(note.rivals)}" if isinstance(note, RaceWon) else "is out of the race"
        return [self._line(note.step, "route", won)]

    @_tell.register
    def _undecided(self, note: NoValue) -> list[Line]:
        text = Text.assemble((f"no route: the condition of {note.route} has no value", "bad"), f": {note.message}")
        return [self._line("" if note.source == "start" else note.source, "bad", text)]

    @_tell.register
    def _broken(self, note: PromiseBroken) -> list[Line]:
        span = next((promise.span for promise in self._promises if promise.id == note.promise), None)
        text = Text.assemble(("a promise is not kept", "bad"), f": {note.reason}")
        text.append(f"  {note.promise}", "quiet")
        return [self._line("", "bad", text, place(span) if span is not None else "")]

    @_tell.register
    def _decided(self, note: CallDecided) -> list[Line]:
        called = self._called(note.tool, note.args)
        if self._resumed and note.call in self._calls:
            said = called.append("  is called again: nobody knew whether it had happened", "quiet")
            return [self._line(note.step, "again", said)]
        if note.call:
            self._calls[note.call] = (note, self._at)
        match note.decision.answer:
            case "deny":
                text = Text.assemble(called, ("  denied", "bad"))
                return [self._line(note.step, "bad", text, below=reasons(note.decision))]
            case "ask":
                return [self._waits(note, called)]
            case _:
                return []

    def _waits(self, note: CallDecided, called: Text) -> Line:
        needs = note.decision.needs
        self._announced |= {(note.step, need.role) for need in needs}
        who = " and ".join(people(need.role, need.count) for need in needs)
        within = min((need.within for need in needs if need.within is not None), default=None)
        limit = f", {duration(within)}" if within is not None else ""
        text = Text.assemble(called, (f"  waits for {who}{limit}", "wait"))
        return self._line(note.step, "wait", text, below=reasons(note.decision))

    @_tell.register
    def _came_back(self, note: CallDone) -> list[Line]:
        decided, since = self._calls.get(note.call, (None, self._at))
        took = duration(self._at - since) if self._at > since else ""
        text = self._called(note.tool, decided.args if decided else {})
        if not note.ok and note.purpose == "undo":
            said = _said(note.message).removeprefix(f"{note.tool} failed: ")
            return [self._line(note.step, "bad", Text.assemble(("not undone by ", "bad"), text, f"  {said}"), took)]
        if not note.ok:
            self._failures[note.step] = note.message
            said = _said(note.message).removeprefix(f"{note.tool} failed: ")
            return [self._line(note.step, "bad", Text.assemble(text, f"  {said}"), took)]
        if note.result is not None:
            text.append(f" {mark('route')} ", "quiet").append(self._value(note.result, text.cell_len + 10))
        if note.purpose == "undo":
            return [self._line(note.step, "undone", Text.assemble(("undone by ", "wait"), text), took)]
        return [self._line(note.step, "done", text, took)]

    @_tell.register
    def _asked(self, note: ApprovalAsked) -> list[Line]:
        self._asked_at[note.approval] = note.step
        if (note.step, note.role) in self._announced:
            return []
        within = f"within {duration(note.expires - self._at)}" if note.expires is not None else ""
        text = Text.assemble("waits for approval by ", (people(note.role, note.count), "wait"))
        return [self._line(note.step, "wait", text, within)]

    @_tell.register
    def _counted(self, note: ApprovalCounted) -> list[Line]:
        step = self._asked_at.get(note.approval, "")
        so_far = f"{note.given} of {note.count}"
        return [self._line(step, "wait", f"approved by {escape(note.by)} ({note.role})", so_far)]

    @_tell.register
    def _settled(self, note: ApprovalSettled) -> list[Line]:
        by = f" by {escape(', '.join(note.by))}" if note.by else ""
        reason = f": {_said(note.reason)}" if note.reason else ""
        sign = "done" if note.outcome == "approved" else "bad"
        step = self._asked_at.get(note.approval, "")
        return [self._line(step, sign, f"{note.outcome}{by}{reason}")]

    @_tell.register
    def _told(self, note: Escalated) -> list[Line]:
        text = Text.assemble((note.role, "wait"), " is told" + (f": {_said(note.reason)}" if note.reason else ""))
        return [self._line(note.step, "told", text)]

    @_tell.register
    def _notified(self, note: RoleNotified) -> list[Line]:
        said = Text.assemble((note.role, "wait"), f" is told of {note.tool}: {_said(note.reason)}")
        return [self._line(note.step, "told", said)]

    @_tell.register
    def _taken(self, note: SignalTaken) -> list[Line]:
        by = self._signalled.get(note.signal, self._by)
        key = f"key {escape(note.key)}" if note.key else ""
        text = Text.assemble("takes ", (escape(note.event), "wait"))
        return [self._line(note.step, "done", text, ", ".join(filter(None, (by, key))))]

    @_tell.register
    def _kept(self, note: SignalKept) -> list[Line]:
        self._signalled[note.signal] = self._by
        waiting = [step for step, event in self._waiting.items() if event == note.event]
        why = f", which {', '.join(waiting)} does not take" if waiting else ""
        said = f" comes{why}, and is kept for a step that comes to wait for it"
        text = Text.assemble((escape(note.event), "wait"), said)
        return [self._line("", "wait", text, f"key {escape(note.key)}" if note.key else "")]

    @_tell.register
    def _unused(self, note: SignalUnused) -> list[Line]:
        text = Text.assemble((escape(note.event), "wait"), " was kept, and no step has taken it")
        return [self._line("", "gone", text, f"key {escape(note.key)}" if note.key else "")]

    @_tell.register
    def _ignored(self, note: Ignored) -> list[Line]:
        return [self._line("", "gone", Text(f"not accepted: {_said(note.reason)}", "quiet"))]

    @_tell.register
    def _ended(self, note: RunEnded) -> list[Line]:
        if note.status == "ended":
            said, more = (note.end, "good"), self._value(note.output) if note.output else ""
        else:
            said, more = (f"{note.status} {note.end}".rstrip(), "bad"), _said(note.reason)
        below = [Text(_said(note.reason), "bad")] if note.status == "ended" and note.reason else []
        return [self._line("", "end", Text.assemble(said, f"  {more}" if more else ""), below=below)]

    def _called(self, tool: str, args: Mapping[str, object]) -> Text:
        return Text.assemble((tool, "name"), arguments(args, self._left(len(tool) + 16)))

    def _value(self, thing: object, taken: int = 0) -> str:
        return value(thing, self._left(taken))

    def _left(self, taken: int) -> int:
        return max(SMALLEST, self._room - taken) if self._room else 0


def _said(text: str) -> str:
    return escape(text, keep="\n")
