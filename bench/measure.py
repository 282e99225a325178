"""How the benchmarks time things: contenders interleaved in rounds, the median of each, ratios against one of them.

The machine may be shared and noisy: absolute times move, ratios of interleaved medians hold.
"""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import TypeAlias


def interleaved(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int = 15,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Run every contender once per round, in turn; return the median seconds of each.

    With `time.process_time` these are seconds of the processor: what others take of it, and waiting, do not count.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for run in contenders.values():
        run()
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, run in contenders.items():
                began = clock()
                run()
                times[name].append(clock() - began)
    finally:
        gc.enable()
    return {name: statistics.median(taken) for name, taken in times.items()}


Batches: TypeAlias = Callable[[], Callable[[slice], object]]
"""What begins a contender anew, and returns what it does for a part of the work."""


def in_batches(
    contenders: Mapping[str, Batches], count: int, batch: int, rounds: int = 9
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the median seconds of a batch of each contender: of the clock, and of the processor.

    In each round every contender begins anew, which is not timed, and does work of `count` parts, `batch` at a time;
    the contenders take turns after every batch, in an order that changes. So what disturbs the machine for longer than
    a batch disturbs all of them alike, and what happens in few batches, such as a checkpoint, is not in the median.
    """
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    parts = [slice(start, start + batch) for start in range(0, count - batch + 1, batch)]
    gc.disable()
    try:
        for _ in range(rounds):
            gc.collect()
            runs = [(name, begin()) for name, begin in contenders.items()]
            for number, part in enumerate(parts):
                turn = number % len(runs)
                for name, run in runs[turn:] + runs[:turn]:
                    began, worked = time.perf_counter(), time.process_time()
                    run(part)
                    times[name].append((time.perf_counter() - began, time.process_time() - worked))
    finally:
        gc.enable()
    took = {name: statistics.median(seconds for seconds, _ in taken) for name, taken in times.items()}
    work = {name: statistics.median(seconds for _, seconds in taken) for name, taken in times.items()}
    return took, work


def apart(function: Callable[[], None]) -> Callable[[], None]:
    """Return a copy with code of its own, in which the interpreter specialises for nothing but what this one calls."""
    closure, code = function.__closure__, function.__code__.replace()
    return FunctionType(code, function.__globals__, function.__name__, function.__defaults__, closure)


def table(title: str, head: list[str], rows: list[list[str]]) -> None:
    """Print rows under a head, columns aligned, the first to the left and the others to the right."""
    widths = [max(len(row[at]) for row in [head, *rows]) for at in range(len(head))]
    print(f"\n{title}")
    for row in [head, ["-" * width for width in widths], *rows]:
        first, *others = (
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  " + "  ".join([first, *others]))
