"""What deciding a call in a session costs: beside the bare decision, a step of a run, raw commits, and other ways.

    python bench/guard.py [--calls 200]

The same calls in each round, of a policy with permits, forbids, a limit for each session and an approval above an
amount; every contender answers them alike. `the session, folding` is the machine of sessions without journal, beside
`Authorizer.decide` with a history that is kept. `in memory` and `durable` are `Session.decide`, recorded before it
answers; the last also reserves of a limit for each account. By hand is a Python function written for the purpose,
which explains nothing and records nothing; cedarpy (the `bench` extra) decides the same permits and forbids.

A raw commit is one insert with the same flushes on the same disk, of as many bytes as an entry of the durable session
holds on average: its event, its outcome and its digest, as they are found in the journal after the first round. The
line of the run, which only the last entry holds, is not among them.

Contenders take turns after every 40 calls, and the figures are medians of these batches: so a disturbance of the
machine meets all of them, and 200, 400 and 1,000 calls give the same figures. Beginning a session is not timed, for it
would be shared by as many calls as the round has. The second column is time of the processor alone, of the same
batches: on a busy machine it moves less. `--folder /dev/shm` keeps the journals in memory, where a flush costs nothing:
what is left is the work that a decision adds to a commit, whatever the disk.
"""

import argparse
import json
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from interlock import (
    Authorizer,
    CallProposed,
    Guard,
    History,
    ManualClock,
    MemoryJournal,
    Principal,
    SessionMachine,
    SqliteJournal,
    compile_text,
    prepare_session,
)
from interlock.journal.journal import Journal
from measure import Batches, in_batches, table
from run import in_memory, raw_commits

START = 1_700_000_000_000_000
ANN = Principal("ann", ("clerk",))
TEXT = """
agent teller {{ may money.move }}
role controller
tool accounts.get(account: string) -> {{ cents: int in 0..1_000_000_000 }} {{ needs money.move  effect read }}
tool money.send(account: string, cents: int in 1..100_000_000) -> {{ receipt: string }} {{
  needs money.move
  effect irreversible
}}
policy bank {{
  permit accounts.*, money.send by teller when "clerk" in principal.roles
  forbid money.send when args.account.startsWith("XX")
  forbid money.send when args.cents > 1_000_000
  require approval by controller for money.send when args.cents > 10_000
  limit money.send to 1_000_000 per 1h for each run
  {more}
}}
"""
LEDGER = "limit money.send of args.cents to 1_000_000_000 per 24h for each args.account"
BATCH = 40
Call = tuple[str, dict[str, object]]
Decide = Callable[[slice], list[str]]
"""Decides some of the calls."""
Begin = Callable[[], Decide]
"""Begins a session in which all of them are decided."""


def calls(count: int) -> list[Call]:
    """Reads and transfers, some of which are forbidden."""
    made: list[Call] = []
    for number in range(count):
        account = f"{'XX' if number % 10 == 9 else 'DE'}{number % 7}"
        if number % 3 == 0:
            made.append(("accounts.get", {"account": account}))
        else:
            made.append(("money.send", {"account": account, "cents": 1 + number % 9_000}))
    return made


def bare(wanted: list[Call]) -> Begin:
    """`Authorizer.decide`, with a history that is kept as its documentation says."""
    authorizer = Authorizer(compile_text(TEXT.format(more="")))

    def begin() -> Decide:
        history = History("s1", started=START)

        def run(part: slice) -> list[str]:
            answers = []
            for tool, args in wanted[part]:
                decision = authorizer.decide(tool, args, agent="teller", principal=ANN, now=START, history=history)
                answers.append(decision.answer)
                if decision.answer == "allow":
                    history.record(tool, START, agent="teller", args=args)
            return answers

        return run

    return begin


def folding(wanted: list[Call]) -> Begin:
    """The machine of sessions, fed the proposals; neither journal nor ledger."""
    program = compile_text(TEXT.format(more=""))
    events = [CallProposed(START, tool, args, "teller") for tool, args in wanted]
    started = prepare_session(program, session="s1", at=START, principal=ANN)

    def begin() -> Decide:
        machine = SessionMachine(program)
        machine.feed(started)

        def run(part: slice) -> list[str]:
            answers = []
            for event in events[part]:
                answers.append(machine.feed(event)[0].decision.answer)
                machine.commands()
            return answers

        return run

    return begin


def recorded(wanted: list[Call], journal: Journal, more: str = "") -> Begin:
    """`Session.decide`, in a session of its own each round."""
    guard = Guard(compile_text(TEXT.format(more=more)), journal=journal, clock=ManualClock(START))

    def begin() -> Decide:
        session = guard.session(principal=ANN)
        return lambda part: [session.decide(tool, args, agent="teller").answer for tool, args in wanted[part]]

    return begin


