"""Generated sessions, in the machine of sessions and in the naive one: no difference, and a replay is the same."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generated.dice import Dice
from generated.sessions import SessionWorld, session_program
from interlock.journal.codec import decode, encode
from interlock.run.protocol.events import Event
from interlock.run.session import SessionMachine
from reference.session_campaign import SessionTally, examine, happen

PROGRAMS, CHUNK, SEQUENCES = 100, 10, 4
FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
randoms = st.randoms(use_true_random=False)


@pytest.mark.parametrize("first", range(0, PROGRAMS, CHUNK))
def test_two_machines_agree_on_sessions(first: int) -> None:
    tally = SessionTally()
    for seed in range(first, first + CHUNK):
        tally.add(examine(seed, SEQUENCES))
        assert tally.findings == [], tally.findings[0]
    assert {"allow", "deny", "ask"} <= set(tally.answers)
    assert {"ignored", "settled", "done"} <= set(tally.said)


def test_generated_sessions_meet_rates_and_breakers() -> None:
    """Each way in which the ledger answers happens, breakers open, and trials close them."""
    tally = SessionTally()
    for seed in range(3_000, 3_040):
        tally.add(examine(seed, 6))
    assert tally.findings == []
    assert {"let through", "withheld by rate", "withheld by breaker", "withheld by ledger", "trial"} <= set(
        tally.attempts
    )
    assert min(tally.constructs[clause] for clause in ("tool: rate", "tool: breaker")) >= tally.programs * 0.1


@pytest.mark.parametrize("seed", [112, 380, 592, 681, 1051, 1381, 2291, 2397])
def test_two_machines_agree_where_a_call_is_proposed_again_while_the_ledger_is_asked(seed: int) -> None:
    assert examine(seed, 10).findings == []


@FEW
@given(randoms, randoms)
def test_two_machines_agree_on_sessions_that_hypothesis_finds(rules: Random, random: Random) -> None:
    source, program = session_program(Dice(rules))
    found = happen(SessionTally(), program, SessionWorld(Dice(random), program), 25)
    assert not found, found + source


@FEW
@given(randoms, randoms)
def test_crash_at_any_point_recovers(rules: Random, random: Random) -> None:
    """A session that goes on from its events, decoded again, goes on alike: state, outcomes, what is pending."""
    _, program = session_program(Dice(rules))
    machine = SessionMachine(program)
    world = SessionWorld(Dice(random), program)
    events: list[Event] = []
    for number in range(15):
        event = world.start() if number == 0 else world.next(machine)
        machine.feed(event)
        events.append(decode(encode(event)))
        recovered = SessionMachine.replay(program, events)
        assert recovered.digest() == machine.digest()
        assert recovered.outcome == machine.outcome
        assert recovered.pending() == machine.pending()
        machine = recovered
