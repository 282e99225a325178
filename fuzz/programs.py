"""The long run: generated programs, each run several times in the machine and in the naive one beside it.

    python fuzz/programs.py --programs 20000 --runs 3 --seed 0

Prints how many programs held each construct, what the runs came to, and every difference with the program and events
that show it. Exits with 1 if there is one. `--show SEED` prints the program of a seed and what comes of its runs.
"""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from generated.constructs import table
from reference.campaign import Finding, Tally, examine, reduced

CHUNK = 50
SHOWN = 12


def some(first: int, last: int, runs: int) -> Tally:
    """Examine the programs of some seeds."""
    tally = Tally()
    for seed in range(first, last):
        tally.add(examine(seed, runs))
    return tally


def chunk(start: int, runs: int, last: int) -> Tally:
    return some(start, min(start + CHUNK, last), runs)


def main() -> int:
    """Run a campaign, print what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--programs", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=3, help="event sequences for each program")
    parser.add_argument("--seed", type=int, default=0, help="the first seed; the others follow it")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", type=int, metavar="SEED", help="one program, and nothing else")
    parser.add_argument("--reduce", action="store_true", help="make the programs of findings smaller")
    given = parser.parse_args()
    started = time.monotonic()
    tally = Tally()
    if given.show is not None:
        tally = some(given.show, given.show + 1, given.runs)
    else:
        last = given.seed + given.programs
        with ProcessPoolExecutor(given.jobs) as pool:
            for part in pool.map(partial(chunk, runs=given.runs, last=last), range(given.seed, last, CHUNK)):
                tally.add(part)
                if sys.stderr.isatty():
                    print(f"\r{tally.programs} programs, {len(tally.findings)} findings", end="", file=sys.stderr)
    report(tally, time.monotonic() - started, given.reduce)
    return 1 if tally.findings else 0


def report(tally: Tally, seconds: float, smaller: bool) -> None:
    """Print what a campaign has seen."""
    print(table(tally.constructs, tally.programs))
    few = sorted(name for name, count in tally.constructs.items() if count < tally.programs / 20)
    if few and tally.programs >= 200:
        print(f"in fewer than 5 % of the programs: {', '.join(few)}")
    for title, counted in (
        ("notes", tally.notes),
        ("runs ended", tally.endings),
        ("no value because of", tally.causes),
    ):
        print(f"{title}: " + ", ".join(f"{name.strip()} {count}" for name, count in counted.most_common()))
    clean = tally.programs / max(1, tally.programs + tally.refused)
    print(
        f"{tally.programs} programs ({clean:.0%} of those generated check clean), {tally.sequences} event sequences, "
        f"{tally.events} events, {tally.decisions} + {tally.alone} decisions "
        f"in {seconds:.0f} s: {len(tally.findings)} findings"
    )
    kinds: dict[str, list[Finding]] = {}
    for finding in tally.findings:
        kinds.setdefault(finding.signature, []).append(finding)
    for several in list(kinds.values())[:SHOWN]:
        first = min(several, key=lambda one: len(one.text) + 100 * len(one.events))
        print(f"\n--- {len(several)} like this\n{reduced(first) if smaller else first}")


if __name__ == "__main__":
    sys.exit(main())
