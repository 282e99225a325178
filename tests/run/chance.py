"""A hostile world: whatever may arrive at a machine, likely or not."""

from dataclasses import replace

from hypothesis import strategies as st

from decide.reference import reference
from interlock.decide import Authorizer, Decision, Principal, Request
from interlock.run import Machine, prepare
from interlock.run.commands import AskApproval, AskModel, AskPerson, CallTool, Command, SetTimer
from interlock.run.events import (
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
    RunStarted,
    TimerFired,
    ToolFailed,
    ToolReturned,
    Usage,
)
from interlock.run.notes import CallDecided
from interlock_dsl.program import Program
from run.texts import AGENT, LOOP, MEETING, PAY, TRAVEL
from run.world import program, tighten

RETRYING = AGENT.replace("turns 3", "turns 4  retry 1 times backoff 2s..2s")
PROGRAMS: list[tuple[Program, dict[str, Json]]] = [
    (program(AGENT), {"id": "A1", "secret": "s"}),
    (program(RETRYING), {"id": "A1", "secret": "s"}),
    (tighten(RETRYING, tool_calls=1, tokens=700, steps=1), {"id": "A1", "secret": "s"}),
    (program(PAY), {"id": "A1", "amount": 600}),
    (program(PAY), {"id": "A1", "amount": 60}),
    (tighten(PAY, time=1_800_000_000), {"id": "A1", "amount": 600}),
    (program(TRAVEL), {"id": "A1"}),
    (tighten(TRAVEL, tool_calls=2, steps=2), {"id": "A1"}),
    (program(MEETING), {"n": 0}),
    (program(LOOP), {"n": 0}),
]

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 2_000), st.integers(), st.floats(), st.sampled_from(["A1", "", "x" * 50]),
    st.text(max_size=5),
)  # fmt: skip
keys = st.sampled_from(["id", "amount", "text", "ok", "receipt", "total", "other"])
anything: st.SearchStrategy[Json] = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=8,
)
likely: st.SearchStrategy[Json] = st.one_of(
    st.builds(
        lambda id, n: {"id": id, "amount": n}, st.sampled_from(["A1", "B2"]), st.sampled_from([5, 13, 60, 101, 900])
    ),
    st.builds(lambda n: {"amount": n}, st.sampled_from([0, 5, 5_000])),
    st.builds(lambda id: {"id": id}, st.sampled_from(["A1", "R1"])),
    st.just({"id": "A1", "total": 5}),
    st.builds(lambda ok: {"ok": ok}, st.booleans()),
    st.just({"text": "hi"}),
    st.just({"receipt": "R1"}),
    anything,
)
tools = st.sampled_from(
    ["orders.get", "orders.get", "pay.issue", "pay.issue", "pay.void", "mail.send", "orders.note", "no.such", ""]
)
calls = st.lists(st.builds(ModelCall, st.sampled_from(["k1", "k2", "k3", ""]), tools, likely), max_size=4).map(tuple)
usages = st.builds(Usage, st.integers(-3, 300), st.integers(0, 100), st.integers(-1, 10))
people = st.sampled_from(["bob", "eve", "ann", "", "dan"])
roles = st.sampled_from(["boss", "boss", "boss", "deputy", ""])
kinds = st.sampled_from(["error", "timeout", "uncertain"])
jitters = st.integers(-10, 2_000)
principals = st.sampled_from([
    Principal("ann"), Principal(""), Principal("ann", ("boss",), frozenset({"orders.read"})),
    Principal("ann", (), frozenset({"pay.write", "orders.read", "mail.send"})),
])  # fmt: skip


@st.composite
def events(draw: st.DrawFn, machine: Machine, now: int) -> Event:
    """Return something that may arrive now: mostly an answer to what is open, sometimes to nothing, or the wrong one."""
    pending = machine.pending()
    asked = draw(st.sampled_from(pending)) if pending else None
    kind = asked.__class__ if asked is not None and draw(st.integers(0, 9)) else draw(st.sampled_from(_KINDS))
    id = (
        asked.id
        if asked is not None and draw(st.integers(0, 19))
        else draw(st.sampled_from(["c1", "m2", "a9", "t3", ""]))
    )
    if not draw(st.integers(0, 24)):
        return draw(st.one_of(
            st.just(RunResumed(now)), st.builds(RunCancelled, st.just(now), people),
            st.just(RunStarted(now, "r2", machine._run.plan.digest, "w", {})),
        ))  # fmt: skip
    return draw(_answer(kind, id, now, asked))


_KINDS: list[type[Command]] = [AskModel, CallTool, AskPerson, AskApproval, SetTimer]


def _answer(kind: type[Command], id: str, now: int, asked: Command | None) -> st.SearchStrategy[Event]:
    at = st.just(now)
    name = st.just(id)
    if kind is AskModel:
        most = asked.tokens if isinstance(asked, AskModel) else 0
        modest = usages.map(lambda usage: usage if usage.tokens <= most else Usage(max(most, 0), 0, usage.cost))
        return st.one_of(
            st.builds(ModelReplied, at, name, st.just(False), st.none(), calls, modest),
            st.builds(ModelReplied, at, name, st.just(True), likely, st.just(()), modest),
            st.builds(ModelReplied, at, name, st.booleans(), likely, calls, modest),
            st.builds(ModelFailed, at, name, st.sampled_from(["error", "timeout"]), st.just("broke"), modest, jitters),
        )
    if kind is CallTool:
        return st.one_of(
            st.builds(ToolReturned, at, name, likely),
            st.builds(ToolReturned, at, name, st.just({"id": "R1"})),
            st.builds(ToolFailed, at, name, kinds, st.just("broke"), jitters),
        )
    if kind is AskPerson:
        return st.builds(PersonAnswered, at, name, people, roles, likely)
    if kind is AskApproval:
        right = asked.digest if isinstance(asked, AskApproval) else "0"
        digests = st.sampled_from([right, right, right, right, "0" * 64])
        return st.one_of(
            st.builds(ApprovalGiven, at, name, people, roles, digests),
            st.builds(ApprovalDenied, at, name, people, roles),
        )
    due = asked.at if isinstance(asked, SetTimer) else now
    return st.builds(TimerFired, st.sampled_from([due, due, due, now]), name)


class Watched(Authorizer):
    """An authorizer whose every decision is held against the reference, and remembered."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._program = program
        self.allowed: list[tuple[str, object]] = []

    def authorize(self, request: Request) -> Decision:
        expected = reference(self._program, replace(request, bindings=dict(request.bindings)))
        decision = super().authorize(request)
        assert decision.answer == expected.answer, (request, decision, expected)
        if decision.answer == "allow":
            self.allowed.append((request.tool, request.args))
        return decision


def watched(whole: Program, given: dict[str, Json], principal: Principal) -> tuple[Machine, Watched, RunStarted]:
    """Return a machine whose decisions are watched, and the event that starts it."""
    machine = Machine(whole)
    watch = Watched(whole)
    machine._run.plan = replace(machine._run.plan, authorizer=watch)
    return machine, watch, prepare(whole, "w", given, run="r1", at=0, principal=principal)


def allowed_now(notes: object) -> list[str]:
    """Return the ids of the calls that were decided `allow`."""
    assert isinstance(notes, tuple)
    return [note.call for note in notes if isinstance(note, CallDecided) and note.call]
