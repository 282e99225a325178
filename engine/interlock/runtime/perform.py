"""Doing what a run's commands ask: a task for each that takes time, a notice for each that concerns people.

Whatever goes wrong in an adapter is an event: a failed turn, a call of which nobody knows whether it took place.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from inspect import isawaitable
from typing import Final, TypeAlias

from interlock.journal.codec import decode, encode
from interlock.run.protocol.commands import AskApproval, AskModel, AskPerson, CallTool, Notify
from interlock.run.protocol.events import Event, ModelFailed, ModelReplied, PersonAnswered, ToolFailed, ToolReturned
from interlock.runtime.adapter import Models, Notice, Notifier, People, Setting, Tools
from interlock.runtime.answers import Answers
from interlock.runtime.bounds import MOST_CALLS, OutOfBoundsError, check_bounds
from interlock.runtime.toolbox import Toolbox
from interlock_dsl.schema.person import entered

_log = logging.getLogger("interlock.runtime")

Performed: TypeAlias = AskModel | CallTool | AskPerson
"""The commands whose answer is an event of an adapter."""

NOTICE_PATIENCE: Final = 30.0
"""How many seconds a run that is quiet waits for its notices to be out."""

Deliver: TypeAlias = Callable[[Event, bytes], None]

_ANSWERS: Final[dict[type, tuple[type, ...]]] = {
    AskModel: (ModelReplied, ModelFailed),
    CallTool: (ToolReturned, ToolFailed),
    AskPerson: (PersonAnswered,),
}

_EXACT: Final = frozenset({Answers, Toolbox})
"""The adapters whose events are known to come back from a journal as they were."""


def _check(event: Event) -> None:
    """Raise `OutOfBoundsError` for an answer beyond the limits, before it is encoded, recorded and fed to the machine.

    A toolbox checks what functions return where they return it.
    """
    match event:
        case ModelReplied(calls=calls):
            if len(calls) > MOST_CALLS:
                raise OutOfBoundsError(f"the reply asks for {len(calls)} calls: more than {MOST_CALLS} in one turn")
            check_bounds("the reply", event.output, event.raw, *((call.key, call.tool, call.args) for call in calls))
        case ToolReturned():
            check_bounds("the result", event.result)
        case PersonAnswered():
            check_bounds("the answer", event.answer, event.by, event.role)
        case _:
            pass


@dataclass(slots=True)
class Adapters:
    """What a runtime performs commands with."""

    tools: Tools
    models: Models
    people: People | None
    notify: Notifier | None


class Performer:
    """Performs the commands of one run and delivers each answer, encoded, unless it was cancelled before.

    `rest` is called when a command ended without an answer.
    """

    def __init__(self, adapters: Adapters, setting: Setting, deliver: Deliver, rest: Callable[[], None]) -> None:
        self._adapters = adapters
        self._setting = setting
        self._deliver = deliver
        self._rest = rest
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._notices: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return bool(self._tasks)

    @property
    def notices(self) -> frozenset[asyncio.Task[None]]:
        """The notices that are on their way."""
        return frozenset(self._notices)

    def perform(self, command: Performed | AskApproval | Notify, *, again: bool = False) -> None:
        """Begin a command; `again` when people may have been told of it before a restart."""
        match command:
            case AskModel():
                self._setting.asked(command)
                self._begin(command)
            case CallTool():
                self._begin(command)
            case AskPerson():
                self._setting.asked(command)
                people = self._adapters.people
                if people is not None and people.answers(command, self._setting):
                    self._begin(command)
                else:
                    self._notify(command, again)
            case _:
                self._notify(command, again)

    def cancel(self, command: str) -> None:
        """Stop waiting for an answer."""
        task = self._tasks.pop(command, None)
        if task is not None:
            task.cancel()

    def cancel_all(self) -> None:
        """Stop waiting for anything."""
        for command in list(self._tasks):
            self.cancel(command)
        for notice in self._notices:
            notice.cancel()

    def _begin(self, command: Performed) -> None:
        self._tasks[command.id] = asyncio.get_running_loop().create_task(self._performing(command))

    async def _performing(self, command: Performed) -> None:
        answer = await self._answer(command)
        # Whoever was cancelled is no longer among the tasks: nobody waits for that answer.
        if self._tasks.get(command.id) is asyncio.current_task():
            del self._tasks[command.id]
            if answer is None:
                self._rest()
            else:
                self._deliver(*answer)

    async def _answer(self, command: Performed) -> tuple[Event, bytes] | None:
        try:
            event = await self._asked(command)
            if not isinstance(event, _ANSWERS[type(command)]) or getattr(event, "command", "") != command.id:
                raise TypeError(f"the adapter's answer to {command.id} was {event!r}")
            if self._adapter(command).__class__ is not Toolbox:
                _check(event)
            if isinstance(event, PersonAnswered):
                by, typed = entered(event.by)
                event = replace(event, by=by, typed=event.typed or typed)
            data = encode(event)
            # What an adapter of somebody else's gives may read otherwise than it was written: 5.0 comes back as 5.
            return event if self._adapter(command).__class__ in _EXACT else decode(data), data
        except KeyboardInterrupt:
            raise
        except OutOfBoundsError as error:
            failed = self._failure(command, str(error))
            return None if failed is None else (failed, encode(failed))
        except BaseException as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise
            _log.error("an adapter failed in run %s, step %s", self._setting.run, command.step, exc_info=error)
            failed = self._failure(command)
            return None if failed is None else (failed, encode(failed))

    def _adapter(self, command: Performed) -> object:
        match command:
            case AskModel():
                return self._adapters.models
            case CallTool():
                return self._adapters.tools
            case AskPerson():
                return self._adapters.people

    def _asked(self, command: Performed) -> Awaitable[Event]:
        match command:
            case AskModel():
                return self._adapters.models.perform(command, self._setting)
            case CallTool():
                return self._adapters.tools.perform(command, self._setting)
            case AskPerson():
                assert self._adapters.people is not None
                return self._adapters.people.answer(command, self._setting)

    def _failure(self, command: Performed, message: str = "") -> Event | None:
        now, jitter = self._setting.now(), self._setting.jitter()
        match command:
            case AskModel():
                return ModelFailed(now, command.id, "error", message or "the adapter for models failed", jitter=jitter)
            case CallTool():
                return ToolFailed(now, command.id, "uncertain", message or "the adapter for tools failed", jitter)
            case AskPerson():
                return None

    # --- people ------------------------------------------------------------------------------------------------------

    def _notify(self, command: AskApproval | AskPerson | Notify, again: bool) -> None:
        notify = self._adapters.notify
        if notify is None:
            return
        setting = self._setting
        role = setting.program.roles.get(command.role)
        notice = Notice(setting.run, setting.workflow, command.role, role.reach if role else "", command, again)
        try:
            told = notify(notice)
        except Exception:
            _log.exception("nobody could be notified in run %s, step %s", setting.run, command.step)
            return
        if isawaitable(told):
            notice_task = asyncio.ensure_future(self._notifying(told))
            self._notices.add(notice_task)
            notice_task.add_done_callback(self._notices.discard)

    async def _notifying(self, told: Awaitable[None]) -> None:
        try:
            await told
        except Exception:
            _log.exception("nobody could be notified in run %s", self._setting.run)
