"""Limits beyond one run under `kill -9`: several processes share one journal, and are killed while they work.

    python fuzz/ledger.py --processes 8 --calls 10000 --seed 0

Each process begins runs of a workflow of four payments, several at once, and takes up those that others left behind. A
payment appends a line to a file outside the journal: what happened is known whatever the journal says. Some payments
fail for certain and are given back, also when they are sent again after a process ended (some end right after a
payment, before it is recorded). In the end every run is driven to its end, and these must hold:

- of no account more was paid than its limit allows, and exactly what the ledger holds: nothing over, nothing lost;
  only a call that was sent again and then failed is held without a payment, for its first sending may have been one;
- every grant was within its limit at that moment, counted again from the ledger in the order of its accounts;
- every run is decided alike when it is replayed, and the ledger that is made again from the runs is the ledger.
"""

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from processes import killed_at_random, told

from interlock import Principal, Runtime, SqliteJournal, Toolbox, compile_text, history, replay, verify
from interlock.errors import Conflict, Diverged, InterlockError, JournalUnavailable
from interlock.run.protocol.events import Exhausted, Reserved
from interlock.run.protocol.notes import CallDone, LedgerAnswered
from interlock.runtime.ledger import rebuild_ledger
from interlock.runtime.toolbox import CallContext, ToolError

PAYMENTS, AT_ONCE = 4, 4
ACCOUNTS, PEOPLE = 12, 5
TEXT = """
tool money.send(account: string max 9, cents: int in 1..50) {{ needs money.send  effect write  idempotent by account }}
policy bank {{
  limit money.send of args.cents to {most} per 24h for each args.account
  limit money.send to {calls} per 24h for each principal
  limit money.send to 400 per 2s overall
}}
workflow pay(a: string max 9, b: string max 9, cents: int in 1..50) {{
  budget {{ steps 9  tool_calls 9 }}
  step one calls money.send(account: a, cents: cents)
  step two calls money.send(account: b, cents: cents)
  step three calls money.send(account: a, cents: 1)
  step four calls money.send(account: b, cents: 2)
  end done
  start -> one grant money.send
  one -> two grant money.send
  one -> two grant money.send on failure
  one -> two grant money.send on denied
  two -> three grant money.send
  two -> three grant money.send on failure
  two -> three grant money.send on denied
  three -> four grant money.send
  three -> four grant money.send on failure
  three -> four grant money.send on denied
  four -> done
  four -> done on failure
  four -> done on denied
}}
"""


