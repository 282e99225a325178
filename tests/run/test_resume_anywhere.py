"""Stopped after any event and any command of it, and resumed, a run ends as the one that nobody stopped.

The world here answers the same to the same question and does a thing once for each key, as idempotent tools do. What
differs after a stop is only a call that must not be repeated: it is made at most once, and the run says that it may
have happened.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from interlock.decide import Principal
from interlock.run import Machine, prepare
from interlock.run.protocol.commands import (
    Admit,
    AskApproval,
    AskModel,
    AskPerson,
    AwaitEvent,
    CallTool,
    Command,
    FinishRun,
    SetTimer,
)
from interlock.run.protocol.events import (
    Admitted,
    ApprovalDenied,
    ApprovalGiven,
    Event,
    Json,
    ModelCall,
    ModelFailed,
    ModelReplied,
    PersonAnswered,
    RunCancelled,
    RunResumed,
    SignalReceived,
    TimerFired,
    ToolFailed,
    ToolReturned,
    Usage,
    Withheld,
)
from interlock_dsl.program.model import Program
from run.texts import AGENT, FORK, GATES, LOOP, MEETING, NESTED, PAY, TRAVEL, WAITS
from run.texts_of_backtracking import BACK, BESIDE
from run.texts_of_failures import ABANDONED, COUNTED, FAILING, LATE, SPARE
from run.texts_of_races import RUNNERS
from run.texts_of_rows import LATE_ROWS, ROWS, TWICE, each
from run.world import program

ROOMY = AGENT.replace("turns 3", "turns 9  retry 1 times backoff 2s..2s").replace("tokens 3_000", "tokens 90_000")
ORDER: Json = {"id": "A1", "total": 5}
RESULTS: dict[str, Json] = {"pay.issue": {"id": "R1"}, "orders.get": ORDER, "orders.find": ORDER, "orders.spare": ORDER}
PEOPLE = ("bob", "eve", "dan", "kim")


@dataclass(frozen=True)
class Story:
    """A program, its input, and what answers: outputs of steps, refused approvals, tools and turns that fail once."""

    text: str
    input: dict[str, Json]
    answers: dict[str, tuple[Json, ...]] = field(default_factory=dict)
    calls: tuple[tuple[str, Json], ...] = ()
    refused: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()
    """The tools of which the first attempt is withheld."""
    end: str = "done"

    @property
    def program(self) -> Program:
        return program(self.text)


ID: dict[str, Json] = {"id": "A1"}


def inside(thought: list[Json], checked: list[Json]) -> dict[str, tuple[Json, ...]]:
    """Return the answers inside the two steps of a run that run a workflow, those of the first before the second's."""
    steps = ("shop", "again")
    models = {f"{step}/think": (answer,) for step, answer in zip(steps, thought, strict=False)}
    people = {f"{step}/paid/check": (answer,) for step, answer in zip(steps, checked, strict=False)}
    return models | people


IDS: dict[str, Json] = {"ids": ["a", "b", "c"]}


def rows_inside(refused: dict[str, bool]) -> dict[str, tuple[Json, ...]]:
    """Return the answers inside the rows of two fan-outs: yes, where nothing else is said."""
    steps = [f"{step}[{row}]/{asked}" for step in ("all", "first") for row in range(3) for asked in ("think", "check")]
    return {step: ({"ok": refused.get(step, True)},) for step in steps}


