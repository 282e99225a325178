"""Plain functions beside an event loop, each in a daemon thread: one that hangs cannot keep the process alive."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(function: Callable[[], T], name: str) -> T:
    """Return what a function returns, or raise what it raises. Cancelled, the thread goes on and is not listened to."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)  # type: ignore[arg-type]
        else:
            future.set_exception(error)

    def work() -> None:
        result: T | None = None
        error: BaseException | None = None
        try:
            result = context.run(function)
        except BaseException as raised:
            # Neither what ends threads silently nor what a future cannot hold may get lost.
            ordinary = isinstance(raised, Exception) and not isinstance(raised, StopIteration)
            error = raised if ordinary else _stopped(raised)
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:
            return  # the loop is closed: nobody listens any more

    threading.Thread(target=work, name=name, daemon=True).start()
    return await future


class Stopped(Exception):
    """A function ended by something that is no ordinary error."""


def _stopped(raised: BaseException) -> Stopped:
    try:
        stopped = Stopped(str(raised))
    except Exception:
        stopped = Stopped()
    stopped.__cause__ = raised
    return stopped
