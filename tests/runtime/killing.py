"""A process that drives a run is killed at any moment, over and over: what all runs of that kind have in common."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from interlock import Program, RunReport


@dataclass(frozen=True)
class World:
    """A run to be killed, and everything around it that outlives the process."""

    program: Callable[[], Program]
    finish: Callable[[Path, Program], RunReport]
    """Start the run in a folder, or take it up again, and drive it to its end."""
    problem: Callable[[Path, Program], str]
    """Finish a run that was killed, and say what is wrong with it; empty if nothing is."""


def strike(world: World, place: Path, compiled: Program, kills: int, seed: int) -> Iterator[Path]:
    """Kill the process of a run so many times, every third time that of a new one; yield the folder of each run.

    What is left of a run is finished by its caller.
    """
    (place / "timed").mkdir()
    began = time.perf_counter()
    world.finish(place / "timed", compiled)
    length, chance = time.perf_counter() - began, random.Random(seed)
    for number in range(kills):
        folder = place / f"{number // 3}"
        folder.mkdir(exist_ok=True)
        process = _child(world, folder, compiled)
        threading.Event().wait(chance.uniform(0, length))
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        if number % 3 == 2 or number == kills - 1:
            yield folder


def _child(world: World, folder: Path, compiled: Program) -> int:
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        world.finish(folder, compiled)
        status = 0
    finally:
        os._exit(status)


def problems(world: World, place: Path, kills: int, seed: int) -> dict[str, str]:
    """Return what is wrong with each run that was killed, by the name of its folder; texts are empty if nothing is."""
    compiled = world.program()
    return {folder.name: world.problem(folder, compiled) for folder in strike(world, place, compiled, kills, seed)}
