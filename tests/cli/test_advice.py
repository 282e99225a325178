"""What a person is told when something is amiss: where it is, what it is, and what to do about it."""

import sqlite3
import time
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from rich.text import Text

from cli.stories import TICKET
from cli.terminal import interlock, run_id
from interlock.journal.journal import Pending
from interlock.journal.sqlite import SqliteJournal
from interlock.run.protocol.commands import AskApproval
from interlock_cli.present.outcome import UNNAMED, waiting
from interlock_cli.present.timeline import Layout, Line


def test_a_run_for_nobody_says_that_anybody_may_approve(desk: Path) -> None:
    assert UNNAMED in interlock("run", *TICKET).out
    shown = interlock("show").steady
    assert shown.startswith("desk  RUN  for nobody in particular  waiting\n")
    assert UNNAMED in shown


def test_a_run_for_somebody_does_not(desk: Path) -> None:
    assert UNNAMED not in interlock("run", *TICKET, "--as", "ada").out
    assert UNNAMED not in interlock("resume").out + interlock("show").out


@pytest.mark.parametrize(("now", "command"), [(4, "interlock approve r1 --as NAME --role lead"), (5, "resume r1 ")])
def test_too_late_to_approve_it_is_time_to_go_on(now: int, command: str) -> None:
    asked = AskApproval("a1", "give", "lead", 1, {"tool": "t", "args": {}}, "", expires=5)
    said = "\n".join(text.plain for text in waiting([asked], {}, "r1", now, "", "ada"))
    assert command in said
    assert ("approve" in said.partition("\n")[2]) == (now < 5)


def test_what_a_run_waits_for_instead_is_said(waiting: str) -> None:
    ran = interlock("answer", "last", "--as", "grace", "--value", "a=1")
    assert ran.code == 2
    assert "  = help: it waits for an approval by lead: `interlock approve r" in ran.err


def test_a_question_is_not_approved(asking: str) -> None:
    ran = interlock("approve", "last", "--as", "grace")
    assert ran.code == 2
    assert "  = help: it waits for an answer by lead: `interlock answer r" in ran.err


def test_how_a_value_is_given_is_said(asking: str) -> None:
    ran = interlock("answer", "last", "a=1", "--as", "grace")
    assert ran.code == 2
    assert "  = help: a value is given by `--value a=1`" in ran.err


def test_what_a_stopped_run_was_doing_is_shown(waiting: str, desk: Path) -> None:
    path = desk / "stopped.sqlite"
    old, new = SqliteJournal(desk / ".interlock" / "journal.sqlite", readonly=True), SqliteJournal(path)
    (summary,) = old.runs()
    new.keep_program(summary.program, old.program(summary.program))
    first = next(iter(old.read(summary.run)))
    new.append(waiting, 0, [Pending(first.event, first.outcome)], replace(summary, status="running", entries=1))
    old.close()
    new.close()
    shown = interlock("show", "--journal", path).steady
    assert "  open  ● clerk  read, has not answered\n" in shown
    assert f"interlock resume RUN --journal {path}  goes on, if the process that drove the run is gone\n" in shown


def test_a_scope_that_no_tool_needs_is_refused(desk: Path) -> None:
    ran = interlock("run", *TICKET, "--scopes", "credits.wirte")
    assert ran.err == "error: no tool needs the scope `credits.wirte`\n  = help: did you mean `credits.write`?\n"
    assert (ran.code, (desk / ".interlock").exists()) == (2, False)


@pytest.mark.parametrize("verb", ["run", "graph"])
def test_the_workflows_there_are_are_named(desk: Path, verb: str) -> None:
    ran = interlock(verb, "-w", "xxxxxxxxxxx")
    assert ran.err == "error: there is no workflow `xxxxxxxxxxx`\n  = help: there is `desk`\n"


def test_a_picture_of_an_unknown_kind_is_not_written(desk: Path) -> None:
    ran = interlock("graph", "--output", "desk.png")
    assert ran.code == 2
    assert ran.err.startswith("error: `desk.png` does not say what to write\n  = help: end it in one of `.mmd`, ")
    assert not (desk / "desk.png").exists()
    assert interlock("graph", "--output", "desk.txt", "--format", "dot").code == 0


def test_how_many_runs_are_not_listed_is_said(desk: Path) -> None:
    for _ in range(4):
        run_id(interlock("run", *TICKET))
    assert interlock("show", "zzz").err.endswith("` and 1 more\n")


def test_what_is_next_can_be_pasted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "next: cd 'bad name!' && interlock test" in interlock("new", "bad name!").out


def test_a_new_journal_that_was_named_is_noted(desk: Path) -> None:
    assert interlock("run", *TICKET, "--journal", "a/j.sqlite").err == "note: `a/j.sqlite` is a new journal\n"
    assert interlock("run", *TICKET, "--journal", "a/j.sqlite").err == ""


def test_without_answers_a_run_does_not_start(desk: Path) -> None:
    (desk / "answers.yaml").unlink()
    (desk / "interlock.toml").write_text('files = ["desk.ilk"]\n')
    ran = interlock("run", *TICKET)
    assert ran.code == 2
    assert ran.err.startswith("error: nothing answers for the models at `read`\n  = help: write answers.yaml ")
    assert "`--live`" in ran.err
    assert not (desk / ".interlock").exists()


