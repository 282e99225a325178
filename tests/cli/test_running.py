"""The verbs for those who run and decide (run, approve, deny, answer, resume, cancel) and those who look back."""

import json
import sqlite3
from pathlib import Path

import pytest

from cli.terminal import RUN, Ran, interlock

TICKET = ("--input", "@ticket.json")

SURVEY = """\
type Plan {
  approve: bool
  risk: enum("low", "high")
  note?: string max 40
}

role lead { reach "leads" }

workflow survey(topic: string max 40) {
  goal "ask a person"

  step review asks lead {
    question "may we go on?"
    returns {
      approve: bool
      risk: enum("low", "high")
      note?: string max 40
    }
    within 2d
  }

  end yes { risk: review.risk }
  end no

  start -> review
    pass topic

  review -> yes
    when review.approve

  review -> no
    otherwise

  review -> no
    on expiry
    escalate to lead because "nobody answered"
}
"""


def run_id(ran: Ran) -> str:
    found = RUN.search(ran.out + ran.err)
    assert found is not None, ran
    return found[0]


@pytest.fixture
def waiting(desk: Path) -> str:
    """A run of the desk that waits for a lead."""
    ran = interlock("run", *TICKET, "--as", "ada")
    assert ran.code == 0
    return run_id(ran)


@pytest.fixture
def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run that waits for a person's answer."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "survey.ilk").write_text(SURVEY)
    return run_id(interlock("run", "survey.ilk", "--input", "topic=lamps"))


# --- run -------------------------------------------------------------------------------------------------------------


def test_a_run_that_waits_says_for_whom_and_what_to_type(desk: Path) -> None:
    ran = interlock("run", *TICKET, "--as", "ada")
    assert (ran.code, ran.err) == (0, "")
    assert ran.steady == (
        '◷ waits for approval by lead: credits.give(ticket: "T1", amount: 4_500)  1d left\n'
        "  interlock approve RUN --as NAME --role lead\n"
        "  interlock deny RUN --as NAME --role lead"
    )


def test_progress_is_told_line_by_line_where_it_is_wanted(desk: Path) -> None:
    ran = interlock("run", *TICKET, "--as", "ada", "--progress")
    told = Ran(ran.code, "", ran.err).steady
    rule = (desk / "desk.ilk").read_text().split("after approval")[0].count("\n") + 1
    assert told == (
        "desk  RUN  for ada\n"
        "  read  ● clerk (small)\n"
        '  ✓ { wish: "credit", amount: 4_500 }\n'
        '  → give  when read.wish == "credit" && read.amount > 2_000\n'
        '  give  ◷ credits.give(ticket: "T1", amount: 4_500)  waits for lead, 1d\n'
        f"  the route needs approval by lead  desk.ilk:{rule}\n"
    )


def test_a_run_can_be_read_by_machines(desk: Path) -> None:
    ran = interlock("run", *TICKET, "--format", "json")
    report = json.loads(ran.out)
    assert (report["status"], report["end"], report["reason"]) == ("waiting", "", "")
    (asked,) = report["waiting_for"]
    assert (asked["kind"], asked["role"], asked["count"]) == ("approval", "lead", 1)
    assert asked["subject"]["args"] == {"ticket": "T1", "amount": 4500}


def test_a_run_that_ends_says_where_and_with_what(desk: Path) -> None:
    (desk / "answers.yaml").write_text("read:\n  answers: {wish: credit, amount: 500}\n")
    ran = interlock("run", ".", *TICKET)
    assert ran.code == 0
    assert ran.steady == '■ credited  { number: "C1", amount: 500 }\n  interlock show RUN  tells why'


def test_a_run_that_fails_is_a_finding(desk: Path) -> None:
    (desk / "answers.yaml").write_text("read:\n  fails: overloaded\n")
    ran = interlock("run", *TICKET)
    assert ran.code == 1
    assert ran.out.startswith("✗ failed  ")
    assert "overloaded" in ran.out


def test_scopes_that_are_not_held_are_denied(desk: Path) -> None:
    (desk / "answers.yaml").write_text("read:\n  answers: {wish: credit, amount: 500}\n")
    ran = interlock("run", *TICKET, "--scopes", "other.read", "--progress")
    assert ran.out.startswith("■ passed_on")
    assert "denied" in ran.err and "credits.write" in ran.err


