"""Which small changes of the code do the tests not notice? A seeded sample of mutants, and those that survive.

    python fuzz/mutants --seed 1 --count 600 [--only decide,runtime] [--part 1/4]
    python fuzz/mutants --at engine/interlock/decide/index.py:100
    python fuzz/mutants --again OUTPUT [--seconds 60]

One pass over the tests records which lines each of them runs and how long it takes; it is kept in `build/mutants`
until the code or the tests change. Then a process that has collected all tests forks for each mutant, changes the
function there, and runs the tests of its lines, the fastest first. A mutant dies with the first that fails or does not
come to an end. What is run at import, such as a constant, is tried in a fresh process.

Properties get a few examples only, always the same ones, and tests that take long are left out: a mutant that dies
here dies in the tests. A survivor needs a test, or its reason in `fuzz/mutants/equivalent.toml`.
"""

import argparse
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Final

from changes import PACKAGES, Mutant, equivalents, every, sample
from runs import last_recorded, record
from trial import Result, Trials

EQUIVALENT: Final = Path(__file__).parent / "equivalent.toml"
_PLACE: Final = re.compile(r"(?<=\.py):\d+")
TESTS: Final = (
    "tests/decide", "tests/run", "tests/journal", "tests/runtime", "tests/language", "tests/compiler", "tests/cli",
    "tests/examples", "tests/generated", "tests/reference",
)  # fmt: skip


def main() -> int:
    """Print each survivor, then the share that died; exit code 1 where it is below `--least`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--only", default="", help="packages by name, such as `decide,runtime`")
    parser.add_argument("--part", default="1/1", help="a part of the sample, such as `2/4`")
    parser.add_argument("--at", nargs="*", default=[], help="every mutant of FILE or FILE:LINE in place of a sample")
    parser.add_argument("--again", nargs="*", default=[], help="what lived in an output of this command, kept in FILE")
    parser.add_argument("--tests", nargs="*", default=TESTS, help="files and folders of tests")
    parser.add_argument("--keep", action="store_true", help="use what was recorded last, whatever has changed since")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=8.0, help="the time of the tests that one mutant must pass")
    parser.add_argument("--least", type=float, default=0.9, help="share of mutants that must die")
    given = parser.parse_args()

    among = every(frozenset(filter(None, given.only.split(","))))
    equal = equivalents(EQUIVALENT)
    for gone in sorted(equal.keys() - {mutant.key for mutant in among}) if not given.only else ():
        print(f"{EQUIVALENT.name} names what is no longer there: {gone}")
    chosen = sample(given.seed, given.count, among)
    if given.at or given.again:
        chosen = _at(given.at, among) if given.at else _lived(given.again, among)
    part, parts = map(int, given.part.split("/"))
    chosen = chosen[part - 1 :: parts]
    print(f"seed {given.seed}, part {given.part}: {len(chosen)} of {len(among):,} mutants in {len(PACKAGES)} packages")

    began = time.perf_counter()
    lines = last_recorded() if given.keep else record(tuple(given.tests))
    print(f"{len(lines.seconds):,} tests, {sum(lines.seconds.values()):.0f} s, recorded in {_since(began)}", flush=True)
    began = time.perf_counter()
    trials = Trials(lines, given.jobs, given.seconds)
    results = trials.run([mutant for mutant in chosen if mutant.key not in equal])
    return _report(chosen, results, equal, given.least, _since(began))


def _at(places: list[str], among: list[Mutant]) -> list[Mutant]:
    return [mutant for mutant in among if {mutant.path, f"{mutant.path}:{mutant.line}"} & set(places)]


def _lived(outputs: list[str], among: list[Mutant]) -> list[Mutant]:
    """Return the mutants that outputs name as living, wherever their lines have moved to."""
    named = {
        _PLACE.sub("", line.removeprefix("LIVES  ")).rsplit("  (", 1)[0]
        for output in outputs
        for line in Path(output).read_text().splitlines()
        if line.startswith("LIVES  ")
    }
    return [mutant for mutant in among if _PLACE.sub("", str(mutant)) in named]


def _since(began: float) -> str:
    return f"{(time.perf_counter() - began) / 60:.1f} min"


def _report(
    chosen: list[Mutant],
    results: list[Result],
    equal: dict[tuple[str, str, str, str, int], str],
    least: float,
    took: str,
) -> int:
    alive = sorted((result for result in results if not result.died), key=lambda result: str(result.mutant))
    for result in alive:
        print(f"LIVES  {result.mutant}  ({result.how})")
    for mutant in chosen:
        if mutant.key in equal:
            print(f"equivalent  {mutant}  ({equal[mutant.key]})")
    packages = Counter(_package(mutant) for mutant in chosen)
    left = Counter(_package(result.mutant) for result in alive)
    for package, count in packages.items():
        print(f"{package}: {count} mutants, {left[package]} live")
    same = sum(mutant.key in equal for mutant in chosen)
    died = len(results) - len(alive)
    share = died / max(len(chosen), 1)
    print(
        f"{share:.1%} of {len(chosen)} died, {same} are equivalent, {len(alive)} live; {took}, "
        f"{sum(result.fresh for result in results)} in fresh processes"
    )
    return 0 if share >= least else 1


def _package(mutant: Mutant) -> str:
    return next(package for package in PACKAGES if mutant.path.startswith(package))


if __name__ == "__main__":
    sys.exit(main())
