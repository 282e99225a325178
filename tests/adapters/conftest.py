"""A bank, a guard, and each framework."""

import pytest

from adapters.frameworks import FRAMEWORKS, Bank, Framework
from interlock import Guard, MemoryJournal, Principal, Program, Session, compile_text

POLICY = """
role controller
agent teller { may money.move }

tool accounts.get(account: string) -> { cents: int in 0..1_000_000_000 } { needs money.move  effect read }
tool money.send(account: string, cents: int in 1..100_000_000) -> { receipt: string } {
  needs money.move
  effect irreversible
}
tool money.audit() -> { } { needs books.read  effect read }

policy bank {
  permit accounts.*, money.* by teller
  forbid money.send when args.account.startsWith("XX") because "that bank is closed"
  require approval by controller for money.send when args.cents > 10_000
  redact args.account, result.receipt for money.send when args.account.startsWith("SE")
  notify controller for money.send when args.cents > 5_000 because "it is much"
  limit money.send of args.cents to 20_000 per 24h for each run
}
"""


@pytest.fixture(scope="session")
def program() -> Program:
    return compile_text(POLICY, "bank.ilk")


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
def session(program: Program, journal: MemoryJournal) -> Session:
    return Guard(program, journal=journal).session(principal=Principal("ann"))


@pytest.fixture(params=["sync", "async"])
def bank(request: pytest.FixtureRequest) -> Bank:
    return Bank(asynchronous=request.param == "async")


@pytest.fixture(params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest) -> type[Framework]:
    return FRAMEWORKS[request.param]
