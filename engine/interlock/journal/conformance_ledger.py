"""What the ledger of every journal must do: cases of the conformance suite."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from interlock.decide.decision import Claim
from interlock.errors import Conflict, InterlockError
from interlock.journal.codec import decode, encode
from interlock.journal.contract import Case, Nonconforming, Store, fill, must, pending, summary
from interlock.journal.journal import Append, Journal, Pending, Reserving, Settled
from interlock.run.ledger import MOST, Held, Settlement, reservation_of
from interlock.run.protocol.commands import Reserve
from interlock.run.protocol.events import Exhausted, Reserved

_SEND: Final = Claim("send", "bank/1", '["ann"]', 1, 3, 100)
_SUM: Final = Claim("sum", "bank/2", '["ann"]', 40, 100, 1_000)


class _Stopped(InterlockError):
    """What a case raises where entries are made."""


def _append(run: str, at: int, *claims: Claim, forced: bool = False, releases: tuple[str, ...] = ()) -> Append:
    """Return a new run of one entry that reserves under `c1` and holds the answer in its second."""

    def make(answer: Settlement) -> Settled:
        return Settled((Pending(encode(answer), bytes(32)),), summary(run, "ended"))

    return Append(
        run, 0, (pending(1),), summary(run), releases, Reserving(Reserve("c1", "s", claims, forced), at, make)
    )


def _reserve(journal: Journal, run: str, at: int, *claims: Claim, forced: bool = False) -> Settlement:
    (done,) = journal.append_all((_append(run, at, *claims, forced=forced),))
    entries = list(journal.read(run))
    must(not isinstance(done, Conflict) and done == entries[-1].digest, "a reservation gives another head")
    must(len(entries) == 2 and entries[0].event == pending(1).event, "a reservation gives other entries")
    must(journal.runs()[0].status == "ended", "the line in the list is not the one made with the reservation")
    answer = decode(entries[1].event)
    if not isinstance(answer, Reserved | Exhausted):
        raise Nonconforming("a reservation is answered by something else")
    must((answer.at, answer.command) == (at, "c1"), "an answer of another moment, or to another command")
    return answer


def _release(journal: Journal, run: str, *reservations: str) -> None:
    journal.append_all((Append(run, 0, (pending(1),), summary(run), reservations),))


def _granted(answer: Settlement, *standings: int) -> None:
    if not isinstance(answer, Reserved):
        raise Nonconforming(f"refused, though enough is left: {answer}")
    must(answer.standings == standings, f"what was used before is {standings}, not {answer.standings}")


def _refused(answer: Settlement, standings: tuple[int, ...], *limits: str) -> None:
    if not isinstance(answer, Exhausted):
        raise Nonconforming(f"granted, though too little is left: {answer}")
    must(answer.standings == standings, f"what was used before is {standings}, not {answer.standings}")
    must(answer.limits == limits and not answer.unavailable, f"the limits with too little left are not {answer.limits}")


def a_reservation_counts(store: Store) -> None:
    """What is reserved is used, for whoever opens the same ledger; beyond the limit nothing is."""
    one, other = store.open(), store.open()
    for number, journal in enumerate((one, other, one)):
        _granted(_reserve(journal, f"r{number}", 10, _SEND), number)
    for number, journal in enumerate((one, other)):
        _refused(_reserve(journal, f"s{number}", 10, _SEND), (3,), "send")
    _granted(_reserve(one, "u", 10, replace(_SEND, key="[]")), 0)
    _granted(_reserve(one, "v", 10, replace(_SEND, limit="other")), 0)
    must(len(one.held()) == len(other.held()) == 5, "the ledger holds something else than was reserved")


def a_reservation_is_all_or_nothing(store: Store) -> None:
    """Where one of several limits has too little left, nothing is taken of the others."""
    journal = store.open()
    _granted(_reserve(journal, "a", 10, _SEND, _SUM), 0, 0)
    _granted(_reserve(journal, "b", 10, _SEND, _SUM), 1, 40)
    _refused(_reserve(journal, "c", 10, _SEND, _SUM), (2, 80), "sum")
    _granted(_reserve(journal, "d", 10, _SEND), 2)
    _refused(_reserve(journal, "e", 10, _SEND, _SUM), (3, 80), "send", "sum")


def a_window_slides(store: Store) -> None:
    """What was taken a whole period ago is not counted any more, a moment less it is."""
    journal = store.open()
    for number, at in enumerate((10, 20, 109, 110, 111)):
        _granted(_reserve(journal, f"r{number}", at, _SEND), (0, 1, 2, 2, 3)[number]) if at != 111 else None
    _refused(_reserve(journal, "late", 111, _SEND), (3,), "send")
    _granted(_reserve(journal, "later", 120, _SEND), 2)
    _granted(_reserve(journal, "much later", 10_000, _SEND), 0)


def time_does_not_run_backwards(store: Store) -> None:
    """A clock that is behind counts as the latest moment of the account, in it alone."""
    journal = store.open()
    for number, at in enumerate((1_000, 950, 10)):
        _granted(_reserve(journal, f"r{number}", at, _SEND), number)
    _refused(_reserve(journal, "s", 10, _SEND), (3,), "send")
    _refused(_reserve(journal, "t", 1_099, _SEND), (3,), "send")
    _granted(_reserve(journal, "u", 10, replace(_SEND, key="[]")), 0)
    _granted(_reserve(journal, "v", 1_100, _SEND), 0)


def what_is_released_is_free(store: Store) -> None:
    """A release gives back all that a reservation holds, whichever it is, once; an unknown one changes nothing."""
    journal = store.open()
    for number in range(3):
        _granted(_reserve(journal, f"r{number}", 10 + number, _SEND, replace(_SUM, amount=10 * (number + 1))), number,
                 (0, 10, 30)[number])  # fmt: skip
    _release(journal, "x", reservation_of("r1", "c1"), reservation_of("r1", "c1"), "unknown")
    must([held.reservation for held in journal.held()] == ["r0:c1", "r2:c1"] * 2, "another reservation was released")
    _granted(_reserve(journal, "s", 20, _SEND, _SUM), 2, 40)
    _release(journal, "y", reservation_of("r0", "c1"), reservation_of("r2", "c1"), reservation_of("s", "c1"))
    _granted(_reserve(journal, "t", 20, _SEND, _SUM), 0, 0)


def what_is_made_may_release(store: Store) -> None:
    """What an answer leads to may give back its own reservation, or another."""
    journal = store.open()
    _granted(_reserve(journal, "a", 10, _SEND), 0)
    own, other = reservation_of("b", "c1"), reservation_of("a", "c1")

    def make(answer: Settlement) -> Settled:
        return Settled((), summary("b"), (own, other))

    journal.append_all(
        (Append("b", 0, (pending(1),), summary("b"), (), Reserving(Reserve("c1", "s", (_SEND,)), 10, make)),)
    )
    must(journal.held() == (), "what the answer released is held")


def a_conflict_reserves_nothing(store: Store) -> None:
    """An append that conflicts neither reserves nor releases, and makes nothing."""
    one, other = store.open(), store.open()
    _granted(_reserve(one, "a", 10, _SEND), 0)
    fill(one, "r", 1)
    fill(other, "r", 1, first=2)
    made: list[Settlement] = []

    def make(answer: Settlement) -> Settled:
        made.append(answer)
        return Settled((pending(2),), summary("r"))

    reserving = Reserving(Reserve("c1", "s", (_SEND,)), 10, make)
    late = Append("r", 1, (), summary("r"), (reservation_of("a", "c1"),), reserving)
    done = one.append_all((late, _append("s", 10, _SEND)))
    must(isinstance(done[0], Conflict) and not isinstance(done[1], Conflict), "not the conflict expected")
    must(made == [], "something was made of a reservation that was refused for a conflict")
    must([held.reservation for held in one.held()] == ["a:c1", "s:c1"], "a conflict changed the ledger")
    must(len(list(one.read("r"))) == 2, "a refused append left something")


def what_cannot_be_made_changes_nothing(store: Store) -> None:
    """Where making the entries fails, nothing is written: no entry, no reservation, no release."""
    journal = store.open()
    _granted(_reserve(journal, "a", 10, _SEND), 0)

    def make(answer: Settlement) -> Settled:
        raise _Stopped("nothing can be made of it")

    reserving = Reserving(Reserve("c1", "s", (_SEND,)), 10, make)
    try:
        journal.append_all((Append("r", 0, (pending(1),), summary("r"), (reservation_of("a", "c1"),), reserving),))
    except _Stopped:
        pass
    else:
        raise Nonconforming("an error where the entries are made is lost")
    must([held.reservation for held in journal.held()] == ["a:c1"], "the ledger changed")
    must([line.run for line in journal.runs()] == ["a"], "a run was begun")
    _granted(_reserve(journal, "r", 10, _SEND), 1)


def reservations_see_each_other(store: Store) -> None:
    """Of several reservations in one durable write, each sees those before it."""
    journal = store.open()
    journal.append_all([_append(f"r{number}", 10, _SEND) for number in range(5)])
    answers = [decode(list(journal.read(f"r{number}"))[-1].event) for number in range(5)]
    for number, answer in enumerate(answers):
        if not isinstance(answer, Reserved | Exhausted):
            raise Nonconforming("a reservation is answered by something else")
        _granted(answer, number) if number < 3 else _refused(answer, (3,), "send")


def what_is_forced_is_counted(store: Store) -> None:
    """A forced reservation is never refused, and counts for all others."""
    journal = store.open()
    for number in range(5):
        _granted(_reserve(journal, f"r{number}", 10, _SEND, forced=True), number)
    _refused(_reserve(journal, "s", 10, _SEND), (5,), "send")


def an_account_is_used_once(store: Store) -> None:
    """Two limits on one account: both must have enough left, and the reservation takes from it once."""
    journal = store.open()
    day = replace(_SEND, most=4, period=1_000)
    for number, at in enumerate((10, 20, 30)):
        _granted(_reserve(journal, f"r{number}", at, _SEND, day), number, number)
    _refused(_reserve(journal, "s", 40, _SEND, day), (3, 3), "send")
    _granted(_reserve(journal, "t", 130, _SEND, day), 0, 3)
    _refused(_reserve(journal, "u", 300, _SEND, day), (0, 4), "send")


def amounts_may_be_large(store: Store) -> None:
    """Sums beyond 64 bits are compared as what they are; a negative amount gives nothing back."""
    journal = store.open()
    most = replace(_SUM, amount=MOST, most=MOST)
    _granted(_reserve(journal, "a", 10, most), 0)
    _refused(_reserve(journal, "b", 10, most), (MOST,), "sum")
    _refused(_reserve(journal, "c", 10, replace(most, amount=-1)), (MOST,), "sum")
    for number in range(3):
        _granted(_reserve(journal, f"f{number}", 500, most, forced=True), MOST)
    _granted(_reserve(journal, "g", 600, replace(most, amount=-5), forced=True), MOST)
    _refused(_reserve(journal, "h", 1_100, replace(most, amount=0)), (MOST,), "sum")
    _granted(_reserve(journal, "i", 1_600, replace(most, amount=7)), 0)
    _refused(_reserve(journal, "j", 1_600, replace(most, amount=MOST - 6)), (7,), "sum")
    _granted(_reserve(journal, "k", 1_600, replace(most, amount=MOST - 7)), 7)


def a_ledger_can_be_replaced(store: Store) -> None:
    """What is held comes back, by limit and key and in order of time; replaced, the ledger goes on from it."""
    journal = store.open()
    amount = replace(_SUM, amount=30)
    keys = ('["b"]', '["a"]', '["b"]')
    for number, key in enumerate(keys):
        _reserve(journal, f"r{number}", 10 + number, replace(_SEND, key=key), amount)
    held = journal.held()
    by_key = [(number, replace(_SEND, key=keys[number])) for number in (1, 0, 2)]
    expected = [
        Held(reservation_of(f"r{number}", "c1"), claim, 10 + number)
        for number, claim in (*by_key, *((number, amount) for number in range(3)))
    ]
    must(list(held) == expected, "something else is held than was reserved")
    journal.replace_ledger(held[::-1])
    must(list(store.open().held()) == list(held), "the ledger was not replaced by what it held")
    journal.replace_ledger(())
    must(list(store.open().held()) == [], "the ledger was not emptied")
    journal.replace_ledger(held[:1])
    _granted(_reserve(journal, "s", 20, replace(_SEND, key='["a"]'), _SUM), 1, 0)
    _release(journal, "t", held[0].reservation)
    _granted(_reserve(journal, "u", 20, replace(_SEND, key='["a"]')), 1)


def what_no_window_reaches_is_pruned(store: Store) -> None:
    """Pruning forgets what lies before an account's longest window, and changes no answer."""
    journal = store.open()
    day = replace(_SEND, most=9, period=1_000)
    for number, at in enumerate((10, 500, 1_009, 1_010)):
        _granted(_reserve(journal, f"r{number}", at, *((_SEND, day) if number == 1 else (_SEND,))),
                 *((0, 1) if number == 1 else ((0,), (), (0,), (1,))[number]))  # fmt: skip
    must(journal.prune_ledger() == 1, "not exactly what no window reaches was forgotten")
    must([each.reservation for each in journal.held()] == ["r1:c1", "r2:c1", "r3:c1"], "something else was forgotten")
    must(journal.prune_ledger() == 0, "pruning again forgets more")
    _granted(_reserve(journal, "s", 20, _SEND, day), 2, 3)
    _release(journal, "t", reservation_of("r0", "c1"), reservation_of("r1", "c1"))
    _granted(_reserve(journal, "u", 1_010, replace(_SEND, most=9), day), 3, 3)


LEDGER_CASES: Final[Sequence[Case]] = (
    a_reservation_counts,
    a_reservation_is_all_or_nothing,
    a_window_slides,
    time_does_not_run_backwards,
    what_is_released_is_free,
    what_is_made_may_release,
    a_conflict_reserves_nothing,
    what_cannot_be_made_changes_nothing,
    reservations_see_each_other,
    what_is_forced_is_counted,
    an_account_is_used_once,
    amounts_may_be_large,
    a_ledger_can_be_replaced,
    what_no_window_reaches_is_pruned,
)
"""The cases of the ledger; each takes a store of its own."""
