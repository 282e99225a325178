"""One run under way: the loop that records what happened and performs what is asked.

    event -> machine.feed -> journal.append -> commands -> perform -> event -> ...

INVARIANT: an event is in the journal before any command that it caused is performed. A crash between the two loses
nothing: the command is known to have been asked, and the machine decides on resuming what may be asked again.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from interlock.errors import Conflict
from interlock.journal.codec import encode
from interlock.journal.journal import Append, Pending, Reserving, RunSummary, Settled
from interlock.run.ledger import Asked, Settlement, told_by
from interlock.run.machine import Machine
from interlock.run.protocol.commands import (
    Admit,
    AskApproval,
    AskModel,
    AskPerson,
    AwaitEvent,
    CallTool,
    Cancel,
    Command,
    FinishRun,
    Notify,
    Release,
    Report,
    Reserve,
    SetTimer,
)
from interlock.run.protocol.events import Event, TimerFired
from interlock.run.protocol.notes import Note
from interlock.runtime.adapter import Setting
from interlock.runtime.clock import Clock
from interlock.runtime.merge import merged
from interlock.runtime.perform import NOTICE_PATIENCE, Adapters, Performer
from interlock.runtime.recorder import Recorder
from interlock.runtime.report import OVER, RunReport, Waiting
from interlock.runtime.timers import Timers

_log = logging.getLogger("interlock.runtime")

Observer: TypeAlias = Callable[[str, Event, Sequence[Note]], None]
"""Called after an event was recorded, with the run and what was decided; what it raises is logged and ignored."""

Until: TypeAlias = Literal["quiet", "over"]
"""How far to drive: until only people and time can move the run, or until it is over."""


@dataclass(slots=True)
class _Arrival:
    event: Event
    data: bytes
    told: "asyncio.Future[Sequence[Note]] | None" = None


class Drive:
    """A run in this process. `sequence` is the last entry it knows; `broken` once it and the journal may differ.

    `leased` once this process is the one that drives the run: what others record is what people decide then.
    `interrupted` holds the ids of what was under way when the process before this one stopped, until it is taken up.
    """

    def __init__(
        self, machine: Machine, setting: Setting, adapters: Adapters, clock: Clock, recorder: Recorder, started: int
    ) -> None:
        self.machine = machine
        self.setting = setting
        self.sequence = 0
        self.broken = self.leased = False
        self.interrupted: frozenset[str] = frozenset()
        self.finish: FinishRun | None = None
        self.observers: Sequence[Observer] = ()
        self._started = started
        self._recorder = recorder
        self._performer = Performer(adapters, setting, self._arrived, self._awaken)
        self._timers = Timers(clock, self._awaken)
        self._fresh: list[Command] = []
        self._untold: tuple[Waiting | Notify, ...] = ()
        self._inbox: deque[_Arrival | Asked] = deque()
        self._wake: asyncio.Future[None] | None = None
        self._driving = asyncio.Lock()
        self._recording = asyncio.Lock()

    @property
    def under_way(self) -> frozenset[str]:
        """The ids of the turns and calls that are open."""
        pending = self.machine.pending()
        return frozenset(command.id for command in pending if isinstance(command, AskModel | CallTool))

    @property
    def active(self) -> bool:
        """Whether someone drives the run in this process."""
        return self._driving.locked()

    async def drive(self, until: Until, patience: int) -> None:
        """Perform and record until the run is over, or quiet: people and time are left, no retry within `patience`.

        Whoever drives a run that is being driven waits for that to end first.
        """
        async with self._driving:
            self._refuse_broken()
            self._recorder.active += 1
            try:
                self._tell_again()
                self._perform()
                while (arrival := await self._next(until, patience) or await self._told()) is not None:
                    await self._take(arrival)
                    self._perform()
            except BaseException:
                self.broken = True
                raise
            finally:
                self._recorder.active -= 1
                self._let_go()

    async def submit(self, event: Event) -> Sequence[Note]:
        """Record an event from outside and return what was decided on it; what it causes is performed by `drive`."""
        arrival = _Arrival(event, encode(event))
        if not self.active:
            return await self._record(arrival)
        arrival.told = asyncio.get_running_loop().create_future()
        self._inbox.append(arrival)
        self._awaken()
        return await arrival.told

    async def catch_up(self) -> bool:
        """Take in what people decided through other processes; what that asks is performed by `drive`.

        Returns whether there was anything. Raises `Conflict` when somebody else drove the run.
        """
        if self.broken or self.machine.status in OVER or not self.behind:
            return False
        async with self._recording:
            news = self._merge()
        self._tell(news)
        return True

    @property
    def behind(self) -> bool:
        """Whether the journal holds entries of the run that are not known here."""
        return any(True for _ in self._recorder.journal.read(self.setting.run, self.sequence))

    def expect(self, open_: Sequence[Command], last: Sequence[Command]) -> None:
        """Take up what was asked before a restart and is open, and what was asked last, perhaps without effect.

        Timers go on; `drive` tells people once more, and reserves what was not reserved.
        """
        for command in open_:
            if isinstance(command, SetTimer):
                self._timers.set(command)
        self._fresh += [command for command in open_ if isinstance(command, Reserve | Admit)]
        asked = [command for command in open_ if isinstance(command, AskApproval | AskPerson)]
        self._untold = (*asked, *(command for command in last if isinstance(command, Notify)))

    def report(self) -> RunReport:
        """Say where the run stands."""
        finish, machine = self.finish, self.machine
        return RunReport(
            run=self.setting.run,
            status=machine.status,
            end=finish.end if finish else "",
            output=finish.output if finish else {},
            reason=finish.reason if finish else "",
            waiting_for=tuple(machine.waiting_for),
            approved_by=machine.approved_by,
            next_timer=None if machine.status in OVER else self._timers.next,
            entries=self.sequence,
            awaiting=machine.awaiting,
        )

    # --- recording ---------------------------------------------------------------------------------------------------

    async def _record(self, arrival: _Arrival) -> Sequence[Note]:
        news: list[tuple[Event, Sequence[Note]]] = []
        async with self._recording:
            while (notes := await self._recorded(arrival)) is None:
                news += self._merge()
        self._tell([*news, (arrival.event, notes)])
        return notes

    async def _reserve(self, reserve: Asked) -> None:
        """Reserve, and record the answer with it; nothing where it is not wanted any more."""
        news: list[tuple[Event, Sequence[Note]]] = []
        async with self._recording:
            while reserve in self.machine.pending() and not await self._reserved(reserve, news):
                news += self._merge()
        self._tell(news)

    def _tell(self, recorded: Sequence[tuple[Event, Sequence[Note]]]) -> None:
        for event, notes in recorded:
            for observer in self.observers:
                try:
                    observer(self.setting.run, event, notes)
                except Exception:
                    _log.exception("an observer failed on run %s", self.setting.run)

    async def _recorded(self, arrival: _Arrival) -> Sequence[Note] | None:
        """Feed and append an event; None when others recorded something first: the machine is spoilt then."""
        self._refuse_broken()
        machine, known, run = self.machine, self.finish, self.setting.run
        notes = machine.feed(arrival.event)
        commands = machine.commands()
        self._finished(commands)
        entries = (Pending(arrival.data, machine.outcome),)
        try:
            releases, came = told_by(run, arrival.event, commands)
            summary = self._summary(arrival.event.at)
            await self._recorder.append(Append(run, self.sequence, entries, summary, releases, came=came))
        except Conflict:
            if not self.leased:
                self.broken = True
                raise
            self.finish = known
            return None
        except BaseException:
            self.broken = True
            raise
        self.sequence += 1
        self._fresh.extend(commands)
        return notes

    async def _reserved(self, reserve: Asked, news: list[tuple[Event, Sequence[Note]]]) -> bool:
        """Reserve and append the answer; false when others recorded something first.

        The machine is fed inside the transaction: where that fails, what it holds is not the journal's any more.
        """
        self._refuse_broken()
        machine, run = self.machine, self.setting.run
        fresh: list[Command] = []

        def make(answer: Settlement) -> Settled:
            self.broken = True
            notes = machine.feed(answer)
            fresh.extend(machine.commands())
            news.append((answer, notes))
            self._finished(fresh)
            pending = Pending(encode(answer), machine.outcome)
            return Settled((pending,), self._summary(answer.at), *told_by(run, answer, fresh))

        reserving = Reserving(reserve, self.setting.now(), make)
        append = Append(run, self.sequence, (), self._summary(reserving.at), reserving=reserving)
        try:
            await self._recorder.append(append)
        except Conflict:
            if self.broken or not self.leased:
                self.broken = True
                raise
            return False
        except BaseException:
            self.broken = True
            raise
        self.broken = False
        self.sequence += 1
        self._fresh.extend(fresh)
        return True

    def _merge(self) -> Sequence[tuple[Event, Sequence[Note]]]:
        try:
            found = merged(self._recorder.journal, self.setting.run, self.setting.program, self.sequence)
        except BaseException:
            self.broken = True
            raise
        self.machine, self.sequence = found.machine, found.sequence
        self._finished(found.commands)
        self._fresh.extend(found.commands)
        return found.news

    def _finished(self, commands: Sequence[Command]) -> None:
        self.finish = next((each for each in commands if isinstance(each, FinishRun)), self.finish)

    def _refuse_broken(self) -> None:
        """Refuse to go on from a state that the journal may not have."""
        if self.broken:
            run = self.setting.run
            raise Conflict(f"run {run} stopped here while others waited for it; `resume` goes on from its journal")

    async def _take(self, arrival: _Arrival | Asked) -> None:
        if isinstance(arrival, Reserve | Admit):
            await self._reserve(arrival)
            return
        told = arrival.told
        try:
            notes = await self._record(arrival)
        except BaseException as error:
            if told is not None and not told.done():
                told.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
            raise
        if told is not None and not told.done():
            told.set_result(notes)

    def _summary(self, at: int) -> RunSummary:
        setting, machine = self.setting, self.machine
        status = machine.status
        return RunSummary(
            setting.run, setting.workflow, setting.program.digest, status, self._started, at, self.sequence + 1,
            self._detail(status),
        )  # fmt: skip

    def _detail(self, status: str) -> str:
        if self.finish is not None:
            return ": ".join(filter(None, (self.finish.end, self.finish.reason)))
        if status != "waiting":
            return ""
        people = [f"{each.role} at {each.step}" for each in self.machine.waiting_for]
        return ", ".join(dict.fromkeys((*people, *(f"{each.event} at {each.step}" for each in self.machine.awaiting))))

    # --- performing --------------------------------------------------------------------------------------------------

    def _perform(self) -> None:
        fresh, self._fresh = self._fresh, []
        for command in fresh:
            match command:
                case SetTimer():
                    self._timers.set(command)
                case Cancel(command=id):
                    self._timers.cancel(id)
                    self._performer.cancel(id)
                case Reserve() | Admit():
                    self._inbox.append(command)
                case FinishRun() | Release() | Report() | AwaitEvent():
                    pass  # what is given back was given back with the entry that said so, and events come by themselves
                case _:
                    self._performer.perform(command)

    def _tell_again(self) -> None:
        """Tell people once more what they may not have been told before a restart, unless it was settled since."""
        untold, self._untold = self._untold, ()
        for command in untold:
            if isinstance(command, Notify) or command in self.machine.waiting_for:
                self._performer.perform(command, again=True)

    def _arrived(self, event: Event, data: bytes) -> None:
        self._inbox.append(_Arrival(event, data))
        self._awaken()

    # --- waiting -----------------------------------------------------------------------------------------------------

    async def _next(self, until: Until, patience: int) -> _Arrival | Asked | None:
        """Return what happens next, waiting for it; None when the run is over or quiet."""
        while True:
            if self._inbox:
                return self._inbox.popleft()
            if self.finish is not None:
                return None
            now = self.setting.now()
            timer = self._timers.pop(now)
            if timer is not None:
                fired = TimerFired(now, timer)
                return _Arrival(fired, encode(fired))
            if until == "quiet" and self._quiet(now + patience):
                return None
            await self._awakened()

    async def _told(self) -> _Arrival | Asked | None:
        """Wait until notices are out, but not for ever; return what happens meanwhile, for whoever is told may act."""
        loop = asyncio.get_running_loop()
        until = loop.time() + NOTICE_PATIENCE
        while not self._inbox and (notices := self._performer.notices) and loop.time() < until:
            self._wake = loop.create_future()
            try:
                await asyncio.wait(
                    {*notices, self._wake}, timeout=until - loop.time(), return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                self._wake = None
        return self._inbox.popleft() if self._inbox else None

    def _quiet(self, horizon: int) -> bool:
        retry = self._timers.next_retry
        return not self._performer.busy and (retry is None or retry > horizon)

    async def _awakened(self) -> None:
        self._wake = asyncio.get_running_loop().create_future()
        self._timers.arm()
        try:
            await self._wake
        finally:
            self._wake = None

    def _awaken(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def _let_go(self) -> None:
        """Leave nothing of the run behind in the event loop."""
        self._timers.disarm()
        self._performer.cancel_all()
        for arrival in self._inbox:
            if isinstance(arrival, _Arrival) and arrival.told is not None and not arrival.told.done():
                gone = Conflict(f"run {self.setting.run} stopped here before this was recorded; do it again")
                arrival.told.set_exception(gone)
        self._inbox.clear()
