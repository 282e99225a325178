"""What a step of a run costs: ours, every event decided, recorded and replayable, beside bare asyncio and LangGraph.

    python bench/run.py [--steps 10]

A workflow of so many steps, one after the other, each a call of a Python function that returns at once; in memory and
durable in SQLite. Bare asyncio awaits the same functions and records nothing. LangGraph (the `bench` extra) runs the
same chain with its saver in memory. The durable run stands beside as many raw insert-and-commits of 300 bytes on the
same disk in the same round, with the same journal mode and flushes.
"""

import argparse
import asyncio
import sqlite3
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from interlock import Machine, MemoryJournal, Principal, Runtime, SqliteJournal, Toolbox, compile_text
from interlock.journal.codec import decode
from interlock.run.lifecycle.start import prepare
from measure import interleaved, table


def workflow_text(steps: int) -> str:
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
    return "\n".join([*lines, f"  s{steps - 1} -> done", "}"])


async def step(value: int) -> dict[str, int]:
    """What every step does."""
    return {"value": value + 1}


def make_toolbox() -> Toolbox:
    """The same function as a declared tool."""
    toolbox = Toolbox()
    toolbox.tool("bench.next")(step)
    return toolbox


def in_memory(steps: int) -> Callable[[], object]:
    """One run of ours: decided, recorded in a journal in memory, every event chained."""
    program, toolbox = compile_text(workflow_text(steps), "chain.ilk"), make_toolbox()

    def run() -> None:
        report = asyncio.run(Runtime(MemoryJournal(), program, tools=toolbox).run(program, "chain", {"value": 0}))
        assert report.output == {"value": steps}, report

    return run


def durable(steps: int, folder: Path) -> Callable[[], object]:
    """The same with every event on disk before what it caused is done."""
    program, toolbox = compile_text(workflow_text(steps), "chain.ilk"), make_toolbox()
    journal = SqliteJournal(folder / "journal.sqlite")

    def run() -> None:
        report = asyncio.run(Runtime(journal, program, tools=toolbox).run(program, "chain", {"value": 0}))
        assert report.output == {"value": steps}, report

    return run


def raw_commits(count: int, folder: Path, size: int = 300) -> Callable[[], object]:
    """As many inserts of so many bytes, each committed: WAL, FULL."""
    connection = sqlite3.connect(folder / "raw.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE entries (id INTEGER PRIMARY KEY, body BLOB)")

    def run() -> None:
        for _ in range(count):
            connection.execute("INSERT INTO entries (body) VALUES (?)", (b"x" * size,))

    return run


def bare_asyncio(steps: int) -> Callable[[], object]:
    """The functions awaited one after the other, in tasks as ours are."""

    async def chain() -> int:
        value = 0
        for _ in range(steps):
            value = (await asyncio.create_task(step(value)))["value"]
        return value

    return lambda: asyncio.run(chain())


def langgraph(steps: int) -> Callable[[], object] | None:
    """The same chain in LangGraph with its saver in memory; None where it is not installed."""
    try:
        from langgraph.checkpoint.memory import InMemorySaver
        from langgraph.graph import END, START, StateGraph
    except ImportError:
        return None
    from typing import TypedDict

    State = TypedDict("State", {"value": int})  # noqa: UP013 - a local class would hide the annotation from LangGraph
    graph = StateGraph(State)

    async def node(state: dict[str, int]) -> dict[str, int]:
        return await step(state["value"])

    names = [f"s{number}" for number in range(steps)]
    for name in names:
        graph.add_node(name, node)
    for source, target in zip([START, *names], [*names, END], strict=True):
        graph.add_edge(source, target)
    compiled = graph.compile(checkpointer=InMemorySaver())
    thread = iter(range(10**9))

    def run() -> None:
        settings = {"configurable": {"thread_id": str(next(thread))}, "recursion_limit": steps + 5}
        asyncio.run(compiled.ainvoke({"value": 0}, settings))

    return run


def folding(steps: int) -> Callable[[], object]:
    """The machine alone, folding the events of such a run again."""
    program, journal = compile_text(workflow_text(steps), "chain.ilk"), MemoryJournal()
    report = asyncio.run(Runtime(journal, program, tools=make_toolbox()).run(program, "chain", {"value": 0}))
    events = [decode(entry.event) for entry in journal.read(report.run)]

    def run() -> None:
        machine = Machine(program)
        for event in events:
            machine.feed(event)
        assert machine.status == "ended"

    return run


def parked_bytes(count: int = 1_000) -> float:
    """Bytes that one run holds while it waits for a person, its journal apart."""
    program = compile_text(PARKED, "parked.ilk")
    machines = []
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(count):
        machine = Machine(program)
        machine.feed(prepare(program, "parked", {"amount": number}, run=f"r{number}", at=0, principal=Principal("ann")))
        machine.commands()
        machines.append(machine)
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert all(machine.status == "waiting" for machine in machines)
    return held / count


PARKED = """
tool pay.out(amount: int in 0..1_000_000) { needs pay.write effect irreversible idempotent by string(amount) }
role boss { reach "boss" }
workflow parked(amount: int in 0..1_000_000) {
  step pay calls pay.out(amount: amount)
  end done
  start -> pay grant pay.write after approval by boss within 1d
  pay -> done
}
"""


def main() -> None:
    """Print microseconds a step, each beside its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=10)
    steps = parser.parse_args().steps
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        folder = Path(name)
        contenders = {
            "bare asyncio": bare_asyncio(steps),
            "the machine, folding": folding(steps),
            "ours, in memory": in_memory(steps),
            "ours, durable": durable(steps, folder),
            "raw commits": raw_commits(steps, folder),
        }
        peer = langgraph(steps)
        if peer:
            contenders["LangGraph, in memory"] = peer
        took = interleaved(contenders)
    least = took["bare asyncio"]
    rows = [[name, f"{seconds / steps * 1e6:.1f}", f"{seconds / least:.1f}"] for name, seconds in took.items()]
    table(f"A run of {steps} steps", ["", "µs a step", "x asyncio"], rows)
    print(f"\n  durable, beside as many raw commits: {took['ours, durable'] / took['raw commits']:.2f}")
    if peer:
        print(f"  LangGraph in memory, beside ours: {took['LangGraph, in memory'] / took['ours, in memory']:.1f}")
    else:
        print("  LangGraph is not installed: pip install 'interlock[bench]'")
    longer = interleaved({"10": folding(10), "100": folding(100)})
    print(f"  a step of a run of 100 beside one of 10: {longer['100'] / 10 / longer['10']:.2f}")
    print(f"  a run that waits for a person holds {parked_bytes() / 1024:.1f} KB")


if __name__ == "__main__":
    main()
