"""The long run of what the checker claims: witnesses are replayed, everything else is sampled on generated inputs.

    python fuzz/claims.py --programs 100 --samples 10000 --runs 10000 --seed 0

Each program makes promises. Each run of a witness is replayed on the evaluator; each question that was ruled out is
asked of so many samples of its values; each promise that was proved, and each finding that says what no run does, is
held against so many runs. Prints the counts, and what was wrong; exits with 1 if anything was. `--seconds` ends it.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from checker.claims import Tally, examine


def main() -> int:
    """Run a campaign, print what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--programs", type=int, default=100)
    parser.add_argument("--samples", type=int, default=10_000, help="samples of each question that was ruled out")
    parser.add_argument("--runs", type=int, default=10_000, help="runs of each program")
    parser.add_argument("--seed", type=int, default=0, help="the first seed; the others follow it")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no further program after these")
    given = parser.parse_args()
    started, tally = time.monotonic(), Tally()
    for seed in range(given.seed, given.seed + given.programs):
        if time.monotonic() - started > given.seconds:
            break
        found = examine(seed, given.runs, given.samples)
        tally.add(found)
        for said in found.wrong:
            print(f"{said}\n---", flush=True)
    counts = ", ".join(f"{count:_} {what}" for what, count in tally.held.items())
    spent = time.monotonic() - started
    print(f"{tally.programs} programs: {counts}, in {spent:.0f} s: {len(tally.wrong)} wrong")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
