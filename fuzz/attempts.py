"""Rates and breakers under `kill -9`: several processes share one journal, and are killed while they work.

    python fuzz/attempts.py --processes 8 --seconds 60 --seed 0

Each process begins runs that call a service twice and a shaky one twice, several at once, and takes up the runs that
others left behind. Every request is a line in a file outside the journal; the shaky service is down now and then, for
everybody. In the end these must hold:

- in no period of the rate were more attempts let through than it allows, and no request was made without one;
- while the breaker was open, counted again from the entries in their order, only one trial at a time was let through;
- every run is decided alike when it is replayed, and `verify` finds nothing wrong.
"""

import argparse
import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from processes import killed_at_random, told

from interlock import Runtime, SqliteJournal, Toolbox, compile_text, replay, verify
from interlock.errors import Conflict, InterlockError, JournalUnavailable
from interlock.journal.codec import decode
from interlock.run.breakers import came_of
from interlock.run.machine import Machine
from interlock.run.protocol.notes import AttemptJudged
from interlock.runtime.toolbox import CallContext, ToolError

SECOND = 1_000_000
MOST, PERIOD = 20, 2 * SECOND
FAILURES, WITHIN, PAUSE, TIMEOUT = 3, 2 * SECOND, 1 * SECOND, 5 * SECOND
AT_ONCE = 4
TEXT = """
tool service.ask(n: int in 0..9) {
  needs use  effect read  timeout 5s  retry 3 times backoff 100ms..400ms  rate 20 per 2s
}
tool shaky.ask(n: int in 0..9) { needs use  effect read  timeout 5s  breaker opens after 3 failures within 2s for 1s }
workflow w(n: int in 0..9) {
  budget { steps 9 }
  step one calls service.ask(n: n)
  step two calls shaky.ask(n: n)
  step three calls service.ask(n: n)
  step four calls shaky.ask(n: n)
  end done
  start -> one grant use
  one -> two grant use
  one -> two grant use on failure
  two -> three grant use
  two -> three grant use on failure
  three -> four grant use
  three -> four grant use on failure
  four -> done
  four -> done on failure
}
"""


