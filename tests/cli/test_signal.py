"""`interlock signal`: what a run is told, what is said of it, and where it goes then."""

import json
from pathlib import Path

import pytest

from cli.terminal import interlock, run_id

SHIP = """\
workflow ship(order: string) {
  step paid waits for event "payment.received" -> { order: string  cents: int in 0..100 } where event.order == order
    within 2d
  step pause waits for 1ms
  step moved waits for event "moved"

  end shipped { cents: paid.cents }
  end released

  start -> paid
  paid -> pause
  paid -> released
    on expiry
  pause -> moved
  moved -> shipped
}
"""
PAID = '{"order": "A1", "cents": 19}'


@pytest.fixture
def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("ship.ilk").write_text(SHIP)

    ran = interlock("run", "ship.ilk", "--input", "order=A1")
    assert ran.code == 0, ran.err
    assert "paid waits for the event payment.received" in ran.out and "left" in ran.out
    assert f"interlock signal {run_id(ran)} payment.received DATA" in ran.out
    return run_id(ran)


def test_a_run_goes_on_with_the_events_it_waits_for(waiting: str) -> None:
    ran = interlock("signal", "last", "payment.received", '{"order": "B2", "cents": 1}', "--key", "b1", "--progress")
    assert ran.code == 0 and "`paid` waits for `payment.received`, but not for this one: `paid` takes only" in ran.err
    assert "where event.order == order`. It is kept for a step that takes it" in ran.err
    ran = interlock("signal", waiting, "moved")
    assert ran.code == 0 and "no step takes `moved` now: it is kept" in ran.err
    ran = interlock("signal", waiting, "payment.received", PAID, "--key", "b2", "--as", "Bank")
    assert ran.code == 0 and "a step takes `payment.received`" in ran.err
    shown = interlock("resume", waiting) if "shipped" not in ran.out else ran
    assert "shipped  { cents: 19 }" in shown.out
    told = interlock("show", waiting).out
    for line in (
        "waits for the event payment.received",
        "payment.received comes, which paid does not take, and is kept",
        "moved comes, and is kept",
        "takes payment.received",
        "waits for 1ms",
        "takes moved",
        "payment.received was kept, and no step has taken it",
    ):
        assert line in told, told


def test_the_same_key_is_the_same_event(waiting: str) -> None:
    data = '{"order": "B2", "cents": 1}'
    for said in ("It is kept", "nothing has changed"):
        ran = interlock("signal", waiting, "payment.received", data, "--key", "b1")
        assert ran.code == 0 and said in ran.err


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("payment.recieved", PAID), 1, "did you mean `payment.received`?"),
        (("payment.received",), 1, "does not fit"),
        (("payment.received", "{"), 2, "`DATA`"),
        (("payment.received", "nonsense"), 2, "`DATA`"),
        (("payment.received", '{"order": "A1", "cents": 101}'), 1, "does not fit"),
        (("payment.received", "@nothing.json"), 2, "nothing.json"),
        ((), 2, "missing argument `EVENT`"),
    ],
)
def test_what_is_refused(waiting: str, args: tuple[str, ...], code: int, said: str) -> None:
    ran = interlock("signal", waiting, *args)
    assert (ran.code, said in ran.err) == (code, True), ran.err


def test_a_run_that_is_over_takes_nothing(waiting: str) -> None:
    assert interlock("cancel", waiting, "--as", "ann").code == 0
    ran = interlock("signal", waiting, "payment.received", PAID)
    assert ran.code == 1 and "is over: it is cancelled" in ran.err


def test_show_tells_what_is_waited_for(waiting: str) -> None:
    shown = interlock("show", waiting).out
    assert "-> { order: string cents: int in 0..100 } where event.order == order" in shown


def test_show_tells_until_when_a_step_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("late.ilk").write_text(SHIP.replace("waits for 1ms", "waits for 2h"))
    run = run_id(interlock("run", "late.ilk", "--input", "order=A1"))
    assert interlock("signal", run, "payment.received", PAID).code == 0
    shown = interlock("show", run).out
    assert "pause waits until 20" in shown and "left" in shown and f"interlock resume {run}  goes on then" in shown


ASK = """\
role lead { reach "leads" }

workflow survey(names: list<string max 40> max 5, why: string, secret: string) {
  step ask asks lead for each name in names max 5 {
    question "is this one in order?"
    returns { fine: bool }
  }
  end done { fine: ask.all(each, each.fine), secret: secret }
  start -> ask pass why
  ask -> done
}
"""


def test_who_is_asked_sees_the_row_and_what_is_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ask.ilk").write_text(ASK)
    given = '{"names": ["Ada", "Bob"], "why": "yearly", "secret": "hidden"}'
    ran = interlock("run", "ask.ilk", "--input", given)
    shown = interlock("show", "last").out
    for told in (ran.out, shown[shown.index("  waits ") :]):
        assert [told.count(each) for each in ('name  "Ada"', 'name  "Bob"', 'why  "yearly"', "hidden")] == [1, 1, 2, 0]


def test_json_says_what_is_awaited(waiting: str, tmp_path: Path) -> None:
    (tmp_path / "paid.json").write_text(PAID)
    ran = interlock("signal", waiting, "payment.received", "@paid.json", "--format", "json")
    assert ran.code == 0
    (event,) = json.loads(interlock("signal", waiting, "payment.received", PAID, "--format", "json").out)["awaiting"]
    assert (event["step"], event["event"], event["expires"]) == ("moved", "moved", None)
    assert "moved at moved" in interlock("runs").out


def test_waits_are_drawn(waiting: str) -> None:
    drawn = interlock("graph", "ship.ilk", "--format", "mermaid").out
    assert 'n_paid>"paid<br>waits for payment.received, 2d"]' in drawn
    assert 'n_pause{"pause<br>waits for 1ms"}' in drawn
    assert "waits for payment.received, 2d" in interlock("graph", "ship.ilk", "--format", "svg").out
    assert "shape=cds" in interlock("graph", "ship.ilk", "--format", "dot").out
