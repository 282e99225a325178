"""What a person is told when something is amiss: where it is, what it is, and what to do about it."""

from dataclasses import replace
from pathlib import Path

import pytest

from cli.stories import TICKET
from cli.terminal import interlock, run_id
from interlock.journal.journal import Pending
from interlock.journal.sqlite import SqliteJournal
from interlock.run.commands import AskApproval
from interlock_cli.present.outcome import UNNAMED, waiting


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
    said = "\n".join(text.plain for text in waiting([asked], "r1", now, "", "ada"))
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
    assert "interlock resume RUN  goes on, if the process that drove the run is gone\n" in shown


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
