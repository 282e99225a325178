"""Reservations in entries that the ledger's table lacks: several processes over one file, and what is noticed."""

import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from interlock.decide.decision import Claim
from interlock.errors import InterlockError, JournalCorrupt
from interlock.journal.codec import decode, encode
from interlock.journal.journal import Append, Journal, Pending, Reserving, Settled
from interlock.journal.memory import MemoryJournal
from interlock.journal.sqlite import SqliteJournal, ledger
from interlock.journal.sqlite.ledger import SqliteLedger
from interlock.journal.sqlite.postings import NONE, Posting
from interlock.journal.sqlite.postings import encode as posting_of
from interlock.journal.sqlite.tables import LEDGER
from interlock.run.ledger import MOST, Ledger, Settlement, reservation_of
from interlock.run.protocol.commands import Admit, Reserve
from interlock.run.protocol.events import Exhausted
from interlock_dsl.program.model import Breaker, Rate
from journal.filled import pending, summary

RUNS = ["a", "b", "c"]
OWN = Claim("sum", "p/limit#2", '["k"]', 40, 10**6, 10**6)

amounts = st.integers(0, 5) | st.sampled_from([MOST, -3])
claims = st.builds(
    Claim, st.sampled_from("xy"), st.sampled_from(["p/limit#1", "p/limit#2"]), st.sampled_from(['["k"]', "[]"]),
    amounts, st.sampled_from([3, 9, MOST]), st.sampled_from([1, 10, 100]),
)  # fmt: skip
admits = st.builds(
    Admit, st.just(""), st.just("s"), st.just("t"), st.none() | st.builds(Rate, st.just(2), st.just(9)),
    st.none() | st.just(Breaker(2, 10, 10)), st.just(5), st.booleans(),
)  # fmt: skip
reserves = st.builds(
    Reserve, st.just(""), st.just("s"), st.lists(claims, min_size=1, max_size=3).map(tuple), st.booleans()
)


FAILED = "nothing can be made of it"


class Failed(InterlockError):
    """What fails where entries are made."""


def asked_by(run: str, number: int, asked: Reserve | Admit, at: int, made: int, then: str) -> Reserving:
    """Return what reserves; `then`: what the answer leads to."""

    def make(answer: Settlement) -> Settled:
        if then == "fails":
            raise Failed(FAILED)
        entries = [Pending(encode(answer), bytes(32))] * made
        next_ = None
        if then == "asks more":
            also = Reserve("", "s", (OWN, replace(OWN, key="[]")))
            next_ = asked_by(run, number + 1_000, also, at + 1, made, "goes on")
        released = (reservation_of(run, answer.command),) if then == "gives back" else ()
        return Settled(entries, summary(run), released, reserving=next_)

    return Reserving(replace(asked, id=f"h{number}"), at, make)


def drawn(data: st.DataObject, oracle: Journal, number: int) -> list[Append]:
    """Return appends of one or several runs, some of which reserve or release, and some of which are refused."""
    known = {line.run: line.entries for line in oracle.runs()}
    appends: list[Append] = []
    for run in data.draw(st.lists(st.sampled_from(RUNS), min_size=1, max_size=2, unique=True)):
        expected = known.get(run, 0) + data.draw(st.sampled_from([0, 0, 0, 0, 1]))
        entries = [pending(number * 10 + each) for each in range(data.draw(st.sampled_from([1, 1, 2, 0, 0])))]
        released = data.draw(st.lists(st.integers(0, number), max_size=2)) if data.draw(st.booleans()) else []
        asked = data.draw(st.none() | reserves | reserves | admits)
        reserving = None
        if asked is not None:
            then = data.draw(st.sampled_from(["goes on", "goes on", "goes on", "asks more", "gives back", "fails"]))
            made = data.draw(st.sampled_from([1, 1, 1, 0]))
            reserving = asked_by(run, number, asked, data.draw(st.integers(0, 200)), made, then)
        given_back = tuple(f"{each}:h{id}" for one in released for each in RUNS for id in (one, one + 1_000))
        appends.append(Append(run, expected, entries, summary(run), given_back, reserving))
    return appends


def outcome(journal: Journal, appends: Sequence[Append]) -> list[object]:
    """Return what appending them gives: heads, conflicts, what fails."""
    try:
        return [each if isinstance(each, bytes) else str(each) for each in journal.append_all(appends)]
    except Failed as failed:
        return [str(failed)]


