"""The ledger in memory and in SQLite beside a naive one; damage; journals of releases without one."""

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.decide.decision import Claim
from interlock.errors import InterlockError, JournalUnavailable
from interlock.journal.codec import decode, encode
from interlock.journal.conformance_ledger import _append
from interlock.journal.journal import Append, Pending, RunSummary
from interlock.journal.sqlite import SqliteJournal
from interlock.journal.sqlite.ledger import SqliteLedger
from interlock.journal.sqlite.tables import LEDGER
from interlock.run.ledger import MOST, Held, Ledger, settled, taken
from interlock.run.protocol.commands import Reserve
from interlock.run.protocol.events import Reserved, RunResumed
from interlock.runtime.ledger import used
from interlock.runtime.recover import verify

GOLDEN = Path(__file__).parent / "golden" / "0.2.0.db"

amounts = st.integers(0, 5) | st.sampled_from([MOST, MOST - 1, 2**62, -3])
claims = st.builds(
    Claim, st.sampled_from("ab"), st.just("p/limit#1"), st.sampled_from(['["x"]', "[]"]), amounts,
    st.sampled_from([3, 9, MOST]), st.sampled_from([1, 10, 100]),
)  # fmt: skip
reserving = st.tuples(st.lists(claims, min_size=1, max_size=3), st.integers(0, 200), st.booleans())
releasing = st.integers(0, 30)
steps = st.lists(reserving | releasing | st.just("prune"), max_size=30)


class Naive:
    """All that was taken, in order, and the longest window asked for so far of each account."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str, str, int, int]] = []
        self.longest: dict[tuple[str, str], int] = {}

    def standings(self, wanted: Sequence[Claim], at: int) -> tuple[int, ...]:
        return tuple(self._used(claim, at) for claim in wanted)

    def _used(self, claim: Claim, at: int) -> int:
        own = [one for one in self.all if one[1:3] == (claim.limit, claim.key)]
        end = max([at, *(one[3] for one in own)])
        return sum(one[4] for one in own if one[3] > end - claim.period)

    def reserve(self, name: str, wanted: Sequence[Claim], at: int) -> None:
        for (limit, key), claim in taken(wanted).items():
            times = [one[3] for one in self.all if one[1:3] == (limit, key)]
            self.all.append((name, limit, key, max([at, *times]), claim.amount))
            self.longest[limit, key] = max(claim.period, self.longest.get((limit, key), 0))

    def prune(self) -> int:
        before = len(self.all)
        latest = {one[1:3]: one[3] for one in self.all}
        self.all = [one for one in self.all if one[3] > latest[one[1:3]] - self.longest[one[1:3]]]
        return before - len(self.all)

    def release(self, name: str) -> None:
        self.all = [one for one in self.all if one[0] != name]


@settings(max_examples=150, deadline=None)
@given(steps)
def test_three_ledgers_agree_whatever_is_reserved_released_and_pruned(done: list[object]) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(LEDGER)
    naive, kept = Naive(), (Ledger(), SqliteLedger(connection))
    for number, step in enumerate(done):
        name = f"r{number}"
        match step:
            case (wanted, at, forced):
                found = naive.standings(wanted, at)
                assert [one.standings(wanted, at) for one in kept] == [found, found]
                answer = settled(Reserve(name, "s", tuple(wanted), forced), at, found)
                over = any(claim.amount < 0 or used_ + claim.amount > claim.most
                           for claim, used_ in zip(wanted, found, strict=True))  # fmt: skip
                assert isinstance(answer, Reserved) is (forced or not over)
                if isinstance(answer, Reserved):
                    for one in (naive, *kept):
                        one.reserve(name, wanted, at)
            case int():
                for one in (naive, *kept):
                    one.release(f"r{step}")
            case _:
                memory, file = kept
                assert memory.prune() == file.prune() == naive.prune()
        assert list(kept[0].held()) == list(kept[1].held()) and kept[1].unsound() == ()
    for one in kept:
        held = list(one.held())
        one.replace(held)
        assert list(one.held()) == held
    connection.close()


def filled(path: Path) -> bytes:
    with SqliteJournal(path) as journal:
        for number in range(40):
            own = Claim("sum", "p/limit#2", f'["k{number % 5}"]', 40, 10**6, 10**6)
            journal.append_all(
                (_append(f"r{number}", 10 * number, Claim("send", "p/limit#1", "[]", 1, 99, 10**6), own),)
            )
    return path.read_bytes()


def acts(journal: SqliteJournal) -> Iterator[object]:
    claim = Claim("sum", "p/limit#2", '["k1"]', 40, 10**6, 10**6)
    yield lambda: used(journal.held(), 500)
    yield lambda: journal.append_all((_append("new", 500, claim),))
    yield lambda: journal.append_all(
        (
            Append(
                "x", 0, (Pending(encode(RunResumed(1)), bytes(32)),), RunSummary("x", "", "", "", 0, 0, 0), ("r3:c1",)
            ),
        )
    )
    yield journal.prune_ledger
    yield lambda: verify(journal)
    yield lambda: journal.replace_ledger(())


def test_a_changed_byte_is_told_as_damage_or_changes_nothing_that_is_read(tmp_path: Path) -> None:
    content, dice = filled(tmp_path / "intact.db"), Random(1)
    written = [place for place, byte in enumerate(content) if byte and place >= 100]
    told = 0
    for number in range(150):
        damaged = bytearray(content)
        damaged[dice.choice(written)] ^= dice.randrange(1, 256)
        path = tmp_path / f"{number}.db"
        path.write_bytes(damaged)
        try:
            with SqliteJournal(path) as journal:
                for act in acts(journal):
                    assert callable(act)
                    try:
                        act()
                    except InterlockError:
                        told += 1
        except InterlockError:
            told += 1
    assert told > 20


def test_a_journal_without_a_ledger_gets_one_when_it_is_written(tmp_path: Path) -> None:
    path = Path(shutil.copy(GOLDEN, tmp_path))
    with SqliteJournal(path, readonly=True) as journal:
        assert journal.held() == () and verify(journal).holds
        with pytest.raises(JournalUnavailable, match="it is read-only"):
            journal.prune_ledger()
    with SqliteJournal(path) as one, SqliteJournal(path) as other:
        claim = Claim("sum", "p/limit#1", "[]", 1, 1, 10)
        one.append_all((_append("new", 5, claim),))
        other.append_all((_append("newer", 5, claim),))
        answers = [decode(list(one.read(run))[-1].event) for run in ("new", "newer")]
        assert [type(answer).__name__ for answer in answers] == ["Reserved", "Exhausted"]
        assert other.held() == (Held("new:c1", claim, 5),)
