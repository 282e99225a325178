"""What is printed for programs is what the published schemas say."""

import json
from pathlib import Path

import pytest

from cli.terminal import interlock
from interlock_cli.formats.schemas import SCHEMAS, printed, schema
from interlock_cli.present.output import json_text

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"

ANEW = "for each: interlock schema NAME > docs/schemas/NAME.json"
APPROVE = ("--as", "grace", "--role", "lead")


def valid(name: str, text: str) -> object:
    """Check an output, and that it has nothing that the schema does not name."""
    given = json.loads(text)
    assert printed(name).validate_json(text) == given
    return given


def test_the_published_schemas_are_those_of_this_release() -> None:
    published = {path.stem: path.read_text() for path in FOLDER.glob("*.json")}
    assert published == {name: json_text(schema(name)) for name in SCHEMAS}, ANEW


def test_schema_prints_one_or_lists_them() -> None:
    listed = interlock("schema")
    assert listed.code == 0 and [line.split()[0] for line in listed.out.splitlines()] == list(SCHEMAS)
    for name in SCHEMAS:
        assert json.loads(interlock("schema", name).out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    ran = interlock("schema", "evnt")
    assert (ran.code, ran.err) == (2, "error: there is no schema `evnt`\n  = help: did you mean `event`?\n")


def test_a_run_from_start_to_end(desk: Path, waiting: str) -> None:
    as_json = ("--format", "json")
    started = valid("run", interlock("run", "--input", "@ticket.json", "--as", "ada", *as_json).out)
    assert isinstance(started, dict) and started["waiting_for"][0]["kind"] == "approval"
    valid("show", interlock("show", *as_json).out)
    interlock("approve", waiting, "--as", "ada")
    assert isinstance(ended := valid("run", interlock("approve", waiting, *APPROVE, *as_json).out), dict)
    assert ended["status"] == "ended"
    valid("run", interlock("cancel", "last", "--as", "ada", *as_json).out)
    for run in (waiting, "last"):
        valid("show", interlock("show", run, *as_json).out)
    valid("runs", interlock("runs", *as_json).out)
    valid("replay", interlock("replay", "--all", *as_json).out)
    valid("verify", interlock("verify", *as_json).out)


def test_a_run_that_asks_a_person(asking: str) -> None:
    valid("show", interlock("show", asking, "--format", "json").out)
    waits = valid("run", interlock("resume", asking, "--format", "json").out)
    assert isinstance(waits, dict) and waits["waiting_for"][0]["kind"] == "question"


def test_a_program(desk: Path) -> None:
    valid("check", interlock("check", "--format", "json").out)
    valid("test", interlock("test", "--format", "json").out)
    program = (desk / "desk.ilk").read_text()
    (desk / "desk.ilk").write_text(program.replace("read.amount > 2_000", "read.amuont > 2_000"))
    assert interlock("check", "--format", "json").code == 1
    valid("check", interlock("check", "--format", "json").out)


@pytest.mark.parametrize("example", ["refund", "procurement", "order_exception", "pipeline", "incident"])
def test_graphs(example: str) -> None:
    valid("graph", interlock("graph", f"examples/{example}", "--format", "json").out)


def test_a_failed_test_and_a_damaged_journal(desk: Path, waiting: str) -> None:
    program = (desk / "desk.ilk").read_text()
    (desk / "desk.ilk").write_text(program.replace("amount: 500 }", "amount: 501 }", 1))
    failed = interlock("test", "--format", "json")
    assert failed.code == 1
    valid("test", failed.out)
    import sqlite3

    with sqlite3.connect(desk / ".interlock" / "journal.sqlite") as database:
        database.execute("UPDATE entries SET event = CAST('{}' AS BLOB)")
    damaged = interlock("verify", "--format", "json")
    assert damaged.code == 1
    valid("verify", damaged.out)
