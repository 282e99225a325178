import asyncio
import threading
from collections.abc import Mapping, Sequence

import pytest

from interlock import (
    Answers,
    CallContext,
    Conflict,
    InvalidInput,
    ManualClock,
    MemoryJournal,
    Principal,
    Refused,
    RunReport,
    Runtime,
    SqliteJournal,
    Toolbox,
    ToolsIncomplete,
    UnknownRun,
    compile_text,
    replay,
)
from interlock.journal.codec import decode, encode
from interlock.journal.journal import Append, Pending, RunSummary
from interlock.run.protocol.events import Event, RunResumed, RunStarted
from interlock.runtime import programs
from interlock.runtime.recover import recover
from interlock_dsl.program.model import Program
from runtime.desk import PROGRAM, REQUEST, Desk, desk_runtime, refund_program, script


def events_of(journal: MemoryJournal | SqliteJournal, run: str) -> list[Event]:
    return [decode(entry.event, run, entry.sequence) for entry in journal.read(run)]


# --- starting --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("workflow", "given", "said"),
    [
        ("refunds", REQUEST, "there is no workflow `refunds`, did you mean `refund`?"),
        ("refund", {}, "request: missing"),
        ("refund", {"request": {"order_id": 1, "message": ""}}, "request.order_id: expected a string"),
        ("refund", {"request": {"order_id": {1}, "message": ""}}, "request.order_id: a set is not a JSON value"),
    ],
)
def test_what_cannot_start_leaves_no_trace(workflow: str, given: Mapping[str, object], said: str) -> None:
    journal = MemoryJournal()
    with pytest.raises(InvalidInput) as refused:
        asyncio.run(desk_runtime(journal, Desk()).start(PROGRAM, workflow, given))
    assert said in str(refused.value)
    assert list(journal.runs()) == []


def test_missing_and_surplus_functions_are_found_before_a_run() -> None:
    with pytest.raises(ToolsIncomplete, match="has no function"):
        asyncio.run(Runtime(MemoryJournal(), PROGRAM).start(PROGRAM, "refund", REQUEST))
    tools = Desk().toolbox()
    tools.add("refunds.isue", lambda: None)
    with pytest.raises(ToolsIncomplete, match=r"did you mean `refunds\.issue`"):
        Runtime(MemoryJournal(), PROGRAM, tools=tools)


def test_a_run_has_one_start() -> None:
    async def go() -> None:
        journal, desk = MemoryJournal(), Desk()
        runtime = desk_runtime(journal, desk)
        await runtime.start(PROGRAM, "refund", REQUEST, run="r1")
        for other in (runtime, desk_runtime(journal, desk)):
            with pytest.raises(Conflict, match="there is a run r1 already"):
                await other.start(PROGRAM, "refund", REQUEST, run="r1")
        assert len(events_of(journal, "r1")) == 1
        assert (await runtime.drive("r1")).end == "refunded"

    asyncio.run(go())


def test_the_principal_is_recorded_and_given_to_tools() -> None:
    seen: list[Principal] = []
    tools = Desk().toolbox()
    watched = Toolbox()
    for name in tools.names:

        def function(call: CallContext, _name: str = name, **given: object) -> object:
            seen.append(call.principal)
            return (
                {"id": "R1"} if _name == "refunds.issue" else {"id": "A1", "customer": "", "total": 1, "status": "paid"}
            )

        watched.add(name, function)
    journal = MemoryJournal()
    alice = Principal("alice", ("clerk",), frozenset({"orders.read", "refunds.write"}))

    async def go() -> str:
        run = await Runtime(journal, PROGRAM, tools=watched).start(PROGRAM, "refund", REQUEST, principal=alice)
        return (await Runtime(journal, tools=watched, models=Answers(script())).drive(run)).run

    run = asyncio.run(go())
    started = events_of(journal, run)[0]
    assert isinstance(started, RunStarted)
    assert (started.principal, started.roles, started.scopes) == ("alice", ("clerk",), ("orders.read", "refunds.write"))
    assert seen == [alice, alice]


# --- retries and timers ----------------------------------------------------------------------------------------------

FLAKY = compile_text("""
tool things.get(id: string) -> { n: int in 0..9 } { needs things.read  effect read  retry 3 times backoff 10s..40s }
workflow w(id: string) {
  budget { steps 5 }
  step get calls things.get(id: id)
  end done { n: get.n }
  start -> get grant things.read
  get -> done
}
""")


