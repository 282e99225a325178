"""Plain functions beside an event loop, each in a daemon thread: one that hangs cannot keep the process alive."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

T = TypeVar("T")


async def in_thread(function: Callable[[], T], name: str) -> T:
    """Return what a function returns, or raise what it raises. Cancelled, the thread goes on and is not listened to."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def settle(as_it_came: Callable[[], None]) -> None:
        if not future.done():
            as_it_came()

    def work() -> None:
        try:
            as_it_came = partial(future.set_result, context.run(function))
        except BaseException as raised:
            # Neither what ends threads silently nor what a future cannot hold may get lost.
            ordinary = isinstance(raised, Exception) and not isinstance(raised, StopIteration)
            as_it_came = partial(future.set_exception, raised if ordinary else _stopped(raised))
        try:
            loop.call_soon_threadsafe(settle, as_it_came)
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
