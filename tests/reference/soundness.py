"""What the soundness run accepts: the closed list of causes, less what no generated expression can meet."""

from interlock_dsl.cel import Cause, cause_of
from reference.values import Lack


def sound(lack: Lack) -> Cause | None:
    """Return the cause of a missing value; None if it is none that a generated program may have."""
    # Only `dyn` leaves the choice of an overload to the evaluation, and the generator never writes it.
    # Generated programs declare no context.
    return None if lack[0] in ("no-such-overload", "unbound-variable") else cause_of(lack[0])
