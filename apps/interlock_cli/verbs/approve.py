"""`interlock approve`: agree to exactly what a run asks for."""

from typing import TYPE_CHECKING, Annotated

import typer

from interlock_cli.manner import Manner
from interlock_cli.options import Role, RunId, Which, Who, drives

if TYPE_CHECKING:
    from interlock.runtime.runtime import Runtime
    from interlock_cli.history import History

Digest = Annotated[
    str, typer.Option("--digest", metavar="SHA256", help="Agree only if this is the digest of what is asked.")
]


@drives
def verb(run: RunId, which: Which = "", *, name: Who, role: Role = "", digest: Digest = "", manner: Manner) -> int:
    """Agree to exactly what a run asks for, and let it go on.

    An approval is for these arguments, in this run, at this step; it can be used once, and nobody can approve what
    they asked for themselves.
    """
    from interlock_cli.people import approval, on_run

    async def act(runtime: "Runtime", history: "History") -> None:
        asked = approval(history, which, role)
        await runtime.approve(history.summary.run, asked.id, by=name, role=role or asked.role, digest=digest)

    return on_run(run, manner, act)
