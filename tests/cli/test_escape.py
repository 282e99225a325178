"""What a model, a tool, a person or a file wrote cannot steer a terminal, and nothing in it is hidden."""

import json
from pathlib import Path
from unicodedata import category

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from cli.stories import POST
from cli.terminal import Ran, interlock, run_id
from interlock_cli.present.console import EscapingConsole
from interlock_cli.present.escape import escape
from interlock_cli.present.output import json_text
from interlock_cli.present.values import value

HIDDEN = (
    "\x00\x07\x08\x1b\x7f\x85\x9b\xad\u034f\u061c\u115f\u180e\u200b\u200d\u202a\u202e\u2028\u2066\u2069\u2800\u3164"
    "\ufe0f\ufeff\U000e0041\U000e0100"
)
NASTY = "ok" + HIDDEN
TREES = st.recursive(
    st.text(alphabet=HIDDEN + "a\n"), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


def is_clean(text: str) -> bool:
    return not any(category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in text.replace("\n", "")) and not any(
        char in text for char in HIDDEN
    )


@given(st.text() | st.text(alphabet=HIDDEN + "ab\n\t\\"))
def test_what_is_escaped_is_visible_and_stays_so(text: str) -> None:
    shown = escape(text)
    assert is_clean(shown) and "\n" not in shown
    assert escape(shown) == shown
    assert escape(text, keep="\n").count("\n") == text.count("\n")
    assert is_clean(escape(text, keep="\n"))


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "Sm", "Sc"], max_codepoint=0x2FF)))
def test_what_is_visible_is_left_as_it_is(text: str) -> None:
    assert escape(text) == text


@given(st.text() | st.text(alphabet=HIDDEN + "ab\n\t\\"))
def test_no_console_prints_what_is_hidden(text: str) -> None:
    with (console := EscapingConsole(width=80)).capture() as captured:
        console.print(Text.assemble("a ", text), soft_wrap=True)
        console.print(Text(text))
    assert is_clean(captured.get())


@given(TREES)
def test_no_value_is_written_with_what_is_hidden(thing: object) -> None:
    assert is_clean(value(thing)) and is_clean(value(thing, 40))


@given(
    st.recursive(st.text(alphabet=HIDDEN + "a\n"), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_json_holds_the_same_with_nothing_hidden(thing: object) -> None:
    text = json_text(thing)
    assert json.loads(text) == thing
    assert is_clean(text)


def test_a_run_shows_what_a_model_wrote_escaped(post: Path) -> None:
    (post / "answers.yaml").write_text(yaml.safe_dump({"read": {"answers": {"text": NASTY}}}))
    begun = interlock("run", "--as", "ada", "--input", f"text={NASTY}", "--progress")
    id = run_id(begun)
    outputs: list[Ran] = [
        begun,
        interlock("approve", id, "--as", f"grace{HIDDEN}", "--progress"),
        interlock("show", id),
        interlock("show", id, "--format", "json"),
        interlock("approve", id, "--as", "grace", "--progress"),
        interlock("approve", id, "--as", "linus", "--progress"),
        interlock("approve", id, "--as", "margaret", "--progress"),
        interlock("show", id),
        interlock("runs"),
        interlock("runs", "--format", "json"),
        interlock("show", id, "--format", "json"),
        interlock("show", f"a{HIDDEN}"),
        interlock("cancel", id, "--as", "ada", "--reason", NASTY),
    ]
    for ran in outputs:
        assert is_clean(ran.out) and is_clean(ran.err), ran
    assert "\\u202e" in begun.out
    assert "■ sent" in outputs[-6].out


def test_files_are_shown_escaped(post: Path) -> None:
    (post / "post.ilk").write_text(POST.replace('"send it"', f'"{NASTY}" wrong'))
    for args in (["check"], ["check", "--format", "compact"], ["graph"], ["fmt", "--diff"], ["test"]):
        ran = interlock(*args)
        assert is_clean(ran.out) and is_clean(ran.err), ran


@pytest.mark.parametrize("format", ["mermaid", "dot", "json", "svg"])
def test_pictures_are_escaped(post: Path, format: str) -> None:
    (post / "post.ilk").write_text(
        POST.replace('"send it"', '"send \u202e it"').replace(
            "  read -> send\n", '  read -> send\n    when read.text != "\u202e"\n'
        )
    )
    ran = interlock("graph", "--format", format)
    assert is_clean(ran.out) and ran.out, ran
