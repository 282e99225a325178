import asyncio
import dataclasses
import enum
import gc
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from interlock import (
    CallContext,
    CallTool,
    Principal,
    Setting,
    Toolbox,
    ToolError,
    ToolsIncomplete,
    Uncertain,
    compile_text,
    encode,
)
from interlock.run.protocol.events import Event, ToolFailed, ToolReturned

PROGRAM = compile_text("""
type Order { id: string  total: int in 0..100  note?: string }
tool orders.get(order_id: string max 5) -> Order { needs orders.read  effect read }
tool orders.find(since?: timestamp) -> Order { needs orders.read  effect read }
tool orders.note(order_id: string, text: string) { needs orders.write  effect write }
tool orders.count() -> int in 0..9 { needs orders.read  effect write }
tool times.add(at: timestamp, by: duration) -> { at: timestamp  by: duration } { needs times.read  effect read }
tool call.me(call: string) -> string { needs calls.write  effect write }
""")
SETTING = Setting(PROGRAM, "r1", "w", Principal("alice", ("clerk",)), lambda: 77, lambda: 500)


def outcome(tool: str, function: Callable[..., object], args: dict[str, Any], timeout: int | None = None) -> Event:
    tools = Toolbox()
    for name in PROGRAM.tools:
        tools.add(name, function if name == tool else lambda **_: None)
    tools.prepare(PROGRAM, "w")
    command = CallTool("c1", "s1", tool, args, "the-key", 2, timeout, "step")
    return asyncio.run(tools.perform(command, SETTING))


def failure(tool: str, function: Callable[..., object], args: dict[str, Any], timeout: int | None = None) -> ToolFailed:
    event = outcome(tool, function, args, timeout)
    assert isinstance(event, ToolFailed) and (event.at, event.command, event.jitter) == (77, "c1", 500)
    return event


GOOD = {"id": "A1", "total": 5}


# --- registration ----------------------------------------------------------------------------------------------------


def test_a_tool_without_a_function_and_a_function_that_does_not_fit_are_named_each() -> None:
    tools = Toolbox()
    tools.add("orders.get", lambda order: GOOD)
    tools.add("orders.note", lambda order_id, text, author: None)
    tools.add("times.add", lambda at, by, /: {})
    tools.add("call.me", lambda **_: "")
    with pytest.raises(ToolsIncomplete) as refused:
        tools.prepare(PROGRAM, "w")
    said = str(refused.value)
    assert said.splitlines()[0] == "the tools do not match the program"
    for part in (
        "`orders.get` is called with `order_id`, which test_toolbox",
        "`orders.get` is declared without `order`, which",
        "`orders.note` is declared without `author`, which",
        '`orders.count` has no function: decorate one with `@toolbox.tool("orders.count")`',
        "`times.add` is called with `at` by name, which",
    ):
        assert part in said.replace("tests.runtime.", "").replace("runtime.", ""), said
    assert "call.me" not in said


def test_an_optional_parameter_needs_a_default() -> None:
    tools = Toolbox()
    tools.add("orders.find", lambda since: GOOD)
    with pytest.raises(
        ToolsIncomplete, match=r"`orders\.find` may be called without `since`, which .* give it a default"
    ):
        tools.prepare(PROGRAM, "w")


def test_a_function_of_no_tool_is_named_with_what_was_meant() -> None:
    tools = Toolbox()
    tools.add("orders.gett", lambda order_id: GOOD)
    with pytest.raises(
        ToolsIncomplete, match=r"`orders\.gett` .* is not declared by the program, did you mean `orders"
    ):
        tools.refuse_surplus([PROGRAM])


def test_a_tool_has_one_function() -> None:
    tools = Toolbox()
    decorated = tools.tool("orders.count")(lambda: 1)
    assert decorated() == 1 and tools.names == {"orders.count"}
    with pytest.raises(ToolsIncomplete, match=r"the tool `orders\.count` has a function already: "):
        tools.tool("orders.count")(lambda: 2)


# --- calls -----------------------------------------------------------------------------------------------------------


def test_a_function_is_given_the_arguments_and_the_call() -> None:
    seen: list[object] = []

    async def get(order_id: str, call: CallContext) -> object:
        seen.append((order_id, call, threading.current_thread() is threading.main_thread()))
        return GOOD

    assert outcome("orders.get", get, {"order_id": "A1"}) == ToolReturned(77, "c1", {"id": "A1", "total": 5})
    context = CallContext("r1", "w", "s1", "orders.get", "the-key", 2, SETTING.principal, "step")
    assert seen == [("A1", context, True)]