STORIES = {
    "a model and its calls": Story(
        ROOMY, {"id": "A1", "secret": "s"}, {"work": ({"amount": 5},)},
        calls=(("orders.get", {"id": "A1"}), ("pay.issue", {"id": "A1", "amount": 60}), ("mail.send", {"text": "x"})),
    ),
    "a turn and a call that are tried again": Story(
        ROOMY, {"id": "A1", "secret": "s"}, {"work": ({"amount": 5},)}, calls=(("orders.get", {"id": "A1"}),),
        broken=frozenset({"work", "orders.get"}),
    ),
    "an approved call": Story(PAY, {"id": "A1", "amount": 600}, end="paid"),
    "an approval that is refused": Story(PAY, {"id": "A1", "amount": 600}, refused=frozenset({"boss"}), end="refused"),
    "a stand-in": Story(PAY, {"id": "A1", "amount": 600}, silent=frozenset({"boss"}), end="paid"),
    "a call that is tried again": Story(PAY, {"id": "A1", "amount": 60}, broken=frozenset({"pay.issue"}), end="paid"),
    "calls one after the other": Story(TRAVEL, ID),
    "calls that are undone": Story(TRAVEL, ID, broken=frozenset({"mail.send"}), end=""),
    "an end that gives the run up": Story(ABANDONED, ID, broken=frozenset({"mail.send"}), end="gone"),
    "a failure that is read": Story(
        FAILING, ID, {"ask": ({"ok": True},)}, broken=frozenset({"mail.send"}), silent=frozenset({"boss"})
    ),
    "a step behind its deadline": Story(LATE, ID, broken=frozenset({"pay.issue"}), end="gone"),
    "another model": Story(
        ROOMY.replace("retry 1 times backoff 2s..2s", 'fallback "spare"'), {"id": "A1", "secret": "s"},
        {"work": ({"amount": 5},)}, broken=frozenset({"work"}),
    ),
    "another tool": Story(SPARE, ID, broken=frozenset({"orders.find", "orders.spare"})),
    "branches of which two are enough": Story(
        MEETING, {"n": 0}, {step: ({"ok": True},) for step in ("a", "b", "c", "after")}
    ),
    "a route back and its way out": Story(
        LOOP, {"n": 0}, {"draft": ({"ok": False},) * 3, "editor": ({"ok": True},)}
    ),
    "branches at once": Story(FORK, ID, {"ask": ({"ok": True},)}, end="stopped"),
    "attempts that are let through": Story(COUNTED, ID, broken=frozenset({"pay.issue"})),
    "an attempt that is withheld at first": Story(COUNTED, ID, withheld=frozenset({"pay.issue"})),
    "an event, the second that comes": Story(WAITS, ID, {"told": ({"n": 1}, {"n": 2})}),
    "an event that does not come": Story(WAITS, ID, silent=frozenset({"told"}), end="late"),
    "a step for each row": Story(
        ROWS, IDS,
        {"think[0]": ({"amount": 1},), "think[1]": ({"amount": 1},), "think[2]": ({"amount": 1},),
         "ask[0]": ({"ok": True},), "ask[1]": ({"ok": True},)},
        broken=frozenset({"pay.issue", "think[1]"}),
    ),
    "a step for each row that nobody approves": Story(ROWS, IDS, refused=frozenset({"boss"}), end="refused"),
    "what was done is taken back": Story(
        BACK, {"ids": ["x", "y"]},
        {"plan": ({"amount": 1},), "check": ({"ok": False, "why": ""}, {"ok": True, "why": ""})},
    ),
    "what was done is taken back, and that fails at first": Story(
        BACK, {"ids": ["x"]}, {"plan": ({"amount": 1},), "check": ({"ok": False, "why": ""},) * 3},
        broken=frozenset({"pay.void"}), end="failed",
    ),
    "a branch is taken back": Story(
        BESIDE, ID, {"plan": ({"n": 1},) * 2, "check": ({"ok": False}, {"ok": True}), "more": ({"ok": True},)}
    ),
    "a race": Story(RUNNERS, {"n": 1}, silent=frozenset({"told", "inner/told"})),
    "a race against a timer": Story(
        RUNNERS.replace("a1 -> a2 grant pay.write", "a1 -> a2 grant pay.write after approval by boss within 1h"),
        {"n": 1}, silent=frozenset({"told", "inner/told", "boss"}), broken=frozenset({"pay.void"}),
    ),
    "approvals into each kind of step": Story(
        GATES, {"id": "A1", "n": 7}, {"think": ({"amount": 1},), "ask": ({"ok": True},)}
    ),
    "workflows inside": Story(NESTED, ID, inside([{"ok": True}] * 2, [{"ok": True}] * 2)),
    "a workflow inside that is undone": Story(NESTED, ID, inside([{"ok": True}], [{"ok": False}]), end="stopped"),
    "the second of them is undone": Story(
        NESTED, ID, inside([{"ok": True}] * 2, [{"ok": True}, {"ok": False}]), end="stopped"
    ),
    "a workflow inside that does nothing": Story(NESTED, ID, inside([{"ok": False}] * 2, [])),
    "a turn inside that is tried again": Story(
        NESTED.replace("turns 3", "turns 3  retry 1 times backoff 2s..2s"), ID,
        inside([{"ok": True}] * 2, [{"ok": True}] * 2), broken=frozenset({"shop/think", "pay.issue"}),
    ),
    "a workflow for each row, one undone, and the first of two": Story(
        TWICE, IDS, rows_inside({"all[1]/check": False}),
    ),
    "a workflow for each row, none of them": Story(
        TWICE, IDS, rows_inside({"all[0]/think": False, "all[2]/think": False, "first[0]/check": False}),
        broken=frozenset({"all[1]/think", "pay.void"}),
    ),
    "a workflow for each row that nobody approves": Story(
        TWICE, IDS, rows_inside({}), refused=frozenset({"boss"}), end="refused"
    ),
    "a workflow for each row, and one that fails": Story(
        each(""), IDS, rows_inside({"all[1]/check": False}), end="failed"
    ),
    "a workflow in a row behind its deadline": Story(
        LATE_ROWS, IDS, rows_inside({}) | {"all[2]/check": ({"ok": True},) * 2}, silent=frozenset({"all[0]/check"})
    ),
    "a run that is given up after workflows inside": Story(
        NESTED, ID, inside([{"ok": True}] * 2, [{"ok": True}] * 2), broken=frozenset({"mail.send"}), end=""
    ),
}  # fmt: skip


