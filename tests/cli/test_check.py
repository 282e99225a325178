"""What `interlock check` reports, and what its exit code says."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cli.terminal import interlock
from interlock_cli.formats.findings import Format
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.lint import unused_definition
from interlock_dsl.analysis.reasoning.reasoner import Reasoner
from interlock_dsl.analysis.values.problem import Problem
from interlock_dsl.compiler.compile import check
from interlock_dsl.compiler.stages import Lint
from interlock_dsl.diagnostics import Certainty, Diagnostic

UNUSED = 'role supervisor { reach "desk" }\n'
original = unused_definition.check


@pytest.fixture
def unused(desk: Path) -> Path:
    """The desk with a role that is used nowhere."""
    (desk / "desk.ilk").write_text((desk / "desk.ilk").read_text() + "\n" + UNUSED)
    return desk


def stating(certainty: Certainty, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the rule say that it is only so certain."""

    def stated(program: Examined) -> Iterator[Diagnostic]:
        return (replace(found, stated=certainty) for found in original(program))

    monkeypatch.setattr(unused_definition, "check", stated)


def test_lint_is_part_of_check_and_of_nothing_else(unused: Path) -> None:
    ran = interlock("check")
    assert (ran.code, ran.err.splitlines()[0]) == (
        1,
        "warning[unused-definition]: the role `supervisor` is used nowhere",
    )
    for verb in (["test"], ["compile", "desk.ilk", "-o", "desk.ilkb"], ["run", "--input", "@ticket.json"]):
        ran = interlock(*verb)
        assert (ran.code, "unused-definition" in ran.out + ran.err) == (0, False), verb


def test_what_follows_from_a_mistake_is_not_looked_for(unused: Path) -> None:
    text = (unused / "desk.ilk").read_text().replace("read.amount > 2_000", "read.amuont > 2_000")
    (unused / "desk.ilk").write_text(text)
    assert "unused-definition" not in interlock("check").err


@pytest.mark.parametrize(
    ("certainty", "default", "strict"),
    [(Certainty.PROVED, 1, 1), (Certainty.POSSIBLE, 0, 1), (Certainty.HEURISTIC, 0, 1), (Certainty.UNKNOWN, 0, 3)],
)
def test_the_exit_code_says_what_was_found(
    unused: Path, monkeypatch: pytest.MonkeyPatch, certainty: Certainty, default: int, strict: int
) -> None:
    stating(certainty, monkeypatch)
    assert (interlock("check").code, interlock("check", "--strict").code) == (default, strict)


def test_the_settings_ask_for_all_and_the_command_line_beats_them(
    unused: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stating(Certainty.POSSIBLE, monkeypatch)
    (unused / "interlock.toml").write_text('files = ["desk.ilk"]\nstrict = true\n')
    assert interlock("check").code == 1
    assert interlock("check", "--no-strict").code == 0
    (unused / "interlock.toml").write_text('strict = "yes"\n')
    assert "write `strict = true`" in interlock("check").err


def test_the_time_of_proofs_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def asks(program: Examined) -> Iterator[Diagnostic]:
        assert program.reasoner.after is not None
        program.reasoner.after("lint")
        program.reasoner.ask(Problem((), {}))
        program.reasoner.after("prove")
        yield from ()

    monkeypatch.setattr(unused_definition, "check", asks)
    program, _ = check(["a"], {"a": UNUSED}.__getitem__, seen.append, Lint(proofs=False))
    assert (program is not None, seen[-4:]) == (True, ["seal", "lint", "prove", "lint"])
    assert not Reasoner(proofs=False).proofs


def test_explain_lists_the_codes_by_topic() -> None:
    listed = interlock("explain").out
    _, _, upkeep = listed.partition("\nLint: upkeep\n")
    assert "  warning  unused-definition" in upkeep
    assert "error    unbounded-loop" in listed and "unbounded-loop" not in upkeep


@pytest.mark.parametrize("format", list(Format))
def test_check_and_test_print_the_same_formats(unused: Path, format: Format) -> None:
    text = (unused / "desk.ilk").read_text()
    (unused / "desk.ilk").write_text(text.replace("expect never calls", "expect calls"))
    for verb, code in (("check", "unused-definition"), ("test", "failed-test")):
        ran = interlock(verb, "--format", format)
        assert ran.code == 1
        assert code in ran.out + ran.err or (verb, format) == ("test", Format.JSON)
    (unused / "desk.ilk").write_text(text.replace("read.amount > 2_000", "read.amuont > 2_000"))
    for verb in ("check", "test"):
        ran = interlock(verb, "--format", format)
        assert ran.code == 1 and "amuont" in ran.out + ran.err


def test_what_a_comment_allows_is_told_apart(unused: Path) -> None:
    text = (unused / "desk.ilk").read_text()
    allow = '// interlock: allow unused-definition because "for later"\n'
    (unused / "desk.ilk").write_text(text.replace(UNUSED, allow + UNUSED))
    ran = interlock("check", "--format", "json")
    report = json.loads(ran.out)
    assert (ran.code, report["findings"]) == (0, [])
    assert [each["reason"] for each in report["suppressed"]] == ["for later"]
    (result,) = json.loads(interlock("check", "--format", "sarif").out)["runs"][0]["results"]
    assert result["suppressions"][0]["justification"] == "for later"
