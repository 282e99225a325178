"""Python functions as the tools of a program.

    toolbox = Toolbox()

    @toolbox.tool("orders.get")
    def get_order(order_id: str) -> dict: ...

    @toolbox.tool("refunds.issue")
    async def issue(order_id: str, amount: int, call: CallContext) -> dict:
        ...                          # `call.key` is the same for every attempt at the same call

Plain functions run in a thread of their own, async ones in the event loop. Whatever a function does, its call comes
back as an event: it raises, it is late, it returns what the declaration does not allow, it says it does not know.
"""

import asyncio
import inspect
import logging
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Final, Literal, TypeVar, cast

from interlock.decide import Principal
from interlock.errors import ToolsIncomplete
from interlock.run.protocol.commands import CallTool
from interlock.run.protocol.events import Event, ToolFailed, ToolReturned
from interlock.runtime.adapter import Setting
from interlock.runtime.bounds import OutOfBoundsError, check_bounds
from interlock.runtime.clock import SECOND, length_of
from interlock.runtime.threads import Stopped, in_thread
from interlock.runtime.values import NoTimeZoneError, to_host, to_json
from interlock_dsl.diagnostics.spelling import nearest
from interlock_dsl.program.model import Program, Tool
from interlock_dsl.schema import Json, ValidationError, decode, json_value

_log = logging.getLogger("interlock.tools")
_LONGEST_MESSAGE: Final = 500
_LARGE: Final = 1_000
"""Results of more values than this are converted beside the event loop."""

F = TypeVar("F", bound=Callable[..., object])


class ToolError(Exception):
    """Raised by a tool's function to say why a call failed, in words that a model and the journal may hold.

    Of any other exception a model is told only that there was one, and the journal its type and place: its text may
    hold anything. `ToolError` says that the effect did not take place; `Uncertain`, that nobody knows.
    """


class Uncertain(ToolError):
    """A `ToolError` of a function that does not know whether its effect took place."""


@dataclass(frozen=True, slots=True)
class CallContext:
    """What a function may know about the call, if it has a parameter annotated with this, or named `call`.

    `key` is the same for every attempt at one call, also after a crash: what an idempotent service asks for.
    """

    run: str
    workflow: str
    step: str
    tool: str
    key: str
    attempt: int
    principal: Principal
    purpose: Literal["step", "agent", "undo"]


class Toolbox:
    """Functions by the name of their tool."""

    def __init__(self) -> None:
        self._functions: dict[str, _Function] = {}
        self._prepared: dict[str, frozenset[str]] = {}

    @property
    def names(self) -> frozenset[str]:
        """The tools that have a function."""
        return frozenset(self._functions)

    def tool(self, name: str) -> Callable[[F], F]:
        """Make the decorated function the one of a tool. Raises `ToolsIncomplete` when the tool has one already."""

        def register(function: F) -> F:
            self.add(name, function)
            return function

        return register

    def add(self, name: str, function: Callable[..., object]) -> None:
        """Make a function the one of a tool. Raises `ToolsIncomplete` when the tool has one already."""
        if name in self._functions:
            raise ToolsIncomplete(f"the tool `{name}` has a function already: {self._functions[name].place}")
        self._functions[name] = _Function(function)

    def prepare(self, program: Program, workflow: str) -> None:
        """Check that every declared tool has a function that takes its parameters.

        Raises `ToolsIncomplete` naming each tool that has not.
        """
        if self._prepared.get(program.digest) == self.names:
            return
        problems: list[str] = []
        for name, tool in program.tools.items():
            function = self._functions.get(name)
            if function is None:
                problems.append(f'`{name}` has no function: decorate one with `@toolbox.tool("{name}")`')
            else:
                problems += [f"`{name}` {problem}" for problem in function.mismatches(tool)]
        _refuse(problems)
        self._prepared[program.digest] = self.names

    def refuse_surplus(self, programs: Iterable[Program]) -> None:
        """Raise `ToolsIncomplete` naming each function whose tool none of the programs declares."""
        declared = {name for program in programs for name in program.tools}
        problems: list[str] = []
        for name in sorted(self.names - declared):
            near = nearest(name, declared)
            hint = f", did you mean `{near}`?" if near else ""
            problems.append(f"`{name}` ({self._functions[name].place}) is not declared by the program{hint}")
        _refuse(problems)

    async def perform(self, command: CallTool, setting: Setting) -> Event:
        """Make one call and return what came of it: `ToolReturned`, or `ToolFailed`; raises nothing."""
        tool = setting.program.tools[command.tool]
        function = self._functions[command.tool]
        try:
            arguments = _arguments(tool, command)
            context = CallContext(
                setting.run, setting.workflow, command.step, command.tool, command.key, command.attempt,
                setting.principal, command.purpose,
            )  # fmt: skip
            call = function.call(arguments, context, partial(result_of, tool))
            result = cast("Json | Unusable", await _in_time(call, command.timeout))
        except _NotCalled as error:
            return _failed(command, setting, "error", str(error))
        except _Late as error:
            return _failed(command, setting, "timeout", str(error))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return _failed(command, setting, "error", "the call was cancelled from within")
        except ToolError as error:
            kind: Literal["error", "uncertain"] = "uncertain" if isinstance(error, Uncertain) else "error"
            return _failed(command, setting, kind, said_by(error), function.raised(error))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            _log.info("the tool %s failed in run %s, step %s", command.tool, setting.run, command.step, exc_info=True)
            return _failed(command, setting, "error", "", function.raised(error))
        if isinstance(result, Unusable):
            # The function was called: for anything but a read, what it did is done.
            kind = "error" if tool.effect == "read" else "uncertain"
            return _failed(command, setting, kind, result.message, result.problems)
        return ToolReturned(setting.now(), command.id, result)


