"""`interlock ledger`: what is used is listed, made again, pruned; what a run was refused for is told."""

import json
import sqlite3
from pathlib import Path

import pytest

from cli.terminal import interlock
from interlock_cli.formats.schemas import printed

BANK = """
tool money.send(account: string max 9, cents: int in 1..1_000) { needs money.send  effect write }
policy bank {
  limit money.send to 9 per 1h overall
  limit money.send of args.cents to 100 per 24h for each args.account because "the day's sum is reached"
}
workflow pay(account: string max 9, cents: int in 1..1_000) {
  step send calls money.send(account: account, cents: cents)
  end sent
  end refused
  start -> send grant money.send
  send -> sent
  send -> refused on denied
}
"""
TOOLS = """
from interlock import Toolbox
toolbox = Toolbox()

@toolbox.tool("money.send")
def send(account: str, cents: int) -> None:
    pass
"""


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bank.ilk").write_text(BANK)
    (tmp_path / "tools.py").write_text(TOOLS)
    for cents in ("60", "70"):
        interlock("run", "bank.ilk", "--tools", "tools.py", "--input", "account=\u202eA", "--input", f"cents={cents}")
    return tmp_path / ".interlock" / "journal.sqlite"


def damage(bank: Path) -> None:
    with sqlite3.connect(bank) as connection:
        connection.execute("DELETE FROM ledger")
    connection.close()


def test_what_is_used_is_listed(bank: Path) -> None:
    head, overall, account = interlock("ledger").out.splitlines()
    assert head.split() == ["limit", "for", "used", "within", "since"]
    assert overall.split()[:6] == ["bank/limit#1", "everybody", "1", "of", "9", "1h"]
    assert account.split()[:6] == ["bank/limit#2", '"\\u202eA"', "60", "of", "100", "1d"]


def test_what_is_used_is_printed_for_programs(bank: Path) -> None:
    out = interlock("ledger", "--format", "json").out
    assert printed("ledger").validate_json(out) == json.loads(out)
    assert [(line["rule"], line["used"]) for line in json.loads(out)] == [("bank/limit#1", 1), ("bank/limit#2", 60)]


def test_a_run_tells_for_which_limit_it_was_refused_and_what_was_used(bank: Path) -> None:
    assert "the day's sum is reached: 60 of 100 used, and it takes 70" in interlock("show", "last").out


def test_a_ledger_that_was_lost_is_noticed_and_made_again(bank: Path) -> None:
    damage(bank)
    assert interlock("ledger").out == "nothing is used of any limit or rate that counts beyond one run\n"
    ran = interlock("verify")
    assert ran.code == 1 and "is missing from the ledger" in ran.err
    assert len(interlock("ledger", "--rebuild").out.splitlines()) == 3
    assert interlock("verify").code == 0
    assert len(interlock("ledger", "--prune").out.splitlines()) == 3


def test_without_a_journal_there_is_no_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = interlock("ledger")
    assert ran.code == 2 and ran.err.startswith("error: there is no journal")
