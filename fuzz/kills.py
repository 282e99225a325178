"""The long run of what is killed: processes that drive a run which waits for events, killed at any moment.

    python fuzz/kills.py --kills 200 --seed 0

Each run is killed three times, taken up again and finished; nothing that was signalled may be lost, and nothing taken
twice. Prints every run of which that is not true; exits with 1 if there is one.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from runtime.waits_world import problem, program, strike


def main() -> int:
    """Run a campaign, print what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    compiled, runs, wrong = program(), 0, 0
    with tempfile.TemporaryDirectory() as place:
        for folder in strike(Path(place), compiled, given.kills, given.seed):
            said = problem(folder, compiled)
            runs, wrong = runs + 1, wrong + bool(said)
            if said:
                print(f"run {folder.name}: {said}", flush=True)
    print(f"{given.kills} kills of {runs} runs: {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