async def while_time_passes(runtime: Runtime, clock: ManualClock, run: str) -> RunReport:
    """Drive a run to its end, letting time pass to its next timer whenever it is quiet."""
    while not (report := await runtime.drive(run, patience=0)).over:
        assert report.next_timer is not None
        clock.advance(report.next_timer - clock.now())
    return report


def flaky(failures: int) -> tuple[Toolbox, list[int]]:
    tools, attempts = Toolbox(), list[int]()

    @tools.tool("things.get")
    def get(id: str, call: CallContext) -> dict[str, int]:
        attempts.append(call.attempt)
        if len(attempts) <= failures:
            raise RuntimeError("not now")
        return {"n": len(attempts)}

    return tools, attempts


def test_a_retry_comes_after_its_backoff() -> None:
    async def go() -> None:
        tools, attempts = flaky(2)
        clock = ManualClock(0)
        runtime = Runtime(MemoryJournal(), FLAKY, tools=tools, clock=clock, seed=5)
        report = await while_time_passes(runtime, clock, await runtime.start(FLAKY, "w", {"id": "x"}))
        assert (report.end, report.output, attempts) == ("done", {"n": 3}, [1, 2, 3])
        assert 15_000_000 <= clock.now() <= 30_000_000

    asyncio.run(go())


def test_near_timers_are_waited_for() -> None:
    async def go() -> None:
        tools, attempts = flaky(1)
        clock = ManualClock(0)
        runtime = Runtime(MemoryJournal(), FLAKY, tools=tools, clock=clock)
        driving = asyncio.ensure_future(runtime.drive(await runtime.start(FLAKY, "w", {"id": "x"})))
        while not driving.done():
            clock.advance(100_000)
            await asyncio.sleep(0)
        assert (await driving).output == {"n": 2}
        assert attempts == [1, 2]

    asyncio.run(go())


def test_far_timers_leave_a_run_quiet_and_another_process_goes_on() -> None:
    tools, attempts = flaky(1)
    journal = MemoryJournal()

    async def go() -> None:
        clock = ManualClock(0)
        runtime = Runtime(journal, FLAKY, tools=tools, clock=clock)
        run = await runtime.start(FLAKY, "w", {"id": "x"})
        report = await runtime.drive(run, patience=1_000_000)
        assert (report.status, report.waiting_for) == ("waiting", ()) and report.next_timer
        later = Runtime(journal, tools=tools, clock=ManualClock(report.next_timer))
        assert (await later.resume(run)).output == {"n": 2}

    asyncio.run(go())
    assert attempts == [1, 2]
    assert not any(isinstance(event, RunResumed) for event in events_of(journal, journal.runs()[0].run))


def test_time_never_runs_backwards_in_a_run() -> None:
    class Backwards(ManualClock):
        def now(self) -> int:
            self._now -= 1_000_000
            return self._now

    journal = MemoryJournal()
    run = asyncio.run(desk_runtime(journal, Desk(), clock=Backwards(10**15)).run(PROGRAM, "refund", REQUEST)).run
    times = [event.at for event in events_of(journal, run)]
    assert times == sorted(times)


# --- many runs -------------------------------------------------------------------------------------------------------


