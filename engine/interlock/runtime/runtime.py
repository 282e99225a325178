"""The runtime: starts runs, drives them, takes what people decide, and takes runs up again.

    runtime = Runtime(SqliteJournal("runs.db"), program, tools=toolbox, models=models)
    run = await runtime.start(program, "refund", {"request": {...}}, principal=Principal("alice"))
    report = await runtime.drive(run)
    if report.waiting_for: ...
    await runtime.approve(run, report.waiting_for[0].id, by="maria", role="supervisor")
    report = await runtime.drive(run)

Many runs may be under way in one event loop. Everything that happens is in the journal first; a process may end at any
moment, and another one goes on with `resume` (or `approve`, `deny`, `answer`, `signal`, then `drive`).
"""

import random
import secrets
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from interlock.decide import Principal
from interlock.errors import AnsweredOtherwise, Conflict, DrivenElsewhere, Refused
from interlock.journal.journal import Journal
from interlock.run.lifecycle.start import prepare
from interlock.run.machine import Machine
from interlock.run.protocol.codes import WhyIgnored
from interlock.run.protocol.events import AnsweredBy, Event, RunResumed
from interlock.run.protocol.notes import Ignored, SignalTaken
from interlock.runtime import outside
from interlock.runtime.adapter import Models, Notifier, People, Setting, Tools
from interlock.runtime.answers import Answers
from interlock.runtime.clock import SECOND, Clock, SystemClock, forward
from interlock.runtime.incoming import recorded_context, recorded_input
from interlock.runtime.leases import Leases
from interlock.runtime.loop import Drive, Observer, Until
from interlock.runtime.outside import Decided
from interlock.runtime.perform import Adapters
from interlock.runtime.programs import by_digest, keep
from interlock.runtime.recorder import Recorder
from interlock.runtime.recover import recover
from interlock.runtime.report import OVER, RunReport
from interlock.runtime.toolbox import Toolbox
from interlock_dsl.program.model import Program

PATIENCE: Final = 60 * SECOND
"""Retries that are due within this time (microseconds) are waited for; later ones leave a run quiet."""

ATTEMPTS: Final = 50
"""How often what comes from outside is recorded after whatever the run's driver recorded first."""

Received: TypeAlias = Literal["taken", "kept", "known"]
"""What became of a signal: a step takes it, it is kept for one, or it was signalled before."""

NOBODY: Final = Principal()
"""The principal of a run that nobody in particular asked for."""


