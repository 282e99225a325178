"""The same events give the same bytes in another process, under another hash seed."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
LIVES = """
import sys
sys.path.insert(0, sys.argv[1])
from run.chance import PRINCIPALS, PROGRAMS, Chance, watched
for seed in range(40):
    for number, (program, given) in enumerate(PROGRAMS):
        chance = Chance(seed * 100 + number)
        machine, _, event = watched(program, given, chance.one(PRINCIPALS))
        for _ in range(12):
            machine.feed(event)
            print(machine.outcome.hex(), machine.digest(), [command.id for command in machine.commands()])
            if machine.status in ("ended", "failed", "cancelled"):
                break
            event = chance.event(machine, max(0, machine._run.now) + 1)
"""


def lived(seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", LIVES, str(TESTS)],
        env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def test_another_process_with_another_hash_seed_reaches_the_same_state() -> None:
    first = lived("1")
    assert first.count("\n") > 500
    assert first == lived("2")
