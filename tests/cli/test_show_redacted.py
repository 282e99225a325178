"""`interlock show` shows nothing of a call that a rule hides, also where the ledger was asked before it was decided."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from interlock import Guard, Principal, SqliteJournal, compile_text
from interlock_cli.verbs.show import verb as show

SECRET, CENTS = "hush-DE02", 70_123
POLICY = """
agent teller { may money.move }
tool money.send(account: string, cents: int) -> { receipt: string } { needs money.move  effect irreversible }
policy bank {
  permit money.* by teller
  redact args.account, args.cents, result.receipt for money.send
  limit money.send of args.cents to 100_000 per 1h for each args.account
}
"""


@pytest.mark.parametrize("format", ["human", "json"])
def test_what_a_rule_hides_is_not_shown(tmp_path: Path, format: str) -> None:
    path = tmp_path / "runs.db"
    with SqliteJournal(path) as journal:
        session = Guard(compile_text(POLICY, "bank.ilk"), journal=journal).session(principal=Principal("ann"))
        args = {"account": SECRET, "cents": CENTS}
        done = session.decide("money.send", args, agent="teller")
        session.observe(done, {"receipt": SECRET})
        assert session.decide("money.send", {"account": SECRET, "cents": 1}, agent="teller")
        assert not session.decide("money.send", args, agent="teller")
        assert not session.decide("money.send", [SECRET], agent="teller")
    ran = CliRunner().invoke(show, ["--journal", str(path), "--format", format])
    assert ran.exit_code == 0, ran.output
    assert "[redacted]" in ran.output
    assert SECRET not in ran.output
    assert str(CENTS) not in ran.output and f"{CENTS:_}" not in ran.output