class World:
    """What answers a run. `done` counts what was done for each key; it outlives the processes that drive the run."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.done: Counter[str] = Counter()
        self.asked: dict[str, list[str]] = {}

    def perform(self, command: Command, now: int) -> Event | None:
        """Do what a command asks and return what happened; None where nobody answers."""
        match command:
            case CallTool():
                return self.call(command, now)
            case AskModel():
                return self.turn(command, now)
            case Admit(tool=tool) if tool in self.story.withheld and self.number(tool, command.id) == 0:
                return Withheld(now, command.id, "rate", now + 20_000_000)
            case Admit():
                return Admitted(now, command.id)
            case AskPerson():
                return PersonAnswered(now, command.id, "bob", command.role, self.answer(command.step, command.id))
            case AwaitEvent(step=step, event=event) if step not in self.story.silent:
                number = min(self.number(step, f"{now}"), len(self.story.answers[step]) - 1)
                return SignalReceived(now, event, self.story.answers[step][number], f"k{number}")
            case AskApproval(role=role) if role in self.story.refused:
                return ApprovalDenied(now, command.id, "bob", role)
            case AskApproval(role=role) if role not in self.story.silent:
                number = self.number(command.id, f"{now}")
                by = PEOPLE[number] if role == "boss" else PEOPLE[-1 - number]
                return ApprovalGiven(now, command.id, by, role, command.digest)
            case _:
                return None

    def call(self, command: CallTool, now: int) -> Event:
        self.done[f"{command.tool} {command.key}"] += 1
        if command.tool in self.story.broken and command.attempt == 1:
            return ToolFailed(now, command.id, "error", "it broke", 500)
        return ToolReturned(now, command.id, RESULTS.get(command.tool))

    def turn(self, command: AskModel, now: int) -> Event:
        story = self.story
        first = self.number(command.step, command.id) == 0
        if command.step in story.broken and first:
            return ModelFailed(now, command.id, "error", "it broke", Usage(10), 500)
        if len(command.turns) < len(story.calls) and "work" in story.answers:
            tool, args = story.calls[len(command.turns)]
            return ModelReplied(now, command.id, False, calls=(ModelCall("k", tool, args),), usage=Usage(10))
        return ModelReplied(now, command.id, True, story.answers[command.step][0], usage=Usage(10))

    def answer(self, step: str, id: str) -> Json:
        return self.story.answers[step][self.number(step, id)]

    def number(self, about: str, id: str) -> int:
        ids = self.asked.setdefault(about, [])
        if id not in ids:
            ids.append(id)
        return ids.index(id)


def go_on(machine: Machine, world: World, now: int, events: list[Event] | None = None) -> FinishRun:
    """Answer what is open, the oldest first, and let time pass when nobody answers, until the run is over."""
    finish = None
    for _ in range(200):
        finish = next((command for command in machine.commands() if isinstance(command, FinishRun)), finish)
        if finish is not None:
            return finish
        event = next_event(machine.pending(), world, now)
        now = max(now, event.at) + 1_000
        machine.feed(event)
        if events is not None:
            events.append(event)
    raise AssertionError(f"the run does not end: {machine.pending()}")


def next_event(pending: Iterable[Command], world: World, now: int) -> Event:
    timers: list[SetTimer] = []
    for command in pending:
        if isinstance(command, SetTimer):
            timers.append(command)
        elif (event := world.perform(command, now)) is not None:
            return event
    timer = min(timers, key=lambda timer: timer.at)
    return TimerFired(max(now, timer.at), timer.id)


def unbroken(story: Story) -> tuple[FinishRun, list[Event], World]:
    start = prepare(
        story.program, next(iter(story.program.workflows)), story.input, run="r1", at=0, principal=Principal("ann")
    )
    machine, world, events = Machine(story.program), World(story), [start]
    machine.feed(start)
    return go_on(machine, world, 1_000, events), events, world


def stops(story: Story, events: list[Event]) -> Iterable[tuple[list[Event], list[Command]]]:
    """Yield what had been recorded when a process stopped, and what was under way and had taken effect by then."""
    machine = Machine(story.program)
    for count, event in enumerate(events, 1):
        machine.feed(event)
        under_way = [command for command in machine.pending() if isinstance(command, AskModel | CallTool)]
        for performed in range(len(under_way) + 1):
            yield events[:count], under_way[:performed]


def stopped_world(story: Story, before: list[Event], performed: list[Command]) -> World:
    """Return the world as it was when the process stopped."""
    world, machine = World(story), Machine(story.program)
    for event in before:
        for command in machine.pending():
            if getattr(event, "command", getattr(event, "approval", None)) == command.id:
                world.perform(command, event.at)
        machine.feed(event)
    for command in performed:
        world.perform(command, before[-1].at)
    return world


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("times", [1, 2])
def test_stopped_anywhere_it_ends_as_the_unbroken_one(name: str, times: int) -> None:
    story = STORIES[name]
    expected, events, ideal = unbroken(story)
    assert expected.end == story.end
    for before, performed in stops(story, events[:-1]):
        world = stopped_world(story, before, performed)
        machine = Machine.replay(story.program, before)
        once = {c.key for c in machine.pending() if isinstance(c, CallTool) and not repeatable(story, c)}
        for _ in range(times):
            machine.feed(RunResumed(before[-1].at))
        finish = go_on(machine, world, before[-1].at + 1_000)
        if once:
            assert all(count <= 1 for done, count in world.done.items() if done.split(" ", 1)[1] in once)
            assert machine._run.doubts
        else:
            assert (finish.status, finish.end, finish.output) == (expected.status, expected.end, expected.output)
            assert world.done.keys() == ideal.done.keys()
        spent = machine._run.root.spent
        assert (spent.reserved_tokens, spent.reserved_cost) == (0, 0)


def repeatable(story: Story, command: CallTool) -> bool:
    return story.program.tools[command.tool].repeatable


@pytest.mark.parametrize("name", STORIES)
def test_stopped_anywhere_and_cancelled_nothing_is_done_but_undoing(name: str) -> None:
    story = STORIES[name]
    _, events, _ = unbroken(story)
    for before, performed in stops(story, events[:-1]):
        world = stopped_world(story, before, performed)
        machine = Machine.replay(story.program, before)
        if machine._run.phase != "running":
            continue
        machine.feed(RunCancelled(before[-1].at, "ann"))
        machine.feed(RunResumed(before[-1].at))
        done = Counter(world.done)
        undone = {tool.undo.tool for tool in story.program.tools.values() if tool.undo is not None}
        finish = go_on(machine, world, before[-1].at + 1_000)
        assert finish.status == "cancelled"
        assert {key.split(" ", 1)[0] for key in world.done - done} <= undone
