import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock import ManualClock, SetTimer, SystemClock
from interlock.runtime.clock import length_of
from interlock.runtime.timers import Timers


def test_a_manual_clock_wakes_in_order_each_at_its_moment() -> None:
    async def go() -> None:
        clock, woken = ManualClock(100), list[tuple[str, int]]()
        for name, at in (("b", 300), ("a", 200), ("never", 1000), ("past", 50)):
            clock.wake_at(at, lambda name=name: woken.append((name, clock.now())))  # type: ignore[misc]
        clock.wake_at(250, lambda: woken.append(("cancelled", clock.now()))).cancel()
        await asyncio.sleep(0)
        clock.advance(400)
        assert woken == [("past", 100), ("a", 200), ("b", 300)]
        assert clock.now() == 500

    asyncio.run(go())


def test_the_systems_clock_wakes_soon_for_what_is_past_and_never_when_cancelled() -> None:
    async def go() -> None:
        clock, woken = SystemClock(), asyncio.Event()
        clock.wake_at(clock.now(), lambda: pytest.fail("it was cancelled")).cancel()
        clock.wake_at(clock.now() - 1_000_000, woken.set)
        await woken.wait()
        assert clock.now() > 1_700_000_000_000_000

    asyncio.run(go())


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=20))
def test_timers_come_up_in_order_unless_they_were_cancelled(given_timers: list[tuple[int, bool]]) -> None:
    timers = Timers(ManualClock(), lambda: None)
    for number, (at, _) in enumerate(given_timers):
        for _ in "12":
            timers.set(SetTimer(f"t{number}", at, "retry" if number % 2 else "expiry"))
    for number, (_, cancelled) in enumerate(given_timers):
        if cancelled:
            timers.cancel(f"t{number}")
            timers.cancel("unknown")
    left = sorted((at, f"t{number}") for number, (at, cancelled) in enumerate(given_timers) if not cancelled)
    retries = [at for at, name in left if int(name[1:]) % 2]
    assert timers.next_retry == (min(retries) if retries else None)
    for at, name in left:
        assert timers.next == at
        assert timers.pop(at - 1) is None
        assert timers.pop(at) == name
    assert timers.next is None and timers.pop(100) is None


def test_one_alarm_is_set_for_the_earliest_timer() -> None:
    rung: list[int] = []
    clock = ManualClock()
    timers = Timers(clock, lambda: rung.append(clock.now()))
    timers.set(SetTimer("t1", 50, "expiry"))
    timers.arm()
    timers.set(SetTimer("t2", 20, "expiry"))
    timers.arm()
    timers.arm()
    clock.advance(30)
    assert rung == [20]
    timers.pop(30)
    timers.arm()
    timers.disarm()
    clock.advance(100)
    assert rung == [20]


@pytest.mark.parametrize(
    ("length", "text"),
    [(0, "0s"), (5_000_000, "5s"), (300_000, "300ms"), (5_405_250_000, "1h 30m 5s 250ms"), (86_400_000_000, "1d")],
)
def test_a_length_of_time_is_said_as_a_file_would(length: int, text: str) -> None:
    assert length_of(length) == text
