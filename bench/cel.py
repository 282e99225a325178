"""Conditions as fast as Python written by hand: a dozen guards, each beside a lambda over the same dicts.

    .venv/bin/python bench/cel.py [--without-peers]

Prints, for each guard, the nanoseconds of the lambda and of the compiled expression with their ratio, the ratios of
other implementations (installed into `.venv-bench`, and timed there beside the same lambda), and what it took to
compile. The loop around the calls is timed too and taken off. Fails if the goals are missed.
"""

import argparse
import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import repeat
from pathlib import Path

from cel_guards import BINDINGS, GUARDS, with_moments
from interlock_dsl.cel import (
    BOOL,
    DOUBLE,
    INT,
    STRING,
    TIMESTAMP,
    CompiledExpression,
    Environment,
    Field,
    ListType,
    RecordType,
    StringType,
    Timestamp,
)
from interlock_dsl.cel import Type as CelType
from measure import apart, interleaved, table

HERE = Path(__file__).parent
PEERS = ("cel-python", "common-expression-language", "cel-expr-python")
CALLS = 1_000
"""In a row, which takes about a tenth of a millisecond: less than a turn of the machine's scheduler."""
GOALS = {"mean": 1.3, "worst": 2.5, "compile": 1.0, "import": 50.0}


def record(name: str, **fields: CelType) -> RecordType:
    optional = {"note"}
    return RecordType(name, {key: Field(type_, optional=key in optional) for key, type_ in fields.items()})


ITEM = record("Item", sku=STRING, qty=INT, price=DOUBLE)
VARIABLES: dict[str, CelType] = {
    "args": record(
        "Args", amount=INT, region=STRING, note=STRING, path=STRING, url=StringType(max=2000), total=INT, fee=INT,
        recipients=ListType(STRING, 50), items=ListType(ITEM, 50),
    ),
    "classify": record("Classify", topic=StringType(("billing", "shipping")), confidence=DOUBLE),
    "principal": record("Principal", role=STRING, team=STRING, limit=INT, groups=ListType(STRING, 50)),
    "request": record("Request", team=STRING, status=STRING, priority=INT, frozen=BOOL, at=TIMESTAMP),
    "budget": record("Budget", left=INT),
    "now": TIMESTAMP,
}  # fmt: skip


def calling(function: Callable[[dict[str, object]], object], bindings: dict[str, object]) -> Callable[[], None]:
    def run() -> None:
        for _ in repeat(None, CALLS):
            function(bindings)

    return apart(run)


def nothing() -> None:
    for _ in repeat(None, CALLS):
        pass


def time_guards() -> list[tuple[float, float]]:
    """Return the nanoseconds of the lambda and of ours for each guard."""
    bindings = with_moments(BINDINGS, lambda moment: Timestamp(moment.nanoseconds))
    assert isinstance(bindings, dict)
    environment = Environment(VARIABLES)
    rows = []
    for text, by_hand in GUARDS:
        ours = environment.compile(text).function
        if ours(bindings) != by_hand(bindings):
            sys.exit(f"another answer: {text}")
        contenders = {"loop": nothing, "lambda": calling(by_hand, bindings), "ours": calling(ours, bindings)}
        taken = interleaved(contenders, rounds=151)
        rows.append(tuple((taken[name] - taken["loop"]) / CALLS * 1e9 for name in ("lambda", "ours")))
    return rows


def time_compiling() -> list[float]:
    """Return the milliseconds it takes to parse, check and make both tiers of each guard."""
    environment = Environment(VARIABLES)

    def compiled(text: str) -> CompiledExpression:
        made = environment.compile(text)
        _ = made.function, made.interpreter
        return made

    taken = interleaved({text: lambda text=text: compiled(text) for text, _ in GUARDS}, rounds=25)
    return [taken[text] * 1000 for text, _ in GUARDS]


def time_importing() -> tuple[float, float]:
    """Return the milliseconds a fresh interpreter takes to import the package, and then to be ready to compile."""
    program = (
        "import time; at = time.perf_counter(); import interlock_dsl.cel; imported = time.perf_counter();"
        "interlock_dsl.cel.Environment({}); print(imported - at, time.perf_counter() - imported)"
    )
    runs = [subprocess.run([sys.executable, "-c", program], capture_output=True, check=True) for _ in range(15)]
    times = [tuple(map(float, run.stdout.split())) for run in runs]
    return statistics.median(run[0] for run in times) * 1000, statistics.median(run[1] for run in times) * 1000


def time_peers() -> list[dict[str, float]]:
    """Return, for each guard, the ratio of each implementation that evaluates it to the lambda beside it."""
    environment = HERE.parent / ".venv-bench"
    python = environment / "bin" / "python"
    try:
        if not python.exists():
            print(f"making {environment.name} for the other implementations ...")
            subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PEERS]
        subprocess.run(install, check=True, capture_output=True)
        run = subprocess.run([python, HERE / "cel_peers.py"], check=True, capture_output=True, text=True)
    except (subprocess.CalledProcessError, OSError) as error:
        reason = str(getattr(error, "stderr", "") or error).strip().splitlines()[-1:]
        print(f"the other implementations are left out, they could not be installed or run: {' '.join(reason)}")
        return [{} for _ in GUARDS]
    for line in run.stderr.splitlines():
        if line.startswith(PEERS):
            print(f"left out: {line}")
    rows = json.loads(run.stdout)
    return [{name: row[name] / row["lambda"] for name in PEERS if name in row} for row in rows]


def mean(ratios: list[float]) -> float:
    """Return the geometric mean."""
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--without-peers", action="store_true", help="leave the other implementations out")
    peers = [{} for _ in GUARDS] if options.parse_args().without_peers else time_peers()
    began = time.perf_counter()
    times, compiling, importing = time_guards(), time_compiling(), time_importing()
    rows = []
    for (text, _), (by_hand, ours), others, compiled in zip(GUARDS, times, peers, compiling, strict=True):
        shown = [f"{others[name]:.1f}" if name in others else "-" for name in PEERS]
        guard = text if len(text) <= 48 else text[:45] + "..."
        rows.append([guard, f"{by_hand:.0f}", f"{ours:.0f}", f"{ours / by_hand:.2f}", *shown, f"{compiled:.2f}"])
    heads = ["lambda ns", "ours ns", "ratio", "cel-python", "Rust", "C++", "compile ms"]
    table("Guards, each beside a lambda over the same dicts (peers: times the lambda)", ["guard", *heads], rows)
    ratios = [ours / by_hand for by_hand, ours in times]
    found = {"mean": mean(ratios), "worst": max(ratios), "compile": max(compiling), "import": importing[0]}
    print(f"\n  geometric mean {found['mean']:.2f} times the lambda (at most {GOALS['mean']})")
    print(f"  worst guard    {found['worst']:.2f} times the lambda (at most {GOALS['worst']})")
    print(f"  compile        {found['compile']:.2f} ms for the slowest guard (at most {GOALS['compile']:.0f})")
    first = f"{importing[1]:.0f} more at first use"
    print(f"  import         {found['import']:.0f} ms (at most {GOALS['import']:.0f}), {first}")
    for name in PEERS:
        known = [others[name] for others in peers if name in others]
        if known:
            print(f"  {name}: {mean(known):.1f} times the lambda over {len(known)} of {len(GUARDS)} guards")
    print(f"  in {time.perf_counter() - began:.0f} s")
    return int(any(found[name] > goal for name, goal in GOALS.items()))


if __name__ == "__main__":
    sys.exit(main())
