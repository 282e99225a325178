"""Where the output of a step is there, that of every step is that has certainly run before it: in each state of a run.

It is so of what is not discarded: in workflows without races, and of steps that no route takes back.
"""

from collections import Counter
from random import Random

from checker.examining import examined
from generated.dice import Dice
from generated.programs import clean_program
from generated.world import World
from interlock.run import Machine
from interlock_dsl.analysis.workflows.flow import flow

SEEDS = range(30)
RUNS = 6


def _run(seed: int, seen: Counter[str]) -> None:
    text, program, _ = clean_program(seed)
    workflow = examined(text).questions["w"].workflow
    known = flow(workflow.graph)
    if any(route.link.race for route in workflow.routes):
        return
    bits, gone = known.assigned.bits, {name for part in known.parts.values() for name in part.names}
    before = {n: {m for m in bits if known.assigned.definite[n] & bits[m]} - gone for n in bits if n in known.reached}
    for number in range(RUNS):
        world = World(Dice(Random(seed * 1000 + number)), program, tame=True)
        machine = Machine(program)
        machine.feed(world.start())
        machine.commands()
        for _ in range(60):
            there = machine._run.root.shown.keys() & bits.keys()
            for name in there:
                assert before[name] <= there, (name, before[name] - there, text)
                seen["pairs"] += len(before[name])
            if machine.status not in ("running", "waiting"):
                break
            machine.feed(world.next(machine))
            machine.commands()


def test_what_certainly_ran_before_an_output_is_there_with_it() -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        _run(seed, seen)
    assert seen["pairs"] > 100
