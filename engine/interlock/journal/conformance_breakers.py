"""The cases that every journal has to pass, of what rates and breakers of tools let through."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Literal

from interlock.decide.decision import Claim
from interlock.journal.codec import decode, encode
from interlock.journal.contract import Case, Nonconforming, Store, must, pending, summary
from interlock.journal.journal import Append, Journal, Pending, Reserving, Settled
from interlock.run.breakers import BreakerState, Came
from interlock.run.ledger import Settlement, reservation_of
from interlock.run.protocol.commands import Admit, Reserve
from interlock.run.protocol.events import Admitted, Reserved, Withheld
from interlock_dsl.program.model import Breaker, Rate

_BREAKER: Final = Breaker(3, 100, 50)
_RATE: Final = Rate(3, 100)
_ASKED: Final = Admit("a1", "s", "t", None, _BREAKER, 20)
_RATED: Final = replace(_ASKED, rate=_RATE, breaker=None)


class _Stopped(Exception):
    """Raised where entries are made."""


def _ask(
    journal: Journal, run: str, at: int, admit: Admit = _ASKED, came: tuple[Came, ...] = ()
) -> Admitted | Withheld:
    """Return what a new run is answered that asks for an attempt; `came` is told with the answer."""

    def make(answer: Settlement) -> Settled:
        return Settled((Pending(encode(answer), bytes(32)),), summary(run, "ended"), (), came)

    journal.append_all((Append(run, 0, (pending(1),), summary(run), (), Reserving(admit, at, make)),))
    answer = decode(list(journal.read(run))[-1].event)
    if not isinstance(answer, Admitted | Withheld):
        raise Nonconforming("an attempt is answered by something else")
    must((answer.at, answer.command) == (at, admit.id), "an answer of another moment, or to another command")
    return answer


def _tell(journal: Journal, name: str, at: int, came: Literal["returned", "failed", "unknown"], of: str = "") -> None:
    """Have a new run tell the breaker what came of an attempt of another (`of`), or of one that is not known."""
    told = Came("t", reservation_of(of or name, "a1"), _BREAKER, came, at)
    journal.append_all((Append(name, 0, (pending(1),), summary(name), came=(told,)),))


def _open(journal: Journal, at: int) -> None:
    for number in range(3):
        _tell(journal, f"failed{at}-{number}", at, "failed")


def _granted(answer: Admitted | Withheld, *, trial: bool = False, used: int = 0) -> None:
    if not isinstance(answer, Admitted):
        raise Nonconforming(f"withheld, though it may be made: {answer}")
    must((answer.trial, answer.used) == (trial, used), f"let through as something else: {answer}")


def _withheld(answer: Admitted | Withheld, by: str, again: int) -> None:
    if not isinstance(answer, Withheld):
        raise Nonconforming(f"let through, though it must not be made: {answer}")
    must((answer.by, answer.again) == (by, again), f"withheld by {answer.by} until {answer.again}, not {by} {again}")


def a_rate_counts_attempts(store: Store) -> None:
    """So many attempts are let through in a period, whoever opens the same journal, and told when there is room."""
    one, other = store.open(), store.open()
    for number, journal in enumerate((one, other, one)):
        _granted(_ask(journal, f"r{number}", 10 + number, _RATED), used=number)
    _withheld(_ask(other, "s", 20, _RATED), "rate", 110)
    _granted(_ask(other, "other tool", 20, replace(_RATED, tool="u")))
    _withheld(_ask(one, "t", 109, _RATED), "rate", 110)
    _granted(_ask(one, "u", 110, _RATED), used=2)
    _withheld(_ask(one, "behind", 20, _RATED), "rate", 111)
    must(len(one.held()) == 5, "the ledger holds something else than was let through")


def what_an_undo_needs_is_counted(store: Store) -> None:
    """A forced attempt is never withheld, and counts for all others; a trial it is not."""
    journal = store.open()
    both = replace(_ASKED, rate=_RATE, forced=True)
    _open(journal, 10)
    for number in range(5):
        _granted(_ask(journal, f"r{number}", 10 + number, both), used=number)
    _withheld(_ask(journal, "s", 20, _RATED), "rate", 112)
    _granted(_ask(journal, "t", 60), trial=True)


def an_attempt_that_is_not_made_is_given_back(store: Store) -> None:
    """A release gives back what an attempt took of a rate, also with the answer itself."""
    journal = store.open()
    for number in range(3):
        _granted(_ask(journal, f"r{number}", 10, _RATED), used=number)
    journal.append_all((Append("x", 0, (pending(1),), summary("x"), (reservation_of("r1", "a1"),)),))
    own = reservation_of("s", "a1")

    def make(answer: Settlement) -> Settled:
        return Settled((), summary("s"), (own,))

    journal.append_all((Append("s", 0, (pending(1),), summary("s"), (), Reserving(_RATED, 10, make)),))
    must([held.reservation for held in journal.held()] == ["r0:a1", "r2:a1"], "something else is held")


def a_breaker_opens(store: Store) -> None:
    """After so many failures within a period nothing is let through for a time; older failures do not count."""
    one, other = store.open(), store.open()
    for number, at in enumerate((10, 14, 110, 115)):
        _tell((one, other)[number % 2], f"f{number}", at, "failed")
        _granted(_ask(one, f"r{number}", at))
    _tell(one, "returned", 116, "returned")
    _tell(other, "lost", 116, "unknown")
    _tell(other, "f4", 119, "failed")
    for number, at in enumerate((119, 10, 168)):
        _withheld(_ask((one, other)[number % 2], f"s{number}", at), "breaker", 169)
    _tell(one, "late", 130, "failed")
    _withheld(_ask(one, "t", 168), "breaker", 169)
    _granted(_ask(one, "u", 119, replace(_ASKED, tool="u")))
    _granted(_ask(other, "v", 169), trial=True)


def one_trial_is_made(store: Store) -> None:
    """Once the time is over one attempt is let through; what comes of it closes the breaker, or opens it anew."""
    one, other = store.open(), store.open()
    _open(one, 10)
    _granted(_ask(one, "a", 60), trial=True)
    _withheld(_ask(other, "b", 61), "breaker", 80)
    _tell(other, "b failed", 62, "failed", of="b")
    _tell(other, "b returned", 62, "returned", of="b")
    _withheld(_ask(other, "c", 63), "breaker", 80)
    _tell(one, "a failed", 70, "failed", of="a")
    _withheld(_ask(other, "d", 100), "breaker", 120)
    _granted(_ask(other, "e", 120), trial=True)
    _tell(one, "e returned", 125, "returned", of="e")
    for number in range(3):
        _granted(_ask((one, other)[number % 2], f"f{number}", 126))
    for number in range(2):
        _tell(one, f"g{number}", 127, "failed")
    _granted(_ask(one, "h", 127))


def a_trial_lapses(store: Store) -> None:
    """A trial of which nothing is heard, or that was not made, does not keep the breaker open; it may still be told."""
    journal = store.open()
    _open(journal, 10)
    _granted(_ask(journal, "a", 60), trial=True)
    _granted(_ask(journal, "b", 80), trial=True)
    _tell(journal, "a returned", 81, "returned", of="a")
    _withheld(_ask(journal, "c", 82), "breaker", 100)
    _tell(journal, "b unknown", 83, "unknown", of="b")
    _granted(_ask(journal, "d", 84), trial=True)
    _granted(_ask(journal, "e", 110, came=(Came("t", "e:a1", _BREAKER, "unknown", 110),)), trial=True)
    _granted(_ask(journal, "f", 110), trial=True)
    _tell(journal, "f returned", 500, "returned", of="f")
    _granted(_ask(journal, "g", 500))


def a_rate_is_no_trial(store: Store) -> None:
    """Where the rate withholds an attempt, it is no trial; where the breaker does, nothing of the rate is used."""
    journal = store.open()
    both = replace(_ASKED, rate=_RATE)
    for number in range(3):
        _granted(_ask(journal, f"r{number}", 10, both), used=number)
    _open(journal, 10)
    _withheld(_ask(journal, "a", 20, both), "breaker", 60)
    _withheld(_ask(journal, "b", 60, both), "rate", 110)
    _granted(_ask(journal, "c", 110, both), trial=True)


def what_is_asked_next_is_answered_too(store: Store) -> None:
    """What an answer leads to may ask for more: everything in one transaction, and nothing where one thing fails."""
    journal = store.open()
    claim = Claim("send", "p/send", "[]", 1, 3, 100)

    def last(answer: Settlement) -> Settled:
        return Settled((Pending(encode(answer), bytes(32)),), summary("r", "ended"))

    def none(answer: Settlement) -> Settled:
        raise _Stopped("nothing can be made of it")

    def asking(make: Callable[[Settlement], Settled]) -> Append:
        def first(answer: Settlement) -> Settled:
            entry = Pending(encode(answer), bytes(32))
            return Settled((entry,), summary("r"), reserving=Reserving(_RATED, 10, make))

        return Append("r", 0, (pending(1),), summary("r"), (), Reserving(Reserve("h1", "s", (claim,)), 10, first))

    try:
        journal.append_all((asking(none),))
    except _Stopped:
        pass
    else:
        raise Nonconforming("an error where the last entry is made is lost")
    must(journal.held() == () and not journal.runs(), "something was written though the last entry could not be made")
    journal.append_all((asking(last),))
    answers = [decode(entry.event) for entry in list(journal.read("r"))[1:]]
    must(answers == [Reserved(10, "h1", (0,)), Admitted(10, "a1", 0)], "not both answers are on record, in order")
    must([line.status for line in journal.runs()] == ["ended"], "the run's line is not that of the last answer")
    must([each.reservation for each in journal.held()] == ["r:a1", "r:h1"], "not everything that was granted is held")


def breakers_can_be_replaced(store: Store) -> None:
    """The states of breakers come back, and others can be put in their place."""
    journal = store.open()
    must(dict(journal.breakers()) == {}, "something is known of a breaker from the start")
    _granted(_ask(journal, "r", 5))
    must(dict(journal.breakers()) == {}, "a call of a closed breaker changed it")
    _tell(journal, "f", 10, "failed")
    must(dict(journal.breakers()) == {"t": BreakerState(((10, "f:a1"),), latest=10)}, "a failure is not kept")
    state = BreakerState((), 400, "x:a1", 470, 450)
    journal.replace_ledger((), {"t": state, "u": BreakerState(opened=7)})
    must(dict(store.open().breakers()) == {"t": state, "u": BreakerState(opened=7)}, "the states were not replaced")
    _withheld(_ask(journal, "s", 460), "breaker", 470)
    journal.replace_ledger(())
    must(dict(store.open().breakers()) == {}, "the states were not forgotten")
    _granted(_ask(journal, "u", 460))


BREAKER_CASES: Final[Sequence[Case]] = (
    a_rate_counts_attempts,
    what_an_undo_needs_is_counted,
    an_attempt_that_is_not_made_is_given_back,
    a_breaker_opens,
    one_trial_is_made,
    a_trial_lapses,
    a_rate_is_no_trial,
    what_is_asked_next_is_answered_too,
    breakers_can_be_replaced,
)
"""The cases of rates and breakers; each takes a store of its own."""
