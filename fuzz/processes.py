"""What the long runs with several processes share: how processes are killed, and how a run is told."""

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence

SHOWN = 20


def killed_at_random(
    begin: Callable[[int], "subprocess.Popen[bytes]"],
    processes: int,
    dice: random.Random,
    pauses: tuple[float, float],
    goes_on: Callable[[], bool],
) -> int:
    """Let processes work, kill one after each pause (least, most, in seconds) while it goes on, and wait for the rest.

    `begin` begins the process of a number; another one follows each that died. Returns how many died. Raises SystemExit
    where one ends in another way with an error.
    """
    working = [begin(number) for number in range(processes)]
    begun, killed = processes, 0
    while working:
        time.sleep(dice.uniform(*pauses))
        died, still = 0, []
        for each in working:
            if each.poll() is None:
                still.append(each)
            elif each.returncode == -signal.SIGKILL:
                died += 1
            elif each.returncode:
                raise SystemExit(f"a process ended with {each.returncode}")
        if still and goes_on():
            victim = still.pop(dice.randrange(len(still)))
            victim.kill()
            victim.wait()
            died += 1
        working = [*still, *(begin(begun + number) for number in range(died))]
        begun, killed = begun + died, killed + died
    return killed


def told(headline: str, tally: Counter[str], found: Sequence[str]) -> int:
    """Print what came of a run: how often what happened, and what does not hold. Return the exit code."""
    print(headline)
    width = max(map(len, tally), default=0)
    for name, count in sorted(tally.items()):
        print(f"  {name:{width}} {count:7,}")
    for each in found[:SHOWN]:
        print(each)
    print(f"{len(found)} problems")
    return 1 if found else 0
