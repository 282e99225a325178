"""What models, tools and people send in is bounded before any work is done on it, and nothing blocks the event loop."""

import asyncio
import gc
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from interlock import (
    Answers,
    InvalidInput,
    MemoryJournal,
    Refused,
    RunReport,
    Runtime,
    Toolbox,
    ToolError,
    Uncertain,
    compile_text,
    history,
)
from interlock.run.protocol.commands import AskModel, CallTool
from interlock.run.protocol.events import Event, Json, ModelCall, ModelReplied, ToolFailed, ToolReturned
from interlock.runtime.adapter import Setting
from interlock.runtime.bounds import (
    DEEPEST,
    MOST_CALLS,
    MOST_TEXT,
    MOST_VALUES,
    OutOfBoundsError,
    bounded_json,
    check_bounds,
)
from interlock_dsl.program.model import Program
from interlock_dsl.schema import json_value

TEXT = """
type Data { rows: list<int>  text: string }
tool data.get(key: string) -> Data { needs data.read  effect read }
tool data.put(key: string) -> Data { needs data.write  effect write }
agent clerk { model "small"  may data.read, data.write  turns 3 }
role boss { reach "x" }
workflow look(key: string) {
  step ask by clerk { task "t"  returns { done: bool  note?: string } }
  step confirm asks boss { question "ok?"  returns { note: string } }
  end done
  end failed
  start -> ask  grant data.read, data.write  pass key
  ask -> confirm
  ask -> failed  on failure
  confirm -> done
}
"""


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@dataclass
class Box:
    rows: list[int]
    text: str


class Model(BaseModel):
    rows: list[int]
    text: str


TOO_MUCH: list[object] = [
    {"rows": [], "text": "x" * (MOST_TEXT + 1)},
    {"rows": [0] * (MOST_VALUES + 1), "text": ""},
    {"rows": [10**5000], "text": ""},
    {"rows": [-(10**5000)], "text": ""},
    nested(DEEPEST + 1),
    nested(20_000),
    Box([0] * (MOST_VALUES + 1), ""),
    Box([], "x" * (MOST_TEXT + 1)),
    Model.model_construct(rows=[10**5000], text=""),
    Model(rows=[0] * (MOST_VALUES + 1), text=""),
    {"x" * (MOST_TEXT + 1): 1},
    b"x" * (MOST_TEXT + 1),
]
# Seconds. Work that grows with what comes in takes far longer; a slow machine does not take this long for the rest.
FAR_TOO_LONG = 1.0
LARGEST = {"rows": list(range(MOST_VALUES - 10)), "text": "\u00e9" * (MOST_TEXT - 100)}


@pytest.mark.parametrize("value", TOO_MUCH, ids=range(len(TOO_MUCH)))
def test_what_is_too_large_is_refused_in_the_time_of_the_largest_value(value: object) -> None:
    began = time.perf_counter()
    with pytest.raises(OutOfBoundsError):
        check_bounds("it", value)
    assert time.perf_counter() - began < FAR_TOO_LONG


def test_an_endless_value_is_refused() -> None:
    cyclic: list[object] = []
    cyclic.append(cyclic)
    with pytest.raises(OutOfBoundsError, match="nested"):
        check_bounds("it", cyclic)
    shared: object = 0
    for _ in range(DEEPEST - 1):
        shared = [shared, shared]  # a small structure that is huge when walked as a tree
    with pytest.raises(OutOfBoundsError, match="values"):
        check_bounds("it", shared)


@pytest.mark.parametrize(
    ("most", "beyond"),
    [
        ([0] * 9_999, [0] * 10_000),
        ({str(at): 0 for at in range(4_999)}, {str(at): 0 for at in range(5_000)}),
        ("x" * 256 * 1024, "x" * (256 * 1024 + 1)),
        ([b"x" * 256 * 1024], ["x" * 256 * 1024, b"x"]),
        ({"x" * 256 * 1024: ""}, {"x" * 256 * 1024: "y"}),
        (nested(63), nested(64)),
        (2**64 - 1, 2**64),
        (-(2**63), -(2**63) - 1),
    ],
    ids=range(8),
)
def test_the_limits_are_where_they_are_said_to_be(most: object, beyond: object) -> None:
    check_bounds("it", most)
    with pytest.raises(OutOfBoundsError):
        check_bounds("it", beyond)


class Open(BaseModel, extra="allow"):
    known: str = ""


def test_what_a_model_holds_beside_its_fields_counts() -> None:
    check_bounds("it", Open(other="x" * 1_000))  # type: ignore[call-arg]
    for large in (Open(known="x" * (MOST_TEXT + 1)), Open(other="x" * (MOST_TEXT + 1))):  # type: ignore[call-arg]
        with pytest.raises(OutOfBoundsError):
            check_bounds("it", large)


small = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(small)
def test_ordinary_values_are_within_bounds(value: object) -> None:
    check_bounds("it", value)


KEYS = st.sampled_from(["a", "b", "\u00e9", "\ufb33", "\U0001f600"]) | st.text(max_size=3)
ITEMS = st.none() | st.booleans() | st.integers(-(2**64), 2**65) | st.floats() | st.text(max_size=3)
ITEMS |= st.sampled_from(["x" * 1_001, "\ud800", [1.0], {"b": {}, "a": True}])


@given(st.dictionaries(KEYS, ITEMS, max_size=4) | ITEMS)
def test_what_is_small_and_plain_is_kept_as_any_other_value(value: object) -> None:
    try:
        check_bounds("it", value)
        expected = json_value(value)
    except ValueError as problem:
        with pytest.raises(type(problem)) as raised:
            bounded_json("it", value)
        assert str(raised.value) == str(problem)
    else:
        assert repr(bounded_json("it", value)) == repr(expected)


def test_many_short_texts_are_too_large_together() -> None:
    for value in ({str(at): "x" * 1_000 for at in range(300)}, {str(at) + "x" * 1_001: 0 for at in range(280)}):
        with pytest.raises(OutOfBoundsError):
            bounded_json("it", value)


class Replying:
    """A model that replies what it is given, in order."""

    def __init__(self, *replies: Callable[[str], dict[str, Any]]) -> None:
        self.replies = list(replies)
        self.asked: list[AskModel] = []

    def prepare(self, program: Program, workflow: str) -> None:
        pass

    async def perform(self, command: AskModel, setting: Setting) -> Event:
        self.asked.append(command)
        reply = self.replies.pop(0)(command.id) if self.replies else {"answered": True, "output": {"done": True}}
        return ModelReplied(setting.now(), command.id, **{"answered": False, **reply})


def calling(*tools: str) -> Callable[[str], dict[str, Any]]:
    calls = tuple(ModelCall(f"k{at}", tool, {"key": "a"}) for at, tool in enumerate(tools))
    return lambda _: {"calls": calls}


def run(models: Any, get: Callable[[str], object], put: Callable[[str], object] | None = None) -> tuple[RunReport, Any]:
    program = compile_text(TEXT)
    tools = Toolbox()
    tools.add("data.get", lambda key: get(key))
    tools.add("data.put", lambda key: (put or get)(key))
    journal = MemoryJournal()
    runtime = Runtime(journal, program, tools=tools, models=models)
    report = asyncio.run(runtime.run(program, "look", {"key": "a"}))
    return report, [event for _, event, _ in history(journal, report.run)]


@pytest.mark.parametrize("value", TOO_MUCH, ids=range(len(TOO_MUCH)))
def test_a_result_beyond_the_limits_is_a_failed_call(value: object) -> None:
    models = Replying(calling("data.get", "data.put"))
    _, events = run(models, lambda key: value)
    failed = {event.kind: event for event in events if isinstance(event, ToolFailed)}
    assert set(failed) == {"error", "uncertain"}  # what a write did is done
    assert all(re_said(event.message) for event in failed.values())
    assert all(len(json.dumps([o.error for o in turn.outcomes])) < 500 for turn in models.asked[1].turns)


def re_said(message: str) -> bool:
    return any(word in message for word in ("too large", "nested", "beyond 64 bits"))


@pytest.mark.parametrize(
    "reply",
    [
        lambda _: {"answered": True, "output": {"done": True, "note": "x" * (MOST_TEXT + 1)}},
        lambda _: {"answered": True, "output": nested(DEEPEST + 1)},
        lambda _: {"answered": True, "output": 10**5000},
        lambda _: {"answered": True, "output": {"done": True}, "raw": {"parts": ["x" * (MOST_TEXT + 1)]}},
        calling(*["data.get"] * (MOST_CALLS + 1)),
        lambda _: {"calls": (ModelCall("k", "data.get", {"key": "x" * (MOST_TEXT + 1)}),)},
        lambda _: {"calls": (ModelCall("k" * (MOST_TEXT + 1), "data.get", {"key": "x"}),)},
    ],
    ids=range(7),
)
def test_a_reply_beyond_the_limits_is_a_failed_turn(reply: Callable[[str], dict[str, Any]]) -> None:
    report, events = run(Replying(reply), lambda key: {"rows": [], "text": ""})
    assert report.end == "failed"
    assert not any(isinstance(event, ToolReturned | ModelReplied) for event in events)


