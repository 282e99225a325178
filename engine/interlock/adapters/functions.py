"""Plain Python functions as guarded tools.

    @guarded("money.send")
    def send(account: str, cents: int) -> dict: ...

    with acting(session, agent="teller"):
        send("DE02", cents=1_200)       # decided, made, reported; NotAllowed says why not

A coroutine function is awaited as before. Outside `acting` nothing is called.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

from interlock.adapters.enforcement import Arguments, Enforcer, Notify
from interlock.adapters.enforcement import NotAllowed as NotAllowed
from interlock.errors import Refused
from interlock.guard import Session
from interlock.runtime.bounds import OutOfBoundsError, check_bounds
from interlock.runtime.values import to_host, to_json
from interlock_dsl.program.model import Program
from interlock_dsl.schema import decode

F = TypeVar("F", bound=Callable[..., Any])

_acting: ContextVar[Enforcer] = ContextVar("interlock.acting")


@contextmanager
def acting(session: Session, *, agent: str | None = None, notify: Notify | None = None) -> Iterator[None]:
    """Have guarded functions decided by a session, as calls of an agent, for as long as the context is open.

    It holds for this thread, or this task and what it starts (`contextvars`). `notify` is called where a rule has
    somebody told, before the call; without it, that is logged.
    """
    token = _acting.set(Enforcer(session, agent, notify=notify))
    try:
        yield
    finally:
        _acting.reset(token)


def guarded(tool: str) -> Callable[[F], F]:
    """Make the decorated function, or coroutine function, one that is called only where its call is allowed.

    It is called by keyword, with the arguments as the declaration of `tool` reads them (points in time as `datetime`,
    lengths of time as `timedelta`), and what it returns is what the declaration says of it. A call raises `NotAllowed`
    where it is denied or waits for an approval, `Refused` outside `acting`, `ToolError` for a result that is not one of
    the declared type, and what the function raises.

    Raises TypeError for a function with parameters that cannot be given by name, and for a generator function, whose
    body would run after the call was reported.
    """

    def decorate(function: F) -> F:
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"`{tool}`: a generator function does nothing when it is called; return the whole result")
        signature = inspect.signature(function)
        for parameter in signature.parameters.values():
            if parameter.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL):
                raise TypeError(f"`{tool}`: the parameter `{parameter.name}` cannot be given by name")

        def given(args: tuple[object, ...], named: dict[str, object]) -> object:
            bound = signature.bind(*args, **named)
            values = dict(bound.arguments)
            for parameter in signature.parameters.values():
                if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                    values |= values.pop(parameter.name, {})
            try:
                check_bounds("the arguments", values)
            except OutOfBoundsError:
                return values  # which is denied, with the reason
            return to_json(values)

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*args: object, **named: object) -> object:
                enforcer = _enforcer(tool)

                async def call(decided: Arguments) -> object:
                    returned: Awaitable[object] = function(**_host(enforcer.session.program, tool, decided))
                    return await returned

                return await enforcer.amake(await enforcer.adecide(tool, given(args, named), None), call)

            return cast(F, awaited)

        @functools.wraps(function)
        def called(*args: object, **named: object) -> object:
            enforcer = _enforcer(tool)

            def call(decided: Arguments) -> object:
                return cast(object, function(**_host(enforcer.session.program, tool, decided)))

            return enforcer.make(enforcer.decide(tool, given(args, named), None), call)

        return cast(F, called)

    return decorate


def _enforcer(tool: str) -> Enforcer:
    enforcer = _acting.get(None)
    if enforcer is None:
        raise Refused(f"`{tool}` is guarded and there is no session: call it inside `with acting(session, agent=...)`")
    return enforcer


def _host(program: Program, tool: str, decided: Arguments) -> dict[str, object]:
    return cast("dict[str, object]", to_host(decode(program.tools[tool].parameters, decided)))