@dataclass(frozen=True, slots=True)
class Unusable:
    """A function returned what its tool's declaration does not allow: the fact, and for people where it differs."""

    message: str
    problems: str


class _NotCalled(Exception):
    """The arguments of a call do not fit its declaration."""


class _Late(Exception):
    """A call took longer than its tool may."""


async def _in_time(call: Coroutine[object, object, object], microseconds: int | None) -> object:
    """Return what a call returns, but not later than this. One that does not end when it is told to is left alone."""
    task = asyncio.ensure_future(_contained(call))
    try:
        done, _ = await asyncio.wait((task,), timeout=None if microseconds is None else microseconds / SECOND)
    except asyncio.CancelledError:
        _leave(task)
        raise
    if not done:
        assert microseconds is not None
        _leave(task)
        raise _Late(f"no answer within {length_of(microseconds)}")
    return task.result()


async def _contained(call: Coroutine[object, object, object]) -> object:
    try:
        return await call
    except SystemExit as stopped:
        # A task that ends with it would end the process, and every run in it.
        raise Stopped("it wanted to end the process") from stopped


def _leave(task: "asyncio.Task[object]") -> None:
    task.add_done_callback(lambda late: late.cancelled() or late.exception())
    task.cancel()


_UNRUN: Final = (Generator, AsyncGenerator, Awaitable)
"""What a function returns that has yet to do its work."""


def result_of(tool: Tool, returned: object) -> "Json | Unusable":
    """Return what a function returned as JSON; `Unusable` if its tool's declaration does not allow it."""
    message = f"`{tool.name}` returned something else than its declaration says"
    if issubclass(type(returned), _UNRUN):
        return Unusable(message, f"{type(returned).__name__}: the function has not run to its end")
    if tool.result is None:
        return None
    try:
        check_bounds("the result", returned)
        converted = to_json(returned)
    except OutOfBoundsError as error:
        return Unusable(f"`{tool.name}`: {error}", "")
    except NoTimeZoneError as error:
        return Unusable(message, str(error))
    except Exception as error:
        # What a value of the author's own raises while it is read may say anything.
        return Unusable(message, type(error).__name__)
    try:
        result = json_value(converted)
        decode(tool.result, result)
    except ValidationError as invalid:
        # Not the values themselves: they may be anything, and have been refused.
        return Unusable(message, _short("; ".join(invalid.expectations)))
    except ValueError as error:
        return Unusable(message, _short(str(error)))
    return result


def _arguments(tool: Tool, command: CallTool) -> dict[str, object]:
    try:
        arguments = to_host(decode(tool.parameters, dict(command.args)))
    except ValidationError as invalid:
        raise _NotCalled(f"`{tool.name}` was not called: {'; '.join(invalid.problems)}") from None
    assert isinstance(arguments, dict)
    return arguments


