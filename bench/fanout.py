"""What a fan-out costs beside as many steps one after the other, and how it grows.

    python bench/fanout.py [--rows 1000]

A step that calls a Python function for each row of a list, all at once and four at a time, and a chain of as many steps
that each call it once: decided, and recorded in memory. Seconds are the processor's. The last column is the cost of a
row beside that of a step of the chain; it should be at most 1.5, and the same for ten times as many rows.
"""

import argparse
import asyncio
import time
from collections.abc import Callable

from interlock import MemoryJournal, Runtime, Toolbox, compile_text
from measure import interleaved


def fan_out_text(rows: int, width: str) -> str:
    """A step for each of so many numbers."""
    return f"""
tool bench.next(value: int) -> {{ value: int }} {{ needs bench.call  effect read }}
workflow fan(values: list<int> max {rows}) {{
  step each calls bench.next(value: value) for each value in values max {rows} {width}
  end done {{ count: size(each) }}
  start -> each grant bench.call
  each -> done
}}
"""


def chain_text(steps: int) -> str:
    """As many steps, one after the other."""
    lines = ["tool bench.next(value: int) -> { value: int } { needs bench.call  effect read }"]
    lines += ["workflow chain(value: int) {"]
    lines += [f"  step s{number} calls bench.next(value: value)" for number in range(steps)]
    lines += [f"  end done {{ value: s{steps - 1}.value }}", "  start -> s0 grant bench.call"]
    lines += [f"  s{number} -> s{number + 1} grant bench.call" for number in range(steps - 1)]
    return "\n".join([*lines, f"  s{steps - 1} -> done", "}"])


async def following(value: int) -> dict[str, int]:
    """What every row and every step does."""
    return {"value": value + 1}


def running(text: str, name: str, given: dict[str, object]) -> Callable[[], object]:
    """One run of a workflow, in memory."""
    program, toolbox = compile_text(text, "fanout.ilk"), Toolbox()
    toolbox.tool("bench.next")(following)

    def run() -> None:
        report = asyncio.run(Runtime(MemoryJournal(), program, tools=toolbox).run(program, name, given))
        assert report.status == "ended", report

    return run


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print(f"{'rows':>8}  {'chain':>10}  {'all at once':>12}  {'width 4':>10}  {'a row beside a step':>20}")
    for rows in (arguments.rows // 10, arguments.rows):
        numbers: dict[str, object] = {"values": list(range(rows))}
        taken = interleaved(
            {
                "chain": running(chain_text(rows), "chain", {"value": 0}),
                "all": running(fan_out_text(rows, ""), "fan", numbers),
                "four": running(fan_out_text(rows, "width 4"), "fan", numbers),
            },
            arguments.rounds,
            time.process_time,
        )
        worse = max(taken["all"], taken["four"]) / taken["chain"]
        chain, every, four = (f"{taken[name] / rows * 1e6:.0f} µs" for name in ("chain", "all", "four"))
        print(f"{rows:>8}  {chain:>10}  {every:>12}  {four:>10}  {worse:>20.2f}")


if __name__ == "__main__":
    main()