class CountingJournal(MemoryJournal):
    def __init__(self) -> None:
        super().__init__()
        self.writes = 0

    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        self.writes += 1
        return super().append(run, expected, entries, summary)

    def append_all(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        done = super().append_all(appends)
        self.writes -= len(appends) - 1
        return done


def test_runs_at_once_share_writes_and_do_not_mix() -> None:
    journal, desk = CountingJournal(), Desk()

    async def go() -> None:
        runtime = desk_runtime(journal, desk)
        requests = [{"request": {"order_id": f"A{number}", "message": "m"}} for number in range(50)]
        runs = [await runtime.start(PROGRAM, "refund", request) for request in requests]
        started = journal.writes
        reports = await asyncio.gather(*map(runtime.drive, runs))
        assert [report.output["receipt"] for report in reports] == [f"R-A{number}-4200" for number in range(50)]
        entries = sum(report.entries for report in reports) - len(runs)
        assert journal.writes - started < entries / 5

    asyncio.run(go())
    assert len(desk.done) == 50
    assert all(replay(journal, line.run).same for line in journal.runs())


def test_a_conflict_of_one_run_leaves_the_others_that_share_its_write_alone() -> None:
    async def go() -> None:
        journal, desk = MemoryJournal(), Desk()
        runtime = desk_runtime(journal, desk)
        runs = [await runtime.start(PROGRAM, "refund", REQUEST) for _ in range(4)]
        driving = [asyncio.ensure_future(runtime.drive(run)) for run in runs]
        await asyncio.sleep(0)
        found = recover(journal, runs[1])
        found.machine.feed(RunResumed(found.at))
        line = journal.runs()[-2]
        assert line.run == runs[1]
        work = Pending(encode(RunResumed(found.at)), found.machine.outcome)
        journal.append(runs[1], found.entries, (work,), line)  # by someone who holds no lease
        ended = await asyncio.gather(*driving, return_exceptions=True)
        assert isinstance(ended[1], Conflict) and runs[1] in str(ended[1])
        assert [isinstance(each, RunReport) and each.end for each in ended] == [
            "refunded",
            False,
            "refunded",
            "refunded",
        ]
        assert (await runtime.drive(runs[1])).end == "refunded"

    asyncio.run(go())


def test_people_who_decide_at_the_same_moment_are_heard_one_after_the_other() -> None:
    async def go() -> None:
        runtime = desk_runtime(MemoryJournal(), Desk(), 25_000)
        others = [await runtime.start(PROGRAM, "refund", REQUEST) for _ in range(3)]
        driving = [asyncio.ensure_future(runtime.drive(run, until="over")) for run in others]
        report = await runtime.run(PROGRAM, "refund", REQUEST)
        asked = report.waiting_for[0].id
        said = await asyncio.gather(
            *(runtime.approve(report.run, asked, by=by, role="supervisor") for by in ("maria", "otto", "eva")),
            return_exceptions=True,
        )
        assert [type(each) for each in said] == [type(None), Refused, Refused]
        assert (await runtime.drive(report.run)).end == "refunded"
        for each in driving:
            each.cancel()
        await asyncio.wait(driving)

    asyncio.run(go())


class LastStraw(CountingJournal):
    def append_all(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        raise OSError("the disk is full")


def test_a_shared_write_that_fails_fails_every_run_in_it() -> None:
    async def go() -> None:
        runtime = desk_runtime(LastStraw(), Desk())
        runs = [await runtime.start(PROGRAM, "refund", REQUEST) for _ in range(3)]
        ended = await asyncio.gather(*map(runtime.drive, runs), return_exceptions=True)
        assert [str(each) for each in ended] == ["the disk is full"] * 3

    asyncio.run(go())


def test_driving_twice_at_once_is_driving_once() -> None:
    async def go() -> None:
        desk = Desk()
        runtime = desk_runtime(MemoryJournal(), desk)
        run = await runtime.start(PROGRAM, "refund", REQUEST)
        reports = await asyncio.gather(*(runtime.drive(run) for _ in range(3)))
        assert [report.end for report in reports] == ["refunded"] * 3
        assert len(desk.calls) == 2

    asyncio.run(go())


def test_an_unknown_run_is_refused() -> None:
    runtime = desk_runtime(MemoryJournal(), Desk())
    for act in (runtime.drive("r9"), runtime.report("r9"), runtime.approve("r9", "a1", by="maria", role="supervisor")):
        with pytest.raises(UnknownRun, match="holds no run r9"):
            asyncio.run(act)


def test_the_bundle_of_a_new_program_is_not_written_on_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    program, wrote = refund_program(), list[threading.Thread]()
    dump = programs.bundle.dump

    def noted(program: Program) -> bytes:
        wrote.append(threading.current_thread())
        return dump(program)

    monkeypatch.setattr(programs.bundle, "dump", noted)
    journal = MemoryJournal()
    runtime = Runtime(journal, program, tools=Desk().toolbox(), models=Answers(script()))
    for _ in range(2):
        asyncio.run(runtime.start(program, "refund", REQUEST))
    assert len(wrote) == 1 and wrote[0] is not threading.main_thread()
    assert journal.bundle(program.digest) == dump(program)
