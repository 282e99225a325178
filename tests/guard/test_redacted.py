"""What `redact` hides is quoted by nothing that is said of a call: reasons, the nearest way, notes, records."""

import json

import pytest

from interlock import CallDecision, Guard, Principal, Program, Session, compile_text, history
from interlock.decide import NotifyRole
from interlock.run.protocol.events import Json

SECRET, NUMBER = "hush-DE02", 70_123

POLICY = """
agent teller { may money.move }
tool money.send(account: string, cents: int in 0..100_000, note: string max 30) -> { receipt: string max 5 } {
  needs money.move
  effect irreversible
}
tool money.mark(account: string) -> { } { needs money.move  effect write }
policy bank {
  permit money.* by teller
  redact args.account, args.cents, args.note, result.receipt for money.send
  forbid money.send when args.note != "" && int(args.note) > 5
  limit money.send of args.cents to 80_000 per 1h for each args.account
  limit money.send of args.cents to 90_000 per 1h for each run
}
"""


@pytest.fixture(scope="module")
def bank() -> Program:
    return compile_text(POLICY, "bank.ilk")


@pytest.fixture
def session(bank: Program) -> Session:
    return Guard(bank).session(principal=Principal("ann"))


def whole(decision: CallDecision, session: Session) -> str:
    """Return all that is said of a denied call, and all notes of its session."""
    notes = [note for _, _, several in history(session._record.journal, session.id) for note in several]
    record = json.dumps(decision.record())
    shown = json.dumps(decision.args)
    return "\n".join((decision.explain(), str(decision), record, shown, *decision.nearest, repr(notes)))


@pytest.mark.parametrize(
    "args",
    [
        {"account": SECRET, "cents": NUMBER + 20_000, "note": ""},
        {"account": SECRET, "cents": 1, "note": SECRET},
        {"account": SECRET, "cents": 1, "note": SECRET * 9},
        {"account": [SECRET], "cents": 1, "note": ""},
        {"acount": SECRET, "cents": 1, "note": ""},
        [SECRET],
        SECRET,
    ],
)
def test_a_denial_quotes_nothing_that_is_hidden(session: Session, args: Json) -> None:
    decision = session.decide("money.send", args, agent="teller")
    assert decision.answer == "deny"
    assert SECRET not in whole(decision, session) and str(NUMBER + 20_000) not in whole(decision, session)


def test_what_a_limit_counts_is_not_told(session: Session) -> None:
    args: dict[str, Json] = {"account": SECRET, "cents": NUMBER, "note": ""}
    assert session.decide("money.send", args, agent="teller")
    decision = session.decide("money.send", args | {"cents": 11_111}, agent="teller")
    assert decision.answer == "deny"
    said = whole(decision, session)
    assert SECRET not in said and str(NUMBER) not in said and "11111" not in said


def test_a_key_of_another_call_shows_nothing(session: Session) -> None:
    assert session.decide("money.mark", {"account": "a"}, agent="teller", key="k")
    args = {"account": SECRET, "cents": NUMBER, "note": ""}
    decision = session.decide("money.send", args, agent="teller", key="k")
    assert decision.answer == "deny"
    assert SECRET not in whole(decision, session) and str(NUMBER) not in whole(decision, session)


def test_a_result_that_does_not_fit_is_not_quoted(session: Session) -> None:
    allowed = session.decide("money.send", {"account": "a", "cents": 1, "note": ""}, agent="teller")
    session.observe(allowed, {"receipt": SECRET})
    assert SECRET not in whole(session.decide("money.send", {}, agent="teller"), session)


LATER = """
tool money.look(account: string) -> { iban: string } { needs money.move  effect read }
tool money.mark(account: string, n: int in 0..9) { needs money.move  effect write  idempotent by 10 / n }
agent teller { may money.move }
role boss
policy bank {
  permit money.* by teller
  redact result.iban for money.look when calls(money.mark).count() > 0
  notify boss for money.mark
}
"""


def test_what_is_hidden_when_a_call_is_allowed_again_is_hidden_in_its_result() -> None:
    session = Guard(compile_text(LATER, "bank.ilk")).session()
    first = session.decide("money.look", {"account": "a"}, agent="teller", key="k")
    assert session.decide("money.mark", {"account": "a", "n": 1}, agent="teller")
    again = session.decide("money.look", {"account": "a"}, agent="teller", key="k")
    assert again.call == first.call and again.obligations
    assert session.observe(first, {"iban": SECRET}) == {"iban": "[redacted]"}


def test_nobody_is_told_of_a_call_that_is_denied_for_its_key() -> None:
    session = Guard(compile_text(LATER, "bank.ilk")).session()
    denied = session.decide("money.mark", {"account": "a", "n": 0}, agent="teller")
    assert denied.answer == "deny" and denied.obligations == ()


TELLING = """
tool money.send(note: string max 40) { needs money.move  effect write }
agent teller { may money.move }
role boss
policy bank {
  permit money.send by teller
  redact args.note for money.send
  notify boss for money.send when int(args.note) > 3
}
"""


def test_who_is_told_of_a_call_reads_nothing_that_is_hidden() -> None:
    """The condition of the `notify` has no value, and the error quotes what it read."""
    session = Guard(compile_text(TELLING, "bank.ilk")).session()
    allowed = session.decide("money.send", {"note": SECRET}, agent="teller")
    (told,) = [each for each in allowed.obligations if isinstance(each, NotifyRole)]
    assert told.reason == "`bank/notify#1` tells boss (its condition has no value)"
    assert SECRET not in whole(allowed, session).replace(json.dumps(allowed.args), "")
