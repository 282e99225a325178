"""Whatever comes in is limited before it is worked on, and what is too much is said."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.terminal import Ran, interlock
from interlock_cli import documents
from interlock_cli.errors import CommandError

DOUBLED = zip("abcdefghijk", "bcdefghijkl", strict=True)
BOMB = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in DOUBLED)
DEEP = 200_000
DIGITS = "9" * 5_000


def yaml_texts() -> Iterator[tuple[str, str]]:
    yield BOMB, "uses the alias `*a` at line 2, column 8"
    yield "a: &a [*a]", "uses the alias `*a`"
    yield "<<: &m {a: 1}\nb: *m", "uses the alias `*m`"
    yield "[" * DEEP, "nested"
    yield "read: {answers: " + "{a: " * 150 + "1" + "}" * 151, "nested more than 100 levels deep"
    yield f"read: {{answers: {DIGITS}}}", "not valid YAML"
    yield "read: {answers: 0x" + "F" * 5_000 + "}", "an integer beyond 64 bits"
    yield "read: {answers: 2026-01-01}", "a date is not a JSON value"
    yield "read: {answers: 2026-99-01}", "not valid YAML"
    yield "read: {answers: .nan}", "not a number that JSON has"
    yield "read: {answers: !!python/object:os.system {}}", "not valid YAML"
    yield "[" + "x, " * 200_000 + "]", "holds more than 100,000 values"
    yield "x" * (4 * 1024 * 1024 + 1), "it is larger than 4,194,304 bytes"
    yield "{1: {answers: {}}}", "`1`"
    yield "{[]: {answers: {}}}", "not valid YAML"
    yield "read: {answers: \x07}", "not valid YAML"
    yield "read: {answers: {a: 1, a: 2}}", "gives `a` twice at line 1, column 24"
    yield "read: {fails: x}\nread: {answers: {}}", "gives `read` twice at line 2, column 1"
    yield '{"read": {"fails": "x"}, "read": {}}', "gives `read` twice at line 1, column 26"
    yield "- 1\n", "holds no answers"
    yield "", "holds no answers"


def json_texts() -> Iterator[tuple[str, str]]:
    yield "[" * DEEP, "is nested too deeply"
    yield '{"a":' * 150 + "1" + "}" * 150, "nested more than 100 levels deep"
    yield f'{{"ticket": {DIGITS}}}', "is not valid JSON"
    yield '{"ticket": 123456789012345678901234567890}', "an integer beyond 64 bits"
    yield '{"ticket": NaN}', "not a number that JSON has"
    yield '{"ticket": 1e999}', "not a number that JSON has"
    yield '{"ticket": "\\ud800"}', "text that is not valid Unicode"
    yield '{"ticket": {"id": "a", "id": "b"}}', "`id` is given twice"
    yield "[1]", "is not a JSON object"
    yield "", "is not valid JSON"
    yield " " * (4 * 1024 * 1024 + 1), "larger than 4,194,304 bytes"


def refused(ran: Ran, said: str) -> None:
    assert (ran.code, ran.out) == (2, ""), ran
    assert ran.err.startswith("error: ") and said in ran.err, ran
    assert "internal error" not in ran.err and len(ran.err) < 2_000, ran


@pytest.mark.parametrize(("text", "said"), list(yaml_texts()))
def test_answer_files(desk: Path, text: str, said: str) -> None:
    (desk / "answers.yaml").write_text(text)
    refused(interlock("run", "--input", "@ticket.json"), said)


@pytest.mark.parametrize(("text", "said"), list(json_texts()))
def test_inputs(desk: Path, text: str, said: str) -> None:
    (desk / "in.json").write_text(text)
    refused(interlock("run", "--input", "@in.json"), said)
    refused(interlock("run", "--input", "-", typed=text), said)
    if text.startswith("{"):
        refused(interlock("run", "--input", text), said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = " + "[" * 100_000, "is nested too deeply"),
        (f"a = {DIGITS}", "is not valid TOML"),
        ("tools = 0x" + "F" * 5_000, "sets `tools` to a number, where a text was expected"),
        ("models." + "a." * 60 + "b = 1", "sets `models.a` to a table, where `models` is a table of texts"),
        ("models." + "a." * 20_000 + "b = 1", "has a key of more than 64 parts at line 1"),
        ("# x\n[models." + '"a" . ' * 20_000 + "b]", "has a key of more than 64 parts at line 2"),
        ("a = {" + "'a'." * 20_000 + "b = 1}", "has a key of more than 64 parts at line 1"),
        ("#" * (1024 * 1024 + 1), "it is larger than 1,048,576 bytes"),
        ("\x00", "is not valid TOML"),
    ],
)
def test_settings(desk: Path, text: str, said: str) -> None:
    (desk / "interlock.toml").write_text(text + "\n")
    refused(interlock("check"), said)


@pytest.mark.parametrize("read", [documents.json_document, documents.yaml_document, documents.toml_document])
@given(text=st.text() | st.text(alphabet='[]{}:,"&*a1.-\n =!<|>%@'))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_a_text_is_read_or_refused(read: object, text: str) -> None:
    assert callable(read)
    try:
        read(text, "`it`")
    except CommandError as error:
        assert error.message.startswith("`it` ")
