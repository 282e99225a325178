"""What `interlock check` keeps of proofs: certificates that are proved again, and broken promises as tests."""

import json
import sys
from pathlib import Path

import pytest

from cli.terminal import interlock
from interlock_cli.formats.schemas import printed

PAY = """
tool money.send(cents: int in 1..1_000_000) { needs money.send  effect irreversible  idempotent by cents }
role lead { reach "leads" }

workflow pay(cents: int in 1..1_000_000) {
  step send calls money.send(cents: cents)
  end done
  end dropped

  start -> send
    when cents <= 100
    grant money.send
  start -> send
    otherwise
    grant money.send
    after approval by lead within 4h
  send -> done
  send -> dropped
    on denied

  never money.send where args.cents > LIMIT before approval by lead
  ends within 1 steps
}
"""


@pytest.fixture
def pay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workflow that keeps its promises."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pay.ilk").write_text(PAY.replace("LIMIT", "100"))
    return tmp_path / "pay.ilk"


def test_a_certificate_says_what_was_proved_and_is_proved_again(pay: Path) -> None:
    assert interlock("check", "pay.ilk", "--certificate", "proved.json").code == 0
    text = Path("proved.json").read_text()
    made = json.loads(text)
    assert printed("certificate").validate_json(text) == made
    (program,) = made["programs"]
    assert [promise["answer"] for promise in program["promises"]] == ["proved", "proved"]
    assert made["solver"].startswith("z3 ") and len(program["digest"]) == 64
    assert interlock("check", "pay.ilk", "--certificate-of", "proved.json").code == 0


def test_a_certificate_does_not_hold_of_another_program(pay: Path) -> None:
    interlock("check", "pay.ilk", "--certificate", "proved.json")
    pay.write_text(PAY.replace("LIMIT", "99"))
    ran = interlock("check", "pay.ilk", "--certificate-of", "proved.json")
    assert ran.code == 1
    assert "pay/never money.send#1 was proved and is refuted" in ran.err and " became " in ran.err


def test_an_answer_that_differs_is_told(pay: Path) -> None:
    interlock("check", "pay.ilk", "--certificate", "proved.json")
    claimed = json.loads(Path("proved.json").read_text())
    claimed["programs"][0]["promises"][0]["answer"] = "unknown"
    Path("proved.json").write_text(json.dumps(claimed))
    ran = interlock("check", "pay.ilk", "--certificate-of", "proved.json")
    assert (ran.code, "was unknown and is proved" in ran.err) == (1, True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is not JSON"),
        ("workflow pay() {}", "it is not JSON"),
        ("[]", "it is JSON, but not an object"),
        ('{"version": 1}', "`interlock` is missing"),
        ('{"version": "1", "interlock": "", "solver": null, "programs": 5}', "the value of `programs` does not fit"),
        ('{"version": 2, "interlock": "", "solver": null, "programs": []}', "another form: version 2"),
    ],
)
def test_what_is_no_certificate_is_refused(pay: Path, text: str, why: str) -> None:
    Path("other.json").write_text(text)
    ran = interlock("check", "pay.ilk", "--certificate-of", "other.json")
    said = " ".join(ran.err.split())
    assert (ran.code, "Traceback" in said, "validation error" in said) == (2, False, False)
    assert why in said, said


def test_there_is_no_certificate_of_mistakes(pay: Path) -> None:
    pay.write_text(PAY.replace("LIMIT", "args.cants"))
    ran = interlock("check", "pay.ilk", "--certificate", "proved.json")
    assert (ran.code, Path("proved.json").exists(), "files with mistakes" in ran.err) == (2, False, True)


def test_a_broken_promise_is_saved_as_a_test_that_holds(pay: Path) -> None:
    pay.write_text(PAY.replace("LIMIT", "50"))
    ran = interlock("check", "pay.ilk", "--save-tests", "broken.ilk")
    assert (ran.code, "broken.ilk: 1 test" in ran.err) == (1, True)
    assert interlock("fmt", "--check", "broken.ilk").code == 0
    tested = interlock("test", "broken.ilk")
    assert tested.code == 0, tested.out + tested.err
    assert "broken-promise at line" in tested.out + tested.err


def test_what_was_not_saved_here_is_not_written_over(pay: Path) -> None:
    pay.write_text(PAY.replace("LIMIT", "50"))
    before = pay.read_bytes()
    for option in ("--save-tests", "--certificate"):
        ran = interlock("check", "pay.ilk", option, "pay.ilk")
        assert (ran.code, "would be lost" in ran.err, pay.read_bytes()) == (2, True, before)
        assert interlock("check", "pay.ilk", option, "kept").code == 1
        assert interlock("check", "pay.ilk", option, "kept").code == 1
        Path("kept").unlink()


def test_tests_are_saved_of_one_program(pay: Path) -> None:
    Path("other.ilk").write_text('role boss { reach "b" }\n')
    ran = interlock("check", "pay.ilk", "other.ilk", "--save-tests", "broken.ilk")
    assert (ran.code, "one program at a time" in ran.err) == (2, True)


def test_saved_tests_can_use_what_they_test(pay: Path) -> None:
    Path("tests").mkdir()
    ran = interlock("check", "pay.ilk", "--save-tests", "tests/broken.ilk")
    assert (ran.code, "could not use" in ran.err) == (2, True)
    Path("interlock.toml").write_text("")
    assert interlock("check", "pay.ilk", "--save-tests", "tests/broken.ilk").code == 0


def test_that_the_solver_is_missing_is_said_once(pay: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = (
        "  always cents * cents * 3 != 3 * cents * cents + 1\n  always cents * cents * 5 != 5 * cents * cents + 1\n}"
    )
    pay.write_text(PAY.replace("LIMIT", "100").rstrip().removesuffix("}") + asked)
    assert interlock("fmt", "pay.ilk").code == 0
    assert "not installed" not in interlock("check", "--strict", "pay.ilk").err
    for name in [name for name in sys.modules if name.startswith("interlock_dsl.analysis.prove")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("interlock_dsl.analysis.prove")
    monkeypatch.setitem(sys.modules, "z3", None)
    ran = interlock("check", "--strict", "pay.ilk")
    assert (ran.code, ran.err.count("note: the solver is not installed")) == (3, 1), ran.err
    assert interlock("check", "pay.ilk").code == 0
