"""What people do to a run that is there: find it, find what they mean in it, do it, and go on driving."""

import shlex
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from interlock_cli.drive import Driver
from interlock_cli.errors import CommandError
from interlock_cli.run_options import RunOptions

if TYPE_CHECKING:
    from interlock.guard import Session
    from interlock.journal.journal import Journal
    from interlock.run.protocol.commands import AskApproval, AskPerson
    from interlock.runtime.runtime import Runtime
    from interlock_cli.recorded_run import RecordedRun

Asked = TypeVar("Asked", "AskApproval", "AskPerson")


def on_run(
    wanted: str,
    options: RunOptions,
    act: "Callable[[Runtime, RecordedRun], Awaitable[None]] | None" = None,
    *,
    to_cancel: bool = False,
    in_session: "Callable[[Session, RecordedRun], str] | None" = None,
) -> int:
    """Do one thing to the run that `wanted` means, drive it on, and tell where it stands; return the exit code.

    Without `act` driving on is all there is to do, and a run that another process drives is refused. With
    `to_cancel` nobody answers for its models, and a run that another version recorded is taken too. `in_session` is
    what is done instead where it is a session, which nobody here drives; it returns what there is to say of it.

    Whatever is wrong with the request is a `CommandError` raised by `act` before anything was recorded, or a refusal
    after.
    """
    from interlock_cli.journal import open_journal, the_run
    from interlock_cli.recorded_run import load

    opened = open_journal(options.project, options.journal)
    recorded = replace(load(opened, the_run(opened, wanted)), where=options.where)
    run = recorded.summary.run
    if recorded.is_session and in_session is not None:
        return _on_session(opened, recorded, options, in_session)

    async def go(runtime: "Runtime") -> str:
        if act is not None:
            await act(runtime, recorded)
        return run

    asker = recorded.started.principal
    driver = Driver(
        options,
        opened,
        recorded.workflow,
        past=recorded.events,
        run=run,
        principal=asker,
        recorded=act is not None,
        answered_by=recorded.answered_by,
        to_cancel=to_cancel,
    )
    return driver.go(go)


def _on_session(
    opened: "Journal", recorded: "RecordedRun", options: RunOptions, act: "Callable[[Session, RecordedRun], str]"
) -> int:
    from rich.text import Text

    from interlock.guard import Guard
    from interlock.runtime.report import RunReport
    from interlock_cli.drive import print_report
    from interlock_cli.present.console import out
    from interlock_cli.present.escape import escape
    from interlock_cli.recorded_run import load
    from interlock_cli.run_options import Format

    run = recorded.summary.run
    said = act(Guard(recorded.program, journal=opened).resume(run), recorded)
    now = load(opened, recorded.summary)
    opened.close()
    machine, count = now.machine, len(now.entries)
    report = RunReport(
        run, machine.status, waiting_for=machine.waiting_for, approved_by=machine.approved_by, entries=count
    )
    if said and options.format is not Format.JSON:
        out().print(Text(escape(said)), soft_wrap=True)
    return print_report(report, options, recorded.started.principal)


def approval(recorded: "RecordedRun", wanted: str, role: str) -> "AskApproval":
    """Return the approval that is meant: the one named, or the only one that is open (for a role).

    Raises CommandError if that is none or unclear.
    """
    from interlock.run.protocol.commands import AskApproval
    from interlock_dsl.diagnostics.spelling import nearest

    asked = [each for each in recorded.machine.waiting_for if isinstance(each, AskApproval)]
    roles = {*recorded.program.roles, *(each.role for each in asked)}
    guess = nearest(role, roles) if role and asked and role not in roles else None
    if guess:
        raise CommandError(f"the program has no role `{role}`", f"did you mean `{guess}`?")
    return _the_one(recorded, asked, wanted, role, "approval")


def question(recorded: "RecordedRun", wanted: str, role: str) -> "AskPerson":
    """Return the question that is meant, like `approval`; it may also be named by its step."""
    from interlock.run.protocol.commands import AskPerson

    asked = [each for each in recorded.machine.waiting_for if isinstance(each, AskPerson)]
    return _the_one(recorded, asked, wanted, role, "answer")


def _the_one(recorded: "RecordedRun", asked: Sequence[Asked], wanted: str, role: str, what: str) -> Asked:
    from interlock_dsl.diagnostics.spelling import nearest

    run, where = recorded.summary.run, recorded.where
    if not asked:
        instead = [_command(run, each, where) for each in recorded.machine.waiting_for] + _awaited(recorded)
        help = "\n".join(instead) or f"`interlock show {run}{where}` tells why"
        raise CommandError(f"run {run} waits for no {what}: it is {recorded.machine.status}", help)
    if wanted:
        for each in asked:
            if wanted in (each.id, each.step):
                return each
        if "=" in wanted:
            help = f"a value is given by `--value {wanted}`"
        else:
            known = [name for each in asked for name in (each.step, each.id) if name]
            listed = ", ".join(f"`{each.id}` {_place(each)}" for each in asked)
            guess = nearest(wanted, known)
            help = (f"did you mean `{guess}`? " if guess else "") + f"it waits for {listed}"
        raise CommandError(f"run {run} does not wait for `{wanted}`", help)
    meant = [each for each in asked if each.role == role] or list(asked)
    if len(meant) == 1:
        return meant[0]
    listed = "\n".join(f"`{each.id}`: {each.role} {_place(each)}" for each in meant)
    raise CommandError(f"run {run} waits for {len(meant)} of them", f"say which after the run\n{listed}")


def _place(asked: "AskApproval | AskPerson") -> str:
    """Return at which step something is asked; in a session there is none, and it is said for which tool."""
    from interlock.run.protocol.commands import AskApproval

    return f"for {asked.subject['tool']}" if isinstance(asked, AskApproval) and not asked.step else f"at {asked.step}"


def _awaited(recorded: "RecordedRun") -> list[str]:
    """Return which events a run waits for and until when, with the commands for them."""
    from interlock.run.machine import Machine
    from interlock_cli.present.quantity import moment

    machine, run, where = recorded.machine, recorded.summary.run, recorded.where
    if not isinstance(machine, Machine):
        return []
    events = [
        f"{each.step} waits for the event `{each.event}`: "
        f"`interlock signal {run} {shlex.quote(each.event)} DATA{where}`"
        for each in machine.awaiting
    ]
    return events + [f"{step} waits until {moment(until)}" for step, until in machine.pauses.items()]


def _command(run: str, asked: "AskApproval | AskPerson", where: str) -> str:
    """Return what a run waits for instead of what was tried, and the command for that."""
    from interlock.run.protocol.commands import AskApproval

    what, verb = ("an approval", "approve") if isinstance(asked, AskApproval) else ("an answer", "answer")
    return (
        f"it waits for {what} by {asked.role}: `interlock {verb} {run} {asked.id} --as NAME --role {asked.role}{where}`"
    )