def toolbox(world: Path, dice: random.Random, ends: float) -> Toolbox:
    """Return the services. After some requests the process ends."""
    tools = Toolbox()
    handle = os.open(world, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    async def ask(call: CallContext, down: bool) -> None:
        os.write(handle, f"{call.run} {call.step}\n".encode())
        if dice.random() < ends:
            os.kill(os.getpid(), signal.SIGKILL)
        await asyncio.sleep(dice.choice((0, 0, 0.01, 0.05)))
        if down:
            raise ToolError("it is down")

    @tools.tool("service.ask")
    async def service(n: int, call: CallContext) -> None:
        await ask(call, dice.random() < 0.1)

    @tools.tool("shaky.ask")
    async def shaky(n: int, call: CallContext) -> None:
        await ask(call, time.time() % 4 < 1.5)

    return tools


def worker(folder: Path, seed: int, until: float, ends: float) -> None:
    """Take up what was left behind and begin runs, until the time is over and nothing is left."""
    dice, program = random.Random(seed), compile_text(TEXT, "attempts.ilk")
    journal = SqliteJournal(folder / "runs.db", wait=60.0)
    runtime = Runtime(journal, program, tools=toolbox(folder / "world", dice, ends))

    async def one() -> None:
        while True:
            left = [line.run for line in journal.runs() if line.status in ("running", "waiting")]
            over = time.time() > until
            if over and not left:
                return
            if left and (over or dice.random() < 0.3):
                run = dice.choice(left)
            else:
                run = await runtime.start(program, "w", {"n": dice.randrange(9)})
            try:
                await runtime.resume(run)
            except (Conflict, JournalUnavailable):
                await asyncio.sleep(0.02)

    async def several() -> None:
        await asyncio.gather(*(one() for _ in range(AT_ONCE)))

    asyncio.run(several())


def campaign(folder: Path, processes: int, seconds: float, seed: int, ends: float) -> int:
    """Let processes work, kill them at random until the time is over, and wait for the rest; return how many died."""
    dice, until = random.Random(seed), time.time() + seconds
    SqliteJournal(folder / "runs.db").close()

    def begin(number: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, __file__, "--worker", str(folder), "--seed", str(seed * 1_000 + number)]
        return subprocess.Popen([*command, "--until", str(until), "--ends", str(0 if time.time() > until else ends)])

    return killed_at_random(begin, processes, dice, (0.5, 2.0), lambda: time.time() < until)


def problems(folder: Path) -> tuple[list[str], Counter[str]]:
    """Return what does not hold, and what happened how often."""
    found: list[str] = []
    tally: Counter[str] = Counter()
    let_through: Counter[tuple[str, str]] = Counter()
    facts: dict[tuple[str, int], list[Fact]] = {}
    program = compile_text(TEXT, "attempts.ilk")
    with SqliteJournal(folder / "runs.db") as journal:
        found += [f"verify: {each}" for each in verify(journal).problems]
        for line in journal.runs():
            tally[f"runs {line.status}"] += 1
            try:
                if not replay(journal, line.run, program).same:
                    found.append(f"run {line.run} is decided otherwise when it is replayed")
            except InterlockError as error:
                found.append(str(error))
            machine = Machine(program)
            for entry in journal.read(line.run):
                event = decode(entry.event)
                own = facts.setdefault((line.run, entry.sequence), [])
                for note in machine.feed(event):
                    if isinstance(note, AttemptJudged):
                        tally[f"{note.tool} {'let through' if note.granted else 'withheld by ' + note.by}"] += 1
                        tally["trials"] += note.trial
                        let_through[line.run, note.step] += note.granted
                        if note.granted and note.tool == "shaky.ask":
                            own.append(Fact(event.at, f"{line.run}:{note.admission}", trial=note.trial))
                for came in came_of(line.run, event, machine.commands()):
                    own.append(Fact(came.at, came.attempt, came.came))
        held = [each for each in journal.held() if each.claim.rule == "service.ask rate"]
    for number in range(len(held) - MOST):
        if held[number + MOST].at - held[number].at < PERIOD:
            found.append(f"{MOST + 1} attempts within {held[number + MOST].at - held[number].at} us")
    world = Counter[tuple[str, str]]()
    for each in (folder / "world").read_text().splitlines():
        run, step = each.split()
        world[run, step] += 1
    tally["requests"] = world.total()
    found += [f"{place}: {made} requests, {let_through[place]} let through" for place, made in world.items()
              if made > let_through[place]]  # fmt: skip
    return [*found, *in_order(folder, facts)], tally


@dataclass(frozen=True)
class Fact:
    """An attempt was let through (`came` is empty), or something came of it."""

    at: int
    attempt: str
    came: str = ""
    trial: bool = False


def in_order(folder: Path, facts: dict[tuple[str, int], list[Fact]]) -> Iterator[str]:
    """Yield what was let through while the breaker was open, by the facts in the order in which they were written."""
    connection = sqlite3.connect(folder / "runs.db")
    order = connection.execute("SELECT run, sequence FROM entries JOIN runs USING (number) ORDER BY position")
    failures: list[int] = []
    opened, trial, lapses, at = None, "", 0, 0
    for place in order.fetchall():
        for fact in facts[place]:
            at = max(at, fact.at)
            if not fact.came:
                if opened is None and fact.trial:
                    yield f"{fact.attempt} is a trial of a breaker that is closed"
                if opened is not None:
                    if not fact.trial or at < opened + PAUSE or (trial and at < lapses):
                        yield f"{fact.attempt} was let through {at - opened} us after the breaker opened"
                    trial, lapses = fact.attempt, at + PAUSE + TIMEOUT
            elif fact.attempt == trial:
                trial = ""
                if fact.came == "returned":
                    opened, failures = None, []
                elif fact.came == "failed":
                    opened = at
            elif opened is None and fact.came == "failed":
                failures = [*(one for one in failures if one > at - WITHIN), at]
                if len(failures) >= FAILURES:
                    opened, failures = at, []


def main() -> int:
    """Run a campaign, print what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ends", type=float, default=0.01, help="how often a process ends during a request")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--until", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker is not None:
        worker(options.worker, options.seed, options.until, options.ends)
        return 0
    with tempfile.TemporaryDirectory() as named:
        killed = campaign(Path(named), options.processes, options.seconds, options.seed, options.ends)
        found, tally = problems(Path(named))
    return told(f"{options.processes} processes, {killed} killed, {options.seconds:.0f} s and the rest", tally, found)


if __name__ == "__main__":
    sys.exit(main())