def test_an_answer_and_an_input_beyond_the_limits_are_refused() -> None:
    program = compile_text(TEXT)
    tools = Toolbox()
    tools.add("data.get", lambda key: None)
    tools.add("data.put", lambda key: None)
    runtime = Runtime(MemoryJournal(), program, tools=tools, models=Replying())

    async def both() -> None:
        report = await runtime.run(program, "look", {"key": "a"})
        with pytest.raises(Refused, match="too large"):
            await runtime.answer(
                report.run, report.waiting_for[0].id, {"note": "x" * (MOST_TEXT + 1)}, by="eva", role="boss"
            )
        with pytest.raises(InvalidInput, match="nested"):
            await runtime.start(program, "look", {"key": nested(DEEPEST + 1)})
        for no_input in ("x", None, [("key", "a")]):
            with pytest.raises(InvalidInput, match="no mapping"):
                await runtime.start(program, "look", no_input)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="`principal`: expected a Principal, got 'ann'"):
            await runtime.start(program, "look", {"key": "a"}, principal="ann")  # type: ignore[arg-type]
        with pytest.raises(Refused, match="is a question, which is not settled like this"):
            await runtime.approve(report.run, report.waiting_for[0].id, by="eva", role="boss")

    asyncio.run(both())


class Custom:
    """Tools of somebody's own, without a toolbox."""

    def __init__(self, result: Json) -> None:
        self.result = result

    def prepare(self, program: Program, workflow: str) -> None:
        pass

    async def perform(self, command: CallTool, setting: Setting) -> Event:
        return ToolReturned(setting.now(), command.id, self.result)


def test_other_adapters_are_held_to_the_same_limits() -> None:
    program = compile_text(TEXT)
    journal = MemoryJournal()
    models = Replying(calling("data.get"))
    runtime = Runtime(journal, program, tools=Custom({"rows": [0] * MOST_VALUES, "text": ""}), models=models)
    report = asyncio.run(runtime.run(program, "look", {"key": "a"}))
    (failed,) = (event for _, event, _ in history(journal, report.run) if isinstance(event, ToolFailed))
    assert (failed.kind, "too large" in failed.message) == ("uncertain", True)


async def longest_pause(work: Awaitable[object]) -> float:
    """Return the longest time for which the event loop ran nothing else while something was done."""
    longest, last, over = 0.0, time.perf_counter(), False

    async def beat() -> None:
        nonlocal longest, last
        while not over:
            await asyncio.sleep(0)
            longest, last = max(longest, time.perf_counter() - last), time.perf_counter()

    beating = asyncio.ensure_future(beat())
    await work
    over = True
    await beating
    return longest


@pytest.mark.parametrize("asynchronous", [False, True])
def test_the_largest_result_does_not_block_the_event_loop(asynchronous: bool) -> None:
    program = compile_text(TEXT)

    async def later(key: str) -> object:
        return LARGEST

    def pause() -> float:
        tools = Toolbox()
        tools.add("data.get", later if asynchronous else lambda key: LARGEST)
        tools.add("data.put", lambda key: LARGEST)
        runtime = Runtime(MemoryJournal(), program, tools=tools, models=Replying(calling("data.get")))
        gc.collect()
        return asyncio.run(longest_pause(runtime.run(program, "look", {"key": "a"})))

    # The least of several: what others do on this machine is no part of it.
    assert min(pause() for _ in range(5)) < FAR_TOO_LONG


@given(st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=12, max_size=40))
def test_what_an_exception_says_reaches_neither_the_model_nor_the_journal(secret: str) -> None:
    def raising(key: str) -> object:
        raise RuntimeError(f"cannot reach postgres://desk:{secret}@db")

    models = Replying(calling("data.get", "data.put"))
    _, events = run(models, raising)
    assert secret not in repr(models.asked)
    assert secret not in repr([event for event in events if not isinstance(event, ModelReplied)])
    assert sum("RuntimeError (test_bounds.py:" in repr(event) for event in events) == 2


@pytest.mark.parametrize("error", [ToolError, Uncertain])
def test_what_an_author_says_reaches_both(error: type[ToolError]) -> None:
    def raising(key: str) -> object:
        raise error("no such order")

    models = Replying(calling("data.get", "data.put"))
    _, events = run(models, raising)
    assert all("no such order" in outcome.error for outcome in models.asked[1].turns[0].outcomes)
    assert [event.message for event in events if isinstance(event, ToolFailed)] == ["no such order"] * 2


def test_scripted_answers_are_still_models() -> None:
    report, _ = run(Answers({"ask": {"answers": {"done": True}}}), lambda key: None)
    assert report.status == "waiting"