@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_several_journals_over_one_file_hold_what_one_in_memory_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: st.DataObject
) -> None:
    monkeypatch.setattr(ledger, "_MANY", data.draw(st.sampled_from([1, 3, 64])))
    oracle, path = MemoryJournal(), tmp_path / f"{uuid4()}.db"
    stores = [SqliteJournal(path) for _ in range(2)]
    for number in range(data.draw(st.integers(1, 25))):
        place = data.draw(st.sampled_from([0, 0, 0, 1]))
        match data.draw(st.sampled_from(["append"] * 12 + ["opens again", "prune", "replace"])):
            case "append":
                appends = drawn(data, oracle, number)
                done = outcome(stores[place], appends)
                assert done == [FAILED] or done == outcome(oracle, appends)
            case "opens again":  # like a process that was killed: nothing is said to the file
                stores[place] = SqliteJournal(path)
            case "prune":
                assert stores[place].prune_ledger() == oracle.prune_ledger()
            case _:
                stores[place].replace_ledger(oracle.held(), oracle.breakers())
        journal = data.draw(st.sampled_from(stores))
        if data.draw(st.sampled_from([True, False, False])):
            assert journal.held() == oracle.held()
            with SqliteJournal(path, readonly=True) as reader:
                assert reader.held() == oracle.held() and reader.check() == []
                assert sorted(reader.runs(), key=str) == sorted(oracle.runs(), key=str)
                for line in oracle.runs():
                    assert list(reader.read(line.run)) == list(oracle.read(line.run))
    assert stores[0].held() == stores[1].held() == oracle.held()
    assert stores[0].check() == []
    for journal in stores:
        journal.close()


def reserved(journal: Journal, run: str, number: int, claim: Claim = OWN) -> Settlement:
    """Append to a run an entry and the answer to what it reserves."""
    reserving = asked_by(run, number, Reserve("", "s", (claim,)), 10 * number, 1, "goes on")
    known = {line.run: line.entries for line in journal.runs()}.get(run, 0)
    journal.append_all((Append(run, known, (pending(number),), summary(run), (), reserving),))
    answer = decode(list(journal.read(run))[-1].event)
    assert not isinstance(answer, Admit)
    return answer  # type: ignore[return-value]


def rows(path: Path) -> int:
    connection = sqlite3.connect(path)
    ((count,),) = connection.execute("SELECT count(*) FROM ledger").fetchall()
    connection.close()
    return int(count)


