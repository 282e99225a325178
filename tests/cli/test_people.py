"""Those who decide: approve, deny, answer, cancel, and resume."""

import json
from pathlib import Path

import pytest

from cli.terminal import Ran, interlock, run_id

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


def test_a_quorum_shows_who_has_approved_and_how_many_are_missing(post: Path) -> None:
    begun = interlock("run", "--as", "ada", "--input", "text=hello")
    id = run_id(begun)
    assert "waits for approval by 2 people of boss" in begun.out
    assert "    nobody has approved yet; 2 of boss must\n" in begun.out
    first = interlock("approve", id, "--as", "grace", "--format", "json")
    assert json.loads(first.out)["waiting_for"][0]["by"] == ["grace"]
    shown = interlock("show", id)
    assert "    approved by grace; 1 more of boss must\n" in shown.out
    assert "approved by grace (boss)" in shown.out
    again = interlock("approve", id, "--as", "grace")
    assert again.code == 1 and "already approved" in again.err
    assert "sent" in interlock("approve", id, "--as", "linus").out
