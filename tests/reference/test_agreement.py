"""Generated programs, run in the machine and in the naive one: no difference, no error, nothing that lacks a value.

A finding prints the program and its events. `python fuzz/programs.py --show SEED --reduce` gives it with fewer lines.
"""

import re
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generated.dice import Dice
from generated.programs import checked, clean_program, programs
from generated.world import World
from interlock.run import values as product_values
from interlock_dsl.cel import Cause, meter
from interlock_dsl.program.model import Program
from reference import routing as reference_routing
from reference import rows as reference_rows
from reference import values as reference_values
from reference import waits as reference_waits
from reference.campaign import Tally, examine, happening, run
from reference.compare import Pair

PROGRAMS, CHUNK, RUNS = 500, 10, 2


@pytest.mark.parametrize("first", range(0, PROGRAMS, CHUNK))
def test_two_machines_agree_and_nothing_lacks_a_value(first: int) -> None:
    tally = Tally()
    for seed in range(first, first + CHUNK):
        tally.add(examine(seed, RUNS))
        assert tally.findings == [], tally.findings[0]
    assert tally.decisions > CHUNK / 2
    assert tally.notes["Ignored"] > 0


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs(), st.randoms(use_true_random=False))
def test_two_machines_agree_on_what_hypothesis_finds(made: tuple[str, Program], random: Random) -> None:
    _, program = made
    pair = Pair(program)
    for event in happening(World(Dice(random), program), pair):
        pair.feed(event)


@pytest.mark.parametrize(("units", "held"), [(30, 100_000), (55, 100_000), (80, 12), (140, 4)])
def test_two_machines_agree_where_an_event_may_cost_little(
    units: int, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter, "EVENT_UNITS", units)
    for module in (product_values, reference_values, reference_routing, reference_rows, reference_waits):
        monkeypatch.setattr(module, "MOST_HELD", held)
    tally = Tally()
    for seed in range(25):
        text, program, _ = clean_program(seed)
        for number in range(RUNS):
            found = run(tally, text, program, seed, number)
            assert found is None, found
    assert tally.causes[Cause.LIMIT] > 0 or held < 100


@pytest.mark.parametrize("promised", ["0.01", "0.03", "0.06", "0.10"])
def test_two_machines_agree_where_money_is_short(promised: str) -> None:
    """Agents' turns seldom reach what is promised of a generated program: here most do."""
    broken = 0
    for seed in range(40):
        text, _, _ = clean_program(seed)
        text = re.sub(r"\n  cost <= \S+ usd", "", text)
        text = re.sub(r"(workflow w\([^\n]*\{\n)", rf"\1  cost <= {promised} usd\n", text, count=1)
        program = checked(text)
        assert program is not None
        tally = Tally()
        for number in range(3):
            assert run(tally, text, program, seed, number) is None
        broken += tally.notes["PromiseBroken"]
    assert broken > 5


@pytest.mark.parametrize(("promised", "budget"), [("1h", "1h"), ("2h", "1h"), ("10m", "2m")])
def test_two_machines_agree_where_time_is_short(promised: str, budget: str) -> None:
    """Every workflow, those inside too, promises to end soon, and has a budget of as much time, or of less."""
    broken = 0
    for seed in range(20):
        text, _, _ = clean_program(seed)
        text = re.sub(r"\n  ends within \S+(?=\n)", "", text)
        text = re.sub(r"\n  budget \{[^}\n]*\}", "", text)
        short = f"  budget {{ steps 40  time {budget} }}\n  ends within {promised}\n"
        text = re.sub(r"^(workflow [^\n]*\{\n)", rf"\1{short}", text, flags=re.MULTILINE)
        program = checked(text)
        assert program is not None, text
        tally = Tally()
        for number in range(3):
            found = run(tally, text, program, seed, number)
            assert found is None, found
        broken += tally.notes["PromiseBroken"]
    assert broken > 5
