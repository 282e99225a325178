"""What has one right edit is put right, nothing is ever worse than before, and once fixed there is nothing to fix."""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.lint import unused_definition
from interlock_dsl.compiler.compile import compilation
from interlock_dsl.compiler.fix import Fixed, fix
from interlock_dsl.compiler.stages import Lint
from interlock_dsl.diagnostics import Diagnostic, Edit, Severity
from interlock_dsl.diagnostics.edits import apart, applied, removal
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Source, Span
from interlock_dsl.formatter.format import format
from interlock_dsl.syntax.recovery.forms import form

MISTAKES = Path(__file__).parents[1] / "language" / "mistakes"
PAGES = {path.stem: path.read_text() for path in sorted(MISTAKES.glob("*.md"))}
GOOD = """type Order {
  id: string
  amount: int
}

tool orders.put(id: string) {
  needs orders.write
  effect write
}

workflow look(order: Order) {
  step put calls orders.put(id: order.id)

  end done

  start -> put
    grant orders.write

  put -> done
}
"""


def fixed(text: str) -> Fixed:
    return fix(["a.ilk"], {"a.ilk": text}.__getitem__, Lint())


def after(text: str) -> str:
    return fixed(text).texts.get("a.ilk", text)


def badness(text: str) -> tuple[int, int]:
    unit = compilation(["a.ilk"], {"a.ilk": text}.__getitem__, lint=Lint())
    errors = sum(found.severity is Severity.ERROR for found in unit.report.ordered())
    return len(unit.unread), errors


@pytest.mark.parametrize("page", PAGES)
def test_no_program_with_mistakes_is_worse_when_it_is_fixed(page: str) -> None:
    for block in re.findall(r"^```ilk[^\n]*\n(.*?)^```$", PAGES[page], re.MULTILINE | re.DOTALL):
        text = after(block)
        assert badness(text) <= badness(block), block
        assert after(text) == text, block


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("amount: int", "amount: integer"),
        ("amount: int", "amount: itn"),
        ("order: Order", "order: Odrer"),
        ("id: order.id", "id: ordr.id"),
        ("id: order.id", "id: order.idd"),
        ("grant orders.write", "grant orders.wirte"),
        ("orders.put(id: order.id)", "orders.putt(id: order.id)"),
        ("workflow look", "workflw look"),
        ("effect write", "efect write"),
        ("-> put\n", "→ put\n"),
        ("  put -> done", "  put -> done;"),
    ],
)  # fmt: skip
def test_what_has_one_right_edit_is_put_right(right: str, wrong: str) -> None:
    assert right in GOOD
    text = after(GOOD.replace(right, wrong, 1))
    assert format(text, "a.ilk") == GOOD


def test_a_comment_that_allows_nothing_is_removed() -> None:
    assert (
        after(GOOD.replace("  end done\n", '  end done   // interlock: allow unused-definition because "x"\n')) == GOOD
    )


def test_what_becomes_unused_is_removed_too_and_comments_with_it() -> None:
    unused = "// What there was before.\ntype Old {\n  note: Note\n}\n\ntype Note { text: string }\n"
    before, middle, end = f"{unused}\n{GOOD}", GOOD.replace("workflow", f"{unused}\nworkflow"), f"{GOOD}\n{unused}"
    for text in (before, middle, end):
        result = fixed(text)
        assert (result.texts["a.ilk"], result.left, len(result.done)) == (GOOD, (), 2)


def test_a_file_that_was_in_the_one_format_stays_in_it_and_another_is_left_as_it_is() -> None:
    wrong = GOOD.replace("id: order.id", "id: ordr.id")
    assert after(wrong) == GOOD
    ugly = wrong.replace("  step put", "     step    put")
    assert after(ugly) == ugly.replace("ordr", "order")
    windows = wrong.replace("\n", "\r\n")
    assert after(windows) == windows.replace("ordr", "order")


def test_an_edit_that_makes_it_worse_is_left_out_and_the_others_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    original = unused_definition.check

    def harmful(program: Examined) -> Iterator[Diagnostic]:
        source = program.files[0].source
        at = source.text.index("  put -> done")
        span = Span(source, at, at + 13)
        yield diagnose("unused-definition", "harmful", span, edits=(Edit(span, "  put -> nowhere"),))
        yield from original(program)

    monkeypatch.setattr(unused_definition, "check", harmful)
    result = fixed(GOOD + '\nrole nobody { reach "desk" }\n')
    assert result.texts == {"a.ilk": GOOD}
    assert [found.message for found in result.refused] == ["harmful"]
    assert [found.message for found in result.done] == ["the role `nobody` is used nowhere"]


def test_an_edit_after_which_its_line_cannot_be_read_either_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    forms = sys.modules["interlock_dsl.syntax.recovery.foreign"]
    monkeypatch.setattr(forms, "FORMS", (form(r"\bmakes\b", "after"),))
    result = fixed(GOOD.replace("step put calls", "step put makes"))
    assert not result.texts
    assert [found.message for found in result.refused] == ["`makes` is not written so here"]


def test_only_files_that_were_given_are_changed() -> None:
    files: Mapping[str, str] = {"a.ilk": 'use "b.ilk"\n' + GOOD, "b.ilk": "type T { text: strin }\n"}
    result = fix(["a.ilk"], files.__getitem__, Lint())
    assert (result.texts, len(result.left)) == ({}, 1)
    assert fix(["a.ilk", "b.ilk"], files.__getitem__, Lint()).done


def test_edits_that_touch_wait_for_the_next_round() -> None:
    source = Source("a", "abcdef")

    def found(*places: tuple[int, int]) -> Diagnostic:
        edits = tuple(Edit(Span(source, start, end), "-") for start, end in places)
        return diagnose("syntax-error", str(places), Span(source, 0, 1), edits=edits)

    first, touching, apart_from_it, inside = found((0, 2)), found((2, 3)), found((3, 4), (5, 5)), found((5, 6))
    assert apart([first, touching, apart_from_it, inside, found()]) == [first, apart_from_it]
    assert applied([*apart_from_it.edits, *first.edits]) == {"a": "-c-e-f"}


@pytest.mark.parametrize(
    ("text", "left", "block"),
    [
        ("a\n  [x]\nb\n", "a\nb\n", False),
        ("a [x] b\n", "a b\n", False),
        ("a  [x]\nb", "a\nb", False),
        ("a\n[x\ny]\nb", "a\nb", False),
        ("a\n\n// one\n// two\n[x]\n\nb\n", "a\n\nb\n", True),
        ("[x]\n\nb\n", "b\n", True),
        ("a\n\n[x]\n", "a\n", True),
        ("a\n\n[x]", "a\n", True),
        ("a\n[x]\nb\n", "a\nb\n", True),
        ("a // c\n[x]\nb\n", "a // c\nb\n", True),
    ],
)
def test_what_is_removed_takes_its_lines_with_it(text: str, left: str, block: bool) -> None:
    start, end = text.index("["), text.index("]") + 1
    source = Source("a", text)
    assert applied([removal(Span(source, start, end), block=block)]) == {"a": left}
