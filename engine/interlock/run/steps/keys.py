"""Idempotency keys as authors say them: calls under one are one call, until it is undone.

# INVARIANT: nothing is sent under a key of which a call was undone, unless it may have been sent under it before that.
"""

from interlock.run import values
from interlock.run.parts import Call
from interlock.run.state import Run
from interlock_dsl.cel.types import DYN
from interlock_dsl.schema import encode
from interlock_dsl.schema.canonical import canonical


def key_of(run: Run, call: Call) -> str:
    """Return the key under which the author says two calls are the same; empty where a call is only like itself.

    Raises `EvaluationError`, ValueError or TypeError where it has no value.
    """
    if call.tool.idempotency_key is None:
        return ""
    value = values.value_of(run, call.tool.idempotency_key, call.values)
    said = value if isinstance(value, str) else canonical(encode(DYN, value)).decode()
    return _unused(run, call.tool.name, said)


def renew(run: Run, call: Call) -> None:
    """Give a call another key if one under its own was undone since, and this one certainly did not happen."""
    if call.key in run.remade and not (call.doubtful or call.interrupted):
        call.key = _unused(run, call.tool.name, call.key.partition(":")[2])


def is_stale(run: Run, call: Call) -> bool:
    """Whether what comes back may be the result of a call that was undone since this one was sent, or is now."""
    if call.purpose == "undo":
        return False
    return call.key in run.remade or any(each.done and each.done.key == call.key for each in run.undoings)


def _unused(run: Run, tool: str, said: str) -> str:
    """Return the key of a call. One that is made again after it was undone is another call."""
    key, again = f"{tool}:{said}", 1
    while key in run.remade:
        again += 1
        key = f"{tool}~{again}:{said}"
    return key
