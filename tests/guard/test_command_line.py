"""Sessions from the shell: listed, told, replayed, verified; approved, denied and closed."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.terminal import interlock
from guard.conftest import START
from interlock import Guard, ManualClock, Principal, Program, Session, SqliteJournal
from interlock_cli.formats.schemas import printed


@pytest.fixture
def session(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session in which calls were allowed, denied and asked for; the current folder holds its journal."""
    monkeypatch.chdir(tmp_path)
    journal = SqliteJournal(tmp_path / "runs.db")
    guard = Guard(program, journal=journal, clock=ManualClock(START))
    made = guard.session(principal=Principal("Ann"), request="pay the \x1b[31minvoice", id="s1")
    made.observe(made.decide("money.send", {"account": "a", "cents": 5}, agent="teller"), {"receipt": "r"})
    made.decide("money.mark", {"account": "a"}, agent="teller")
    made.decide("money.send", {"account": "blocked", "cents": 5}, agent="teller")
    made.decide("money.send", {"account": "a"}, agent="teller")
    made.decide("money.burn", {"account": "a"}, agent="teller")
    made.decide("money.send", {"account": "b", "cents": 2_000_000}, agent="teller")
    return made


JOURNAL = ("--journal", "runs.db")


def output(*words: str) -> Any:
    return json.loads(interlock(*words, *JOURNAL, "--format", "json").out)


def test_a_session_is_listed_and_told(session: Session) -> None:
    listed = interlock("runs", *JOURNAL).out
    assert "s1 session waiting" in " ".join(listed.split())
    told = interlock("show", "s1", *JOURNAL).out
    for said in (
        "session  s1  for ann",
        "waiting",
        "allowed",
        "the account is blocked",
        'money.send(account: "a")  denied',
        "there is no tool `money.burn`",
        "waits for controller and 2 of auditor",
        "nobody has said what came of it",
    ):
        assert said in told
    assert "\x1b[31m" not in told


@pytest.mark.parametrize("verb", ["runs", "show", "replay", "verify"])
def test_what_is_printed_of_a_session_is_what_the_schema_says(session: Session, verb: str) -> None:
    name = () if verb in ("runs", "verify") else ("s1",)
    printed(verb).validate_python(output(verb, *name), strict=True)
    assert interlock(verb, *name, *JOURNAL).code == 0


def test_the_audit_of_a_session_says_what_it_is(session: Session) -> None:
    audit = output("show", "s1")
    assert (audit["kind"], audit["workflow"], audit["principal"]["name"]) == ("session", "", "ann")
    assert [each["answer"] for each in audit["decisions"]] == ["allow", "allow", "deny", "deny", "deny", "ask"]
    assert audit["reproduced"]


def test_people_approve_in_a_session(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    guard = Guard(program, journal=SqliteJournal(tmp_path / "runs.db"))
    made, call = guard.session(principal=Principal("Ann"), id="s2"), {"account": "b", "cents": 20_000}
    made.decide("money.send", call, agent="teller")
    own = interlock("approve", "s2", "--as", "ann", "--role", "controller", *JOURNAL)
    assert own.code != 0
    assert "cannot approve" in own.err
    assert interlock("approve", "s2", "--as", "maria", *JOURNAL).code == 0
    assert made.decide("money.send", call, agent="teller")
    made.decide("money.send", call, agent="teller")
    assert interlock("deny", "s2", "--as", "maria", "--reason", "no", *JOURNAL).code == 0
    assert made.decide("money.send", call, agent="teller").answer == "deny"
    assert interlock("cancel", "s2", "--as", "maria", *JOURNAL).code == 0
    assert made.status == "cancelled"
    assert interlock("replay", "s2", *JOURNAL).code == 0


@pytest.mark.parametrize("words", [("resume", "s1"), ("answer", "s1", "x", "--as", "maria")])
def test_what_only_runs_of_workflows_have_is_refused_in_words(session: Session, words: tuple[str, ...]) -> None:
    refused = interlock(*words, *JOURNAL)
    assert refused.code == 2
    assert "s1 is a session" in refused.err
    assert interlock("resume", "--all", *JOURNAL).code == 0


def test_the_records_of_a_session_are_those_of_its_audit(program: Program, tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "runs.db")
    made = Guard(program, journal=journal, clock=ManualClock(START)).session(principal=Principal("Ann"), id="s3")
    large = {"account": "a", "cents": 20_000}
    asked = made.decide("money.send", large, agent="teller")
    made.approve(asked.approvals[0], by="maria", role="controller")
    refused = made.decide("money.send", {"account": "blocked", "cents": 1}, agent="teller")
    allowed = made.decide("money.send", large, agent="teller")
    audit = json.loads(interlock("show", "s3", "--journal", tmp_path / "runs.db", "--format", "json").out)
    assert audit["decisions"] == [each.record() for each in (asked, refused, allowed)]
