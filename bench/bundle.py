"""How fast a bundle of many rules loads and decides in a fresh process, beside compiling the same rules from source.

python bench/bundle.py [--rules 10000]
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from interlock import compile_text
from interlock_dsl.program.bundle import dump

DECIDE = """
import sys, time
began = time.perf_counter()
from interlock import Authorizer, History
from interlock_dsl.program.bundle import load
with open(sys.argv[1], "rb") as file:
    program = load(file.read())
loaded = time.perf_counter()
args = {"amount": 5, "region": "r1", "rate": 0.1}
Authorizer(program).decide("t1.do", args, agent=None, principal=None, now=0, history=History("x", started=0))
decided = time.perf_counter()
assert "lark" not in sys.modules and "networkx" not in sys.modules
print(f"{loaded - began:.3f} {decided - began:.3f} {time.process_time():.3f}")
"""


def text(rules: int) -> str:
    """Rules over a hundred tools, half of them permits, with two or three comparisons each."""
    lines = [
        f"tool t{number}.do(amount: int in 0..1_000_000, region: string max 20, rate: double in 0.0..1.0)"
        f" {{ needs t{number}.do  effect write }}"
        for number in range(100)
    ]
    lines.append("policy p {")
    for number in range(rules):
        rate = f" && args.rate < 0.{number % 9 + 1}" if number % 3 == 0 else ""
        region = f'args.region == "r{number % 50}"'
        kind = ("permit", "forbid")[number // 100 % 2]
        lines.append(f"  {kind} t{number % 100}.do when args.amount > {number} && {region}{rate}")
    return "\n".join([*lines, "}"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rules", type=int, default=10_000)
    rules: int = parser.parse_args().rules
    source = text(rules)
    began = time.perf_counter()
    program = compile_text(source, "rules.ilk")
    compiled = time.perf_counter()
    data = dump(program)
    dumped = time.perf_counter()
    print(f"{rules:,} rules: compiled {compiled - began:.2f} s, dumped {dumped - compiled:.2f} s, {len(data):,} bytes")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rules.ilkb"
        path.write_bytes(data)
        for _ in range(5):
            ran = subprocess.run([sys.executable, "-c", DECIDE, str(path)], capture_output=True, text=True, check=True)
            loaded, decided, cpu = ran.stdout.split()
            print(f"fresh process: loaded after {loaded} s, decided after {decided} s; {cpu} s of processor time")


if __name__ == "__main__":
    main()
