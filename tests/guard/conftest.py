"""What the tests of guards share: a small program, a clock that stands still."""

from pathlib import Path

import pytest

from interlock import CallDecision, Guard, ManualClock, Program, Session, compile_text

POLICY = """
role controller
role auditor
agent teller { may money.move }
agent reader { may money.look }

tool accounts.get(account: string) -> { cents: int in 0..1_000_000_000 } { needs money.look  effect read }
tool money.send(account: string, cents: int in 1..100_000_000) -> { receipt: string } {
  needs money.move
  effect irreversible
}
tool money.mark(account: string) -> { } { needs money.move  effect write  idempotent by account }

policy bank {
  permit accounts.* by reader
  permit money.* by teller
  forbid money.send when args.account == "blocked" because "the account is blocked"
  require approval by controller within 30m for money.send when args.cents > 10_000
  require approval by 2 of auditor for money.send when args.cents > 1_000_000
  limit money.* to 3 per 1h for each run
}
"""

START = 1_700_000_000_000_000
MINUTE = 60_000_000

SMALL = {"account": "a", "cents": 500}
LARGE = {"account": "a", "cents": 50_000}
HUGE = {"account": "a", "cents": 5_000_000}


def send(session: Session, args: object, key: str | None = None) -> CallDecision:
    return session.decide("money.send", args, agent="teller", key=key)


def causes(decision: CallDecision) -> list[str]:
    return [reason.cause for reason in decision.reasons]


@pytest.fixture(scope="session")
def program() -> Program:
    return compile_text(POLICY, "bank.ilk")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def guard(program: Program, clock: ManualClock) -> Guard:
    return Guard(program, clock=clock)


@pytest.fixture
def policy_file(tmp_path: Path) -> Path:
    path = tmp_path / "bank.ilk"
    path.write_text(POLICY)
    return path
