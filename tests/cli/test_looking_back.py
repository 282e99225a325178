"""runs, show, replay, verify: what the journal tells."""

import json
import sqlite3
from pathlib import Path

import pytest
import yaml

from cli.stories import TICKET
from cli.terminal import interlock, run_id
from interlock.journal.journal import Pending
from interlock.journal.sqlite import SqliteJournal
from interlock.runtime.answers import Answers


def test_runs_are_listed_the_newest_first(waiting: str) -> None:
    interlock("approve", "last", "--as", "grace")
    second = run_id(interlock("run", "--input", "id=T2", "--input", "text=again"))
    assert interlock("runs").steady == (
        "run  workflow  status  started  took\n"
        "RUN  desk  waiting  AGO  so far  scripted  lead at give\n"
        "RUN  desk  ended  AGO  TIME  scripted  credited"
    )
    listed = json.loads(interlock("runs", "--format", "json").out)
    assert [(each["run"], each["status"]) for each in listed] == [(second, "waiting"), (waiting, "ended")]
    assert interlock("runs", "--limit", "1").out.endswith("and 1 more run; `--limit 0` lists all\n")
    assert interlock("runs", "--status", "failed").out == "no runs\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("runs", "--status", "wating"), "error: `wating` is no status of a run\n  = help: did you mean `waiting`?\n"),
        (("runs", "--limit", "-1"), "error: `--limit -1` is less than none\n"),
        (("runs", "--limit", "few"), "error: invalid value for `--limit`: `few` is not a valid integer\n"),
        (("runs", "--format", "xml"), "error: invalid value for `--format`: `xml` is not one of `human`, `json`\n"),
        (("show", "r"), "error: there is no run `r`"),
        (
            ("show", "last", "--journal", "no.sqlite"),
            "error: there is no journal `no.sqlite`: nothing has run here yet\n",
        ),
        (("replay", "x"), "error: there is no run `x`\n"),
        (("verify", "--project", "no"), "error: there is no folder `no`\n"),
    ],
)
def test_what_cannot_be_looked_up_is_said(desk: Path, args: tuple[str, ...], said: str) -> None:
    interlock("run", *TICKET)
    if args[:2] == ("show", "r"):
        interlock("run", *TICKET)
        said = "error: 2 runs begin with `r`\n  = help: give more of it: `r"
    ran = interlock(*args)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(said)


def test_before_anything_has_run_there_is_no_journal(desk: Path) -> None:
    for verb in ("runs", "show", "replay", "verify", "resume"):
        ran = interlock(verb)
        assert ran.err.startswith("error: there is no journal `.interlock/journal.sqlite`: nothing has run here yet\n")
        assert ran.code == 2


def test_show_tells_what_happened_and_why(waiting: str, desk: Path) -> None:
    interlock("approve", "last", "--as", "ada")
    interlock("approve", "last", "--as", "grace")
    text = (desk / "desk.ilk").read_text()

    def line(part: str) -> int:
        return text[: text.index(part)].count("\n") + 1

    large = line('read -> give\n    when read.wish == "credit" && read.amount > 2_000')
    scripted = Answers(yaml.safe_load((desk / "answers.yaml").read_text())).answered_by().digest[:12]
    assert interlock("show").steady == (
        "desk  RUN  for ada  ended\n"
        "  started MOMENT, program DIGEST\n"
        f"  scripted  answers.yaml ({scripted}) answers, no model\n"
        '  given  { ticket: { id: "T1", text: "My parcel came two weeks late, and the lamp in it is broken." } }\n'
        "\n"
        "  read  ● clerk (small)\n"
        '  ✓ { wish: "credit", amount: 4_500 }\n'
        f'  → give  when read.wish == "credit" && read.amount > 2_000  desk.ilk:{large}\n'
        "  grants credits.write\n"
        '  not give when read.wish == "credit" && read.amount > 0 && read.amount <= 2_000: its\n'
        "  condition is false\n"
        "  not passed_on otherwise: another route was taken\n"
        '  give  ◷ credits.give(ticket: "T1", amount: 4_500)  waits for lead, 1d\n'
        f"  the route needs approval by lead  desk.ilk:{line('after approval')}\n"
        "  – not accepted: ada started the run and cannot approve what it asks for\n"
        "  give  ✓ approved by grace\n"
        '  ✓ credits.give(ticket: "T1", amount: 4_500) → { number: "C1" }  TIME\n'
        f"  → credited  desk.ilk:{line('give -> credited')}\n"
        '  ■ credited  { number: "C1", amount: 4_500 }\n'
        "\n"
        "  used  steps 2/6  calls 1/3  tokens 0/10,000  cost 0.00/0.10 usd  time TIME/2d"
    )


def test_show_names_the_rule_that_denied(desk: Path) -> None:
    (desk / "answers.yaml").write_text("read:\n  answers: {wish: credit, amount: 90000}\n")
    interlock("run", *TICKET)
    told = interlock("show").steady
    rule = (desk / "desk.ilk").read_text().split("  forbid")[0].count("\n") + 1
    assert (
        f'✗ credits.give(ticket: "T1", amount: 90_000)  denied\n  nothing above 500.00 is given here  '
        f"desk.ilk:{rule}  desk_rules/forbid#1\n"
    ) in told


def test_show_names_the_promise_for_which_a_run_is_given_up(desk: Path) -> None:
    text = (desk / "desk.ilk").read_text()
    (desk / "desk.ilk").write_text(
        text.replace("  start -> read", "  always read.amount < 4_000\n\n  start -> read", 1)
    )
    assert interlock("run", *TICKET).code == 1
    told = interlock("show").steady
    line = text.split("  start -> read")[0].count("\n") + 1
    assert f"✗ a promise is not kept: it does not hold  desk/always#1  desk.ilk:{line}\n" in told
    assert f"the promise `desk/always#1` (desk.ilk:{line}:3) is not kept" in " ".join(told.split())