def test_the_table_gets_many_at_a_time_and_what_another_process_has_left(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with SqliteJournal(path) as one, SqliteJournal(path) as other:
        for number in range(ledger._MANY + 2):
            reserved(one, "a", number)
        assert rows(path) == ledger._MANY and len(one.held()) == ledger._MANY + 2
        reserved(other, "b", 100)
        assert rows(path) == ledger._MANY + 2 and len(one.held()) == ledger._MANY + 3
        other.append("b", 2, (pending(1),), summary("b"))
        one.append("a", 2 * (ledger._MANY + 2), (pending(1),), summary("a"))
        assert rows(path) == ledger._MANY + 2  # what says nothing to the ledger leaves it alone
        assert other.prune_ledger() == 0 and rows(path) == ledger._MANY + 3 == len(one.held())
        assert one._end().unposted == other._end().unposted == NONE


def test_whoever_remembers_the_end_notices_that_the_ledger_changed_without_an_entry(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with SqliteJournal(path) as one, SqliteJournal(path) as other:
        for number in range(3):
            reserved(one, "a", number)
        other.prune_ledger()
        one.append("a", 6, (pending(7),), summary("a"))
        reserved(one, "a", 8)
        assert len(one.held()) == 4 and one.check() == []
        other.replace_ledger(())
        assert isinstance(reserved(one, "a", 9), type(reserved(other, "b", 9)))
        assert [each.reservation for each in one.held()] == ["a:h9", "b:h9"]


@pytest.mark.parametrize("asked", [None, replace(OWN, most=0)])
def test_an_append_without_entries_leaves_the_postings_readable(asked: Claim | None, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with SqliteJournal(path) as one:
        reserved(one, "a", 1)
        reserving = None if asked is None else asked_by("a", 2, Reserve("", "s", (asked,)), 10, 0, "goes on")
        one.append_all((Append("a", 2, (), summary("a"), ("a:unknown",), reserving),))
        with SqliteJournal(path) as other:
            assert other.held() == one.held() and len(one.held()) == 1
            assert other.check() == [] and list(other.read("a")) == list(one.read("a"))
            reserved(other, "a", 3)
        assert len(one.held()) == 2 and one.check() == []


DAMAGE = {
    "a posting is lost": "UPDATE entries SET posting = NULL WHERE position = 4",
    "an amount is changed": "UPDATE entries SET posting = CAST(replace(posting, ',40]', ',39]') AS BLOB)",
    "a posting is that of another entry": (
        "UPDATE entries SET posting = (SELECT posting FROM entries WHERE position = 4) WHERE position = 6"
    ),
    "an account is lost": "DELETE FROM accounts",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_done_to_postings_is_noticed_and_nothing_is_granted_on_it(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with SqliteJournal(path) as journal:
        for number in range(3):
            reserved(journal, "a", number)
    connection = sqlite3.connect(path)
    connection.executescript(DAMAGE[damage])
    connection.close()
    with SqliteJournal(path) as journal:
        with pytest.raises(JournalCorrupt, match=r"the ledger of the journal .* is damaged"):
            journal.held()
        assert any("the ledger is damaged" in problem for problem in journal.check())
        if damage != "an account is lost":
            for _ in range(2):
                answer = reserved(journal, "a", 5)
                assert isinstance(answer, Exhausted) and "damaged" in answer.unavailable
        journal.append("c", 0, (pending(1),), summary("c"))  # what asks nothing of the ledger is written
        journal.replace_ledger(())
        reserved(journal, "a", 6)
        assert journal.check() == [] and [each.reservation for each in journal.held()] == ["a:h6"]


@pytest.mark.parametrize("before", [4, 6, 8])
def test_postings_that_lead_nowhere_have_an_end(before: int, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with SqliteJournal(path) as journal:
        for number in range(3):
            reserved(journal, "a", number)
    with sqlite3.connect(path) as connection:
        made = posting_of([Posting("a:h2", 20, ((1, 40),))], 6, before)
        connection.execute("UPDATE entries SET posting = ? WHERE position = 6", (made,))
        made = posting_of([Posting("a:h1", 10, ((1, 40),))], 4, 6)
        connection.execute("UPDATE entries SET posting = ? WHERE position = 4", (made,))
    connection.close()
    with SqliteJournal(path) as journal, pytest.raises(JournalCorrupt, match="is damaged"):
        journal.held()


def test_a_journal_without_postings_is_read_and_gets_them_when_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with SqliteJournal(path) as journal:
        reserved(journal, "a", 1)
        journal.prune_ledger()
        held = journal.held()
    connection = sqlite3.connect(path)
    connection.executescript("ALTER TABLE entries DROP COLUMN posting; PRAGMA user_version = 5;")
    connection.close()
    shutil.copy(path, tmp_path / "older.db")
    with SqliteJournal(tmp_path / "older.db", readonly=True) as journal:
        assert journal.held() == held and journal.check() == []
    with SqliteJournal(path) as one, SqliteJournal(path) as other:
        assert one.held() == held
        reserved(one, "a", 2)
        reserved(other, "a", 3)
        assert len(one.held()) == 3 and one.check() == []


@pytest.mark.parametrize("seed", range(8))
def test_what_is_used_is_the_same_however_much_of_it_is_in_the_table(seed: int) -> None:
    """Windows of several lengths over one account, at moments that go back and forth, before and after it is posted."""
    dice, connection = Random(seed), sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(LEDGER)
    memory, file = Ledger(), SqliteLedger(connection)
    for number in range(300):
        at = number // 5 + dice.randrange(-10, 10)
        wanted = [replace(OWN, amount=dice.randrange(3), period=period) for period in (1, 3, 10)]
        assert memory.standings(wanted, at) == file.standings(wanted, at)
        for one in (memory, file):
            one.reserve(f"r{number}", wanted[number % 3 :], at)
        if dice.random() < 0.2:
            file.post()
        if dice.random() < 0.1:
            released = f"r{number - dice.randrange(5)}"
            for one in (memory, file):
                one.release(released)
        assert file.unsound() == ()
    assert tuple(memory.held()) == file.held()
    connection.close()
