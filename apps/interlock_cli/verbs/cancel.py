"""`interlock cancel`: call a run off."""

from typing import TYPE_CHECKING

from interlock_cli.exits import Exit
from interlock_cli.fault import Fault
from interlock_cli.manner import Manner
from interlock_cli.options import Reason, RunId, Who, drives

if TYPE_CHECKING:
    from interlock.runtime.runtime import Runtime
    from interlock_cli.history import History


@drives
def verb(run: RunId, *, name: Who, reason: Reason = "", manner: Manner) -> int:
    """Call a run off. What it did and can be undone is undone, the last first; the rest is named."""
    from interlock_cli.people import on_run

    async def act(runtime: "Runtime", history: "History") -> None:
        status = history.machine.status
        if status in ("ended", "failed", "cancelled"):
            raise Fault(f"run {history.summary.run} is over: it is {status}", "there is nothing to call off")
        await runtime.cancel(history.summary.run, by=name, reason=reason)

    code = on_run(run, manner, act)
    return Exit.CLEAN if code == Exit.FINDINGS else code
