"""How long checking takes, stage by stage, and that it grows with the file and no faster.

    python bench/check.py            # 1,000 and 4,000 steps of each shape
    python bench/check.py --small    # 250 and 1,000
    python bench/check.py chain      # one shape

The last column is what four times the steps cost: 4 is linear, 5 is allowed. The exit code is 1 where it is more.
"""

import argparse
import gc
import sys
import time
from collections.abc import Callable, Iterator, Mapping

from interlock_dsl import check_text
from interlock_dsl.compiler.compile import STAGES, check

MOST = 5.0
"""Four times the steps may cost so many times as much."""


def chain(steps: int) -> Iterator[str]:
    """One step after the other, each reads the one before; every third may fail."""
    yield "start -> s0"
    for n in range(steps):
        yield f"step s{n} sets {{ n: {f's{n - 1}.n + 1' if n else 'n'} }}"
        yield f"s{n} -> {f's{n + 1}' if n + 1 < steps else 'done'} when s{n}.n > 0"
        yield f"s{n} -> failed otherwise"


def wide(steps: int) -> Iterator[str]:
    """A choice among many steps by their own conditions; all lead to one."""
    yield "step last sets { n: 1 }  last -> done"
    for n in range(steps - 1):
        yield f"step s{n} sets {{ n: n }}  start -> s{n} when n == {n}  s{n} -> last when s{n}.n > 0"
        yield f"s{n} -> failed otherwise"
    yield "start -> failed otherwise"


def parallel(steps: int) -> Iterator[str]:
    """Many branches at once, merged by one join."""
    names = [f"s{n}" for n in range(steps - 1)]
    yield f"start -> {', '.join(names)}"
    yield from (f"step {name} sets {{ n: n }}" for name in names)
    yield f"step last sets {{ n: s0.n }}  {', '.join(names)} -> last merge all  last -> done"


def diamonds(steps: int) -> Iterator[str]:
    """Forks of three that are merged, one after the other: all, any, and two of three."""
    yield "step s0 sets { n: n }  start -> s0"
    count = (steps - 1) // 4
    for n in range(count):
        merge = ("merge all", "merge any", "merge 2 of 3")[n % 3]
        names = [f"{letter}{n}" for letter in "abc"]
        yield from (f"step {name} sets {{ n: s{n}.n }}" for name in names)
        yield f"step s{n + 1} sets {{ n: n }}  s{n} -> {', '.join(names)}  {', '.join(names)} -> s{n + 1} {merge}"
    yield f"s{count} -> done"


def loops(steps: int) -> Iterator[str]:
    """A chain in which every second step may go back to the one before, and every tenth to the beginning."""
    yield "start -> s0"
    for n in range(steps):
        yield f"step s{n} sets {{ n: n }}"
        yield f"s{n} -> {f's{n + 1}' if n + 1 < steps else 'done'} when s{n}.n > 0"
        if n % 10 == 9:
            yield f"s{n} -> s0 when s{n}.n < 0 at most 2 times, then -> failed"
        elif n % 2:
            yield f"s{n} -> s{n - 1} when s{n}.n < 0 at most 2 times, then -> failed"
        yield f"s{n} -> failed otherwise"


SHAPES: Mapping[str, Callable[[int], Iterator[str]]] = {
    "chain": chain,
    "wide": wide,
    "parallel": parallel,
    "diamonds": diamonds,
    "loops": loops,
}


def text_of(shape: str, steps: int) -> str:
    """Return a workflow of a shape."""
    lines = "\n".join(SHAPES[shape](steps))
    failed = "end failed\n" if "failed" in lines else ""
    return f"workflow w(n: int) {{\nend done\n{failed}{lines}\n}}\n"


def timed(text: str, rounds: int) -> dict[str, float]:
    """Return the seconds of the processor that each stage takes, the least of several rounds."""
    best: dict[str, float] = {}
    for _ in range(rounds):
        gc.collect()
        last = time.process_time()

        def after(stage: str) -> None:
            nonlocal last
            now = time.process_time()
            best[stage] = min(best.get(stage, now - last), now - last)
            last = now

        program, diagnostics = check(["bench.ilk"], {"bench.ilk": text}.__getitem__, after)
        if program is None:
            raise SystemExit(f"the file does not compile: {diagnostics[0]}")
    return best


def main() -> int:
    """Print a table for each shape; return 1 if any grows faster than it may."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("shapes", nargs="*", choices=[*SHAPES, []])
    arguments.add_argument("--small", action="store_true", help="250 and 1,000 steps")
    arguments.add_argument("--rounds", type=int, default=3, help="the least of so many rounds counts")
    given = arguments.parse_args()
    few, many = (250, 1_000) if given.small else (1_000, 4_000)
    check_text("workflow w(n: int) { end done  start -> done }")  # libraries are loaded
    worst = 0.0
    for shape in given.shapes or SHAPES:
        one, other = (timed(text_of(shape, steps), given.rounds) for steps in (few, many))
        print(f"{shape:<12}{few:>8,} steps{many:>8,} steps   times")
        for stage, _ in STAGES:
            print(f"  {stage:<10}{one[stage]:>12.3f} s{other[stage]:>12.3f} s{other[stage] / one[stage]:>8.1f}")
        whole, larger = sum(one.values()), sum(other.values())
        worst = max(worst, larger / whole)
        print(f"  {'in all':<10}{whole:>12.3f} s{larger:>12.3f} s{larger / whole:>8.1f}\n")
    print(f"four times the steps cost {worst:.1f} times as much at most; {MOST:.0f} times is allowed")
    return int(worst > MOST)


if __name__ == "__main__":
    sys.exit(main())