def test_without_a_model_of_that_name_a_run_does_not_start(desk: Path) -> None:
    (desk / "interlock.toml").write_text('files = ["desk.ilk"]\n')
    ran = interlock("run", *TICKET, "--model", "large=openai:x")
    assert ran.code == 2
    assert "[models]" in ran.err and "`--model small=provider:model`" in ran.err
    assert not (desk / ".interlock").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("read: [\n", "is not valid YAML: "),
        ("read:\n\tanswers: 1\n", " at line 2, column 1"),
        ("read: {answer: {}}\n", "error: `answers.yaml`: scripted answers: `read`, turn 1: "),
        ("read: {answer: {}}\n", "did you mean `answers`?"),
    ],
)
def test_answers_with_a_mistake_say_where(desk: Path, text: str, said: str) -> None:
    (desk / "answers.yaml").write_text(text)
    assert said in interlock("run", *TICKET).err


def test_a_file_needs_no_quotes_of_the_shell(desk: Path) -> None:
    (desk / "bad.json").write_text("{'id': 1}")
    ran = interlock("run", "--input", "@bad.json")
    assert ran.err.startswith("error: `bad.json` is not valid JSON: ")
    assert "shell" not in ran.err


@pytest.mark.parametrize("named", ["tools.py", "./tools.py"])
@pytest.mark.parametrize("text", ["\n1 / 0\n", "\nraise SystemExit(3)\n"])
def test_where_the_tools_failed_to_load_is_said(desk: Path, named: str, text: str) -> None:
    (desk / "tools.py").write_text(text)
    ran = interlock("run", *TICKET, "--tools", named)
    assert ran.code == 2
    assert "  = help: it happened at tools.py:2\n" in ran.err


def test_lines_of_a_message_stay_below_each_other() -> None:
    line = Line(0, "read", "bad", Text("first\nsecond"))
    assert [row.plain for row in Layout(["read"], 80).rows(line)] == [
        "     0.00s  read  ✗ first",
        "                    second",
    ]


def test_verify_does_not_send_to_verify(desk: Path) -> None:
    (desk / "j.sqlite").write_text("not a journal at all, but long enough to look like something")
    ran = interlock("verify", "--journal", "j.sqlite")
    assert "`interlock verify`" not in ran.err
    assert "nothing in it can be trusted" in ran.err


def test_verify_says_how_much_still_holds(waiting: str, desk: Path) -> None:
    with sqlite3.connect(desk / ".interlock" / "journal.sqlite") as journal:
        journal.execute("UPDATE entries SET event = CAST(replace(event, '4500', '4501') AS BLOB)")
    journal.close()
    assert interlock("verify").out.endswith(": 1 problem in 1 run; 1 of 2 entries hold\n")


def test_all_runs_that_are_due_go_on_and_no_others(waiting: str, desk: Path) -> None:
    assert interlock("resume", "--all").out == "no run is due\n"
    after = time.time_ns() + 2 * 86_400 * 1_000_000_000
    with patch("time.time_ns", lambda: after):
        assert interlock("resume", "--all").out.startswith(f"{waiting}\n✗ failed  ")
        assert interlock("resume", "--all").out == "no run is due\n"


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        ('{}["k"]', "KeyError (tools.py:8)"),
        ("exit(3)", "SystemExit (tools.py:8)"),
        ("None.x", "AttributeError (tools.py:8)"),
    ],
)
def test_a_tool_that_raises_is_named_with_its_line(desk: Path, raised: str, said: str) -> None:
    head = "import sys\nfrom interlock import Toolbox\ntoolbox = Toolbox()\n\n@toolbox.tool('credits.give')\n"
    (desk / "tools.py").write_text(f"{head}def give(ticket: str, amount: int) -> dict:\n    1\n    {raised}\n")
    (desk / "answers.yaml").write_text("read:\n  answers: {wish: credit, amount: 500}\n")
    interlock("run", *TICKET)
    assert said in " ".join(interlock("show").out.split())


def test_tools_that_do_not_match_are_named_with_their_line(desk: Path) -> None:
    head = "from interlock import Toolbox\ntoolbox = Toolbox()\n\n@toolbox.tool('credits.give')\n"
    (desk / "tools.py").write_text(f"{head}def give(ticket: str) -> dict:\n    return {{}}\n")
    assert "is called with `amount`, which tools.py:4 does not take" in interlock("run", *TICKET).err


def test_why_a_second_answer_was_wanted_is_not_lost(desk: Path) -> None:
    (desk / "answers.yaml").write_text("read:\n  answers: {wish: credit, amount: -1}\n")
    said = interlock("run", *TICKET).out + interlock("show").out
    assert "the answer before it did not fit: " in said and "amount" in said


def test_the_help_names_the_variables(desk: Path) -> None:
    said = " ".join(interlock("run", "--help").out.split())
    for variable in ("INTERLOCK_TOOLS", "INTERLOCK_ANSWERS", "INTERLOCK_JOURNAL", "INTERLOCK_PROJECT", "INTERLOCK_AS"):
        assert variable in said


def test_a_failure_that_is_not_tried_again_is_told_once(desk: Path) -> None:
    (desk / "answers.yaml").write_text("read: {fails: overloaded}\n")
    interlock("run", *TICKET)
    shown = interlock("show").steady
    assert "✗ failure: overloaded\n" in shown
    assert "attempt 1" not in shown
