"""Taking a run forward: what `run`, `resume` and the answers of people have in common.

A drive follows the run on standard error while it goes, ends by telling where it stands on standard output, and can be
interrupted at any moment: what was recorded stays, and the message says how to go on.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from interlock_cli.exit_codes import ExitCode
from interlock_cli.run_options import Format, RunOptions

if TYPE_CHECKING:
    from interlock.journal.journal import Journal
    from interlock.run.protocol.events import AnsweredBy
    from interlock.runtime.loop import Observer
    from interlock.runtime.report import RunReport
    from interlock.runtime.runtime import Runtime
    from interlock_cli.recorded_run import EventNotes
    from interlock_dsl.program.model import Program, Workflow


@dataclass
class Driver:
    """One run being driven in this process.

    `program` is given for a new run only: an older one is compiled from the journal, and the tools may have moved on
    since. `past` is what has happened in the run so far, `principal` on whose behalf it is ("": nobody said).
    `recorded` says that what is done to the run is done once it is recorded, whoever then drives it on. `answered_by`
    is who answers in an older run, as its journal says; with `to_cancel` nobody is asked.
    """

    options: RunOptions
    opened: "Journal"
    workflow: "Workflow"
    program: "Program | None" = None
    past: "Sequence[EventNotes]" = ()
    run: str = ""
    principal: str = ""
    recorded: bool = True
    answered_by: "AnsweredBy | None" = None
    to_cancel: bool = False
    stack: ExitStack = field(default_factory=ExitStack)

    def go(self, act: "Callable[[Runtime], Awaitable[str]]") -> int:
        """Do one thing to a run (`act` returns which), then drive it as far as it goes, and tell where it stands."""
        if not os.environ.get("INTERLOCK_TRACEBACK"):
            logging.getLogger("interlock").addHandler(logging.NullHandler())  # what matters is in the journal
        try:
            with redirect_stdout(sys.stderr):  # what tools print is not our result
                report = asyncio.run(self._go(act))
        except KeyboardInterrupt:
            return self._interrupted()
        finally:
            self.stack.close()
            self.opened.close()
        return print_report(report, self.options, self.principal)

    async def _go(self, act: "Callable[[Runtime], Awaitable[str]]") -> "RunReport":
        runtime = self._runtime()
        if not self.run:
            self.run = await act(runtime)
            return await runtime.drive(self.run)
        async with runtime.holding(self.run, to_cancel=self.to_cancel) as held:
            await act(runtime)
            if held or not self.recorded:
                return await runtime.drive(self.run)
            from interlock_cli.present.messages import remark

            remark(f"another process is working on run {self.run}; it goes on there")
            return await runtime.report(self.run)

    def _runtime(self) -> "Runtime":
        from interlock.runtime.runtime import Runtime
        from interlock_cli.answering import answering
        from interlock_cli.tools_file import toolbox

        options = self.options
        models, answered_by = (None, None) if self.to_cancel else answering(options, self.answered_by)
        at_hand = () if self.program is None else (self.program,)
        return Runtime(
            self.opened,
            *at_hand,
            tools=toolbox(options.tools or options.project.tools),
            models=models,
            observers=self._observers(),
            answered_by=answered_by,
            change_answers=options.change_answers,
        )

    @property
    def followed(self) -> bool:
        """Whether somebody sees the run while it goes."""
        from interlock_cli.present.console import err

        wanted = self.options.progress
        return err().is_terminal if wanted is None else wanted

    def _observers(self) -> "list[Observer]":
        from interlock_cli.present.console import err

        if not self.followed:
            return []
        from interlock_cli.present.follow import Follower

        return [self.stack.enter_context(Follower(self.program, self.workflow, err(), self.past))]

    def _interrupted(self) -> int:
        from interlock_cli.present.messages import complain

        if not self.run:
            complain("interrupted before the run began")
        else:
            following = f"interlock resume {self.run}{self.options.again}"
            complain(f"interrupted; run {self.run} is safe", f"`{following}` goes on")
        return INTERRUPTED


INTERRUPTED = 130


def print_report(report: "RunReport", options: RunOptions, principal: str) -> int:
    """Print where a run stands and return the exit code that says it: a failed run is a finding."""
    if options.format is Format.JSON:
        from interlock_cli.formats.run_json import run_json
        from interlock_cli.present.output import json_text, write

        write(json_text(run_json(report)))
    else:
        _say(report, options, principal)
    return ExitCode.FINDINGS if report.status in ("failed", "cancelled") else ExitCode.CLEAN


def _say(report: "RunReport", options: RunOptions, principal: str) -> None:
    import time

    from interlock_cli.present.console import out
    from interlock_cli.present.outcome import going_on, standing

    now = time.time_ns() // 1000
    for text in standing(report):
        out().print(text, soft_wrap=True)
    for text in going_on(report, now, options.again, options.where, principal):
        out().print(text, soft_wrap=True)