def by_hand(wanted: list[Call]) -> Begin:
    """What somebody would write for these rules."""

    def allowed(tool: str, args: Mapping[str, object], roles: tuple[str, ...], sent: int) -> str:
        if "clerk" not in roles or tool not in ("accounts.get", "money.send"):
            return "deny"
        account = args.get("account")
        if not isinstance(account, str):
            return "deny"
        if tool == "accounts.get":
            return "allow"
        cents = args.get("cents")
        if not isinstance(cents, int) or not 1 <= cents <= 1_000_000 or account.startswith("XX"):
            return "deny"
        if sent >= 1_000_000:
            return "deny"
        return "ask" if cents > 10_000 else "allow"

    def begin() -> Decide:
        sent = 0

        def run(part: slice) -> list[str]:
            nonlocal sent
            answers = []
            for tool, args in wanted[part]:
                answers.append(allowed(tool, args, ANN.roles, sent))
                sent += answers[-1] == "allow" and tool == "money.send"
            return answers

        return run

    return begin


def cedar(wanted: list[Call]) -> Begin | None:
    """The permits and forbids in Cedar; None where cedarpy is not installed."""
    try:
        import cedarpy
    except ImportError:
        return None
    policies = """
permit(principal == Agent::"teller", action in [Action::"accounts.get", Action::"money.send"], resource)
  when { context.roles.contains("clerk") };
forbid(principal, action == Action::"money.send", resource) when { context.args.account like "XX*" };
forbid(principal, action == Action::"money.send", resource) when { context.args.cents > 1000000 };
"""

    parsed, entities = cedarpy.PolicySet.from_str(policies), cedarpy.Entities.from_json_str("[]")

    def run(part: slice) -> list[str]:
        answers = []
        for tool, args in wanted[part]:
            request = {
                "principal": 'Agent::"teller"',
                "action": f'Action::"{tool}"',
                "resource": 'Bank::"bank"',
                "context": {"roles": list(ANN.roles), "args": args},
            }
            answers.append("allow" if cedarpy.is_authorized(request, parsed, entities).allowed else "deny")
        return answers

    return lambda: run


def bytes_of_an_entry(path: Path) -> int:
    """Return how many bytes an entry of a journal holds on average, without the line that only the last one has."""
    connection = sqlite3.connect(path)
    try:
        (size,) = connection.execute(
            "SELECT avg(length(event) + length(outcome) + length(digest)) FROM entries"
        ).fetchone()
    finally:
        connection.close()
    return round(size)


def main() -> None:
    """Print microseconds a call, and each ratio beside its aim."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=Path.cwd())
    given = parser.parse_args()
    count = given.calls
    if count < BATCH:
        parser.error(f"--calls: expected {BATCH} or more, got {count}")
    wanted = calls(count)
    assert json.loads(json.dumps(wanted))
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        contenders = {
            "by hand": by_hand(wanted),
            "Authorizer.decide": bare(wanted),
            "the session, folding": folding(wanted),
            "in memory": recorded(wanted, MemoryJournal()),
            "durable": recorded(wanted, SqliteJournal(folder / "one.db")),
            "durable, with a limit of the ledger": recorded(wanted, SqliteJournal(folder / "two.db"), LEDGER),
        }
        peer = cedar(wanted)
        if peer is not None:
            contenders["cedarpy"] = peer
        answers = {name: begin()(slice(None)) for name, begin in contenders.items()}
        assert all(each == answers["by hand"] for each in answers.values()), answers
        steps, size = 50, bytes_of_an_entry(folder / "one.db")
        step, raw = in_memory(steps), raw_commits(BATCH, folder, size)
        every: dict[str, Batches] = {
            **contenders,
            "a step": lambda: lambda part: step(),
            "a raw commit": lambda: lambda part: raw(),
        }
        took, worked = in_batches(every, count, BATCH)
        pure = {name: contenders[name] for name in ("Authorizer.decide", "the session, folding")}
        _, pure_work = in_batches(pure, count, BATCH, 25)
    for each in (took, worked):
        each["a step"] *= BATCH / steps
    rows = [[name, f"{took[name] / BATCH * 1e6:.1f}", f"{worked[name] / BATCH * 1e6:.1f}"] for name in every]
    table(f"{count} calls; an entry of {size} bytes", ["", "µs a call", "of the processor"], rows)
    ratio = pure_work["the session, folding"] / pure_work["Authorizer.decide"]
    print(f"\n  the session, folding, beside the bare decision, of the processor: {ratio:.2f} (1.5)")
    print(f"  in memory, beside a step in memory: {took['in memory'] / took['a step']:.2f} (1)")
    print(f"  durable, beside a raw commit: {took['durable'] / took['a raw commit']:.2f} (2.2)")
    ledger = took["durable, with a limit of the ledger"]
    print(f"  durable with a limit of the ledger, beside a raw commit: {ledger / took['a raw commit']:.2f} (3.5)")
    if peer is None:
        print("  cedarpy is not installed (`pip install cedarpy`): left out")


if __name__ == "__main__":
    main()
