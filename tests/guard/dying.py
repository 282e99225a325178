"""A process that decides calls of a few sessions, until it is killed: for `test_killed`.

    python tests/guard/dying.py JOURNAL WORLD SEED

Each call that was allowed is a line in the file `WORLD`, as long as no line tells that it was given back.
"""

import os
import random
import sys

from interlock import Guard, Principal, Session, SqliteJournal, compile_text
from interlock.errors import Conflict, UnknownRun

SESSIONS, MOST = 3, 300
TEXT = f"""
agent teller {{ may money.move }}
tool money.send(account: string, cents: int in 1..9) {{ needs money.move  effect irreversible  rate 10_000 per 24h }}
policy bank {{
  permit money.send by teller
  limit money.send of args.cents to {MOST} per 24h for each args.account
}}
"""


def session_of(guard: Guard, name: str) -> Session:
    """Return one of the sessions that all processes share, begun by whoever comes first."""
    try:
        return guard.resume(name)
    except UnknownRun:
        try:
            return guard.session(id=name, principal=Principal("ann"))
        except Conflict:
            return guard.resume(name)


def main(journal: str, world: str, seed: str) -> None:
    """Propose calls for ever."""
    guard, dice = Guard(compile_text(TEXT), journal=SqliteJournal(journal, wait=60)), random.Random(seed)
    handle = os.open(world, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    while True:
        session = session_of(guard, f"s{dice.randrange(SESSIONS)}")
        cents = dice.randint(1, 9)
        decision = session.decide("money.send", {"account": "a", "cents": cents}, agent="teller")
        if decision:
            os.write(handle, f"{session.id} {decision.call} {cents}\n".encode())
            if dice.random() < 0.5:
                session.observe(decision)
        else:
            os.write(handle, b"denied\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
