"""What is said about a text that is wrong: `mistakes.txt` shows each mistake with the whole answer.

The answers are compared as they stand, so that a change of wording is seen; `UPDATE_PAGES=1` writes them again.
"""

import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interlock_dsl.cel.parser.lexer import END
from interlock_dsl.diagnostics.render import render
from interlock_dsl.syntax import recovery
from interlock_dsl.syntax.grammar import lexer
from interlock_dsl.syntax.lexer import FileLexer
from interlock_dsl.syntax.parser import parse_partial
from interlock_dsl.syntax.tree import PolicyDecl, RoleDecl, TestDecl, WorkflowDecl

PAGE = Path(__file__).with_name("mistakes.txt")
ROOT = Path(__file__).parents[2]
EXAMPLES = [path.read_text("utf-8") for path in sorted((ROOT / "examples").glob("*/*.ilk"))]
BETWEEN, ANSWER = "\n========\n", "\n--------\n"
INNARDS = re.compile(r"__|\$END|IDENTIFIER|[A-Z]{3,}|Error\b|None|interlock_dsl|<class")


def page():
    return PAGE.read_text("utf-8").removesuffix("\n").split(BETWEEN)


def answer(text):
    return render(parse_partial(text, "file.ilk")[1]).rstrip("\n")


def test_the_page_is_what_is_said():
    if os.environ.get("UPDATE_PAGES"):
        texts = [block.split(ANSWER)[0] for block in page()]
        PAGE.write_text(BETWEEN.join(text + ANSWER + answer(text) for text in texts) + "\n", "utf-8")
    for text, told in (block.split(ANSWER) for block in page()):
        assert answer(text) == told


def test_the_page_shows_no_innards():
    for block in page():
        for line in block.split(ANSWER)[1].splitlines():
            if "│" not in line:
                assert not INNARDS.search(line.replace("U+", "")), line


def tokens(text):
    found, position = [], 0
    while (token := lexer().next(text, position, {})).type != END:
        found.append((token.start_pos, token.end_pos))
        position = token.end_pos
    return found


PLACES = [tokens(text) for text in EXAMPLES]


@st.composite
def spoilt(draw):
    which = draw(st.integers(0, len(EXAMPLES) - 1))
    text, places = EXAMPLES[which], PLACES[which]
    start, end = draw(st.sampled_from(places))
    match draw(st.sampled_from(["left out", "doubled", "replaced", "cut off", "junk"])):
        case "left out":
            return text[:start] + text[end:]
        case "doubled":
            return text[:end] + " " + text[start:]
        case "replaced":
            other = draw(st.sampled_from(places))
            return text[:start] + text[slice(*other)] + text[end:]
        case "cut off":
            return text[:start]
        case _:
            return (
                text[:start]
                + draw(st.text(st.sampled_from("{}()[]\"'`\\/|&=<>-.,:;@#?é\n\t aZ0_"), max_size=6))
                + text[start:]
            )


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(spoilt())
def test_one_mistake_gives_few_messages_with_places_and_the_rest_is_read(text):
    file, diagnostics = parse_partial(text, "file.ilk")
    assert len(diagnostics) <= 8
    for found in diagnostics:
        assert not INNARDS.search(re.sub('`[^`]*`+|"[^"]*"|U\\+[0-9A-F]*', "", found.message)), found.message
        for label in found.labels:
            assert 0 <= label.span.start <= label.span.end <= len(text)
    for declaration in file.declarations:
        assert 0 <= declaration.span.start < declaration.span.end <= len(text)
    assert bool(render(diagnostics)) == bool(diagnostics)


def test_most_single_mistakes_give_one_message():
    """Over every token of an example that is left out or doubled: nine in ten give one message, none more than four."""
    text, places = EXAMPLES[-1], PLACES[-1]
    counts = []
    for start, end in places[::3]:
        for changed in (text[:start] + text[end:], text[:end] + " " + text[start:]):
            count = len(parse_partial(changed, "file.ilk")[1])
            if count:
                counts.append(count)
    assert sum(count == 1 for count in counts) > 0.94 * len(counts)
    assert max(counts) <= 4


@pytest.mark.parametrize("kind", [WorkflowDecl, PolicyDecl, TestDecl, RoleDecl])
def test_what_is_around_a_mistake_is_read(kind):
    whole, _ = parse_partial(EXAMPLES[-1], "file.ilk")
    spoilt_text = EXAMPLES[-1].replace("    otherwise\n", "    otherwise otherwise because grant ->\n", 1)
    file, diagnostics = parse_partial(spoilt_text, "file.ilk")
    assert diagnostics
    expected = [type(found) for found in whole.declarations if isinstance(found, kind)]
    assert [type(found) for found in file.declarations if isinstance(found, kind)] == expected
    if kind is WorkflowDecl:
        (workflow,) = [found for found in file.declarations if isinstance(found, WorkflowDecl)]
        (complete,) = [found for found in whole.declarations if isinstance(found, WorkflowDecl)]
        assert len(workflow.routes) == len(complete.routes)


def test_looking_again_reads_nothing_twice():
    text = EXAMPLES[-1].replace("    otherwise\n", "    otherwize\n")
    (spoilt_workflow,) = [
        found for found in parse_partial(text, "f")[0].declarations if isinstance(found, WorkflowDecl)
    ]
    (workflow,) = [
        found for found in parse_partial(EXAMPLES[-1], "f")[0].declarations if isinstance(found, WorkflowDecl)
    ]
    assert spoilt_workflow == workflow


@settings(max_examples=200, deadline=None)
@given(st.text(st.one_of(st.characters(), st.sampled_from("{}()\"'.,:->|\n ")), max_size=60))
def test_any_text_is_read_or_refused(text):
    file, diagnostics = parse_partial(text, "file.ilk")
    assert file.source.text == text
    assert diagnostics or file.declarations or not text.strip("\ufeff \t\n\f\r") or file.comments


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([*lexer().keywords, "a", "1", "5s", '"t"', "->", "{", "}", "(", ")", ",", ":", "\n"])))
def test_any_row_of_words_is_read_or_refused(words):
    parse_partial(" ".join(words), "file.ilk")


@pytest.mark.parametrize(
    "piece", ["role\n", "{", "}", "workflow x {", "é", '"', "a -> ", "((((", "step x by\n", "when "]
)
def test_many_mistakes_are_bounded(piece):
    _, diagnostics = parse_partial("workflow w() {\n" + piece * 3_000, "file.ilk")
    assert 0 < len(diagnostics) <= recovery.MOST_ERRORS + 1


@pytest.mark.parametrize(
    "piece", ["step ", "step\n", "role r {\n", "}", "a -> b whenn x\n", "{ a: ", "(", "!", '"', "x.y(", "# ", "list<"]
)
def test_tokens_are_read_a_bounded_number_of_times(piece, monkeypatch):
    """Four times the text makes at most about four times the work, whatever is wrong with it."""
    read = []
    following = FileLexer.next

    def counted(self, *arguments):
        read[-1] += 1
        return following(self, *arguments)

    monkeypatch.setattr(FileLexer, "next", counted)
    for count in (300, 1_200):
        read.append(0)
        parse_partial("workflow w() {\n  end e { a: " + piece * count, "file.ilk")
    small, large = read
    assert large <= 4.5 * small
