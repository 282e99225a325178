"""What every journal must do, as cases that anyone can run on theirs.

    for case in CASES:
        case(store)

A store opens journals over one place: `open()` twice gives two journals that see the same entries, as two processes
would (or, where nothing outlives the object, the same journal twice). Every case begins with an empty store of its
own. A case raises `Nonconforming` where the journal does not keep the contract of `interlock.journal.journal`.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

from interlock.errors import Conflict, UnknownProgram, UnknownRun
from interlock.journal import chain
from interlock.journal.conformance_breakers import BREAKER_CASES
from interlock.journal.conformance_ledger import LEDGER_CASES
from interlock.journal.contract import Case, Nonconforming, Store, fill, must, pending, refuses, summary
from interlock.journal.journal import Append, Entry, Journal, Pending, RunSummary
from interlock.journal.verify import verify


def _expected(run: str, count: int) -> Sequence[Entry]:
    made: list[Entry] = []
    head = chain.origin(run)
    for number in range(1, count + 1):
        given = pending(number)
        head = chain.link(head, given.event, given.outcome)
        made.append(Entry(run, number, given.event, given.outcome, head))
    return made


def _read_all(journal: Journal, run: str) -> Sequence[Entry]:
    return list(journal.read(run))


def what_is_appended_is_read(store: Store) -> None:
    """Entries come back in order, byte for byte, chained from the origin, from any sequence number on."""
    journal = store.open()
    head = fill(journal, "r1", 5)
    expected = _expected("r1", 5)
    must(list(journal.read("r1")) == expected, "what is read is not what was appended")
    must(head == expected[-1].digest, "append does not return the chain's head")
    for after in range(7):
        must(list(journal.read("r1", after)) == expected[after:], f"reading after {after} gives something else")


def several_entries_are_one_append(store: Store) -> None:
    """Several entries at once give the same chain as one after the other."""
    journal = store.open()
    head = journal.append("r1", 0, [pending(1), pending(2)], summary("r1"))
    head_later = journal.append("r1", 2, [pending(3), pending(4), pending(5)], summary("r1"))
    expected = _expected("r1", 5)
    must(head == expected[1].digest and head_later == expected[4].digest, "another chain")
    must(list(journal.read("r1")) == expected, "other entries")


def nothing_appended_changes_nothing(store: Store) -> None:
    """An append of no entries neither begins a run nor touches one."""
    journal = store.open()
    journal.append("r1", 0, (), summary("r1"))
    must(list(journal.runs()) == [], "a run without entries is listed")
    head = fill(journal, "r1", 1)
    must(journal.append("r1", 1, (), summary("r1", "ended")) == head, "the head changed")
    must(journal.runs()[0].status == "running", "the line in the list changed")


def a_stale_worker_is_refused(store: Store) -> None:
    """Appending after anything but the last entry is a `Conflict` and changes nothing, in one journal or across two."""
    one, other = store.open(), store.open()
    fill(one, "r1", 2)
    must(len(list(other.read("r1"))) == 2, "the second journal does not see the first one's entries")
    fill(other, "r1", 1, first=3)
    for expected in (0, 1, 2, 4):
        refuses(
            Conflict,
            partial(one.append, "r1", expected, (pending(9),), summary("r1")),
            f"appending after {expected} of 3",
        )
        must(list(one.read("r1")) == _expected("r1", 3), "a refused append left something")
    fill(one, "r1", 1, first=4)
    must(list(other.read("r1")) == _expected("r1", 4), "the run cannot be taken up again after a conflict")


def a_new_run_is_new(store: Store) -> None:
    """Two journals that begin the same run: one of them is refused."""
    one, other = store.open(), store.open()
    one.append("r1", 0, (), summary("r1"))
    other.append("r1", 0, (pending(1),), summary("r1"))
    refuses(Conflict, lambda: one.append("r1", 0, (pending(1),), summary("r1")), "beginning a run twice")
    must(len(list(one.read("r1"))) == 1, "the refused run left something")


def a_conflict_leaves_others_alone(store: Store) -> None:
    """In an append to several runs, the conflict of one is returned in its place, the others are written."""
    one, other = store.open(), store.open()
    for run in ("r1", "r2", "r3"):
        fill(one, run, 1)
    fill(other, "r2", 1, first=2)
    done = one.append_all([Append(run, 1, (pending(2),), summary(run)) for run in ("r1", "r2", "r3", "r4")])
    must([isinstance(each, Conflict) for each in done] == [False, True, False, True], "not the conflicts expected")
    for run, count in (("r1", 2), ("r2", 2), ("r3", 2)):
        entries = list(other.read(run))
        must(entries == _expected(run, count), f"{run} does not hold what it should")
        must(run == "r2" or done[int(run[1]) - 1] == entries[-1].digest, "another head was returned")
    refuses(UnknownRun, lambda: _read_all(other, "r4"), "reading a run whose first append was refused")


def runs_are_apart(store: Store) -> None:
    """Runs that take turns do not mix; equal events in two runs have different digests."""
    journal = store.open()
    for number in range(1, 21):
        for run in ("a", "b", "c"):
            journal.append(run, number - 1, (pending(number),), summary(run))
    for run in ("a", "b", "c"):
        must(list(journal.read(run)) == _expected(run, 20), f"run {run} is mixed with others")
    digests = {entry.digest for run in ("a", "b", "c") for entry in journal.read(run)}
    must(len(digests) == 60, "entries of different runs have the same digest")


def runs_are_listed(store: Store) -> None:
    """The newest run comes first; a line is the last append's, with the number of entries the journal counted."""
    journal = store.open()
    must(list(journal.runs()) == [], "an empty journal lists runs")
    for run in ("a", "b", "c"):
        fill(journal, run, 2)
    journal.append("a", 2, (pending(3),), RunSummary("a", "refund", "f" * 64, "ended", 1, 99, 0, "refunded"))
    listed = store.open().runs()
    must([line.run for line in listed] == ["c", "b", "a"], "not the newest first")
    must(listed[2] == RunSummary("a", "refund", "f" * 64, "ended", 1, 99, 3, "refunded"), "not the last append's line")


