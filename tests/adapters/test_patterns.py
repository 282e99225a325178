"""docs/patterns.md: its programs in the language hold, its LangGraph programs run, its figures are counted."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from threading import Event
from time import sleep
from typing import Any

import pytest
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from langgraph.types import Command

from interlock_dsl.compiler.compile import check
from interlock_dsl.compiler.stages import Lint
from repository.files import ROOT
from repository.page import Block, blocks

PAGE = (ROOT / "docs" / "patterns.md").read_text()
BLOCKS = blocks(PAGE)
PROGRAMS = [block for block in BLOCKS if block.words == ("ilk",)]
LANGGRAPH = {block.words[2]: block for block in BLOCKS if block.words[:2] == ("python", "langgraph")}
TEMPORAL = {block.words[2]: block for block in BLOCKS if block.words[:2] == ("python", "temporal")}
IMPORTS = """
import operator
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Annotated, Literal, NotRequired, TypedDict
from langchain_core.messages import AnyMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command, RetryPolicy, Send, interrupt
from pydantic import BaseModel, Field
"""
THREAD: Any = {"configurable": {"thread_id": "1"}}


class Script(BaseChatModel):
    """A chat model that answers what it is told to: a message, or the fields of the schema it is asked for."""

    answers: list[Any]

    @property
    def _llm_type(self) -> str:
        return "script"

    def _generate(self, messages: Sequence[BaseMessage], *args: object, **rest: object) -> ChatResult:
        said = self.answers.pop(0)
        message = said if isinstance(said, AIMessage) else AIMessage(said)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def with_structured_output(self, schema: Any, **rest: object) -> Runnable[Any, Any]:
        return RunnableLambda(lambda _: schema(**self.answers.pop(0)))

    def bind_tools(self, tools: object, **rest: object) -> "Script":
        return self


def app(name: str, **given: object) -> Any:
    """Return the compiled graph of a program of the page, with what it calls."""
    names: dict[str, Any] = dict(given)
    source = IMPORTS + LANGGRAPH[name].text
    exec(compile(source, f"docs/patterns.md: {name}", "exec"), names)
    return names["app"]


def lines(block: Block) -> int:
    """Count the lines of a program: neither empty ones nor comments."""
    return sum(bool(line.strip()) and not line.strip().startswith(("//", "#")) for line in block.text.splitlines())


@pytest.mark.parametrize("block", PROGRAMS, ids=lambda block: block.text.partition("workflow ")[2].partition("(")[0])
def test_a_program_of_the_page_has_no_findings(block: Block) -> None:
    program, found = check(("patterns.ilk",), {"patterns.ilk": block.text}.__getitem__, lint=Lint())
    assert [str(each) for each in found if not each.quiet] == [] and program is not None


def test_the_lines_are_counted() -> None:
    stated = {
        row[0]: tuple(map(int, row[1:]))
        for row in re.findall(r"^\| \[([^\]]+)\].*\| (\d+) \| (\d+) \| (\d+) \|$", PAGE, re.M)
    }
    headings = [part.split("\n", 1)[0] for part in PAGE.split("\n## ")[1:]]
    counted = {
        heading: (lines(ours), lines(LANGGRAPH[name]), lines(TEMPORAL[name]))
        for heading, ours, name in zip(headings, PROGRAMS, LANGGRAPH, strict=True)
    }
    assert stated == counted


@pytest.mark.parametrize("name", TEMPORAL)
def test_the_temporal_programs_are_python(name: str) -> None:
    assert any(isinstance(node, ast.ClassDef) for node in ast.parse(TEMPORAL[name].text).body)


@pytest.mark.parametrize(
    ("topic", "confidence", "desk"),
    [("billing", 0.9, "billing"), ("technical", 0.7, "person"), ("other", 1.0, "person")],
)
def test_triage(topic: str, confidence: float, desk: str) -> None:
    graph = app("triage", model=Script(answers=[{"topic": topic, "confidence": confidence}]))
    assert [next(iter(step)) for step in graph.stream({"message": "hello"}, THREAD)] == ["classify", desk]


@pytest.mark.parametrize(("left", "outcome"), [(500, "yes"), (5, "no")])
def test_purchase(left: int, outcome: str) -> None:
    graph = app("purchase", lookup=lambda name: True, left_of=lambda center: left)
    assert graph.invoke({"vendor_name": "acme", "center": "c1", "cents": 100}, THREAD)["outcome"] == outcome


def test_article_is_printed_when_it_is_good() -> None:
    graph = app(
        "article", model=Script(answers=["one", {"ok": False, "remarks": "short"}, "two", {"ok": True, "remarks": ""}])
    )
    assert graph.invoke({"topic": "tea"}, THREAD)["text"] == "two"
    assert graph.get_state(THREAD).next == ()


@pytest.mark.parametrize(("answer", "end"), [(True, "printed"), (False, "dropped")])
def test_article_goes_to_a_person_after_four_drafts(answer: bool, end: str) -> None:
    graph = app(
        "article", model=Script(answers=[said for _ in range(4) for said in ("draft", {"ok": False, "remarks": "no"})])
    )
    graph.invoke({"topic": "tea"}, THREAD)
    assert graph.get_state(THREAD).next == ("decide",)
    assert end in [next(iter(step)) for step in graph.stream(Command(resume=answer), THREAD)]


def test_refund() -> None:
    paid: list[tuple[str, int]] = []

    def issue(order: str, cents: int) -> str:
        paid.append((order, cents))
        return "r1"

    graph = app("refund", issue=issue)
    assert graph.invoke({"order": "A", "cents": 10_000}, THREAD)["receipt"] == "r1"
    other: Any = {"configurable": {"thread_id": "2"}}
    graph.invoke({"order": "B", "cents": 10_001}, other)
    assert paid == [("A", 10_000)]
    assert graph.invoke(Command(resume=True), other)["receipt"] == "r1"
    assert paid == [("A", 10_000), ("B", 10_001)]


@pytest.mark.parametrize(
    ("failures", "outcome", "undone"), [(0, "booked", []), (3, "booked", []), (4, "taken back", ["refund", "release"])]
)
def test_book(failures: int, outcome: str, undone: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    did: list[str] = []
    rest = iter([True] * failures)

    def issue_ticket(seat: str) -> None:
        if next(rest, False):
            raise ConnectionError

    def noted(name: str) -> Callable[..., None]:
        return lambda *args: did.append(name)

    graph = app(
        "book",
        hold=lambda flight: "s",
        charge=lambda cents, seat: "c",
        issue_ticket=issue_ticket,
        refund=noted("refund"),
        release=noted("release"),
    )
    assert graph.invoke({"flight": "IL 7", "cents": 5}, THREAD)["outcome"] == outcome
    assert did == undone


def test_answer_stops_after_six_calls() -> None:
    def asked() -> Iterator[AIMessage]:
        for number in range(9):
            call = {"name": "search", "args": {"words": "tea"}, "id": str(number)}
            yield AIMessage(
                "", tool_calls=[call], usage_metadata={"input_tokens": 10, "output_tokens": 1, "total_tokens": 11}
            )

    searched: list[str] = []

    def search_mail(words: str) -> str:
        searched.append(words)
        return "mail"

    graph = app("answer", model=Script(answers=list(asked())), search_mail=search_mail)
    state = graph.invoke({"messages": [("user", "find tea")]}, THREAD)
    assert len(searched) == 6 and state["tokens"] == 77


def test_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)

    def ping_host(host: str) -> bool:
        if host == "lost":
            raise ConnectionError
        return host == "up"

    graph = app("sweep", list_hosts=lambda: ["up", "lost", "down", "up"], ping_host=ping_host)
    state = graph.invoke({"results": []}, THREAD)
    assert (state["up"], state["unknown"]) == (2, 1)


@pytest.mark.parametrize(
    ("fine", "booked", "cancelled"),
    [((True, True), ("A", "B"), []), ((True, False), ("", ""), ["A"]), ((False,), ("", None), [])],
)
def test_trip(fine: tuple[bool, ...], booked: tuple[str, str | None], cancelled: list[str]) -> None:
    took_back: list[str] = []
    model = Script(answers=[{"ok": each} for each in fine])
    graph = app("trip", model=model, book_flight=lambda flight: flight, cancel_flight=took_back.append)
    state = graph.invoke({"there": "A", "back": "B"}, THREAD)
    assert (state["out"], state.get("home"), took_back) == (*booked, cancelled)


@pytest.mark.parametrize(("last", "paid", "released"), [({"order": "A", "cents": 5}, 5, []), ("expired", None, ["A"])])
def test_order(last: object, paid: int | None, released: list[str]) -> None:
    let_go: list[str] = []
    graph = app("order", reserve=lambda order: None, release=let_go.append)
    graph.invoke({"id": "A", "cents": 5}, THREAD)
    graph.invoke(Command(resume={"order": "B", "cents": 5}), THREAD)
    assert graph.get_state(THREAD).next == ("paid",)
    assert (graph.invoke(Command(resume=last), THREAD).get("paid"), let_go) == (paid, released)


@pytest.mark.parametrize(
    ("good", "outcome", "released"), [(1, "done", []), (3, "done", ["A", "B"]), (9, "failed", ["A", "B", "C"])]
)
def test_assemble(good: int, outcome: str, released: list[str]) -> None:
    let_go: list[str] = []
    tries = [({"item": name}, {"ok": number == good, "reason": "no"}) for number, name in enumerate("ABC", 1)]
    model = Script(answers=[said for each in tries for said in each])
    graph = app("assemble", model=model, reserve=lambda item: item, release=let_go.append)
    assert (graph.invoke({"wish": "a lamp"}, THREAD)["outcome"], let_go) == (outcome, released)


@pytest.mark.parametrize(("fails", "carrier", "freed"), [("", "near", ["9F"]), ("near", "far", []), ("both", "", [])])
def test_seat(fails: str, carrier: str, freed: list[str]) -> None:
    free: list[str] = []
    first = Event()

    def near(day: str) -> str:
        first.set()
        if fails:
            raise ConnectionError
        return "1A"

    def far(day: str) -> str:
        first.wait(5)
        sleep(0.05)
        if fails == "both":
            raise ConnectionError
        return "9F"

    graph = app("seat", near_hold=near, far_hold=far, near_free=free.append, far_free=free.append)
    assert (graph.invoke({"day": "monday"}, THREAD)["carrier"], free) == (carrier, freed)


@pytest.mark.parametrize(("said", "asked"), [((True, True), False), ((True, False), True), ((False, True), True)])
def test_buy(said: tuple[bool, bool], asked: bool) -> None:
    graph = app("buy", model=Script(answers=[{"ok": each} for each in said]))
    state = graph.invoke({"vendor": "acme"}, THREAD)
    assert (graph.get_state(THREAD).next == ("arbiter",)) == asked
    if asked:
        state = graph.invoke(Command(resume=False), THREAD)
    assert state["ok"] == (not asked)