def test_the_audit_holds_every_decision(waiting: str) -> None:
    interlock("approve", "last", "--as", "grace")
    audit = json.loads(interlock("show", "--format", "json").out)
    assert (audit["run"], audit["status"], audit["reproduced"]) == (waiting, "ended", True)
    assert audit["principal"] == {"name": "ada", "roles": [], "scopes": None}
    asked, allowed = audit["decisions"]
    assert (asked["answer"], allowed["answer"]) == ("ask", "allow")
    assert asked["arguments_digest"] == allowed["arguments_digest"]
    assert asked["reasons"][0]["span"].startswith("desk.ilk:")
    assert allowed["approvals"][0]["by"] == ["grace"]
    assert (allowed["tool"], allowed["effect"], allowed["principal"]) == ("credits.give", "write", "ada")
    assert allowed["previous"] == audit["entries"][allowed["entry"] - 2]["digest"]
    assert [entry["sequence"] for entry in audit["entries"]] == list(range(1, len(audit["entries"]) + 1))
    assert {note["note"] for entry in audit["entries"] for note in entry["notes"]} >= {"step began", "call decided"}


def test_everything_can_be_decided_again(waiting: str) -> None:
    ran = interlock("replay")
    assert (ran.code, ran.steady) == (0, "✓ RUN  2 events decided again, nothing differs")
    interlock("run", *TICKET)
    every = json.loads(interlock("replay", "--all", "--format", "json").out)
    assert [each["result"] for each in every] == ["same", "same"]


def test_a_changed_journal_is_noticed(waiting: str, desk: Path) -> None:
    assert interlock("verify").steady == "✓ .interlock/journal.sqlite holds together: 1 run, 2 entries"
    with sqlite3.connect(desk / ".interlock" / "journal.sqlite") as journal:
        changed = "UPDATE entries SET event = CAST(replace(event, '4500', '4501') AS BLOB)"
        assert journal.execute(changed).rowcount == 2
    journal.close()
    ran = interlock("verify")
    assert ran.code == 1
    assert ran.out.startswith(".interlock/journal.sqlite does not hold together: ")
    assert ran.err.startswith(f"✗ run {waiting}, entry 2: ")
    assert json.loads(interlock("verify", "--format", "json").out)["holds"] is False
    assert interlock("replay").code == 1
    assert interlock("approve", "last", "--as", "grace").code == 2


def test_a_journal_that_is_none_is_refused(desk: Path) -> None:
    (desk / "j.sqlite").write_text("not a journal at all, but long enough to look like something")
    for verb in ("runs", "verify"):
        ran = interlock(verb, "--journal", "j.sqlite")
        assert (ran.code, ran.err[:7]) == (2, "error: ")
        assert "internal" not in ran.err


def forged(desk: Path, outcome: bytes | None = None, source: str | None = None) -> Path:
    """Copy the only run into another journal, with another last outcome or another program under the same digest."""
    path = desk / "forged.sqlite"
    old, new = SqliteJournal(desk / ".interlock" / "journal.sqlite", readonly=True), SqliteJournal(path)
    (summary,) = old.runs()
    sources = dict(old.program(summary.program))
    new.keep_program(summary.program, {"desk.ilk": source} if source else sources)
    entries = [Pending(entry.event, entry.outcome) for entry in old.read(summary.run)]
    if outcome is not None:
        entries[-1] = Pending(entries[-1].event, outcome)
    new.append(summary.run, 0, entries, summary)
    old.close()
    new.close()
    return path


def test_what_is_decided_otherwise_now_is_noticed(waiting: str, desk: Path) -> None:
    path = forged(desk, outcome=bytes(32))
    assert interlock("verify", "--journal", path).code == 0
    ran = interlock("replay", "--journal", path)
    assert (ran.code, ran.out) == (1, f"✗ {waiting}  entry 2 is decided otherwise now\n")
    assert (
        f"entry 2 was decided otherwise then: `interlock replay {waiting} --journal {path}`\n"
        in interlock("show", "--journal", path).out
    )
    assert json.loads(interlock("show", "--journal", path, "--format", "json").out)["reproduced"] is False
    assert interlock("approve", "last", "--as", "grace", "--journal", path).code == 2


@pytest.mark.parametrize("source", ["workflow {", "role someone\n"])
def test_a_program_that_is_read_otherwise_now_leaves_the_question_open(waiting: str, desk: Path, source: str) -> None:
    path = forged(desk, source=source)
    ran = interlock("replay", "--journal", path)
    assert ran.code == 3
    assert ran.out.startswith(f"◷ {waiting}  the program of this run ")
    shown = interlock("show", "--journal", path)
    assert (shown.code, shown.out) == (2, "")
    assert shown.err.endswith("  = help: use the release of interlock that started the run\n")


def test_the_row_of_a_table_that_matched_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "interlock.toml").write_text('files = ["size.ilk"]\n')
    (tmp_path / "size.ilk").write_text(
        "table size(n: int in 0..9) -> { word: string max 9 } {\n"
        '  when 0..4 then "few"\n'
        '  otherwise then "many"\n'
        "}\n"
        'workflow w(n: int in 0..9) { goal "look"  step look decides size(n: n)\n'
        "end done  start -> look  look -> done }\n"
    )
    assert interlock("run", "--input", "n=7").code == 0
    assert '{ word: "many" }  size.ilk:3\n' in interlock("show").steady