def text(calls: int) -> str:
    """Return the program: limits that are reached after about two thirds of the calls."""
    return TEXT.format(most=calls * 9 // ACCOUNTS, calls=calls * 2 // 3 // PEOPLE)


def toolbox(world: Path, dice: random.Random, ends: float) -> Toolbox:
    """Return the payments: each is one line, written at once, or fails for certain. After some the process ends."""
    tools = Toolbox()
    handle = os.open(world, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    @tools.tool("money.send")
    async def send(account: str, cents: int, call: CallContext) -> None:
        if dice.random() < 0.1:
            raise ToolError("not now")
        os.write(handle, f"{call.run} {call.step} {call.principal.name} {account} {cents}\n".encode())
        if dice.random() < ends:
            os.kill(os.getpid(), signal.SIGKILL)
        await asyncio.sleep(0)

    return tools


def worker(folder: Path, seed: int, calls: int, ends: float) -> None:
    """Take up what was left behind, then begin runs, until somebody ends this process or enough was done."""
    dice = random.Random(seed)
    program = compile_text(text(calls), "bank.ilk")
    journal = SqliteJournal(folder / "runs.db", wait=60.0)
    runtime = Runtime(journal, program, tools=toolbox(folder / "world", dice, ends))

    async def one() -> None:
        while True:
            begun = journal.runs()
            left = [line.run for line in begun if line.status in ("running", "waiting")]
            enough = len(begun) * PAYMENTS >= calls
            if enough and not left:
                return
            for _ in range(1 if enough else 8):
                if left and (enough or dice.random() < 0.2):
                    run = left.pop(dice.randrange(len(left)))
                else:
                    a, b = (f"a{dice.randrange(ACCOUNTS)}" for _ in "ab")
                    given = {"a": a, "b": b, "cents": dice.randint(1, 50)}
                    who = Principal(f"p{dice.randrange(PEOPLE)}")
                    run = await runtime.start(program, "pay", given, principal=who)
                try:
                    await runtime.resume(run)
                except (Conflict, JournalUnavailable):
                    await asyncio.sleep(0.02)

    async def several() -> None:
        await asyncio.gather(*(one() for _ in range(AT_ONCE)))

    asyncio.run(several())


def campaign(folder: Path, processes: int, calls: int, seed: int, patience: float, ends: float) -> int:
    """Let processes work and kill them at random until all was done; return how many were killed."""
    dice = random.Random(seed)
    SqliteJournal(folder / "runs.db").close()

    def begin(number: int) -> subprocess.Popen[bytes]:
        own = ["--worker", str(folder), "--seed", str(seed * 1_000 + number)]
        command = [sys.executable, __file__, *own, "--calls", str(calls)]
        return subprocess.Popen([*command, "--ends", str(ends)])

    pauses = 0.05, 2 * patience / processes
    return killed_at_random(begin, processes, dice, pauses, lambda: not _enough(folder, calls))


def _enough(folder: Path, calls: int) -> bool:
    with SqliteJournal(folder / "runs.db", readonly=True) as journal:
        return len(journal.runs()) * PAYMENTS >= calls


def problems(folder: Path, calls: int) -> tuple[list[str], Counter[str]]:
    """Return what does not hold, and what happened how often."""
    found: list[str] = []
    program = compile_text(text(calls), "bank.ilk")
    with SqliteJournal(folder / "runs.db") as journal:
        held = list(journal.held())
        found += [f"verify: {each}" for each in verify(journal).problems]
        tally: Counter[str] = Counter()
        standings: dict[tuple[str, str], tuple[int, ...]] = {}
        steps: dict[str, tuple[str, str]] = {}
        doubtful: set[tuple[str, str]] = set()
        for line in journal.runs():
            tally[f"runs {line.status}"] += 1
            try:
                if not replay(journal, line.run, program).same:
                    found.append(f"run {line.run} is decided otherwise when it is replayed")
            except (Diverged, InterlockError) as error:
                found.append(str(error))
            for _, event, notes in history(journal, line.run, {program.digest: program}):
                tally[type(event).__name__] += 1
                if isinstance(event, Reserved | Exhausted):
                    standings[line.run, event.command] = event.standings
                for note in notes:
                    if isinstance(note, LedgerAnswered):
                        steps[f"{line.run}:{note.reservation}"] = line.run, note.step
                    elif isinstance(note, CallDone) and "may have happened" in note.message:
                        doubtful.add((line.run, note.step))
        found += _counted_again(held, standings)
        paid, world = Counter[tuple[str, str]](), (folder / "world").read_text().splitlines()
        tally["payments"], tally["lines of the world"] = len(set(world)), len(world)
        made: set[tuple[str, str]] = set()
        for line_ in set(world):
            run, step, who, account, cents = line_.split()
            made.add((run, step))
            paid["bank/limit#1", f'["{account}"]'] += int(cents)
            paid["bank/limit#2", f'["{who}"]'] += 1
            paid["bank/limit#3", "[]"] += 1
        totals, most = Counter[tuple[str, str]](), dict[tuple[str, str], int]()
        for each in held:
            if steps[each.reservation] in doubtful - made:
                tally["held in doubt"] += 1
            else:
                totals[each.claim.rule, each.claim.key] += each.claim.amount
            most[each.claim.rule, each.claim.key] = each.claim.most
        found += [f"{place}: {paid[place]} was paid, {totals[place]} is held" for place in paid | totals
                  if paid[place] != totals[place]]  # fmt: skip
        found += [f"{place}: {sum_} was paid, at most {most[place]} may be" for place, sum_ in paid.items()
                  if place[0] != "bank/limit#3" and sum_ > most.get(place, 0)]  # fmt: skip
        tally["limits reached"] = sum(totals[place] >= most[place] - 50 for place in totals if place[0][-1] != "3")
        tally["paid, in doubt"] = len(doubtful & made)
        if set(rebuild_ledger(journal)) != set(held) and _places(journal.held()) != _places(held):
            found.append("the ledger that is made again from the runs is another one")
    return found, tally


def _places(held: object) -> Counter[tuple[str, str, int]]:
    assert isinstance(held, list | tuple)
    return Counter((each.reservation, each.claim.rule, each.claim.amount) for each in held)


def _counted_again(held: list[object], standings: dict[tuple[str, str], tuple[int, ...]]) -> list[str]:
    """Return the grants that were not within their limits, by the moments and amounts that the ledger holds."""
    from interlock.run.ledger import Held

    found: list[str] = []
    accounts: dict[tuple[str, str], list[Held]] = {}
    for each in held:
        assert isinstance(each, Held)
        accounts.setdefault((each.claim.limit, each.claim.key), []).append(each)
    for several in accounts.values():
        first = used = 0
        for each in several:
            while several[first].at <= each.at - each.claim.period:
                used -= several[first].claim.amount
                first += 1
            used += each.claim.amount
            if used > each.claim.most:
                found.append(f"{each.reservation}: {used} of {each.claim.most} for {each.claim.rule} {each.claim.key}")
            run, _, command = each.reservation.rpartition(":")
            place = int(each.claim.rule[-1]) - 1
            if standings[run, command][place] < used - each.claim.amount:
                found.append(f"{each.reservation}: less was told as used than is held")
    return found


def main() -> int:
    """Run a campaign, print what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--patience", type=float, default=4.0, help="how many seconds a process lives, about")
    parser.add_argument("--ends", type=float, default=0.01, help="how often a process ends right after a payment")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker is not None:
        worker(options.worker, options.seed, options.calls, options.ends)
        return 0
    with tempfile.TemporaryDirectory() as named:
        began = time.monotonic()
        killed = campaign(Path(named), options.processes, options.calls, options.seed, options.patience, options.ends)
        took = time.monotonic() - began
        found, tally = problems(Path(named), options.calls)
    return told(f"{options.processes} processes, {killed} killed, {took:.0f} s", tally, found)


if __name__ == "__main__":
    sys.exit(main())
