"""What a limit beyond one run adds to a durable step: deciding, reserving and recording, beside raw commits.

    python bench/ledger.py [--steps 10] [--held 10000]

A workflow of calls, one after the other, durable in SQLite: without a limit, under a limit for each run, and under two
limits that the ledger keeps, whose accounts hold so many reservations within the window already. A step without such a
limit is one entry, a step with them two (the answer of the ledger, and the result). Beside them as many inserts of 300
bytes, each committed, as there are steps; and how long the ledger takes to say what is used.
"""

import argparse
import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from interlock import Claim, Held, Principal, Runtime, SqliteJournal, Toolbox, compile_text
from measure import interleaved, table

POLICIES = {
    "no limit": "",
    "a limit for each run": "policy p { limit bench.next to 1000 per 1h for each run }",
    "two limits of the ledger": """policy p { limit bench.next to 1000000000 per 24h for each principal
      limit bench.next of args.value to 1000000000 per 24h overall }""",
}


def workflow_text(steps: int, policy: str) -> str:
    """A chain of calls, each reading what the one before returned."""
    lines = [
        "type Out { value: int in 0..1_000_000 }",
        "tool bench.next(value: int in 0..1_000_000) -> Out { needs bench.call effect read }",
        "workflow chain(value: int in 0..1_000_000) {",
    ]
    for number in range(steps):
        read = f"s{number - 1}.value" if number else "value"
        lines.append(f"  step s{number} calls bench.next(value: {read})")
    lines.append(f"  end done {{ value: s{steps - 1}.value }}")
    lines.append("  start -> s0 grant bench.call")
    lines += [f"  s{number} -> s{number + 1} grant bench.call" for number in range(steps - 1)]
    return "\n".join([*lines, f"  s{steps - 1} -> done", "}", policy])


def durable(steps: int, policy: str, folder: Path, held: int) -> Callable[[], object]:
    """Return one run, every event on disk before what it caused is done."""
    program, toolbox = compile_text(workflow_text(steps, policy), "chain.ilk"), Toolbox()

    @toolbox.tool("bench.next")
    async def step(value: int) -> dict[str, int]:
        return {"value": value + 1}

    journal = SqliteJournal(folder / f"{len(list(folder.iterdir()))}.sqlite")

    def run() -> None:
        runtime = Runtime(journal, program, tools=toolbox)
        report = asyncio.run(runtime.run(program, "chain", {"value": 0}, principal=Principal("ann")))
        assert report.output == {"value": steps}, report

    run()
    filled = [
        Held(f"x{number}:h{place}", each.claim, each.at - number)
        for place, each in enumerate({each.claim.limit: each for each in journal.held()}.values())
        for number in range(held)
    ]
    journal.replace_ledger(filled)
    return run


def raw_commits(count: int, folder: Path) -> Callable[[], object]:
    """As many inserts of 300 bytes, each committed: WAL, FULL."""
    connection = sqlite3.connect(folder / "raw.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE entries (id INTEGER PRIMARY KEY, body BLOB)")

    def run() -> None:
        for _ in range(count):
            connection.execute("INSERT INTO entries (body) VALUES (?)", (b"x" * 300,))

    return run


def standings(folder: Path, held: int) -> float:
    """Return how many microseconds one account takes that holds so many reservations in its window."""
    journal = SqliteJournal(folder / f"standings-{held}.sqlite")
    claim = Claim("limit", "p/limit#1", '["ann"]', 1, 1, 1 << 60)
    journal.replace_ledger([Held(f"r{number}:h1", claim, number) for number in range(held)])
    times = 2_000
    began = time.perf_counter()
    for _ in range(times):
        assert journal._ledger.standings((claim,), held) == (held,)
    return (time.perf_counter() - began) / times * 1e6


def main() -> None:
    """Print what each took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--held", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as named:
        folder = Path(named)
        runs = {name: durable(options.steps, policy, folder, options.held) for name, policy in POLICIES.items()}
        took = interleaved({**runs, "raw commits": raw_commits(options.steps, folder)})
        raw = took["raw commits"]
        rows = [[name, f"{taken / options.steps * 1e6:.0f}", f"{taken / raw:.2f}"] for name, taken in took.items()]
        head = ["", "us a step", "x raw commit"]
        table(f"A durable run of {options.steps} steps, {options.held:,} reservations held", head, rows)
        for held in (10, 1_000, 100_000):
            print(f"  what is used of an account that holds {held:,}: {standings(folder, held):.1f} us")


if __name__ == "__main__":
    main()