def _failed(
    command: CallTool,
    setting: Setting,
    kind: Literal["error", "timeout", "uncertain"],
    message: str,
    raised: str = "",
) -> ToolFailed:
    return ToolFailed(setting.now(), command.id, kind, message, setting.jitter(), raised)


def said_by(error: ToolError) -> str:
    """Return what the author of a tool says, as text that can be recorded."""
    try:
        text = str(error)
    except Exception:
        text = ""
    return _short(text) or "it failed without saying why"


def _short(text: str) -> str:
    text = " ".join(text.split()).encode(errors="replace").decode()
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"


def _code(function: Callable[..., object]) -> CodeType | None:
    """Return the code of a function written in Python, without what decorates it."""
    code: object = getattr(inspect.unwrap(function), "__code__", None)
    return code if isinstance(code, CodeType) else None


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise ToolsIncomplete("the tools do not match the program\n" + "\n".join(f"  {each}" for each in problems))


class _Function:
    """A function and how it is called."""

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function
        self._parameters: Mapping[str, inspect.Parameter] = inspect.signature(function).parameters
        self._asynchronous = inspect.iscoroutinefunction(function)
        self._context = self._context_parameter()

    @property
    def place(self) -> str:
        """Where the function is, for people."""
        code = _code(self._function)
        if code is not None:
            return f"{Path(code.co_filename).name}:{code.co_firstlineno}"
        name = getattr(self._function, "__qualname__", None) or repr(self._function)
        return f"{getattr(self._function, '__module__', None) or '?'}.{name}"

    def raised(self, error: BaseException) -> str:
        """Return the type of an exception and the place in the function's file it came from; nothing it says."""
        raised = error.__cause__ if isinstance(error, Stopped) and error.__cause__ is not None else error
        code = _code(self._function)
        frames = traceback.extract_tb(raised.__traceback__)
        lines = [each.lineno for each in frames if code is not None and each.filename == code.co_filename]
        where = f" ({Path(code.co_filename).name}:{lines[-1]})" if code is not None and lines else ""
        return _short(type(raised).__name__) + where

    def _context_parameter(self) -> str | None:
        for name, parameter in self._parameters.items():
            if parameter.annotation is CallContext or parameter.annotation in ("CallContext", "interlock.CallContext"):
                return name
        return None

    def mismatches(self, tool: Tool) -> list[str]:
        """Say where the function's parameters and the tool's do not meet."""
        context = self._context
        if context is None and "call" in self._parameters and "call" not in tool.parameters.fields:
            self._context = context = "call"
        problems: list[str] = []
        takes_any = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in self._parameters.values())
        for name, field in tool.parameters.fields.items():
            parameter = self._parameters.get(name)
            if parameter is None:
                if not takes_any:
                    problems.append(f"is called with `{name}`, which {self.place} does not take")
            elif parameter.kind not in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY):
                problems.append(f"is called with `{name}` by name, which {self.place} takes by position only")
            elif field.optional and parameter.default is inspect.Parameter.empty:
                problems.append(f"may be called without `{name}`, which {self.place} requires: give it a default")
        for name, parameter in self._parameters.items():
            required = parameter.default is inspect.Parameter.empty and parameter.kind not in (
                inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL,
            )  # fmt: skip
            if required and name != context and name not in tool.parameters.fields:
                problems.append(f"is declared without `{name}`, which {self.place} requires")
        return problems

    async def call(
        self, arguments: dict[str, object], context: CallContext, convert: Callable[[object], object]
    ) -> object:
        """Call the function, in a thread if it is not asynchronous, and convert what it returns there."""
        if self._context is not None:
            arguments[self._context] = context
        bound = partial(self._function, **arguments)

        def converted() -> object:
            returned = bound()
            return returned if inspect.isawaitable(returned) else _Done(convert(returned))

        returned = bound() if self._asynchronous else await in_thread(converted, f"interlock-{context.tool}")
        if isinstance(returned, _Done):
            return returned.value
        result = await returned if inspect.isawaitable(returned) else returned
        try:
            large = check_bounds("the result", result) > _LARGE
        except OutOfBoundsError:
            large = False  # it is refused at once
        convert_it = partial(convert, result)
        return await in_thread(convert_it, f"interlock-{context.tool}") if large else convert_it()


@dataclass(frozen=True, slots=True)
class _Done:
    """What was converted already."""

    value: object
