"""Follows a run while it goes: its lines as they come, and on a terminal what is under way right now."""

from collections.abc import Iterable
from types import TracebackType

from rich.console import Console
from rich.text import Text

from interlock.run.protocol.events import Event, RunStarted
from interlock.run.protocol.notes import (
    CallDecided,
    CallDone,
    Note,
    RunEnded,
    StepBegan,
    StepCancelled,
    StepDone,
    StepFailed,
)
from interlock_cli.present.heading import heading
from interlock_cli.present.narrative import Narrative
from interlock_cli.present.progress import spinner
from interlock_cli.present.timeline import Layout
from interlock_cli.recorded_run import EventNotes
from interlock_dsl.program.model import AgentStep, Program, Workflow
from interlock_dsl.program.paths import step_at, without_rows


class Follower:
    """An observer of a run that prints. `past` is what the run did before, which is not told again."""

    def __init__(
        self, program: Program | None, workflow: Workflow, console: Console, past: Iterable[EventNotes] = ()
    ) -> None:
        self._console = console
        self._program, self._workflow = program, workflow
        self._layout = Layout(workflow.steps, console.width)
        self._narrative = Narrative(workflow, self._layout.room, program=program)
        for event, notes in past:
            self._narrative.lines(event, notes)
        self._under_way: dict[str, str] = {}
        self._status = spinner("", console) if console.is_terminal else None
        self._shown = False
        self._headed = False

    def __enter__(self) -> "Follower":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._under_way.clear()
        self._show()
        self._console.print()

    def __call__(self, run: str, event: Event, notes: Iterable[Note]) -> None:
        """Print what one event brought about."""
        notes = list(notes)
        if not self._headed:
            principal = event.principal if isinstance(event, RunStarted) else ""
            self._console.print(heading(self._workflow.name, run, principal))
            self._headed = True
        for line in self._narrative.lines(event, [note for note in notes if not isinstance(note, RunEnded)]):
            for row in self._layout.rows(line):
                self._console.print(row, no_wrap=True, overflow="ignore", crop=False)
        for note in notes:
            self._track(note)
        self._show()

    def _track(self, note: Note) -> None:
        match note:
            case StepBegan(step=step):
                program, name = self._program, self._workflow.name
                worker = (
                    self._workflow.steps.get(without_rows(step)) if program is None else step_at(program, name, step)
                )
                if isinstance(worker, AgentStep):
                    self._under_way[step] = f"{step}: {worker.agent.model or worker.agent.name} is thinking"
            case CallDecided(step=step, tool=tool, call=call) if call:
                self._under_way[call] = f"{step}: {tool}"
            case CallDone(call=call):
                self._under_way.pop(call, None)
            case StepDone(step=step) | StepFailed(step=step) | StepCancelled(step=step):
                self._under_way.pop(step, None)
            case RunEnded():
                self._under_way.clear()
            case _:
                pass

    def _show(self) -> None:
        if self._status is None:
            return
        if self._under_way:
            self._status.update(Text(",  ".join(self._under_way.values()), "quiet"))
            if not self._shown:
                self._status.start()
        elif self._shown:
            self._status.stop()
        self._shown = bool(self._under_way)
