"""The long run of sessions: generated policies, each in several sessions, in the machine and in the naive one.

    python fuzz/sessions.py --programs 5000 --sequences 10 --seed 0

Prints what the sessions came to, and every difference with the program and the events that show it. Exits with 1 if
there is one.
"""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from reference.session_campaign import SessionTally, examine

CHUNK = 50
SHOWN = 5


def chunk(start: int, last: int, sequences: int) -> SessionTally:
    """Examine the programs of some seeds."""
    tally = SessionTally()
    for seed in range(start, min(start + CHUNK, last)):
        tally.add(examine(seed, sequences))
    return tally


def main() -> int:
    """Run a campaign, print what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--programs", type=int, default=500)
    parser.add_argument("--sequences", type=int, default=10, help="sessions for each program")
    parser.add_argument("--seed", type=int, default=0, help="the first seed; the others follow it")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    started, tally = time.monotonic(), SessionTally()
    last = given.seed + given.programs
    with ProcessPoolExecutor(given.jobs) as pool:
        work = partial(chunk, last=last, sequences=given.sequences)
        for found in pool.map(work, range(given.seed, last, CHUNK)):
            tally.add(found)
    print(f"{tally.cases:,} sessions, {tally.events:,} events in {time.monotonic() - started:,.0f} s")
    for title in ("answers", "causes", "attempts", "said"):
        counted: Counter[str] = getattr(tally, title)
        print(f"{title}: " + ", ".join(f"{name} {count:,}" for name, count in counted.most_common()))
    shares = (f"{name} {count / tally.programs:.0%}" for name, count in sorted(tally.constructs.items()))
    print(f"{tally.programs:,} programs hold: " + ", ".join(shares))
    print(f"{len(tally.findings)} differences")
    for finding in tally.findings[:SHOWN]:
        print(finding)
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
