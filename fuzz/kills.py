"""The long run of what is killed: runs that wait, fan out, run workflows in rows, go back, or race.

    python fuzz/kills.py --kills 200 --seed 0 --of waits
    python fuzz/kills.py --kills 200 --seed 0 --of rows
    python fuzz/kills.py --kills 200 --seed 0 --of inside
    python fuzz/kills.py --kills 200 --seed 0 --of back
    python fuzz/kills.py --kills 200 --seed 0 --of race

Each run is killed three times at any moment, taken up again and finished; nothing that was signalled or done may be
lost, and nothing taken or done twice. Prints every run of which that is not true; exits with 1 if there is one.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from runtime import back_world, inside_world, race_world, rows_world, waits_world
from runtime.killing import problems

WORLDS = {
    "waits": waits_world.WORLD,
    "rows": rows_world.WORLD,
    "inside": inside_world.WORLD,
    "back": back_world.WORLD,
    "race": race_world.WORLD,
}


def main() -> int:
    """Run a campaign, print what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--of", choices=WORLDS, default="waits", help="which run is killed")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        found = problems(WORLDS[given.of], Path(place), given.kills, given.seed)
    wrong = {run: said for run, said in found.items() if said}
    for run, said in wrong.items():
        print(f"run {run}: {said}", flush=True)
    print(f"{given.kills} kills of {len(found)} runs: {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
