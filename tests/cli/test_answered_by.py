"""A run goes on with the answers it was started with, or says that it does not."""

import json
from pathlib import Path

from cli.stories import TICKET
from cli.terminal import interlock, run_id

OTHER = "read:\n  answers: {wish: credit, amount: 1}\n"
APPROVE = ("--as", "grace", "--role", "lead")


def test_what_a_run_was_started_with_is_on_record(desk: Path, waiting: str) -> None:
    audit = json.loads(interlock("show", waiting, "--format", "json").out)
    recorded = audit["answered_by"]
    assert (recorded["kind"], recorded["source"]) == ("script", "answers.yaml")
    assert audit["entries"][0]["event"]["answered_by"] == recorded
    assert f"  scripted  answers.yaml ({recorded['digest'][:12]}) answers, no model\n" in interlock("show", waiting).out
    assert "scripted" in interlock("runs").out
    assert json.loads(interlock("runs", "--format", "json").out)[0]["answered_by"] == recorded


def test_the_same_script_goes_on_whatever_it_is_called_and_however_it_is_written(desk: Path, waiting: str) -> None:
    script = (desk / "answers.yaml").read_text()
    (desk / "answers.yaml").unlink()
    (desk / "moved.yaml").write_text("# moved\n" + script)
    gone = interlock("approve", waiting, *APPROVE)
    assert (gone.code, gone.out) == (2, "")
    said = "error: cannot read the answers `answers.yaml`: no such file or directory\n"
    assert gone.err == said + "  = help: `--answers FILE` names them\n"
    assert interlock("approve", waiting, *APPROVE, "--answers", "moved.yaml").code == 0


def test_a_script_named_at_the_start_goes_on_without_being_named_again(desk: Path) -> None:
    (desk / "mine.yaml").write_text((desk / "answers.yaml").read_text())
    (desk / "answers.yaml").write_text(OTHER)
    id = run_id(interlock("run", *TICKET, "--as", "ada", "--answers", "mine.yaml"))
    assert "credited" in interlock("approve", id, *APPROVE).out


def test_other_answers_are_refused_unless_said_and_then_recorded(desk: Path, waiting: str) -> None:
    (desk / "other.yaml").write_text(OTHER)
    refused = interlock("approve", waiting, *APPROVE, "--answers", "other.yaml")
    assert (refused.code, refused.out) == (2, "")
    assert f"run {waiting} is answered by the scripted answers `answers.yaml` (" in refused.err
    assert "and would go on with the scripted answers `other.yaml` (" in refused.err
    assert "`--change-answers` goes on so" in refused.err
    assert json.loads(interlock("show", waiting, "--format", "json").out)["status"] == "waiting"
    changed = interlock("approve", waiting, *APPROVE, "--answers", "other.yaml", "--change-answers")
    assert changed.code == 0 and "credited" in changed.out
    audit = json.loads(interlock("show", waiting, "--format", "json").out)
    assert audit["answered_by"]["source"] == "other.yaml"
    assert [entry["event"]["type"] for entry in audit["entries"]].count("resumed") == 1
    assert interlock("replay", waiting).code == 0


def test_a_changed_script_is_another_one(desk: Path, waiting: str) -> None:
    (desk / "answers.yaml").write_text(OTHER)
    refused = interlock("deny", waiting, *APPROVE)
    assert refused.code == 2 and "`--change-answers`" in refused.err
    assert interlock("deny", waiting, *APPROVE, "--change-answers").code == 0


def test_calling_a_run_off_needs_no_answers(desk: Path, waiting: str) -> None:
    (desk / "answers.yaml").unlink()
    assert interlock("cancel", waiting, "--as", "ada").code == 0


def test_the_models_in_place_of_a_script_are_refused(desk: Path, waiting: str) -> None:
    refused = interlock("resume", waiting, "--live", "--model", "small=test:test")
    assert refused.code == 2
    assert f"run {waiting} is answered by the scripted answers" in refused.err
    assert "would go on with the models" in refused.err
