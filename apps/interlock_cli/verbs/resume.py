"""`interlock resume`: take a run up again after it stopped."""

from typing import TYPE_CHECKING

from interlock_cli.manner import Manner
from interlock_cli.options import OptionalRunId, drives

if TYPE_CHECKING:
    from interlock.runtime.runtime import Runtime
    from interlock_cli.history import History


@drives
def verb(run: OptionalRunId = "last", *, manner: Manner) -> int:
    """Take a run up again that was interrupted, or whose time to go on has come.

    What may be repeated is repeated; a call that may have happened and must not happen twice is not.
    """
    from interlock_cli.people import on_run

    async def act(runtime: "Runtime", history: "History") -> None:
        pass  # driving on is all there is to do

    return on_run(run, manner, act)