def test_the_options_that_a_later_command_needs_are_repeated(desk: Path) -> None:
    (desk / "other.yaml").write_text((desk / "answers.yaml").read_text())
    ran = interlock("run", *TICKET, "--answers", "other.yaml", "--journal", "j.sqlite")
    assert "--as NAME --role lead --journal j.sqlite --answers other.yaml\n" in ran.out
    assert (desk / "j.sqlite").exists() and not (desk / ".interlock").exists()


def test_a_run_from_elsewhere_names_its_project(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.parent)
    ran = interlock("run", "desk", "--input", "@desk/ticket.json")
    assert f"--role lead --project {desk}\n" in ran.out
    assert interlock("runs", "--project", "desk").out.count("waiting") == 1
    assert interlock("runs").code == 2


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        ((), 2, 'error: `desk` needs an input\n  = help: such as `--input \'{"ticket": {"id": "", "text": ""}}\'`\n'),
        (("--input", "id=T1"), 2, "error: the input of `desk` does not fit: "),
        (("--input", "id"), 2, "error: `id` is no input\n"),
        (("-w", "dusk", *TICKET), 2, "error: there is no workflow `dusk`\n  = help: did you mean `desk`?\n"),
        (("nowhere.ilk", *TICKET), 2, "error: there is no file or folder `nowhere.ilk`\n"),
        (("--tools", "gone.py", *TICKET), 2, "error: there is no file `gone.py`\n"),
        (("--answers", "gone.yaml", *TICKET), 2, "error: cannot read the answers `gone.yaml`: no such file"),
        (("--model", "small", *TICKET), 2, "error: `--model small` does not say what `small` stands for\n"),
        (("--project", "gone", *TICKET), 2, "error: there is no folder `gone`\n"),
        (("--journal", "desk.ilk", *TICKET), 2, "error: "),
    ],
)
def test_what_a_run_cannot_do_is_said_before_it_starts(desk: Path, args: tuple[str, ...], code: int, said: str) -> None:
    ran = interlock("run", *args)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith(said)
    assert "internal" not in ran.err


@pytest.mark.parametrize(
    ("tools", "said"),
    [
        ("import no_such_module\n", "error: `tools.py` cannot be loaded: ModuleNotFoundError: "),
        ("x = (\n", "error: `tools.py` cannot be loaded: '(' was never closed at line 1\n"),
        ("toolbox = 3\n", "error: `tools.py` defines no `toolbox`\n"),
        (
            "\n1 / 0\n",
            "error: `tools.py` cannot be loaded: ZeroDivisionError: division by zero\n  = help: it happened at",
        ),
        ("from interlock import Toolbox\ntoolbox = Toolbox()\n", "error: "),
    ],
)
def test_tools_that_cannot_be_used_are_explained(desk: Path, tools: str, said: str) -> None:
    (desk / "tools.py").write_text(tools)
    ran = interlock("run", *TICKET)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(said)
    assert "internal" not in ran.err


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ("read: [", "error: `answers.yaml` is not valid YAML: "),
        ("- 1\n", "error: `answers.yaml` holds no answers\n"),
        ("red:\n  answers: {}\n", "error: the scripted answers do not fit\n"),
    ],
)
def test_answers_that_cannot_be_used_are_explained(desk: Path, answers: str, said: str) -> None:
    (desk / "answers.yaml").write_text(answers)
    ran = interlock("run", *TICKET)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(said)


def test_a_program_with_errors_is_not_run(desk: Path) -> None:
    (desk / "desk.ilk").write_text((desk / "desk.ilk").read_text().replace("by clerk", "by clark"))
    ran = interlock("run", *TICKET)
    assert (ran.code, ran.out) == (1, "")
    assert "there is no agent `clark`" in ran.err


def test_one_program_has_to_be_meant(desk: Path) -> None:
    (desk / "other.ilk").write_text("workflow other() {\n  end done\n\n  start -> done\n}\n")
    (desk / "interlock.toml").unlink()
    ran = interlock("run", ".", *TICKET)
    assert ran.err.startswith(
        "error: there is more than one program in `.`\n  = help: name one: `desk.ilk`, `other.ilk`\n"
    )
    assert interlock("run", "other.ilk", "--tools", "desk.ilk").code == 2


# --- people ----------------------------------------------------------------------------------------------------------


