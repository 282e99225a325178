"""The long run of what is killed: processes that drive a run which waits for events, or one with fan-outs.

    python fuzz/kills.py --kills 200 --seed 0 --of waits
    python fuzz/kills.py --kills 200 --seed 0 --of rows

Each run is killed three times at any moment, taken up again and finished; nothing that was signalled or done may be
lost, and nothing taken or done twice. Prints every run of which that is not true; exits with 1 if there is one.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from runtime import rows_world, waits_world


def main() -> int:
    """Run a campaign, print what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--of", choices=("waits", "rows"), default="waits", help="which run is killed")
    given = parser.parse_args()
    world = waits_world if given.of == "waits" else rows_world
    compiled, runs, wrong = world.program(), 0, 0
    with tempfile.TemporaryDirectory() as place:
        for folder in world.strike(Path(place), compiled, given.kills, given.seed):
            said = world.problem(folder, compiled)
            runs, wrong = runs + 1, wrong + bool(said)
            if said:
                print(f"run {folder.name}: {said}", flush=True)
    print(f"{given.kills} kills of {runs} runs: {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
