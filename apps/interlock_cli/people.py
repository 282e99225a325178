"""What people do to a run that is there: find it, find what they mean in it, do it, and go on driving."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from interlock_cli.driving import Driver
from interlock_cli.fault import Fault, did_you_mean
from interlock_cli.manner import Manner

if TYPE_CHECKING:
    from interlock.run.protocol.commands import AskApproval, AskPerson
    from interlock.runtime.runtime import Runtime
    from interlock_cli.history import History

Asked = TypeVar("Asked", "AskApproval", "AskPerson")


def on_run(wanted: str, manner: Manner, act: "Callable[[Runtime, History], Awaitable[None]] | None" = None) -> int:
    """Do one thing to the run that `wanted` means, drive it on, and tell where it stands; return the exit code.

    Without `act` driving on is all there is to do, and a run that another process drives is refused.

    Whatever is wrong with the request is a Fault raised by `act` before anything was recorded, or a refusal after.
    """
    from interlock_cli.history import load
    from interlock_cli.store import open_journal, the_run

    opened = open_journal(manner.project, manner.journal)
    history = load(opened, the_run(opened, wanted))
    run = history.summary.run

    async def go(runtime: "Runtime") -> str:
        if act is not None:
            await act(runtime, history)
        return run

    asker = history.started.principal
    driver = Driver(manner, opened, history.workflow, None, history.told, run, asker, recorded=act is not None)
    return driver.go(go)


def approval(history: "History", wanted: str, role: str) -> "AskApproval":
    """Return the approval that is meant: the one named, or the only one that is open (for a role).

    Raises Fault if that is none or unclear.
    """
    from interlock.run.protocol.commands import AskApproval

    asked = [each for each in history.machine.waiting_for if isinstance(each, AskApproval)]
    return _the_one(history, asked, wanted, role, "approval")


def question(history: "History", wanted: str, role: str) -> "AskPerson":
    """Return the question that is meant, like `approval`; it may also be named by its step."""
    from interlock.run.protocol.commands import AskPerson

    asked = [each for each in history.machine.waiting_for if isinstance(each, AskPerson)]
    return _the_one(history, asked, wanted, role, "answer")


def _the_one(history: "History", asked: Sequence[Asked], wanted: str, role: str, what: str) -> Asked:
    run = history.summary.run
    if not asked:
        status = history.machine.status
        instead = [_command(run, each) for each in history.machine.waiting_for]
        help = "\n".join(instead) or f"`interlock show {run}` tells why"
        raise Fault(f"run {run} waits for no {what}: it is {status}", help)
    if wanted:
        for each in asked:
            if wanted in (each.id, each.step):
                return each
        known = [each.id for each in asked]
        raise Fault(f"run {run} does not wait for `{wanted}`", did_you_mean(wanted, known))
    meant = [each for each in asked if each.role == role] or list(asked)
    if len(meant) == 1:
        return meant[0]
    listed = "\n".join(f"`{each.id}`: {each.role} at {each.step}" for each in meant)
    raise Fault(f"run {run} waits for {len(meant)} of them", f"say which after the run\n{listed}")


def _command(run: str, asked: "AskApproval | AskPerson") -> str:
    """Return what a run waits for instead of what was tried, and the command for that."""
    from interlock.run.protocol.commands import AskApproval

    what, verb = ("an approval", "approve") if isinstance(asked, AskApproval) else ("an answer", "answer")
    return f"it waits for {what} by {asked.role}: `interlock {verb} {run} {asked.id} --as NAME --role {asked.role}`"
