"""Limits beyond one run, end to end: what is reserved, what stops in between; the ledger follows from the runs."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from interlock import (
    Conflict,
    JournalUnavailable,
    ManualClock,
    MemoryJournal,
    Principal,
    RunReport,
    Runtime,
    SqliteJournal,
    Toolbox,
    compile_text,
    history,
    rebuild_ledger,
    replay,
    verify,
)
from interlock.journal.codec import encode
from interlock.journal.journal import Append, Journal, Pending
from interlock.run.machine import Machine
from interlock.run.protocol.commands import Reserve
from interlock.run.protocol.events import Exhausted, Reserved, RunCancelled
from interlock.run.protocol.notes import CallDecided, LedgerAnswered
from interlock.runtime.ledger import ledger_problems
from interlock.runtime.recover import recover
from interlock.runtime.toolbox import ToolError, Uncertain
from repository.files import ROOT
from repository.page import environment

HOUR = 3_600_000_000
TEXT = """
tool money.send(account: string max 9, cents: int in 1..1_000) -> { id: string } { needs money.send  effect write }
policy bank {
  limit money.send of args.cents to 100 per 24h for each args.account
  limit money.send to 4 per 1h for each principal
}
workflow pay(account: string max 9, cents: int in 1..1_000) {
  step send calls money.send(account: account, cents: cents)
  end sent
  end refused
  end failed
  start -> send grant money.send
  send -> sent
  send -> refused on denied
  send -> failed on failure
}
"""
PROGRAM = compile_text(TEXT, "bank.ilk")


class Bank:
    """A journal, a clock, and payments; `failing` says how the next ones fail."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.clock = ManualClock(HOUR * 1_000)
        self.paid: list[tuple[str, int]] = []
        self.failing: list[Exception] = []

    def runtime(self) -> Runtime:
        tools = Toolbox()

        @tools.tool("money.send")
        async def send(account: str, cents: int) -> dict[str, object]:
            if self.failing:
                raise self.failing.pop()
            self.paid.append((account, cents))
            return {"id": "x"}

        return Runtime(self.journal, PROGRAM, tools=tools, clock=self.clock)

    def pay(self, cents: int, account: str = "a", who: str = "ann") -> RunReport:
        given = {"account": account, "cents": cents}
        return asyncio.run(self.runtime().run(PROGRAM, "pay", given, principal=Principal(who)))

    def start(self, cents: int, run: str) -> None:
        given = {"account": "a", "cents": cents}
        asyncio.run(self.runtime().start(PROGRAM, "pay", given, principal=Principal("ann"), run=run))

    def resume(self, run: str) -> RunReport:
        return asyncio.run(self.runtime().resume(run))

    def is_whole(self) -> bool:
        """Whether every run is decided alike again, and the ledger is what the runs hold, and can be made again."""
        before = self.journal.held()
        same = all(replay(self.journal, line.run).same for line in self.journal.runs())
        return same and verify(self.journal).holds and set(rebuild_ledger(self.journal)) == set(before)


@pytest.fixture(params=["memory", "sqlite"])
def bank(request: pytest.FixtureRequest, tmp_path: Path) -> Bank:
    return Bank(MemoryJournal() if request.param == "memory" else SqliteJournal(tmp_path / "runs.db"))


def ends(*reports: RunReport) -> list[str]:
    return [report.end for report in reports]


def test_runs_count_together_and_windows_slide(bank: Bank) -> None:
    assert ends(bank.pay(60), bank.pay(41), bank.pay(40), bank.pay(1)) == ["sent", "refused", "sent", "refused"]
    assert ends(bank.pay(9, "b"), bank.pay(9, "b"), bank.pay(9, "b")) == ["sent", "sent", "refused"]
    assert ends(bank.pay(9, "b", "bob")) == ["sent"]
    bank.clock.advance(HOUR)
    assert ends(bank.pay(1), bank.pay(1, "b")) == ["refused", "sent"]
    bank.clock.advance(23 * HOUR)
    assert ends(bank.pay(100), bank.pay(1)) == ["sent", "refused"]
    assert bank.is_whole()


def test_a_call_on_behalf_of_nobody_is_denied(bank: Bank) -> None:
    assert ends(bank.pay(1, who="")) == ["refused"] and bank.journal.held() == ()


def test_what_certainly_failed_is_given_back_and_what_may_have_happened_is_not(bank: Bank) -> None:
    bank.failing = [Uncertain("who knows")]
    assert ends(bank.pay(30)) == ["failed"] and len(bank.journal.held()) == 2
    bank.failing = [ToolError("no")]
    assert ends(bank.pay(70), bank.pay(70), bank.pay(1)) == ["failed", "sent", "refused"]
    assert bank.is_whole()


