"""The verbs for those who write files: new, check, fmt, graph, test."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cli.terminal import interlock

WRONG = """\
agent clerk {
  model "small"
}

workflow desk(text: string) {
  step read by clark {
    task "read it"
    returns {
      fine: bool
    }
  }

  end done

  start -> read

  read -> done
}
"""


def test_a_new_project_is_clean_and_its_tests_pass(desk: Path) -> None:
    assert sorted(path.name for path in desk.iterdir()) == [
        ".gitignore", "README.md", "answers.yaml", "desk.ilk", "interlock.toml", "ticket.json", "tools.py",
    ]  # fmt: skip
    assert interlock("check").err == "✓ nothing wrong in 1 file\n"
    assert interlock("fmt", "--check").code == 0
    ran = interlock("test")
    assert (ran.code, ran.err) == (0, "")
    assert ran.steady == (
        "desk.ilk\n"
        "  ✓ a small credit is given at once\n"
        "  ✓ a larger credit waits for a lead\n"
        "  ✓ what a lead refuses is not given\n"
        "  ✓ nothing above the limit is given, whoever asks\n"
        "  ✓ a credit that fails goes to a lead\n"
        "  ✓ a question goes to a person\n"
        "✓ 6 tests passed  TIME"
    )


@pytest.mark.parametrize(
    ("folder", "name"), [("Help-Desk", "help_desk"), ("a.b c", "a_b_c"), ("workflow", "workflow"), ("x", "x")]
)
def test_the_workflow_is_named_after_the_folder(tmp_path: Path, folder: str, name: str) -> None:
    assert interlock("new", tmp_path / folder).code == 0
    assert f"workflow {name}(" in (tmp_path / folder / f"{name}.ilk").read_text()
    assert interlock("check", tmp_path / folder).code == 0


def test_new_overwrites_nothing(desk: Path) -> None:
    ran = interlock("new", desk)
    assert ran.code == 2
    assert (
        ran.err == f"error: `{desk}` exists and is not an empty folder\n  = help: name a folder that is not there yet\n"
    )
    assert interlock("new", desk / "42").err.startswith("error: `42` gives no name for a workflow\n")


def test_check_shows_what_is_wrong_and_where(desk: Path) -> None:
    (desk / "wrong.ilk").write_text(WRONG)
    ran = interlock("check", "wrong.ilk")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "error[undefined-reference]: there is no agent `clark`\n"
        " ┌─ wrong.ilk:6:16\n"
        " │\n"
        "6│   step read by clark {\n"
        " │                ^^^^^ not found\n"
        " = help: did you mean `clerk`?\n"
        "\n"
        "1 error in 1 file\n"
    )


def test_check_reads_standard_input(desk: Path) -> None:
    ran = interlock("check", "-", "--format", "compact", typed=WRONG)
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith("<stdin>:6:16: error[undefined-reference]: there is no agent `clark`")


def test_check_speaks_the_formats_of_machines(desk: Path) -> None:
    (desk / "wrong.ilk").write_text(WRONG)
    report = json.loads(interlock("check", ".", "--format", "json").out)
    assert (report["errors"], report["files"]) == (1, ["desk.ilk", "wrong.ilk"])
    log = json.loads(interlock("check", ".", "--format", "sarif").out)
    assert log["runs"][0]["results"][0]["ruleId"] == "undefined-reference"
    annotated = interlock("check", ".", env={"INTERLOCK_FORMAT": "github"})
    assert annotated.out.startswith("::error file=wrong.ilk,line=6,endLine=6,col=16,")
    clean = interlock("check", "desk.ilk", "--format", "sarif")
    assert (clean.code, json.loads(clean.out)["runs"][0]["results"]) == (0, [])


def test_check_says_what_each_stage_took(desk: Path) -> None:
    lines = interlock("check", "--timings").err.splitlines()[1:]
    assert [line.split()[0] for line in lines] == ["parse", "analyse", "constants", "lower", "lint"]


def test_fmt_formats_in_place_shows_or_asks(desk: Path) -> None:
    good = (desk / "desk.ilk").read_text()
    ugly = good.replace("  agent read", "     agent   read")
    (desk / "desk.ilk").write_text(ugly)
    asked = interlock("fmt", "--check")
    assert (asked.code, (desk / "desk.ilk").read_text()) == (1, ugly)
    shown = interlock("fmt", "--diff")
    assert (shown.code, (desk / "desk.ilk").read_text()) == (1, ugly)
    assert '-     agent   read answers { wish: "credit", amount: 500 }\n' in shown.out
    assert '+  agent read answers { wish: "credit", amount: 500 }\n' in shown.out
    assert interlock("fmt").code == 0
    assert (desk / "desk.ilk").read_text() == good
    piped = interlock("fmt", "-", typed=ugly)
    assert (piped.code, piped.out) == (0, good)


def test_fmt_leaves_alone_what_it_cannot_read(desk: Path) -> None:
    (desk / "broken.ilk").write_text("workflow {")
    ran = interlock("fmt", ".")
    assert ran.code == 1
    assert ran.err.startswith("error[syntax-error]")
    assert (desk / "broken.ilk").read_text() == "workflow {"
    assert interlock("fmt", "-", typed="workflow {").code == 1


def test_graph_draws_as_what_is_wanted(desk: Path) -> None:
    assert interlock("graph").out.startswith("flowchart TD\n")
    assert interlock("graph", "--format", "dot").out.startswith("digraph ")
    assert json.loads(interlock("graph", "--format", "json").out)["workflow"] == "desk"
    for suffix, start in ((".svg", "<svg"), (".dot", "digraph"), (".json", "{"), (".mmd", "flowchart")):
        assert interlock("graph", "-o", f"picture{suffix}").code == 0
        assert (desk / f"picture{suffix}").read_text().startswith(start)
    ElementTree.fromstring((desk / "picture.svg").read_text())


def test_graph_draws_several_or_the_one_that_is_named(desk: Path) -> None:
    (desk / "other.ilk").write_text("workflow other() {\n  end done\n\n  start -> done\n}\n")
    assert interlock("graph", ".").out.count("flowchart TD") == 2
    assert len(json.loads(interlock("graph", ".", "--format", "json").out)) == 2
    assert interlock("graph", ".", "-w", "other").out.count("flowchart TD") == 1
    assert interlock("graph", ".", "--format", "svg").err.startswith(
        "error: one SVG shows one workflow, and there are 2\n"
    )
    assert interlock("graph", ".", "-w", "othr").code == 2
    assert interlock("graph", "-", typed="role someone\n").err.startswith("error: the files declare no workflow\n")
    assert interlock("graph", "-o", "nowhere/picture.svg").code == 2


def test_graph_of_a_file_with_errors_shows_them(desk: Path) -> None:
    ran = interlock("graph", "-", typed=WRONG)
    assert (ran.code, ran.out) == (1, "")
    assert "there is no agent `clark`" in ran.err


def test_a_failed_test_shows_its_place_and_what_happened(desk: Path) -> None:
    text = (desk / "desk.ilk").read_text()
    (desk / "desk.ilk").write_text(text.replace('expect ends credited { number: "C1" }', "expect ends passed_on"))
    ran = interlock("test", "-k", "small credit")
    assert ran.code == 1
    line = 1 + text[: text.index('  expect ends credited { number: "C1" }')].count("\n")
    assert ran.steady == (
        "desk.ilk\n"
        "  ✗ a small credit is given at once\n"
        "error[failed-test]: expected the run to end at `passed_on`, but it ended at `credited` "
        '{"number": "C1", "amount": 500}\n'
        f"  ┌─ desk.ilk:{line}:3\n"
        "  │\n"
        f"{line}│  expect ends passed_on\n"
        "  │  ^^^^^^^^^^^^^^^^^^^^^\n"
        "\n"
        "  read  ● clerk (small)\n"
        '  ✓ { wish: "credit", amount: 500 }\n'
        '  → give  when read.wish == "credit" && read.amount > 0 && read.amount <= 2_000\n'
        '  give  ✓ credits.give(ticket: "T1", amount: 500) → { number: "C1" }\n'
        '  ■ credited  { number: "C1", amount: 500 }\n'
        "\n"
        "✗ 1 test, 1 failed  TIME"
    )


def test_test_results_go_to_machines_too(desk: Path) -> None:
    text = (desk / "desk.ilk").read_text()
    (desk / "desk.ilk").write_text(text.replace("expect never calls", "expect calls"))
    report = json.loads(interlock("test", "--format", "json").out)
    assert (report["tests"], report["failed"]) == (6, 1)
    failed = next(result for result in report["results"] if not result["passed"])
    assert failed["title"] == "what a lead refuses is not given"
    assert failed["failures"][0]["message"].startswith("expected a call of credits.give")
    root = ElementTree.fromstring(interlock("test", "--format", "junit").out)
    assert (root.get("tests"), root.get("failures")) == ("6", "1")
    annotated = interlock("test", "--format", "github")
    assert (annotated.code, annotated.out.count("::error file=desk.ilk,")) == (1, 1)


def test_many_tests_are_summed_up(desk: Path) -> None:
    text = (desk / "desk.ilk").read_text()
    case = text[text.index('test "a question') :]
    more = "".join("\n" + case.replace("a question", f"question {n}") for n in range(40))
    (desk / "desk.ilk").write_text(text + more)
    assert interlock("test").steady == "✓ desk.ilk  46 tests\n✓ 46 tests passed  TIME"


def test_without_a_test_there_is_nothing_to_say(desk: Path) -> None:
    assert interlock("test", "-k", "no such").err.startswith("error: no test has `no such` in its title\n")
    assert interlock("test", "-", typed="role someone\n").err.startswith("error: the files hold no tests\n")
    assert interlock("test", "-", typed=WRONG).code == 1


def test_what_does_not_compile_does_not_keep_the_others_from_being_tested(desk: Path) -> None:
    (desk / "wrong.ilk").write_text(WRONG)
    ran = interlock("test", ".")
    assert ran.code == 1
    assert "there is no agent `clark`" in ran.err
    assert ran.out.splitlines()[-1].startswith("✓ 6 tests passed")