def test_a_plain_function_runs_in_a_thread_of_its_own() -> None:
    seen: list[object] = []

    def find(since: datetime | None = None) -> object:
        seen.append((threading.current_thread().daemon, since))
        return GOOD

    outcome("orders.find", find, {"since": "2026-11-21T10:00:00Z"})
    outcome("orders.find", find, {})
    assert seen == [(True, datetime(2026, 11, 21, 10, tzinfo=UTC)), (True, None)]


def test_a_tool_may_have_a_parameter_called_call() -> None:
    assert outcome("call.me", lambda call: call + "!", {"call": "x"}) == ToolReturned(77, "c1", "x!")

    def both(call: str, context: CallContext) -> str:
        return call + context.key

    assert outcome("call.me", both, {"call": "x"}) == ToolReturned(77, "c1", "xthe-key")


def test_points_and_lengths_of_time_are_pythons() -> None:
    def add(at: datetime, by: timedelta) -> object:
        return {"at": at + by, "by": by * 2}

    event = outcome("times.add", add, {"at": "2026-11-21T10:00:00Z", "by": "90s"})
    assert event == ToolReturned(77, "c1", {"at": "2026-11-21T10:01:30Z", "by": "180s"})


@dataclasses.dataclass
class Order:
    id: str
    total: int


class OrderModel(BaseModel):
    id: str
    total: int


class Size(enum.IntEnum):
    FIVE = 5


@pytest.mark.parametrize(
    "given", [Order("A1", 5), OrderModel(id="A1", total=5), {"id": "A1", "total": Size.FIVE}], ids=repr
)
def test_a_result_may_be_an_object(given: object) -> None:
    assert outcome("orders.get", lambda order_id: given, {"order_id": "A1"}) == ToolReturned(77, "c1", GOOD)


def test_what_a_tool_without_a_result_returns_is_dropped() -> None:
    assert outcome("orders.note", lambda order_id, text: object(), {"order_id": "A", "text": ""}) == ToolReturned(
        77, "c1"
    )


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, "expected an object with id, total, note"),
        ({"id": "A1"}, "total: missing"),
        ({"id": "A1", "total": 101}, "total: expected an int in 0..100"),
        ({"id": "A1", "total": "5"}, "total: expected an int in 0..100"),
        ({"id": "A1", "total": True}, "total: expected an int in 0..100"),
        ({"id": "A1", "total": 5, "more": 1}, "more: no such field"),
        ({"id": {1, 2}, "total": 5}, "id: a set is not a JSON value"),
        ({"id": object(), "total": 5}, "id: an object is not a JSON value"),
        ({"id": "A1", "total": float("nan")}, "total: nan is not a number"),
        ({"id": "\ud800", "total": 5}, "text that is not valid Unicode"),
        ({"id": datetime(2026, 1, 1), "total": 5}, "has no time zone"),
    ],
)
def test_a_result_that_the_declaration_does_not_allow_is_a_failure(returned: object, said: str) -> None:
    failed = failure("orders.get", lambda order_id: returned, {"order_id": "A1"})
    assert failed.kind == "error" and said in failed.raised
    assert failed.message == "`orders.get` returned something else than its declaration says"


def test_a_misfit_after_an_effect_is_uncertain() -> None:
    assert failure("orders.count", lambda: 10, {}).kind == "uncertain"


def test_arguments_that_do_not_fit_never_reach_the_function() -> None:
    called: list[str] = []
    failed = failure("orders.get", lambda order_id: called.append(order_id), {"order_id": "too long"})
    assert failed.kind == "error" and "order_id: expected a string of at most 5 characters" in failed.message
    assert called == []


class Odd(BaseException):
    pass


class Nameless(Exception):
    pass


def raising(error: BaseException) -> Callable[..., object]:
    def plain(order_id: str) -> object:
        raise error

    return plain


def raising_later(error: BaseException) -> Callable[..., object]:
    async def later(order_id: str) -> object:
        await asyncio.sleep(0)
        raise error

    return later