def test_many_runs_at_once_share_writes_and_never_go_over(bank: Bank) -> None:
    async def together() -> list[RunReport]:
        runtime = bank.runtime()
        given = {"account": "a", "cents": 10}
        runs = [runtime.run(PROGRAM, "pay", given, principal=Principal(f"p{n}")) for n in range(25)]
        return await asyncio.gather(*runs)

    said = ends(*asyncio.run(together()))
    assert (said.count("sent"), said.count("refused"), len(bank.paid)) == (10, 15, 10)
    assert bank.is_whole()


def test_a_run_stopped_before_the_ledger_answered_asks_again_under_the_same_id(bank: Bank) -> None:
    bank.start(60, "r1")
    (asked,) = [one for one in recover(bank.journal, "r1").machine.pending() if isinstance(one, Reserve)]
    assert bank.journal.held() == ()
    assert ends(bank.resume("r1")) == ["sent"]
    assert {held.reservation for held in bank.journal.held()} == {f"r1:{asked.id}"}
    assert bank.is_whole()


class Stops(Exception):
    """What a test raises in the place of a process's end."""


class Failing(SqliteJournal):
    """Fails as a transaction that was entered with a reservation is about to be committed."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        written, self.stops = self._writer._written, True

        def failing(*args: Any) -> bytes:
            head = written(*args)
            if self.stops and self._connection.execute("SELECT count(posting) FROM entries").fetchone()[0]:
                self.stops = False
                raise Stops
            return head

        self._writer._written = failing  # type: ignore[method-assign]


def test_a_transaction_that_fails_after_the_machine_was_fed_leaves_nothing_and_is_recovered(tmp_path: Path) -> None:
    bank = Bank(Failing(tmp_path / "runs.db"))
    runtime = bank.runtime()

    async def story() -> RunReport:
        given = {"account": "a", "cents": 60}
        run = await runtime.start(PROGRAM, "pay", given, principal=Principal("ann"), run="r1")
        with pytest.raises(Stops):
            await runtime.drive(run)
        assert bank.journal.held() == () and len(list(bank.journal.read("r1"))) == 1 and bank.paid == []
        return await runtime.drive(run)

    assert ends(asyncio.run(story())) == ["sent"]
    assert bank.paid == [("a", 60)] and bank.is_whole()


def test_a_full_disk_reserves_nothing(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "runs.db")
    bank = Bank(journal)
    bank.start(60, "r1")
    (pages,) = journal._execute("PRAGMA page_count").fetchone()
    for _ in range(400):  # fill what is left of the last pages
        try:
            journal._execute(f"PRAGMA max_page_count = {pages}")
            journal.keep_program("f" * 64, {"x": "x" * 100_000})
        except JournalUnavailable:
            break
    journal._ledger.reserve = _full(journal)  # type: ignore[method-assign]
    with pytest.raises(JournalUnavailable, match="the disk is full"):
        bank.resume("r1")
    assert journal.held() == () and bank.paid == []
    journal._execute("PRAGMA max_page_count = 1000000")
    again = SqliteJournal(tmp_path / "runs.db")
    bank.journal = again
    assert ends(bank.resume("r1")) == ["sent"] and bank.is_whole()


def _full(journal: SqliteJournal) -> Callable[..., None]:
    def reserve(*_: object) -> None:
        journal._execute("INSERT INTO programs VALUES ('x', ?, x'', x'')", b"x" * 1_000_000)

    return reserve


class Cancelling(SqliteJournal):
    """Has another process cancel the run just before a reservation is written."""

    other: SqliteJournal | None = None

    def append_all(self, appends: Sequence[Append]) -> Sequence[bytes | Conflict]:
        if self.other is not None and any(each.reserving is not None for each in appends):
            other, self.other = self.other, None
            _cancel(other, "r1")
        return super().append_all(appends)


def _cancel(journal: Journal, run: str) -> None:
    found = recover(journal, run)
    event = RunCancelled(found.at, "eve")
    found.machine.feed(event)
    journal.append(run, found.entries, (Pending(encode(event), found.machine.outcome),), journal.runs()[0])


def test_a_conflict_in_the_middle_reserves_nothing_for_a_run_that_was_called_off(tmp_path: Path) -> None:
    journal = Cancelling(tmp_path / "runs.db")
    bank = Bank(journal)
    bank.start(60, "r1")
    journal.other = SqliteJournal(tmp_path / "runs.db")
    assert bank.resume("r1").status == "cancelled"
    assert bank.paid == [] and journal.held() == () and bank.is_whole()


def test_a_clock_that_is_behind_frees_nothing(tmp_path: Path) -> None:
    one, other = Bank(SqliteJournal(tmp_path / "runs.db")), Bank(SqliteJournal(tmp_path / "runs.db"))
    other.clock = ManualClock(HOUR * 10)
    assert ends(one.pay(60), other.pay(41), other.pay(40), one.pay(1), other.pay(1)) == [
        "sent", "refused", "sent", "refused", "refused"
    ]  # fmt: skip
    assert ledger_problems(one.journal) == () and verify(other.journal).holds


DAMAGE = {
    "the table is gone": "DROP TABLE ledger",
    "a sum is no number": "UPDATE ledger SET total = x'00'",
    "the sums decrease": "UPDATE ledger SET total = zeroblob(16) WHERE position = 2",
    "what an entry holds is lost": "UPDATE entries SET posting = NULL",
    "what an entry holds is changed": "UPDATE entries SET posting = CAST(replace(posting, ',30', ',3') AS BLOB)",
}
OF_ENTRIES = [name for name in DAMAGE if "entry" in name]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_ledger_denies_in_words_and_is_made_again(damage: str, tmp_path: Path) -> None:
    bank = Bank(SqliteJournal(tmp_path / "runs.db"))
    assert ends(bank.pay(30), bank.pay(30)) == ["sent", "sent"]
    if damage not in OF_ENTRIES:
        bank.journal.prune_ledger()  # which has the table hold everything
    with sqlite3.connect(tmp_path / "runs.db") as connection:
        connection.execute(DAMAGE[damage])
    connection.close()
    bank.journal = SqliteJournal(tmp_path / "runs.db")
    assert ends(bank.pay(10)) == ["refused"] and len(bank.paid) == 2
    events = [event for _, event, _ in history(bank.journal, bank.journal.runs()[0].run)]
    assert any(isinstance(event, Exhausted) and "damaged" in event.unavailable for event in events)
    assert not verify(bank.journal).holds
    if damage != "the table is gone":
        rebuild_ledger(bank.journal)
        assert ends(bank.pay(40), bank.pay(1)) == ["sent", "refused"] and bank.is_whole()


FORGED = {
    "an amount": (
        "UPDATE ledger SET amount = amount - 1 WHERE amount = 30",
        "the ledger is damaged|is 29 in the ledger",
    ),
    "a row is lost": ("DELETE FROM ledger WHERE amount = 30", "is missing from the ledger"),
    "a row is added": (
        "INSERT INTO ledger SELECT account, at + 1, position + 1, 0, total, 'r9:h1' FROM ledger WHERE amount = 30",
        "is in the ledger, and no run holds it",
    ),
    "a moment": ("UPDATE ledger SET at = 5", "counted before it was reserved"),
}


@pytest.mark.parametrize("forgery", FORGED)
def test_verify_notices_a_ledger_that_is_not_what_the_runs_hold(forgery: str, tmp_path: Path) -> None:
    bank = Bank(SqliteJournal(tmp_path / "runs.db"))
    bank.pay(30)
    bank.journal.prune_ledger()  # which has the table hold everything
    assert verify(bank.journal).holds
    statement, said = FORGED[forgery]
    with sqlite3.connect(tmp_path / "runs.db") as connection:
        connection.execute(statement)
    connection.close()
    problems = "\n".join(verify(SqliteJournal(tmp_path / "runs.db")).problems)
    assert any(each in problems for each in said.split("|")), problems


def test_what_was_pruned_is_no_difference_and_comes_back_when_it_is_made_again(bank: Bank) -> None:
    for _ in range(2):
        bank.pay(10)
        bank.clock.advance(25 * HOUR)
    bank.pay(10)
    held = bank.journal.held()
    assert bank.journal.prune_ledger() == 4 and verify(bank.journal).holds
    assert ends(bank.pay(91), bank.pay(90)) == ["refused", "sent"]
    assert len(rebuild_ledger(bank.journal)) == len(held) + 2


def test_the_notes_of_a_refusal_say_what_was_used(bank: Bank) -> None:
    bank.pay(60)
    bank.pay(50)
    notes = [note for _, _, several in history(bank.journal, bank.journal.runs()[0].run) for note in several]
    (answered,) = [note for note in notes if isinstance(note, LedgerAnswered)]
    (decided,) = [note for note in notes if isinstance(note, CallDecided)]
    assert (answered.granted, answered.standings) == (False, (60, 1))
    assert decided.decision.reasons[0].text.endswith(": 60 of 100 used, and it takes 50")


def test_two_ways_to_the_same_state_agree_on_a_run_that_reserved(bank: Bank) -> None:
    bank.pay(60)
    (line,) = bank.journal.runs()
    events = [event for _, event, _ in history(bank.journal, line.run)]
    assert any(isinstance(event, Reserved) for event in events)
    assert Machine.replay(PROGRAM, events).digest() == replay(bank.journal, line.run).digest


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_processes_that_are_killed_never_go_over_and_lose_nothing(tmp_path: Path) -> None:
    """The short form of `fuzz/ledger.py`."""
    command = [sys.executable, ROOT / "fuzz/ledger.py", "--processes", "3", "--calls", "160", "--patience", "4"]
    ran = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=400)
    assert ran.returncode == 0 and ran.stdout.endswith("0 problems\n"), ran.stdout + ran.stderr
