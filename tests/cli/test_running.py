"""`run`: what it says, what it needs, and what keeps it from starting."""

import json
from pathlib import Path

import pytest

from cli.stories import TICKET
from cli.terminal import Ran, interlock


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
    bounds, _, told = told.partition("\n")
    assert bounds.startswith("desk: at most ")
    assert told == (
        "desk  RUN  for ada\n"
        "  read  ● clerk (small)\n"
        '  ✓ { wish: "credit", amount: 4_500 }\n'
        '  → give  when read.wish == "credit" && read.amount > 2_000\n'
        '  give  ◷ credits.give(ticket: "T1", amount: 4_500)  waits for lead, 1d\n'
        f"  the route needs approval by lead  desk.ilk:{rule}\n"
    )


def test_lines_are_as_wide_as_the_environment_says_now(desk: Path) -> None:
    told = [interlock("run", *TICKET, "--progress", env=env).err for env in ({"COLUMNS": "40"}, {}, {"COLUMNS": "40"})]
    narrow, wide, narrow_again = (len(text.splitlines()) for text in told)
    assert narrow > wide < narrow_again


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
    ran = interlock("run", *TICKET, "--scopes", "", "--progress")
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
    assert "check  ↻ attempt 1: OSError (tools.py:9)  again in " in told
    assert "used  steps 1  calls 1  tokens 0  cost 0.00  " in told


def test_a_program_can_come_from_standard_input(desk: Path) -> None:
    text = (desk / "desk.ilk").read_text()
    ran = interlock("run", "-", *TICKET, typed=text)
    assert (ran.code, ran.out.splitlines()[0][:30]) == (0, "◷ waits for approval by lead: ")
    assert "<stdin>:" in interlock("show").out
    assert interlock("approve", "last", "--as", "grace").code == 0
