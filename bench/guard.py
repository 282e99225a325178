"""What deciding a call in a session costs: beside the bare decision, a step of a run, raw commits, and other ways.

    python bench/guard.py [--calls 200]

The same calls in each round, of a policy with permits, forbids, a limit for each session and an approval above an
amount; every contender answers them alike. `the session, folding` is the machine of sessions without journal, beside
`Authorizer.decide` with a history that is kept. `in memory` and `durable` are `Session.decide`, recorded before it
answers; the last also reserves of a limit for each account. By hand is a Python function written for the purpose,
which explains nothing and records nothing; cedarpy (the `bench` extra) decides the same permits and forbids. A raw
commit is an insert of 300 bytes, about an entry, with the same flushes on the same disk. The second column is time of
the processor alone: on a busy machine it moves less. `--folder /dev/shm` keeps the journals in memory, where a flush
costs nothing: what is left is the work that a decision adds to a commit, whatever the disk.
"""

import argparse
import json
import tempfile
import time
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
from measure import interleaved, table
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
Call = tuple[str, dict[str, object]]


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


def bare(wanted: list[Call]) -> Callable[[], object]:
    """`Authorizer.decide`, with a history that is kept as its documentation says."""
    authorizer = Authorizer(compile_text(TEXT.format(more="")))

    def run() -> list[str]:
        history, answers = History("s1", started=START), []
        for tool, args in wanted:
            decision = authorizer.decide(tool, args, agent="teller", principal=ANN, now=START, history=history)
            answers.append(decision.answer)
            if decision.answer == "allow":
                history.record(tool, START, agent="teller", args=args)
        return answers

    return run


def folding(wanted: list[Call]) -> Callable[[], object]:
    """The machine of sessions, fed the proposals; neither journal nor ledger."""
    program = compile_text(TEXT.format(more=""))
    events = [CallProposed(START, tool, args, "teller") for tool, args in wanted]
    started = prepare_session(program, session="s1", at=START, principal=ANN)

    def run() -> list[str]:
        machine, answers = SessionMachine(program), []
        machine.feed(started)
        for event in events:
            answers.append(machine.feed(event)[0].decision.answer)
            machine.commands()
        return answers

    return run


def recorded(wanted: list[Call], journal: Journal, more: str = "") -> Callable[[], object]:
    """`Session.decide`, in a session of its own each round."""
    guard = Guard(compile_text(TEXT.format(more=more)), journal=journal, clock=ManualClock(START))

    def run() -> list[str]:
        session = guard.session(principal=ANN)
        return [session.decide(tool, args, agent="teller").answer for tool, args in wanted]

    return run


def by_hand(wanted: list[Call]) -> Callable[[], object]:
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

    def run() -> list[str]:
        sent, answers = 0, []
        for tool, args in wanted:
            answers.append(allowed(tool, args, ANN.roles, sent))
            sent += answers[-1] == "allow" and tool == "money.send"
        return answers

    return run


def cedar(wanted: list[Call]) -> Callable[[], object] | None:
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

    def run() -> list[str]:
        answers = []
        for tool, args in wanted:
            request = {
                "principal": 'Agent::"teller"',
                "action": f'Action::"{tool}"',
                "resource": 'Bank::"bank"',
                "context": {"roles": list(ANN.roles), "args": args},
            }
            answers.append("allow" if cedarpy.is_authorized(request, parsed, entities).allowed else "deny")
        return answers

    return run


def main() -> None:
    """Print microseconds a call, and each ratio beside its aim."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=Path.cwd())
    given = parser.parse_args()
    count = given.calls
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
        answers = {name: run() for name, run in contenders.items()}
        assert all(each == answers["by hand"] for each in answers.values()), answers
        steps = 50
        every = {**contenders, "a step": in_memory(steps), "a raw commit": raw_commits(count, folder)}
        took, worked = interleaved(every, 9), interleaved(every, 9, time.process_time)
        pure = {name: contenders[name] for name in ("Authorizer.decide", "the session, folding")}
        pure_work = interleaved(pure, 101, time.process_time)
    for each in (took, worked):
        each["a step"] *= count / steps
    rows = [[name, f"{took[name] / count * 1e6:.1f}", f"{worked[name] / count * 1e6:.1f}"] for name in every]
    table(f"{count} calls", ["", "µs a call", "of the processor"], rows)
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