class Runtime:
    """Drives runs of programs over one journal, from one event loop.

    `programs` are those at hand; a run of another one is compiled from the journal. `tools` and `models` perform
    calls and turns, `people` may answer questions at once, `notify` tells people what is asked of them, `observers`
    see every event after it was recorded. Chance enters through `seed`: ids of runs, and the jitter of retries.
    `answered_by` says who answers, for the record: a run that was started with others is refused with
    `AnsweredOtherwise`, unless `change_answers`; a change is recorded.

    Raises `ToolsIncomplete` when a function of the toolbox has no declared tool in any of the programs given.
    """

    def __init__(
        self,
        journal: Journal,
        *programs: Program,
        tools: Tools | None = None,
        models: Models | None = None,
        people: People | None = None,
        notify: Notifier | None = None,
        clock: Clock | None = None,
        observers: Iterable[Observer] = (),
        seed: int | None = None,
        answered_by: AnsweredBy | None = None,
        change_answers: bool = False,
    ) -> None:
        tools = Toolbox() if tools is None else tools
        models = Answers({}) if models is None else models
        if people is None and isinstance(models, Answers):
            people = models
        if programs and isinstance(tools, Toolbox):
            tools.refuse_surplus(programs)
        self.journal = journal
        self.observers = list(observers)
        self._programs = by_digest(programs)
        self._adapters = Adapters(tools, models, people, notify)
        self._answered_by = answered_by
        self._change_answers = change_answers
        self._clock = SystemClock() if clock is None else clock
        self._chance = random.Random(seed if seed is not None else secrets.randbits(64))
        self._recorder = Recorder(journal)
        self._leases = Leases(journal)
        self._drives: dict[str, Drive] = {}
        self._cancelling: set[str] = set()

    # --- runs --------------------------------------------------------------------------------------------------------

    async def start(
        self,
        program: Program,
        workflow: str,
        input: Mapping[str, object],
        *,
        principal: Principal = NOBODY,
        run: str | None = None,
        context: Mapping[str, object] | None = None,
    ) -> str:
        """Record the start of a run and return its id; `drive` makes it go.

        Without a `context`, no condition that reads it has a value. Raises `InvalidInput` (no such workflow, input or
        context that does not fit), `ToolsIncomplete`, `Conflict` (there is a run of that id), what the journal raises,
        and TypeError for a principal that is none.
        """
        run = f"r{self._chance.getrandbits(60):015x}" if run is None else run
        at = self._clock.now()
        given, said = recorded_input(input), recorded_context(context)
        started = prepare(program, workflow, given, run=run, at=at, principal=principal, context=said)
        started = replace(started, answered_by=self._answered_by)
        principal = replace(principal, name=started.principal)
        self._adapters.tools.prepare(program, workflow)
        self._adapters.models.prepare(program, workflow)
        await keep(self.journal, program)
        if run in self._drives:
            raise Conflict(f"there is a run {run} already; a new run needs a name of its own")
        self._programs.setdefault(program.digest, program)
        drive = self._drive(Machine(program), self._setting(program, run, workflow, principal, at), at)
        self._drives[run] = drive
        await self._submit(drive, started)
        return run

    async def drive(self, run: str, until: Until = "quiet", *, patience: int = PATIENCE) -> RunReport:
        """Go on with a run until it is over, or (`quiet`) until only people and time can move it.

        A retry that is due within `patience` (microseconds) is waited for. With `until="over"` everything is: timers,
        and what `approve` and its like bring from other tasks of this event loop. What they record from another
        process is noticed with the next event, and before the run is quiet. A run has one driver: Raises
        `DrivenElsewhere` while another process or runtime is it, `UnknownRun`, and what `resume` raises.
        """
        async with self._leases.gate(run):
            drive = await self._entered(run)
        if drive is None:
            raise DrivenElsewhere(f"another process is working on run {run}; it goes on there")
        left = False
        try:
            while not left:
                await drive.drive(until, patience)
                left = await self._left(drive)
        finally:
            if not left:
                self._leases.leave(run)
            self._forget(drive)
        return drive.report()

    @asynccontextmanager
    async def holding(self, run: str, *, to_cancel: bool = False) -> AsyncGenerator[bool]:
        """Keep a run, unless another process drives it, so that nobody else goes on with it between two calls.

            async with runtime.holding(run):
                await runtime.approve(run, ...)
                report = await runtime.drive(run)

        Gives whether this runtime has the run. Raises what `resume` raises; with `to_cancel`, a run that another
        version recorded, and that can only be cancelled, is kept too.
        """
        async with self._leases.gate(run):
            drive = await self._entered(run, taking_up=False, to_cancel=to_cancel)
        try:
            yield drive is not None
        finally:
            if drive is not None:
                while not await self._left(self._drives.get(run, drive)):
                    await self.drive(run)

    async def run(
        self,
        program: Program,
        workflow: str,
        input: Mapping[str, object],
        *,
        principal: Principal = NOBODY,
        until: Until = "quiet",
        context: Mapping[str, object] | None = None,
    ) -> RunReport:
        """Start a run and drive it."""
        return await self.drive(await self.start(program, workflow, input, principal=principal, context=context), until)

    async def resume(self, run: str, until: Until = "quiet", *, patience: int = PATIENCE) -> RunReport:
        """Take a run up again that stopped with its process, and drive it.

        Raises `DrivenElsewhere` when it has not stopped: another process is working on it. Raises `UnknownRun`,
        `ProgramMismatch`, `Diverged`, `ToolsIncomplete` and what the journal raises.
        """
        return await self.drive(run, until, patience=patience)

    async def report(self, run: str) -> RunReport:
        """Say where a run stands. Nothing is performed, and nothing recorded."""
        drive = self._drives.get(run)
        here = drive is not None and (drive.active or not drive.behind)
        return (drive if drive is not None and here else self._recovered(run)).report()

    # --- people ------------------------------------------------------------------------------------------------------

    async def approve(self, run: str, approval: str, *, by: str, role: str, digest: str = "") -> None:
        """Agree to exactly what was asked, as someone of a role.

        That `by` is who they say and has that `role` is for the caller to know: nothing here can check it. The name is
        normalised, as everywhere (NFKC, case folded, trimmed); one with invisible characters is refused. `digest`
        is the one that was asked for, unless given. What the approval allows is performed by `drive`. Raises
        `Refused`, saying why, when the run does not accept it; the attempt is recorded all the same. When another
        process drives the run, it finds what was decided and performs it.
        """
        await self._from_outside(run, outside.given(approval, by, role, digest))

    async def deny(self, run: str, approval: str, *, by: str, role: str, reason: str = "") -> None:
        """Refuse what was asked, as someone of a role. Raises `Refused` like `approve`."""
        await self._from_outside(run, outside.denied(approval, by, role, reason))

    async def answer(self, run: str, question: str, answer: object, *, by: str, role: str) -> None:
        """Answer a question, as someone of a role. Raises `Refused` like `approve`, also if the answer does not fit."""
        await self._from_outside(run, outside.answered(question, answer, by, role))

    async def signal(self, run: str, event: str, data: object = None, *, key: str = "", by: str = "") -> Received:
        """Signal an event that a step waits for, or may come to wait for; what follows is performed by `drive`.

        `data` is what the event says, as the step declares it. `key` is the sender's own name for what happened: sent
        again under it, it is the same event. Returns `taken` when a step takes it, `kept` when none does yet, and
        `known` when it was signalled before, which changes nothing. Raises `Refused` like `approve`: when no step of
        the workflow waits for such an event, the data does not fit, too much is kept already, or the run is over.
        """
        notes = await self._recorded(run, outside.signalled(event, data, key, by))
        if any(isinstance(note, Ignored) and note.code is WhyIgnored.SIGNALLED_BEFORE for note in notes):
            return "known"
        _refuse_ignored(notes)
        return "taken" if any(isinstance(note, SignalTaken) for note in notes) else "kept"

    async def cancel(self, run: str, *, by: str, reason: str = "") -> None:
        """Call a run off; what it did and can be undone is undone by `drive`. Raises `Refused` like `approve`.

        This is also the way out for a run that an older version recorded and this one cannot resume.
        """
        decided = outside.cancelled(by, reason)
        self._cancelling.add(run)
        try:
            await self._from_outside(run, decided, cancels=True)
        finally:
            self._cancelling.discard(run)

    # --- inside ------------------------------------------------------------------------------------------------------

    async def _from_outside(self, run: str, decided: Decided, cancels: bool = False) -> None:
        """Record what a person decided. Raises `Refused` when the run does not accept it."""
        _refuse_ignored(await self._recorded(run, decided, cancels))

    async def _recorded(self, run: str, decided: Decided, cancels: bool = False) -> tuple[object, ...]:
        """Record what comes from outside: here, or, when another drives the run, for that one to find.

        A run that had stopped is taken up before, so that what was under way is decided as of then; one that is
        cancelled after, so that nothing of it is repeated.
        """
        drive = self._drives.get(run)
        if drive is not None and drive.active:
            return await self._submit(drive, decided(drive))
        async with self._leases.gate(run):
            drive = await self._entered(run, taking_up=not cancels)
            if drive is None:
                return await self._left_for_driver(run, decided)
            try:
                notes = await self._submit(drive, decided(drive))
                await self._taken_up(drive)
            finally:
                self._leases.leave(run)
        return notes

    async def _left_for_driver(self, run: str, decided: Decided) -> tuple[object, ...]:
        self._drives.pop(run, None)
        for left in range(ATTEMPTS, 0, -1):
            drive = self._recovered(run)
            try:
                return tuple(await drive.submit(decided(drive)))
            except Conflict:
                if left == 1:
                    raise
        return ()

    async def _submit(self, drive: Drive, event: Event) -> "tuple[object, ...]":
        try:
            return tuple(await drive.submit(event))
        finally:
            self._forget(drive)

    async def _entered(self, run: str, *, taking_up: bool = True, to_cancel: bool = False) -> Drive | None:
        """Lease a run and return it as it is in the journal now; None if it is taken. Take it up if it had stopped.

        Within the gate: whatever is open by then was asked of a driver before, and what is recorded later was not.
        """
        ours = self._leases.holds(run)
        if not self._leases.take(run):
            return None
        try:
            drive = self._drives.get(run)
            if drive is None or not (ours or drive.active or not drive.behind):
                drive = self._recovered(run, to_cancel)
            drive.leased = True
            if not drive.active:
                await drive.catch_up()
            if drive.machine.status in OVER:
                return drive
            self._refuse_other_answers(drive)
            self._adapters.tools.prepare(drive.setting.program, drive.setting.workflow)
            self._adapters.models.prepare(drive.setting.program, drive.setting.workflow)
            self._drives[run] = drive
            if taking_up:
                await self._taken_up(drive)
        except BaseException:
            self._leases.leave(run)
            raise
        return drive

    async def _taken_up(self, drive: Drive) -> None:
        """Record that a run is resumed, if work of it was under way or somebody else answers from here on."""
        changed = self._answers_otherwise(drive)
        under_way, drive.interrupted = drive.interrupted & drive.under_way, frozenset()
        if drive.machine.status not in OVER and (under_way or changed is not None):
            await self._submit(drive, RunResumed(drive.setting.now(), changed))
            drive.setting.answered_by = changed or drive.setting.answered_by

    def _answers_otherwise(self, drive: Drive) -> AnsweredBy | None:
        """Return who answers from here on, where that is somebody else than the journal says."""
        recorded, now = drive.setting.answered_by, self._answered_by
        return now if recorded is not None and now is not None and not now.is_same(recorded) else None

    def _refuse_other_answers(self, drive: Drive) -> None:
        changed = self._answers_otherwise(drive)
        if changed is not None and not self._change_answers:
            raise AnsweredOtherwise(
                f"run {drive.setting.run} is answered by {drive.setting.answered_by}, and would go on with {changed}"
            )

    async def _left(self, drive: Drive) -> bool:
        """Let a run go, unless people decided something meanwhile: false then, and there is more to do."""
        run = drive.setting.run
        async with self._leases.gate(run):
            if self._leases.only_user(run) and await drive.catch_up():
                return False
            self._leases.leave(run)
            return True

    def _recovered(self, run: str, to_cancel: bool = False) -> Drive:
        found = recover(self.journal, run, self._programs, to_cancel=to_cancel or run in self._cancelling)
        self._programs.setdefault(found.program.digest, found.program)
        started = found.started
        scopes = None if started.scopes is None else frozenset(started.scopes)
        principal = Principal(started.principal, started.roles, scopes)
        setting = self._setting(found.program, run, started.workflow, principal, found.at)
        setting.answered_by = found.answered_by
        for question in found.questions:
            setting.asked(question)
        drive = self._drive(found.machine, setting, started.at)
        drive.sequence, drive.finish = found.entries, found.finish
        drive.interrupted = drive.under_way
        drive.expect(found.machine.pending(), found.last)
        return drive

    def _drive(self, machine: Machine, setting: Setting, started: int) -> Drive:
        drive = Drive(machine, setting, self._adapters, self._clock, self._recorder, started)
        drive.observers = self.observers
        return drive

    def _setting(self, program: Program, run: str, workflow: str, principal: Principal, at: int) -> Setting:
        return Setting(program, run, workflow, principal, forward(self._clock, at), self._jitter)

    def _jitter(self) -> int:
        return self._chance.randrange(1001)

    def _forget(self, drive: Drive) -> None:
        """Keep nothing of a run that is over, or whose state here is no longer known to be the journal's."""
        if (drive.broken or drive.machine.status in OVER) and self._drives.get(drive.setting.run) is drive:
            del self._drives[drive.setting.run]


def _refuse_ignored(notes: Iterable[object]) -> None:
    for note in notes:
        if isinstance(note, Ignored):
            raise Refused(note.reason)
