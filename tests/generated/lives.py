"""Prints what happened in some runs of generated programs: the same on every machine, or something is not determined.

Run as a program, by `test_determinism.py`, with the folder of the tests and the seeds.
"""

import sys
from random import Random


def main(tests: str, first: int, last: int) -> None:
    sys.path.insert(0, tests)
    from generated.dice import Dice
    from generated.programs import clean_program
    from generated.world import World
    from interlock.run import Machine

    for seed in range(first, last):
        text, program, _ = clean_program(seed)
        print(seed, len(text), program.digest)
        for number in range(2):
            world, machine = World(Dice(Random(seed * 10 + number)), program), Machine(program)
            event = world.start()
            for _ in range(25):
                machine.feed(event)
                asked = [command.id for command in machine.commands()]
                print(machine.outcome.hex(), machine.digest(), asked, machine.status)
                if machine.status in ("ended", "failed", "cancelled"):
                    break
                event = world.next(machine)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