def test_an_approved_run_goes_on(waiting: str) -> None:
    ran = interlock("approve", "last", "--as", "grace", "--role", "lead", "--progress")
    assert ran.code == 0
    assert Ran(0, ran.out, "").steady.startswith('■ credited  { number: "C1", amount: 4_500 }\n')
    assert "  give  ✓ approved by grace\n" in ran.err
    assert interlock("runs", "--status", "ended").out.count(waiting) == 1


def test_a_denied_run_goes_the_way_it_has_for_that(waiting: str) -> None:
    ran = interlock("deny", waiting, "--as", "grace", "--reason", "too much", "--progress")
    assert ran.code == 0
    assert ran.out.startswith("■ passed_on\n")
    assert "✗ denied by grace: too much\n" in ran.err
    assert "▲ lead is told: the credit was refused\n" in ran.err


def test_names_can_come_from_the_environment(waiting: str) -> None:
    assert interlock("approve", waiting[:6], env={"INTERLOCK_AS": "grace"}).code == 0


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("approve", "last", "--as", "ada", "--role", "lead"), 1, "error: ada started the run"),
        (("approve", "last", "--as", "bob", "--role", "boss"), 1, "error: "),
        (("approve", "last", "--as", "bob", "--digest", "00"), 1, "error: "),
        (("approve", "last", "a99", "--as", "bob"), 2, "error: run RUN does not wait for `a99`\n"),
        (("approve", "last"), 2, "error: missing option `--as`"),
        (("approve", "--as", "bob"), 2, "error: missing argument `RUN`\n"),
        (
            ("approve", "zzz", "--as", "bob"),
            2,
            "error: there is no run `zzz`\n  = help: `interlock runs` lists them",
        ),
        (("answer", "last", "--as", "bob"), 2, "error: run RUN waits for no answer: it is waiting\n"),
        (("deny", "last", "--as", "bob", "--role", "boss"), 1, "error: "),
    ],
)
def test_what_people_may_not_do_is_refused(waiting: str, args: tuple[str, ...], code: int, said: str) -> None:
    ran = interlock(*args)
    assert (ran.code, ran.out) == (code, "")
    assert Ran(0, "", ran.err).steady.startswith(said.rstrip("\n"))
    assert interlock("runs", "--status", "waiting").out.count(waiting) == 1


def test_an_approval_is_for_exactly_what_is_asked(waiting: str) -> None:
    report = json.loads(interlock("resume", "--format", "json").out)
    digest = report["waiting_for"][0]["digest"]
    assert interlock("approve", "last", "--as", "bob", "--digest", digest).code == 0


def test_a_question_is_answered_with_values(asking: str) -> None:
    ran = interlock("answer", "last", "--as", "kim", "--role", "lead", "--value", "approve=true", "--value", "risk=low")
    assert (ran.code, ran.out.splitlines()[0]) == (0, '■ yes  { risk: "low" }')