def programs_are_kept(store: Store) -> None:
    """Sources come back as they were; keeping them again, or changed, changes nothing; unknown ones are refused."""
    journal = store.open()
    sources = {"refund.ilk": 'type Ünïcode {}\r\n\ttool "x"\n', "empty.ilk": ""}
    journal.keep_program("d1", sources)
    journal.keep_program("d1", {"other.ilk": ""})
    other = store.open()
    other.keep_program("d1", {"other.ilk": ""})
    for each in (journal, other):
        must(dict(each.program("d1")) == sources, "the sources came back changed")
    refuses(UnknownProgram, lambda: journal.program("d2"), "reading an unknown program")


def bundles_are_kept(store: Store) -> None:
    """A program's bundle comes back byte for byte, or empty where none was kept."""
    journal = store.open()
    journal.keep_program("d1", {}, b"\0bundle\xff")
    journal.keep_program("d2", {})
    for each in (journal, store.open()):
        must((each.bundle("d1"), each.bundle("d2")) == (b"\0bundle\xff", b""), "a bundle came back changed")
    refuses(UnknownProgram, lambda: journal.bundle("d3"), "reading the bundle of an unknown program")


def meanings_are_kept(store: Store) -> None:
    """The version of an entry's meaning comes back, and is part of the chain."""
    journal = store.open()
    given = [Pending(pending(1).event, pending(1).outcome, meaning) for meaning in (1, 7)]
    journal.append("r1", 0, given, summary("r1"))
    found = list(store.open().read("r1"))
    must([entry.meaning for entry in found] == [1, 7], "a meaning came back changed")
    last = found[-1]
    chained = chain.link(found[0].digest, last.event, last.outcome, 7)
    must(last.digest == chained != chain.link(found[0].digest, last.event, last.outcome, 1), "another chain")


def the_unknown_is_refused(store: Store) -> None:
    """Reading a run that is not there is `UnknownRun`, at the latest with the first entry."""
    journal = store.open()
    fill(journal, "r1", 1)
    for run in ("r2", "", "R1", "r1 "):
        refuses(UnknownRun, partial(_read_all, journal, run), f"reading {run!r}")


def any_text_names_a_run(store: Store) -> None:
    """Names, details and events of any text, and long events, come back as they were."""
    journal = store.open()
    for run in ("☃", "a/b c'\"", "x" * 300, "\U0001f600", "nul\0byte"):
        head = journal.append(run, 0, (pending(1),), summary(run, detail=run))
        must(head == _expected(run, 1)[0].digest, "another chain")
        must(journal.runs()[0] == RunSummary(run, "refund", "f" * 64, "running", 1, 2, 1, run), "another line")
    long = Pending(b'"' + b"x" * 1_000_000 + b'"', b"\0" * chain.DIGEST_SIZE)
    journal.append("long", 0, (long,), summary("long"))
    must(next(journal.read("long")).event == long.event, "a long event came back changed")


def a_whole_journal_verifies(store: Store) -> None:
    """`verify` finds nothing wrong with what was written."""
    journal = store.open()
    journal.keep_program("f" * 64, {})
    for run in ("a", "b"):
        fill(journal, run, 3)
    found = verify(store.open())
    must(found.holds and (found.runs, found.entries) == (2, 6), f"verify: {found}")


def a_run_has_one_driver(store: Store) -> None:
    """A run that is leased cannot be leased again, in one journal or across two, until it is released."""
    one, other = store.open(), store.open()
    first = one.lease("r1")
    if first is None:
        raise Nonconforming("a run that nobody drives cannot be leased")
    must(one.lease("r1") is None and other.lease("r1") is None, "a run is leased twice")
    second = other.lease("r2")
    if second is None:
        raise Nonconforming("the lease of one run holds another")
    first.release()
    third = other.lease("r1")
    if third is None:
        raise Nonconforming("a released run cannot be leased")
    first.release()
    must(one.lease("r1") is None, "releasing a lease twice releases another's")
    must(one.lease("r2") is None, "releasing a run releases another")
    third.release()
    second.release()


def closing_twice_is_fine(store: Store) -> None:
    """`close` may be called again."""
    journal = store.open()
    fill(journal, "r1", 1)
    journal.close()
    journal.close()
    must(list(store.open().read("r1")) == _expected("r1", 1), "closing lost an entry")


__all__ = ["CASES", "Case", "Nonconforming", "Store"]

CASES: Final[Sequence[Case]] = (
    what_is_appended_is_read,
    several_entries_are_one_append,
    nothing_appended_changes_nothing,
    a_stale_worker_is_refused,
    a_new_run_is_new,
    a_conflict_leaves_others_alone,
    runs_are_apart,
    runs_are_listed,
    programs_are_kept,
    bundles_are_kept,
    meanings_are_kept,
    the_unknown_is_refused,
    any_text_names_a_run,
    a_whole_journal_verifies,
    a_run_has_one_driver,
    closing_twice_is_fine,
    *LEDGER_CASES,
    *BREAKER_CASES,
)
"""All cases; each takes a store of its own."""