@pytest.mark.parametrize("how", [raising, raising_later])
@pytest.mark.parametrize(
    ("error", "kind", "message", "raised"),
    [
        (RuntimeError("postgres://desk:hunter2@db"), "error", "", "RuntimeError"),
        (Nameless(), "error", "", "Nameless"),
        (Odd("hunter2"), "error", "", "Odd"),
        (TimeoutError("hunter2"), "error", "", "TimeoutError"),
        (ToolError("no\n such  order"), "error", "no such order", "ToolError"),
        (ToolError(), "error", "it failed without saying why", "ToolError"),
        (ToolError("x" * 1000), "error", "x" * 499 + "…", "ToolError"),
        (ToolError("\ud800"), "error", "?", "ToolError"),
        (Uncertain("the line broke"), "uncertain", "the line broke", "Uncertain"),
        (GeneratorExit("hunter2"), "error", "", "GeneratorExit"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_only_what_an_author_says_is_recorded_and_where_it_was_raised(
    how: Callable[[BaseException], Callable[..., object]], error: BaseException, kind: str, message: str, raised: str
) -> None:
    failed = failure("orders.get", how(error), {"order_id": "A1"}, timeout=60_000_000)
    assert (failed.kind, failed.message) == (kind, message)
    assert re.fullmatch(rf"{raised} \(test_toolbox\.py:\d+\)", failed.raised)
    assert b"hunter2" not in encode(failed)


@pytest.mark.parametrize("how", [raising, raising_later])
@pytest.mark.parametrize("error", [asyncio.CancelledError("hunter2"), StopIteration("hunter2")])
def test_what_python_gives_a_meaning_of_its_own_is_a_failure_too(
    how: Callable[[BaseException], Callable[..., object]], error: BaseException
) -> None:
    failed = failure("orders.get", how(error), {"order_id": "A1"}, timeout=60_000_000)
    assert failed.kind == "error"
    assert b"hunter2" not in encode(failed)


class Mute(BaseException):
    def __str__(self) -> str:
        raise RuntimeError("not even this")


def test_whatever_ends_a_function_its_call_comes_back() -> None:
    async def leave(order_id: str) -> None:
        raise SystemExit(3)

    async def cancel_itself(order_id: str) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    async def mute(order_id: str) -> None:
        raise Mute

    def mute_in_a_thread(order_id: str) -> None:
        raise Mute

    for function in (leave, cancel_itself, mute, mute_in_a_thread):
        assert failure("orders.get", function, {"order_id": "A1"}, timeout=60_000_000).kind == "error"


def test_a_function_that_does_not_end_when_told_to_is_not_waited_for() -> None:
    ended = asyncio.Event()

    async def stubborn(order_id: str) -> None:
        while not ended.is_set():
            with suppress(asyncio.CancelledError):
                await ended.wait()

    tools = Toolbox()
    tools.add("orders.get", stubborn)
    command = CallTool("c1", "s1", "orders.get", {"order_id": "A1"}, "the-key", 1, 2_000, "step")

    async def go() -> None:
        failed = await tools.perform(command, SETTING)
        assert isinstance(failed, ToolFailed) and failed.kind == "timeout"
        ended.set()

    asyncio.run(go())


def test_a_late_answer_is_a_timeout() -> None:
    async def never(order_id: str) -> object:
        return await asyncio.Event().wait()

    hanging = threading.Event()
    for function in (never, lambda order_id: hanging.wait()):
        failed = failure("orders.get", function, {"order_id": "A1"}, timeout=2_000)
        assert (failed.kind, failed.message) == ("timeout", "no answer within 2ms")
    hanging.set()


def test_an_error_is_named_after_itself_and_not_after_what_led_to_it() -> None:
    def chained(order_id: str) -> object:
        raise LookupError("no such order") from KeyError("secret")

    said = failure("orders.get", chained, {"order_id": "A1"})
    assert "LookupError" in said.raised and "KeyError" not in said.raised


def test_what_becomes_of_a_call_that_is_left_disturbs_nobody() -> None:
    """Once told to end it may end, or fail: either way nobody waits for it."""

    async def obedient(order_id: str) -> None:
        await asyncio.Event().wait()

    async def spiteful(order_id: str) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise LookupError("too late") from None

    async def go(function: Callable[..., object]) -> None:
        tools = Toolbox()
        tools.add("orders.get", function)
        command = CallTool("c1", "s1", "orders.get", {"order_id": "A1"}, "the-key", 1, 2_000, "step")
        failed = await tools.perform(command, SETTING)
        assert isinstance(failed, ToolFailed) and failed.kind == "timeout"
        for _ in range(3):
            await asyncio.sleep(0)

    for function in (obedient, spiteful):
        asyncio.run(go(function))
        gc.collect()


def test_a_tool_that_hangs_does_not_keep_the_process_alive() -> None:
    code = """
import asyncio, threading
from interlock import CallTool, Principal, Setting, Toolbox, compile_text
program = compile_text("tool a.b() { needs a.b  effect read }")
tools = Toolbox()
tools.add("a.b", lambda: threading.Event().wait())
tools.prepare(program, "w")
setting = Setting(program, "r1", "w", Principal(), lambda: 0, lambda: 0)
event = asyncio.run(tools.perform(CallTool("c1", "s", "a.b", {}, "k", 1, 1000, "step"), setting))
print(event.kind)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.returncode) == ("timeout\n", 0), ended.stderr
