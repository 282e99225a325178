"""A session told line by line. What is a step in a run of a workflow is the agent that made a call."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.text import Text

from interlock.run.protocol.events import Event, SessionStarted
from interlock.run.protocol.notes import ApprovalAsked, CallDecided, CallDone, Note, RunEnded
from interlock_cli.present.escape import escape
from interlock_cli.present.marks import mark
from interlock_cli.present.narrative import Narrative
from interlock_cli.present.timeline import Line
from interlock_cli.present.values import arguments, value

if TYPE_CHECKING:
    from interlock.run.protocol.commands import CallTool


class SessionNarrative(Narrative):
    """Follows one session, event by event."""

    def __init__(self, room: int = 0) -> None:
        super().__init__(None, room, places=True)
        self._agents: dict[str, str] = {}

    def lines(self, event: Event, notes: Iterable[Note]) -> list[Line]:
        """Return what one event brought about."""
        notes = list(notes)
        allowed = {note.call for note in notes if isinstance(note, CallDecided) and note.call}
        told = super().lines(event, [self._by_agent(note) for note in notes])
        return [
            *told,
            *(self._allowed(note) for note in notes if isinstance(note, CallDecided) and note.call in allowed),
        ]

    def _by_agent(self, note: Note) -> Note:
        match note:
            case CallDecided(agent=agent, call=call, digest=digest):
                self._agents |= {name: agent for name in (call, digest) if name}
                return replace(note, step=agent)
            case CallDone(call=call):
                return replace(note, step=self._agents.get(call, ""))
            case ApprovalAsked(digest=digest):
                return replace(note, step=self._agents.get(digest, ""))
            case RunEnded(status="ended", reason=reason):
                return replace(note, end="closed" + (f": {reason}" if reason else ""))
            case _:
                return note

    def _allowed(self, note: CallDecided) -> Line:
        text = Text.assemble((note.tool, "name"), arguments(note.args), ("  allowed", "good"))
        return self._line(note.agent, "work", text, note.call)


def said(started: SessionStarted, width: int) -> Iterable[Text]:
    """Yield what a session is about, and what the service said of the circumstances."""
    if started.request:
        yield Text.assemble(("  request  ", "quiet"), escape(started.request))
    if started.context:
        yield Text.assemble(("  context  ", "quiet"), value(started.context, max(24, width - 11)))


def unreported(calls: "Iterable[CallTool]") -> Iterable[Text]:
    """Yield the calls that were allowed and of which nobody has said what came of them."""
    for call in calls:
        said = Text.assemble((call.tool, "name"), arguments(call.args), f"  {call.id}, nobody has said what came of it")
        yield Text.assemble((f"{mark('work')} ", "work"), said)