def test_a_question_may_be_named_by_its_step(asking: str) -> None:
    ran = interlock("answer", asking, "review", "--as", "kim", "--value", '{"approve": false, "risk": "low"}')
    assert (ran.code, ran.out.splitlines()[0]) == (0, "■ no")


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        ((), 2, "error: there is nobody to ask here\n  = help: give the answer, such as `--value '{"),
        (("--value", "aprove=true"), 2, "error: the input has no `aprove`\n  = help: did you mean `approve`?\n"),
        (("--value", "approve=perhaps"), 1, "error: the answer does not fit: approve: expected "),
        (("--value", "{"), 2, "error: `--input` is not valid JSON"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(asking: str, args: tuple[str, ...], code: int, said: str) -> None:
    ran = interlock("answer", "last", "--as", "kim", *args)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith(said)
    assert interlock("runs").out.count("waiting") == 1


def test_a_cancelled_run_is_over(waiting: str) -> None:
    ran = interlock("cancel", "last", "--as", "ada", "--reason", "changed my mind")
    assert (ran.code, ran.out.splitlines()[0]) == (0, "✗ cancelled  called off by ada: changed my mind")
    again = interlock("cancel", "last", "--as", "ada")
    assert (again.code, again.err.splitlines()[0]) == (2, f"error: run {waiting} is over: it is cancelled")
    assert interlock("approve", "last", "--as", "bob").code == 2
    assert interlock("resume").code == 1


def test_resume_goes_on_and_says_where_the_run_stands(waiting: str) -> None:
    ran = interlock("resume", waiting)
    assert (ran.code, ran.steady.splitlines()[0][:30]) == (0, "◷ waits for approval by lead: ")
    assert interlock("resume", "nothing").code == 2


# --- looking back ----------------------------------------------------------------------------------------------------


def test_runs_are_listed_the_newest_first(waiting: str) -> None:
    interlock("approve", "last", "--as", "grace")
    second = run_id(interlock("run", "--input", "id=T2", "--input", "text=again"))
    assert interlock("runs").steady == (
        "run  workflow  status  started  took\n"
        "RUN  desk  waiting  just now  so far  lead at give\n"
        "RUN  desk  ended  just now  TIME  credited"
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
        (("runs", "--limit", "few"), "error: invalid value for `--limit`: `few` is not a whole number\n"),
        (("runs", "--format", "xml"), "error: invalid value for `--format`: `xml` is none of `human`, `json`\n"),
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
    assert interlock("show").steady == (
        "desk  RUN  for ada  ended\n"
        "  started MOMENT, program DIGEST\n"
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
        "  used  steps 2/6  calls 1/3  tokens 0/10,000  cost 0.00/0.10 usd  time TIME/8h"
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


# --- time, several at once, and what tools say -----------------------------------------------------------------------

PATIENT = """\
tool lines.check(line: string max 10) {
  needs lines.read
  effect read
  retry 3 times backoff 1h..2h
}

workflow patient(line: string max 10) {
  step check calls lines.check(line: line)

  end done

  start -> check
    grant lines.read

  check -> done
}
"""
PATIENT_TOOLS = """\
from interlock import Toolbox

toolbox = Toolbox()


@toolbox.tool("lines.check")
def check(line: str) -> None:
    print("said by the tool")
    raise OSError("the line is down")
"""

PAIR = """\
tool doors.open(door: string max 10) {
  needs doors.write
  effect write
  idempotent by door
}

role guard { reach "guards" }

workflow pair(door: string max 10) {
  step north calls doors.open(door: "north")
  step south calls doors.open(door: "south")

  end opened

  start -> north, south
    grant doors.write

  north, south -> opened
    merge all
}

policy doors {
  require approval by guard for doors.open
}
"""
PAIR_TOOLS = """\
from interlock import Toolbox

toolbox = Toolbox()


@toolbox.tool("doors.open")
def open_door(door: str) -> None:
    pass
"""


def test_a_run_that_waits_for_time_says_when_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "patient.ilk").write_text(PATIENT)
    (tmp_path / "tools.py").write_text(PATIENT_TOOLS)
    ran = interlock("run", "patient.ilk", "-i", "line=A", "--format", "json")
    report = json.loads(ran.out)  # what the tool prints is no part of it
    assert (report["status"], report["waiting_for"]) == ("waiting", [])
    assert report["next_timer"] is not None
    assert ran.err == "said by the tool\n"
    assert interlock("resume").steady == "◷ nothing to do until MOMENT\n  interlock resume RUN"
    told = interlock("show").steady
    assert "check  ↻ attempt 1: the line is down  again in " in told
    assert "used  steps 1  calls 1  tokens 0  cost 0.00  " in told


def test_of_several_requests_one_has_to_be_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pair.ilk").write_text(PAIR)
    (tmp_path / "tools.py").write_text(PAIR_TOOLS)
    report = json.loads(interlock("run", "pair.ilk", "-i", "door=x", "--format", "json").out)
    first, second = (each["id"] for each in report["waiting_for"])
    ran = interlock("approve", "last", "--as", "bob")
    assert ran.code == 2
    assert ran.err == (
        f"error: run {report['run']} waits for 2 of them\n"
        "  = help: say which after the run\n"
        f"  = help: `{first}`: guard at north\n"
        f"  = help: `{second}`: guard at south\n"
    )
    shown = interlock("show").out
    assert f"interlock approve {report['run']} {first} --as NAME --role guard\n" in shown
    assert interlock("approve", "last", "north", "--as", "bob").out.startswith("◷ waits for approval by guard: ")
    assert interlock("approve", "last", second, "--as", "eve").out.startswith("■ opened\n")


def test_a_program_can_come_from_standard_input(desk: Path) -> None:
    text = (desk / "desk.ilk").read_text()
    ran = interlock("run", "-", *TICKET, typed=text)
    assert (ran.code, ran.out.splitlines()[0][:30]) == (0, "◷ waits for approval by lead: ")
    assert "<stdin>:" in interlock("show").out
    assert interlock("approve", "last", "--as", "grace").code == 0
