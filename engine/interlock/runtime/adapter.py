"""The shape of everything that performs a command, and what it is told about the run it performs it for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeAlias, TypeVar

from interlock.decide import Principal
from interlock.run.protocol.commands import AskApproval, AskModel, AskPerson, CallTool, Notify
from interlock.run.protocol.events import AnsweredBy, Event
from interlock_dsl.program.model import Program
from interlock_dsl.program.paths import written


@dataclass(slots=True)
class Setting:
    """The run a command belongs to.

    `now` gives the time for an event (microseconds, never earlier than the run's last event), `jitter` 0..1000.
    `answered_by` is what the journal says of who answers, if it says.
    """

    program: Program
    run: str
    workflow: str
    principal: Principal
    now: Callable[[], int]
    jitter: Callable[[], int]
    answered_by: AnsweredBy | None = None
    _asked: dict[str, list[str]] = field(default_factory=dict)

    def asked(self, question: AskModel | AskPerson) -> int:
        """Return which question to its step this is, counted from 0 over the whole run, restarts included."""
        ids = self._asked.setdefault(written(question.step), [])
        if question.id not in ids:
            ids.append(question.id)
        return ids.index(question.id)


C = TypeVar("C", contravariant=True)


class Adapter(Protocol, Generic[C]):
    """Performs one kind of command."""

    def prepare(self, program: Program, workflow: str) -> None:
        """Check, before a run of a workflow, that its commands can be performed; raises an `InterlockError`."""
        ...

    async def perform(self, command: C, setting: Setting) -> Event:
        """Do what a command asks and return what happened. What it raises is a failure of the step."""
        ...


class People(Protocol):
    """Answers questions to people without waiting for them: a script, a simulation."""

    def answers(self, command: AskPerson, setting: Setting) -> bool:
        """Whether this question is answered here."""
        ...

    async def answer(self, command: AskPerson, setting: Setting) -> Event:
        """Return the person's answer."""
        ...


@dataclass(frozen=True, slots=True)
class Notice:
    """What people of a role are to be told: an approval or an answer is asked of them, or something was escalated.

    After a restart what is still open is told again (`again`): it may not have been told before.
    """

    run: str
    workflow: str
    role: str
    reach: str
    command: AskApproval | AskPerson | Notify
    again: bool = False


Notifier: TypeAlias = Callable[[Notice], Awaitable[None] | None]
Models: TypeAlias = Adapter[AskModel]
Tools: TypeAlias = Adapter[CallTool]
