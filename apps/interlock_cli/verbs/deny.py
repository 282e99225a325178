"""`interlock deny`: refuse what a run asks for."""

from typing import TYPE_CHECKING

from interlock_cli.manner import Manner
from interlock_cli.options import Reason, Role, RunId, Which, Who, drives

if TYPE_CHECKING:
    from interlock.runtime.runtime import Runtime
    from interlock_cli.history import History


@drives
def verb(run: RunId, which: Which = "", *, name: Who, role: Role = "", reason: Reason = "", manner: Manner) -> int:
    """Refuse what a run asks for, and let it go on by the route it has for that, if it has one."""
    from interlock_cli.people import approval, on_run

    async def act(runtime: "Runtime", history: "History") -> None:
        asked = approval(history, which, role)
        await runtime.deny(history.summary.run, asked.id, by=name, role=role or asked.role, reason=reason)

    return on_run(run, manner, act)
